"""How many a second: a token bucket."""


class Bucket:
    """Holds one second's tokens, at least one: a burst after a quiet second is never more than the rate."""

    __slots__ = ("_level", "_updated", "rate")

    def __init__(self, rate: float, now: float) -> None:
        """Start full. `rate`: tokens a second, above 0; `now`: on a clock that never goes back."""
        self.rate = rate
        self._level = max(1.0, rate)
        self._updated = now

    def tokens(self, now: float) -> int:
        """Give the whole tokens that are there."""
        self._level = min(max(1.0, self.rate), self._level + (now - self._updated) * self.rate)
        self._updated = now
        return int(self._level)

    def take(self, number: int) -> None:
        """Take tokens that are there; fewer than 0: give them back."""
        self._level -= number

    def pause(self, now: float) -> float:
        """Give the seconds until there is a whole token."""
        return 0.0 if self.tokens(now) >= 1 else (1.0 - self._level) / self.rate

    def is_full(self, now: float) -> bool:
        """Tell whether it is as it was at its start."""
        self.tokens(now)
        return self._level >= max(1.0, self.rate)
