"""The clock of an engine: a wheel of slots that turns on an absolute schedule, so that no lateness adds up.

```
  slot      0    1    2    3    4    5   ...   23    0
  time ms   0    5   10   15   20   25   ...  115  120
  20 ms     x                   x                    x      a leg that sends packets of 20 ms
  30 ms          x                             x            one of 30 ms
```
"""

from typing import Final, Protocol

SLOT_NS: Final = 5_000_000
"""Length of a slot."""
SLOTS: Final = 24
"""One turn is 120 ms: a whole number of packets of 10, 20, 30, 40 and 60 ms."""
TURN_MS: Final = 120
LENGTHS: Final = (10, 20, 30, 40, 60)
"""Packet lengths in ms that fit."""
MAX_LATE: Final = 20
"""Slots that are made up for in a burst; after a longer standstill the schedule is moved."""


class Paced(Protocol):
    """What the wheel turns."""

    def tick(self, now_ns: int) -> None:
        """Send the packet that is due."""

    def skip(self, slots: int) -> None:
        """Leave out the time of so many slots: the machine stood still."""


class Wheel:
    """Calls what is placed on it, evenly."""

    def __init__(self, now_ns: int) -> None:
        """Begin at slot 0, `now_ns`."""
        self._slots: list[list[Paced]] = [[] for _ in range(SLOTS)]
        self._places: dict[Paced, range] = {}
        self._due_ns = now_ns
        self._turned = 0

    def place(self, paced: Paced, packet_ms: int) -> None:
        """Put something on the wheel, or change its pace, where there is least to do."""
        self.remove(paced)
        step = packet_ms * SLOTS // TURN_MS
        first = min(range(step), key=lambda slot: len(self._slots[slot]))
        self._places[paced] = places = range(first, SLOTS, step)
        for slot in places:
            self._slots[slot].append(paced)

    def remove(self, paced: Paced) -> None:
        """Take something off the wheel."""
        for slot in self._places.pop(paced, ()):
            self._slots[slot].remove(paced)

    def wait_ns(self, now_ns: int) -> int | None:
        """Give the time until the next slot; None while nothing is on the wheel."""
        if not self._places:
            return None
        return max(0, self._due_ns - now_ns)

    def turn(self, now_ns: int) -> None:
        """Do what is due."""
        if not self._places:
            self._due_ns = now_ns
            return
        late = (now_ns - self._due_ns) // SLOT_NS
        if late > MAX_LATE:
            self._due_ns += late * SLOT_NS
            for paced in self._places:
                paced.skip(late)
        while self._due_ns <= now_ns:
            slot = self._slots[self._turned]
            self._turned = (self._turned + 1) % SLOTS
            self._due_ns += SLOT_NS
            for paced in tuple(slot):
                paced.tick(now_ns)
