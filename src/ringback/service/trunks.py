"""Trunks as the queue sees them: which one serves a number, and whether it can take another call."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ringback.domain.number import Number
from ringback.domain.settings import Settings
from ringback.service.bucket import Bucket
from ringback.service.ports import Clock, TrunkRoute


class Trunks:
    """The routes, their channels and their calls a second.

    A channel is held from before the INVITE until the leg is over, for a subaccount. The rate is that of calls of ours.
    """

    def __init__(self, routes: Sequence[TrunkRoute], clock: Clock) -> None:
        """`routes`: names are unique; between equally long prefixes the earlier trunk wins."""
        self._clock = clock
        self._lines = {route.name: _Line(route, clock.monotonic()) for route in routes}
        self._by_prefix: dict[str, TrunkRoute] = {}
        for route in routes:
            for prefix in route.prefixes:
                self._by_prefix.setdefault(prefix, route)
        self._calls: dict[str, int] = {}
        """Channels that are taken, by subaccount; none of them is 0."""
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

    def free(self, trunk: str) -> int:
        """Give how many calls of ours a trunk can take now: channels, and what the rate allows."""
        line = self._lines.get(trunk)
        if line is None:
            return 0
        return max(min(line.route.channels - line.used, line.bucket.tokens(self._clock.monotonic())), 0)

    def take(self, trunk: str, shares: Mapping[str, int]) -> None:
        """Take channels that are free for calls of ours, so many for each subaccount."""
        line = self._lines[trunk]
        for sub_account_id, number in shares.items():
            line.bucket.take(number)
            self._hold(line, sub_account_id, number)

    def occupy(self, trunk: str, sub_account_id: str) -> bool:
        """Take a channel for a call that came in, whatever the rate of ours; False where none is free."""
        line = self._lines.get(trunk)
        if line is None or line.used >= line.route.channels:
            return False
        self._hold(line, sub_account_id, 1)
        return True

    def give_back(self, trunk: str, unused: Mapping[str, int]) -> None:
        """Return channels that were taken but not dialled: neither the channel nor the rate was used."""
        self.take(trunk, {sub_account_id: -number for sub_account_id, number in unused.items()})

    def release(self, trunk: str, sub_account_id: str) -> None:
        """Free the channel of a call that is over."""
        if (line := self._lines.get(trunk)) is not None:
            self._hold(line, sub_account_id, -1)
            self.on_free()

    def next_token(self, trunk: str) -> float | None:
        """Give the seconds until the rate allows another call; None where no channel is free anyway."""
        line = self._lines[trunk]
        if line.used >= line.route.channels:
            return None
        return line.bucket.pause(self._clock.monotonic())

    def in_use(self, trunk: str) -> int:
        """Give how many channels of a trunk are taken."""
        return self._lines[trunk].used

    def calls_of(self, sub_account_id: str) -> int:
        """Give how many channels are taken for calls of a subaccount, in and out."""
        return self._calls.get(sub_account_id, 0)

    def _hold(self, line: "_Line", sub_account_id: str, number: int) -> None:
        line.used += number
        calls = self._calls.pop(sub_account_id, 0) + number
        if calls:
            self._calls[sub_account_id] = calls


class _Line:
    __slots__ = ("bucket", "route", "used")

    def __init__(self, route: TrunkRoute, now: float) -> None:
        self.route = route
        self.used = 0
        self.bucket = Bucket(route.calls_per_second, now)
