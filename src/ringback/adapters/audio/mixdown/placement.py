"""Finds where on our clock the audio of one direction belongs.

The sender counts samples by its own clock, and the network delays every packet by at least something. So the *offset*
of a packet, its time of arrival minus its timestamp, is never below a line, and often on it:

```
  offset  |    .      :        .
          |  .   . .     .   .      .   .
          | ._.________.______.__.___._____.    the line: its slope is how far the two clocks drift apart
          +----------------------------------> timestamp
```

The line goes through the lowest offset of every block of five seconds. Packets are placed by their timestamps along it:
what the network delayed is put back whole to where it belongs, and a packet is stretched or squeezed by a sample only
where the line has moved a quarter of a millisecond away. Where the offset leaps and stays there, because timestamps
jumped, or stood still in a pause, a new line begins.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import nsmallest
from typing import Final, NamedTuple

import numpy as np

from ringback.adapters.audio.mixdown.sequence import Ordered

TICK_NS: Final = 125_000
BLOCK_NS: Final = 5_000_000_000
"""Of a block, of which the lowest offset is a point of the line."""
FORESIGHT_NS: Final = 1_000_000_000
"""How long an offset must stay where it leapt."""
STALE_NS: Final = 20_000_000_000
"""How old the last point may be where a short block has none of its own."""
STEP_NS: Final = 1_000_000
"""From what on it is a leap where packets come evenly,"""
LEAP_NS: Final = 40_000_000
"""and where they come so unevenly, or are so few, that less cannot be told."""
LATE_NS: Final = 200_000_000
"""The same for packets after which no more than FEW came."""
FEW: Final = 10
"""Packets that are too few to tell how evenly they come."""
MOST: Final = 500
"""Packets that are looked at, before and after one."""
DELAY_NS: Final = FORESIGHT_NS + 2 * BLOCK_NS
"""How long after a packet's arrival it is placed at last, where `advance` is called."""
_TOLERANCE: Final = 4000
"""The part of a second that a placement may be off the line before it is mended."""
_STRETCH: Final = 100
"""The part of a packet that it is stretched or squeezed by at most."""

_LOWEST: Final = 5  # offsets that tell how evenly packets come,
_DOUBT: Final = 3  # and how many times their spread may be chance

_Point = tuple[int, int]


class Placed(NamedTuple):
    """Where a packet's audio goes."""

    start: int
    """Its first sample, counted from the time 0; may be negative."""
    length: int
    """Samples that it is to have."""
    ordered: Ordered


