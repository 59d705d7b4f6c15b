"""A clock that stands still until it is moved."""


class ManualClock:
    """Implements `ringback.service.ports.Clock`; both clocks move together."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        """`now`: seconds since the epoch."""
        self._now = now
        self._start = now

    def now(self) -> float:
        """Give seconds since the epoch."""
        return self._now

    def monotonic(self) -> float:
        """Give seconds since the clock was made."""
        return self._now - self._start

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
