import pytest
from tests.unit.domain.bodies import NOW
from tests.unit.service.house import BOUND

from ringback.service.feed import BEHIND, LISTENERS, Feed, Listener, Told, TooMany, listening
from ringback.service.ports import TimelineEntry

ENTRY = TimelineEntry(NOW, "digit-pressed", {"digit": "1"})
END = TimelineEntry(NOW, "session-ended")


async def heard(listener: Listener) -> list[Told]:
    """Give what was told until there is nothing more."""
    found = []
    while (told := await listener.next(BOUND)) is not None:
        found.append(told)
    return found


async def test_a_listener_hears_its_subaccount_alone() -> None:
    feed = Feed()
    listener = feed.listen("acme")
    feed.tell("beta", "s1", ENTRY)
    feed.tell("acme", "s2", ENTRY)
    feed.close()
    assert await heard(listener) == [Told("s2", ENTRY)]


async def test_a_listener_to_one_session_hears_it_to_its_end() -> None:
    feed = Feed()
    listener = feed.listen("acme", "s1")
    for session in ("s2", "s1"):
        feed.tell("acme", session, ENTRY)
        feed.tell("acme", session, END)
    feed.tell("acme", "s1", ENTRY)
    assert await heard(listener) == [Told("s1", ENTRY), Told("s1", END)]


async def test_a_listener_that_is_too_slow_is_sent_away() -> None:
    feed = Feed()
    listener = feed.listen("acme")
    for _ in range(BEHIND + 5):
        feed.tell("acme", "s1", ENTRY)
    assert len(await heard(listener)) == BEHIND


def test_a_subaccount_has_so_many_listeners() -> None:
    feed = Feed()
    listeners = [feed.listen("acme") for _ in range(LISTENERS)]
    with pytest.raises(TooMany):
        feed.listen("acme")
    feed.listen("beta")
    feed.leave("acme", listeners[0])
    feed.listen("acme")


async def test_who_listens_is_kept_awake_and_leaves_with_the_last_word() -> None:
    feed = Feed()
    listener = feed.listen("acme")
    words = listening(feed, "acme", listener, 0.0)
    assert await anext(words) is None
    feed.close()
    assert [word async for word in words] == []
    assert feed._listeners == {}
    assert await heard(feed.listen("acme")) == [], "the server stops"