class Placement:
    """Places packets that come in their order; each is given back once, in that order."""

    def __init__(self, rate: int) -> None:
        """`rate`: samples a second, a multiple of 8000."""
        self._rate = rate
        self._scale = rate // 8000
        self._stream = 0
        self._undecided: deque[Ordered] = deque()
        self._ahead: deque[int] = deque()
        """The offsets of those."""
        self._recent: deque[Ordered] = deque()
        self._behind: deque[int] = deque()
        """The offsets of those."""
        self._block: list[Ordered] = []
        self._before: list[Ordered] = []
        self._points: list[_Point] = []
        self._shift: int | None = None
        self._mending = False
        self._end = 0

    def push(self, ordered: Ordered) -> Iterator[Placed]:
        """Take a packet of audio and give those whose place is known; to be iterated to its end."""
        if ordered.stream != self._stream:
            yield from self.finish()
            self._stream = ordered.stream
        self._undecided.append(ordered)
        self._ahead.append(_offset(ordered))
        yield from self.advance(ordered.at)

    def advance(self, now: int) -> Iterator[Placed]:
        """Give the packets that have waited long enough."""
        undecided = self._undecided
        while undecided and (undecided[0].at <= now - FORESIGHT_NS or len(undecided) > MOST):
            yield from self._decide(undecided.popleft())
        if self._block and self._block[0].at <= now - FORESIGHT_NS - BLOCK_NS:
            yield from self._close_block()
        if self._before and self._before[0].at <= now - DELAY_NS:
            yield from self._place_before()

    def finish(self) -> Iterator[Placed]:
        """Give all that waits."""
        while self._undecided:
            yield from self._decide(self._undecided.popleft())
        yield from self._end_line()

    def _decide(self, ordered: Ordered) -> Iterator[Placed]:
        if self._recent and self._leaps():
            yield from self._end_line()
        elif self._block and ordered.at - self._block[0].at >= BLOCK_NS:
            yield from self._close_block()
        self._block.append(ordered)
        self._recent.append(ordered)
        self._behind.append(self._ahead.popleft())
        while self._recent[0].at < ordered.at - FORESIGHT_NS or len(self._recent) > MOST:
            self._recent.popleft()
            self._behind.popleft()

    def _leaps(self) -> bool:
        """Tell whether a new line begins with the packet that is decided on.

        All from it on are later than before, or it is itself earlier than any: no network makes a packet early.
        """
        line = min(self._behind)
        rise, fall = min(self._ahead) - line, line - self._ahead[0]
        if max(rise, fall) <= STEP_NS:
            return False
        if len(self._ahead) < FEW and rise > fall:  # the last packets of a call may merely be late
            return rise > LATE_NS
        if min(len(self._ahead), len(self._behind)) < FEW:
            return max(rise, fall) > LEAP_NS
        doubt = _DOUBT * max(_spread(self._ahead), _spread(self._behind))
        return max(rise, fall) > min(max(STEP_NS, doubt), LEAP_NS)

    def _close_block(self) -> Iterator[Placed]:
        lowest = min(self._block, key=_offset)
        if self._shows_line(lowest):
            self._points = [*self._points[-2:], (lowest.ticks, _offset(lowest))]
        yield from self._place_before()
        self._before, self._block = self._block, []

    def _shows_line(self, lowest: Ordered) -> bool:
        """Tell whether the lowest packet of the block is near the line: one of few seldom is."""
        if not self._points or self._block[-1].at - self._block[0].at >= BLOCK_NS // 2:
            return True
        ticks, offset = self._points[-1]
        return _offset(lowest) < offset or (lowest.ticks - ticks) * TICK_NS > STALE_NS

    def _end_line(self) -> Iterator[Placed]:
        if self._block:
            yield from self._close_block()
        yield from self._place_before()
        self._points.clear()
        self._recent.clear()
        self._behind.clear()
        self._shift = None

    def _place_before(self) -> Iterator[Placed]:
        """Place the block before this one: the points on both sides of it are known, or there is none behind."""
        block, self._before = self._before, []
        if not block:
            return
        # by timestamp: a far end's clock may run backwards, and the line must not
        points = dict(sorted(self._points))
        ticks = np.array([each.ticks for each in block], np.float64)
        line = np.interp(ticks, list(points), list(points.values()))
        for each, height in zip(block, line, strict=True):
            yield self._place(each, (each.ticks * TICK_NS + float(height)) * self._rate / 1e9)

    def _place(self, ordered: Ordered, wanted: float) -> Placed:
        origin = ordered.ticks * self._scale
        samples = len(ordered.packet.payload) * self._scale
        if self._shift is None:
            self._shift = round(wanted) - origin
            self._mending = False
        error = wanted - origin - self._shift
        follows = ordered.ticks == self._end
        start, length = origin + self._shift, samples
        if abs(error) > self._rate / _TOLERANCE:
            if follows:
                self._mending = True
            else:
                self._shift += round(error)
                start = origin + self._shift
        if self._mending and follows:
            most = max(1, samples // _STRETCH)
            mended = max(-most, min(most, round(error)))
            self._mending = mended != 0
            self._shift += mended
            length += mended
        else:
            self._mending = False
        self._end = ordered.ticks + len(ordered.packet.payload)
        return Placed(start, length, ordered)


def _offset(ordered: Ordered) -> int:
    return ordered.at - ordered.ticks * TICK_NS


def _spread(offsets: Iterable[int]) -> int:
    """Tell how far the lowest offsets are apart: how well the lowest one shows where the line is."""
    lowest = nsmallest(_LOWEST, offsets)
    return lowest[-1] - lowest[0]
