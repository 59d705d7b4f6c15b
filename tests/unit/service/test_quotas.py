"""What a subaccount may have at a time and begin in a second."""

from collections import Counter
from math import inf

from ringback.domain.settings import Settings
from ringback.service.quotas import Quotas
from ringback.testing.clock import ManualClock


class Given:
    """The quotas of a few subaccounts whose calls are set by the test."""

    def __init__(self, **settings: Settings) -> None:
        """Nobody calls anybody yet."""
        self.clock = ManualClock()
        self.calls: Counter[str] = Counter()
        self.quotas = Quotas(self.calls.__getitem__, self.clock)
        self.quotas.replace(settings, kept=())

    def may(self, name: str = "a") -> tuple[float, float]:
        """Give how many more calls it may begin, and the seconds until it may begin one."""
        return self.quotas.room(name), self.quotas.pause(name)


def test_without_limits_there_is_room() -> None:
    assert Given(a=Settings()).may() == (inf, 0.0)
    assert Given().may("somebody of whom nothing is known") == (inf, 0.0)


def test_all_calls_of_a_subaccount_count() -> None:
    given = Given(a=Settings(max_concurrent_calls=3))
    given.calls["a"] = 2
    assert given.may() == (1, 0.0)
    given.calls["a"] = 3
    assert given.may() == (0, inf)


def test_more_calls_than_may_be_are_no_debt() -> None:
    given = Given(a=Settings(max_concurrent_calls=3))
    given.calls["a"] = 5  # callers came in, or the limit was lowered
    assert given.may() == (0, inf)


def test_calls_begin_no_faster_than_they_may() -> None:
    given = Given(a=Settings(calls_per_second=2))
    given.quotas.spend({"a": 2, "b": 1})
    assert given.may() == (0, 0.5)
    given.clock.advance(0.5)
    assert given.may() == (1, 0.0)
    given.quotas.spend({"a": 1})
    given.quotas.give_back({"a": 1})
    assert given.may() == (1, 0.0)


def test_a_rate_below_one_is_one_call_in_so_many_seconds() -> None:
    given = Given(a=Settings(calls_per_second=0.1))
    given.quotas.spend({"a": 1})
    assert given.may() == (0, 10.0)


def test_the_tighter_limit_holds() -> None:
    given = Given(a=Settings(max_concurrent_calls=5, calls_per_second=2))
    assert given.may() == (2, 0.0)
    given.calls["a"] = 4
    assert given.may() == (1, 0.0)


def test_a_quota_that_was_used_up_is_not_forgotten_with_an_empty_queue() -> None:
    given = Given(a=Settings(calls_per_second=0.1))
    given.quotas.spend({"a": 1})
    given.quotas.replace({}, kept=())
    given.quotas.learn("a", Settings(calls_per_second=0.1))
    assert given.may() == (0, 10.0)
    given.clock.advance(10)
    given.quotas.replace({}, kept=())
    assert not given.quotas._buckets, "what is full is as good as new"


def test_another_rate_is_taken_at_the_next_count() -> None:
    given = Given(a=Settings(calls_per_second=0.1))
    given.quotas.spend({"a": 1})
    given.quotas.replace({"a": Settings(calls_per_second=5)}, kept=("a",))
    assert given.may() == (5, 0.0)


def test_who_came_during_a_count_keeps_its_settings() -> None:
    given = Given()
    given.quotas.learn("a", Settings(max_concurrent_calls=1))
    given.quotas.replace({}, kept=("a",))
    assert given.may() == (1, 0.0)
