"""Timers of all transactions and calls in one heap; a stopped timer stays there until it is due or swept out."""

import heapq
from collections.abc import Callable
from typing import Final

SWEEP_FROM: Final = 256
"""Fewer stopped timers than that are never worth a sweep."""


class Timer:
    """Something that is to happen at a time."""

    __slots__ = ("due", "fire")

    def __init__(self, due: float, fire: Callable[[float], None]) -> None:
        """`fire` is called with the time at which it really happens."""
        self.due = due
        self.fire: Callable[[float], None] | None = fire


class Timers:
    """A heap of timers: starting costs O(log n), stopping O(1) on average."""

    def __init__(self) -> None:
        """Start with none."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._number = 0
        self._stopped = 0

    def __len__(self) -> int:
        """Count the running timers."""
        return len(self._heap) - self._stopped

    def start(self, due: float, fire: Callable[[float], None]) -> Timer:
        """Call `fire` once at `due` (seconds, the clock of every `now`)."""
        timer = Timer(due, fire)
        self._number += 1
        heapq.heappush(self._heap, (due, self._number, timer))
        return timer

    def stop(self, timer: Timer | None) -> None:
        """Let a timer not fire; one that fired or was stopped, or None, is passed over."""
        if timer is None or timer.fire is None:
            return
        timer.fire = None
        self._stopped += 1
        if self._stopped > SWEEP_FROM and 2 * self._stopped > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].fire is not None]
            heapq.heapify(self._heap)
            self._stopped = 0

    def next(self) -> float | None:
        """Give the time at which the next timer is due."""
        while self._heap and self._heap[0][2].fire is None:
            heapq.heappop(self._heap)
            self._stopped -= 1
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> None:
        """Fire what is due. A timer started meanwhile for a time that has come fires too."""
        while (due := self.next()) is not None and due <= now:
            timer = heapq.heappop(self._heap)[2]
            fire, timer.fire = timer.fire, None
            if fire is not None:
                fire(now)
