"""How many calls a subaccount may have at a time, and begin in a second."""

from collections.abc import Callable, Iterable, Mapping
from math import inf

from ringback.domain.settings import Settings
from ringback.service.bucket import Bucket
from ringback.service.ports import Clock


class Quotas:
    """Holds the subaccounts whose sessions are queued to what their settings say."""

    def __init__(self, calls_of: Callable[[str], int], clock: Clock) -> None:
        """`calls_of`: gives the calls that a subaccount has now, in and out."""
        self._calls_of = calls_of
        self._clock = clock
        self._settings: dict[str, Settings] = {}
        self._buckets: dict[str, Bucket] = {}

    def replace(self, settings: Mapping[str, Settings], kept: Iterable[str]) -> None:
        """Take the settings of all whose sessions were counted, keep those of some, and forget the others."""
        known = {each: self._settings[each] for each in kept if each in self._settings}
        self._settings = known | dict(settings)
        now = self._clock.monotonic()
        self._buckets = {name: bucket for name, bucket in self._buckets.items() if not bucket.is_full(now)}

    def learn(self, sub_account_id: str, settings: Settings) -> None:
        """Take the settings of a subaccount whose session comes into the queue."""
        self._settings[sub_account_id] = settings

    def settings(self, sub_account_id: str) -> Settings:
        """Give the settings of a subaccount whose sessions are queued."""
        return self._settings.get(sub_account_id, _DEFAULTS)

    def room(self, sub_account_id: str) -> float:
        """Give how many more calls it may begin now; infinity where nothing limits it."""
        settings = self.settings(sub_account_id)
        room = inf
        if settings.max_concurrent_calls:
            room = max(settings.max_concurrent_calls - self._calls_of(sub_account_id), 0)
        if settings.calls_per_second:
            room = min(room, self._bucket(sub_account_id, settings).tokens(self._clock.monotonic()))
        return room

    def pause(self, sub_account_id: str) -> float:
        """Give the seconds until it may begin another; infinity where it has to wait for the end of one."""
        settings = self.settings(sub_account_id)
        if settings.max_concurrent_calls and self._calls_of(sub_account_id) >= settings.max_concurrent_calls:
            return inf
        if settings.calls_per_second:
            return self._bucket(sub_account_id, settings).pause(self._clock.monotonic())
        return 0.0

    def spend(self, shares: Mapping[str, int]) -> None:
        """Count calls that begin, by subaccount."""
        for sub_account_id, number in shares.items():
            settings = self.settings(sub_account_id)
            if settings.calls_per_second:
                self._bucket(sub_account_id, settings).take(number)

    def give_back(self, unused: Mapping[str, int]) -> None:
        """Do not count calls that did not begin after all."""
        self.spend({sub_account_id: -number for sub_account_id, number in unused.items()})

    def _bucket(self, sub_account_id: str, settings: Settings) -> Bucket:
        bucket = self._buckets.get(sub_account_id)
        if bucket is None or bucket.rate != settings.calls_per_second:
            bucket = self._buckets[sub_account_id] = Bucket(settings.calls_per_second, self._clock.monotonic())
        return bucket


_DEFAULTS = Settings()
