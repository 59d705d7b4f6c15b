import pytest
from tests.unit.domain.bodies import NOW
from tests.unit.service.house import BOUND

from ringback.service.feed import (
    BEHIND,
    ELSEWHERE,
    KEPT,
    KEPT_SECONDS,
    LISTENERS,
    Feed,
    Listener,
    Told,
    TooMany,
    listening,
)
from ringback.service.ports import TimelineEntry
from ringback.testing.clock import ManualClock

ENTRY = TimelineEntry(NOW, "digit-pressed", {"digit": "1"})
END = TimelineEntry(NOW, "session-ended")


async def heard(listener: Listener) -> list[Told]:
    """Give what was told until there is nothing more."""
    found = []
    while (told := await listener.next(BOUND)) is not None:
        found.append(told)
    return found


async def test_a_listener_hears_its_subaccount_alone() -> None:
    feed = Feed(ManualClock(NOW))
    listener = feed.listen("acme")
    feed.tell("beta", "s1", ENTRY)
    feed.tell("acme", "s2", ENTRY)
    feed.close()
    assert await heard(listener) == [Told("s2", ENTRY, 2)]


async def test_a_listener_to_one_session_hears_it_to_its_end() -> None:
    feed = Feed(ManualClock(NOW))
    listener = feed.listen("acme", "s1")
    for session in ("s2", "s1"):
        feed.tell("acme", session, ENTRY)
        feed.tell("acme", session, END)
    feed.tell("acme", "s1", ENTRY)
    assert await heard(listener) == [Told("s1", ENTRY, 3), Told("s1", END, 4)]


async def test_a_listener_that_is_too_slow_is_sent_away() -> None:
    feed = Feed(ManualClock(NOW))
    listener = feed.listen("acme")
    for _ in range(BEHIND + 5):
        feed.tell("acme", "s1", ENTRY)
    assert len(await heard(listener)) == BEHIND


def test_a_subaccount_has_so_many_listeners() -> None:
    feed = Feed(ManualClock(NOW))
    listeners = [feed.listen("acme") for _ in range(LISTENERS)]
    with pytest.raises(TooMany):
        feed.listen("acme")
    feed.listen("beta")
    feed.leave("acme", listeners[0])
    feed.listen("acme")


async def test_who_listens_is_kept_awake_and_leaves_with_the_last_word() -> None:
    feed = Feed(ManualClock(NOW))
    listener = feed.listen("acme")
    words = listening(feed, "acme", listener, 0.0)
    assert await anext(words) is None
    feed.close()
    assert [word async for word in words] == []
    assert feed._listeners == {}
    assert await heard(feed.listen("acme")) == [], "the server stops"


# ---------------------------------------------------------------- who was cut off


async def test_who_was_cut_off_is_told_what_came_after() -> None:
    feed = Feed(ManualClock(NOW))
    for session in ("s1", "s2", "s3"):
        feed.tell("acme", session, ENTRY)
    feed.tell("beta", "s4", ENTRY)
    listener = feed.listen("acme", after=1)
    feed.tell("acme", "s5", ENTRY)
    feed.close()
    assert [(told.session_id, told.place) for told in await heard(listener)] == [("s2", 2), ("s3", 3), ("s5", 5)]
    assert listener.missed is None


async def test_who_was_told_all_is_told_nothing_again() -> None:
    feed = Feed(ManualClock(NOW))
    feed.tell("acme", "s1", ENTRY)
    listener = feed.listen("acme", after=1)
    feed.close()
    assert (await heard(listener), listener.missed) == ([], None)


async def test_who_was_cut_off_from_a_session_is_told_its_end() -> None:
    feed = Feed(ManualClock(NOW))
    for session in ("s1", "s2", "s1"):
        feed.tell("acme", session, ENTRY)
    feed.tell("acme", "s1", END)
    listener = feed.listen("acme", "s1", after=1)
    assert listener.is_behind
    assert await heard(listener) == [Told("s1", ENTRY, 3), Told("s1", END, 4)]


async def test_who_comes_back_too_late_is_told_so_and_what_is_kept() -> None:
    clock = ManualClock(NOW)
    feed = Feed(clock)
    feed.tell("acme", "s1", ENTRY)
    clock.advance(KEPT_SECONDS + 1)
    feed.tell("acme", "s2", TimelineEntry(clock.now(), "hang-up"))
    on_time, late = feed.listen("acme", after=1), feed.listen("acme", after=0)
    feed.close()
    assert on_time.missed is None
    assert (late.missed, late.place) == (clock.now(), 1)
    assert [told.session_id for told in await heard(late)] == ["s2"]


async def test_only_so_much_is_kept() -> None:
    feed = Feed(ManualClock(NOW))
    for _ in range(KEPT + 1):
        feed.tell("acme", "s1", ENTRY)
    assert feed.listen("acme", after=0).missed == NOW
    listener = feed.listen("acme", after=1)
    feed.close()
    assert (len(await heard(listener)), listener.missed) == (KEPT, None)


def test_who_was_cut_off_by_another_start_of_the_server_missed_something() -> None:
    assert Feed(ManualClock(NOW)).listen("acme", after=ELSEWHERE).missed == NOW
