"""Trunks as the queue sees them: which one serves a number, and whether it can take another call."""

from collections.abc import Callable, Iterator, Sequence

from ringback.domain.number import Number
from ringback.domain.settings import Settings
from ringback.service.ports import Clock, TrunkRoute


class Trunks:
    """The routes, their channels and their calls a second.

    A channel is held from before the INVITE until the leg is over. The rate is a token bucket that holds one second's
    calls (at least one), so a burst after a quiet second is never more than the trunk's `calls_per_second`.
    """

    def __init__(self, routes: Sequence[TrunkRoute], clock: Clock) -> None:
        """`routes`: names are unique; between equally long prefixes the earlier trunk wins."""
        self._clock = clock
        self._lines = {route.name: _Line(route, clock.monotonic()) for route in routes}
        self._by_prefix: dict[str, TrunkRoute] = {}
        for route in routes:
            for prefix in route.prefixes:
                self._by_prefix.setdefault(prefix, route)
        self.on_free: Callable[[], None] = lambda: None
        """Called when a channel becomes free."""

    def __iter__(self) -> Iterator[TrunkRoute]:
        """Give every trunk in the order of the configuration."""
        return iter([line.route for line in self._lines.values()])

    def route(self, destination: Number, settings: Settings | None = None) -> TrunkRoute | None:
        """Give the trunk with the longest prefix of the destination's digits; None: no coverage (-2004).

        `settings`: of the subaccount that calls; what they do not cover has no trunk.
        """
        if settings is not None and not settings.covers(destination):
            return None
        digits = destination.digits
        for length in range(len(digits), -1, -1):
            if (found := self._by_prefix.get(digits[:length])) is not None:
                return found
        return None

    def take(self, trunk: str, limit: int) -> int:
        """Take up to `limit` channels for calls that are dialled at once; give how many there were."""
        line = self._lines.get(trunk)
        if line is None:
            return 0
        taken = min(limit, line.route.channels - line.used, line.tokens(self._clock.monotonic()))
        if taken <= 0:
            return 0
        line.used += taken
        line.level -= taken
        return taken

    def occupy(self, trunk: str) -> bool:
        """Take a channel for a call that came in, whatever the rate of ours; False where none is free."""
        line = self._lines.get(trunk)
        if line is None or line.used >= line.route.channels:
            return False
        line.used += 1
        return True

    def give_back(self, trunk: str, unused: int) -> None:
        """Return channels that were taken but not dialled: neither the channel nor the rate was used."""
        if (line := self._lines.get(trunk)) is not None:
            line.used -= unused
            line.level += unused

    def release(self, trunk: str) -> None:
        """Free the channel of a call that is over."""
        if (line := self._lines.get(trunk)) is not None:
            line.used -= 1
            self.on_free()

    def next_token(self, trunk: str) -> float | None:
        """Give the seconds until the rate allows another call; None where no channel is free anyway."""
        line = self._lines[trunk]
        if line.used >= line.route.channels:
            return None
        if line.tokens(self._clock.monotonic()) >= 1:
            return 0.0
        return (1.0 - line.level) / line.route.calls_per_second

    def in_use(self, trunk: str) -> int:
        """Give how many channels of a trunk are taken."""
        return self._lines[trunk].used


class _Line:
    __slots__ = ("level", "route", "updated", "used")

    def __init__(self, route: TrunkRoute, now: float) -> None:
        self.route = route
        self.used = 0
        self.level = max(1.0, route.calls_per_second)
        self.updated = now

    def tokens(self, now: float) -> int:
        rate = self.route.calls_per_second
        self.level = min(max(1.0, rate), self.level + (now - self.updated) * rate)
        self.updated = now
        return int(self.level)
