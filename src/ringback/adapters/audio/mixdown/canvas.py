"""Sound of two sides that is still being put together: a stretch of time that moves on."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDES: Final = 2
ROOM: Final = 60
"""Seconds that it holds at most."""
PIECE: Final = 8192
"""Frames that are given at a time at most."""


class Canvas:
    """Takes samples anywhere in a stretch of time, and gives whole frames from its beginning."""

    def __init__(self, rate: int) -> None:
        """`rate`: frames a second."""
        self.begin: int | None = None
        """The number of the first frame that was given, once one was; that of the first that holds sound."""
        self.given = 0
        """How many frames were given."""
        self.missed = 0
        """Samples that came when their frames had been given already."""
        self._frames = np.zeros((ROOM * rate, SIDES), np.int16)
        self._base = -rate  # where nothing was given yet, sound may begin up to a second before 0
        self._used = 0
        self._first: int | None = None

    def put(self, side: int, start: int, samples: NDArray[np.int16]) -> None:
        """Put samples where they belong; what is there is replaced."""
        at = start - self._base
        early = min(max(-at, 0), samples.size)
        self.missed += early
        samples = samples[early : max(len(self._frames) - at, 0)]
        at += early
        if samples.size:
            self._frames[at : at + samples.size, side] = samples
            self._used = max(self._used, at + samples.size)
            self._first = at if self._first is None else min(self._first, at)

    def until(self, end: int) -> Iterator[NDArray[np.int16]]:
        """Give the frames before `end`, which must not be changed afterwards; to be iterated to its end."""
        while (count := min(end - self._base, PIECE)) > 0:
            yield from self._give(count)

    def finish(self) -> Iterator[NDArray[np.int16]]:
        """Give what is left, up to the last sample that was put."""
        yield from self.until(self._base + self._used)

    def _give(self, count: int) -> Iterator[NDArray[np.int16]]:
        skipped = 0
        if self.begin is None:
            skipped = count if self._first is None else min(self._first, count)
            if skipped < count:
                self.begin = self._base + skipped
            elif self._first is not None:
                self._first -= count
        if skipped < count:
            self.given += count - skipped
            yield self._frames[skipped:count].copy()
        left = max(self._used - count, 0)
        self._frames[:left] = self._frames[count : count + left]
        self._frames[left : max(self._used, left)] = 0
        self._used = left
        self._base += count
