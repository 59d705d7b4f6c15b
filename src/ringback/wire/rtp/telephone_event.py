"""Digits as RTP telephone-events (RFC 4733).

A press as it goes over the wire, here one of 60 ms in packets of 20 ms; the sequence number grows with every packet:

```
            0 ms   M=1  ts=t  seq=1   ev=5  dur=160
  press 5  20 ms   M=0  ts=t  seq=2   ev=5  dur=320
  release  40 ms   M=0  ts=t  seq=3   ev=5  dur=480  E=1   sent three times
```
"""

from collections import deque
from struct import Struct
from typing import Final, NamedTuple

DIGITS: Final = "0123456789*#ABCD"
"""The digits in the order of their event codes 0..15 (section 3.2)."""
RATE: Final = 8000
PRESS_SAMPLES: Final = RATE // 10
"""How long a digit is sent: 100 ms."""
PAUSE_SAMPLES: Final = RATE // 10
"""Between two digits: 100 ms."""
LOST_END: Final = 0.2
"""Seconds without a packet of an event after which it is taken to be over (section 2.6.1: at least 3 packets' time)."""
MAX_PENDING: Final = 256
"""Digits that wait to be sent; more are not taken."""

_BLOCK: Final = Struct("!BBH")  # event, end (1) reserved (1) volume (6), duration
_END_BIT: Final = 0x80
_VOLUME: Final = 10  # -10 dBm0
_ENDS: Final = 3
_LONGEST: Final = 0xFFFF
_REMEMBERED: Final = 8


class EventPayload(NamedTuple):
    """What one packet of a telephone-event says, or is to say."""

    payload: bytes
    marker: bool
    """Set on the first packet of an event."""
    elapsed: int
    """Samples since the event began: the packet's timestamp is that much before the stream's own."""


class DigitSender:
    """Turns digits into the payloads of consecutive packets."""

    def __init__(self) -> None:
        """Nothing is to be sent."""
        self._pending: deque[int] = deque()
        self._event: int | None = None
        self._elapsed = 0
        self._ends = 0

    def press(self, digits: str) -> None:
        """Append digits; characters that are no digits are left out, and what exceeds MAX_PENDING."""
        for digit in digits.upper():
            code = DIGITS.find(digit)
            if code >= 0 and len(self._pending) < MAX_PENDING:
                self._pending.append(code)

    @property
    def busy(self) -> bool:
        """Whether something is being sent or waits to be."""
        return self._event is not None or bool(self._pending)

    def next(self, samples: int) -> EventPayload | None:
        """Give the payload of the next packet, `samples` long; None while the stream sends something else."""
        if self._event is None:
            if not self._pending:
                return None
            self._event = self._pending.popleft()
            self._elapsed = self._ends = 0
        elapsed = self._elapsed
        self._elapsed += samples
        if self._ends == _ENDS:
            if self._elapsed >= PRESS_SAMPLES + PAUSE_SAMPLES:
                self._event = None
            return None
        duration = min(self._elapsed, PRESS_SAMPLES)
        ends = duration == PRESS_SAMPLES
        self._ends += ends
        payload = _BLOCK.pack(self._event, _VOLUME | _END_BIT if ends else _VOLUME, duration)
        return EventPayload(payload, marker=elapsed == 0, elapsed=elapsed)


class DigitReceiver:
    """Hears digits: each press is told once, whichever of its packets are lost, repeated or out of order.

    An event is known by its timestamp (section 2.2). It is over with its end, with a later event, or LOST_END after its
    last packet.
    """

    def __init__(self) -> None:
        """Nothing has been heard."""
        self._timestamp = 0
        self._event: int | None = None
        self._last_packet = 0.0
        self._told: deque[int] = deque(maxlen=_REMEMBERED)

    def receive(self, payload: bytes, timestamp: int, now: float) -> str:
        """Take the payload of a telephone-event packet and give the digits that are over: mostly none, at most two.

        Anything but a digit is passed over.
        """
        if len(payload) < _BLOCK.size:
            return ""
        event, flags, _ = _BLOCK.unpack_from(payload)
        if event >= len(DIGITS) or timestamp in self._told:
            return ""
        digits = ""
        if self._event is not None and timestamp != self._timestamp:
            if self._is_continuation(event, timestamp):
                self._told.append(self._timestamp)
            elif (timestamp - self._timestamp) & 0xFFFFFFFF >= 1 << 31:
                self._told.append(timestamp)  # an earlier press of which nothing else came through
                return DIGITS[event]
            else:
                digits = self._finish()
        self._timestamp, self._event, self._last_packet = timestamp, event, now
        return digits + self._finish() if flags & _END_BIT else digits

    def expire(self, now: float) -> str:
        """Give the digit whose end was lost; empty where there is none."""
        if self._event is None or now - self._last_packet < LOST_END:
            return ""
        return self._finish()

    def restart(self) -> str:
        """Forget the timestamps of a stream that was replaced by another; give the digit that it left unfinished."""
        digits = "" if self._event is None else self._finish()
        self._told.clear()
        return digits

    def _is_continuation(self, event: int, timestamp: int) -> bool:
        """Tell whether it is the next segment of a press longer than 8 s (section 2.5.1.3)."""
        step = (timestamp - self._timestamp) & 0xFFFFFFFF
        return event == self._event and step == _LONGEST

    def _finish(self) -> str:
        if self._event is None:
            return ""
        digit = DIGITS[self._event]
        self._told.append(self._timestamp)
        self._event = None
        return digit
