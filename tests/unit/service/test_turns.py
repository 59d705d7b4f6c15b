"""Whose turn it is: property-based fairness, and what a count changes."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from ringback.service.queue_store import QueuedLine
from ringback.service.turns import Turns


def anything(_sub_account_id: str) -> float:
    return inf


def line(sub_account_id: str, waiting: int, trunk: str = "carrier") -> QueuedLine:
    return QueuedLine(trunk=trunk, sub_account_id=sub_account_id, waiting=waiting, next_due=None)


def counted(**waiting: int) -> Turns:
    turns = Turns()
    turns.count([line(name, number) for name, number in waiting.items()])
    return turns


def test_each_gets_one_in_turn() -> None:
    turns = counted(a=5, b=1, c=2)
    assert turns.give("carrier", 4, anything) == {"a": 2, "b": 1, "c": 1}
    assert turns.waiting("carrier") == {"c": 1, "a": 3}


def test_whose_turn_it_is_is_remembered_from_channel_to_channel() -> None:
    turns = counted(a=9, b=9, c=9)
    got = [next(iter(turns.give("carrier", 1, anything))) for _ in range(6)]
    assert got == ["a", "b", "c", "a", "b", "c"]


def test_who_comes_late_stands_behind_the_others_once() -> None:
    turns = counted(a=1000, b=1000)
    turns.give("carrier", 1, anything)
    turns.came("carrier", "c")
    assert turns.give("carrier", 3, anything) == {"b": 1, "a": 1, "c": 1}


def test_who_has_no_room_keeps_its_turn() -> None:
    turns = counted(a=2, b=2)
    assert turns.give("carrier", 1, lambda name: 0 if name == "a" else 5) == {"b": 1}
    assert turns.give("carrier", 1, anything) == {"a": 1}


def test_nobody_gets_more_than_its_room() -> None:
    assert counted(a=9, b=9).give("carrier", 9, lambda name: 2 if name == "a" else 3) == {"a": 2, "b": 3}


def test_the_trunks_do_not_know_of_each_other() -> None:
    turns = Turns()
    turns.count([line("a", 1, "one"), line("b", 1, "two"), line("c", 0, "three")])
    assert turns.trunks() == ["one", "two"]
    assert turns.give("one", 5, anything) == {"a": 1}
    assert turns.trunks() == ["two"]
    assert turns.give("one", 5, anything) == {}
    assert turns.accounts() == {"b"}


def test_a_count_changes_the_numbers_and_not_the_turns() -> None:
    turns = counted(a=3, b=3, c=1)
    turns.give("carrier", 2, anything)
    turns.count([line("a", 2), line("b", 2), line("d", 1)])
    assert turns.waiting("carrier") == {"a": 2, "b": 2, "d": 1}
    assert list(turns.waiting("carrier")) == ["a", "b", "d"]


def test_what_comes_during_a_count_is_not_lost() -> None:
    turns = counted(a=1)
    turns.begin_count()
    turns.came("carrier", "a")
    turns.came("carrier", "b")
    turns.count([line("a", 1)])
    assert turns.waiting("carrier") == {"a": 2, "b": 1}


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 50), min_size=1), st.lists(st.integers(0, 7)))
def test_nobody_who_waits_is_ever_more_than_one_call_behind(waiting: dict[str, int], channels: list[int]) -> None:
    turns = Turns()
    turns.count([line(name, number) for name, number in waiting.items()])
    got = dict.fromkeys(waiting, 0)
    for number in channels:
        before = sum(got.values())
        for name, share in turns.give("carrier", number, anything).items():
            got[name] += share
        assert sum(got.values()) - before == min(number, sum(waiting.values()) - before)
        assert all(max(got.values()) - got[name] <= 1 for name in waiting if got[name] < waiting[name])
