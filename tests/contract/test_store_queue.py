"""What every store must do: sessions that wait until they are due, and the lines in which subaccounts wait."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make, new

from ringback.domain.settings import Settings
from ringback.service.ports import NewSession, SessionFilter
from ringback.service.queue_store import LINE_COUNTED


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


def at(session: NewSession, due: float = 0.0, sub_account_id: str = "acme") -> NewSession:
    """Give the session, due then, of another subaccount."""
    return msgspec.structs.replace(session, due=due, sub_account_id=sub_account_id)


async def claim(store: AnyStore, now: float, shares: Mapping[str, int] | None = None) -> list[str]:
    claimed = await store.claim_sessions("carrier", shares or {"acme": 100}, "me", now)
    return [session.session_id for session in claimed]


async def lines(store: AnyStore, now: float = NOW) -> dict[tuple[str, str], tuple[int, float | None]]:
    return {(line.trunk, line.sub_account_id): (line.waiting, line.next_due) for line in await store.queued_lines(now)}


async def test_a_session_is_not_claimed_before_it_is_due(store: AnyStore) -> None:
    await store.create_session(at(new("later"), NOW + 60))
    assert await claim(store, NOW + 59.9) == []
    assert await claim(store, NOW + 60) == ["later"]


async def test_a_session_that_is_due_before_it_was_created_is_due_at_once(store: AnyStore) -> None:
    await store.create_session(at(new("s1"), NOW - 60))
    record = await store.session("s1")
    assert record is not None
    assert record.due == NOW
    assert await claim(store, NOW) == ["s1"]


async def test_those_go_first_that_were_due_first(store: AnyStore) -> None:
    await store.create_session(at(new("created first"), NOW + 2))
    await store.create_session(new("due first", created=NOW + 1))
    assert await claim(store, NOW + 2, {"acme": 1}) == ["due first"]
    assert await claim(store, NOW + 2, {"acme": 1}) == ["created first"]


async def test_a_session_that_waits_expires_all_the_same(store: AnyStore) -> None:
    await store.create_session(at(new("s1", valid_until=NOW + 10), NOW + 60))
    (expired,) = await store.expire_sessions(NOW + 11, 10)
    assert expired.session_id == "s1"


async def test_a_session_that_waits_is_taken_out_of_the_queue(store: AnyStore) -> None:
    await store.create_session(at(new("s1"), NOW + 60))
    assert await store.take_session("acme", "s1", "me", NOW) is not None
    assert await claim(store, NOW + 60) == []


async def test_a_list_says_when_a_session_is_due(store: AnyStore) -> None:
    await store.create_session(at(new("s1"), NOW + 60))
    (listed,) = await store.list_sessions(SessionFilter(sub_account_id="acme"))
    assert listed.due == NOW + 60


async def test_each_subaccount_gets_its_share(store: AnyStore) -> None:
    for number in range(5):
        await store.create_session(at(new(f"a{number}", created=NOW + number)))
    await store.create_session(at(new("b0"), sub_account_id="b"))
    await store.create_session(at(new("c0"), sub_account_id="c"))
    claimed = await claim(store, NOW + 9, {"acme": 2, "b": 2, "nobody": 1, "c": 0})
    assert sorted(claimed) == ["a0", "a1", "b0"]
    assert await claim(store, NOW + 9, {"c": 1}) == ["c0"]


async def test_the_queue_is_counted_by_trunk_and_subaccount(store: AnyStore) -> None:
    assert await lines(store) == {}
    for session in (new("a"), new("b"), new("c", "other"), new("d", ""), at(new("e"), sub_account_id="b")):
        await store.create_session(session)
    await claim(store, NOW, {"acme": 1})
    assert await lines(store) == {
        ("", "acme"): (1, None),
        ("carrier", "acme"): (1, None),
        ("carrier", "b"): (1, None),
        ("other", "acme"): (1, None),
    }


async def test_a_line_says_when_the_next_of_it_is_due(store: AnyStore) -> None:
    await store.create_session(new("now"))
    await store.create_session(at(new("last"), NOW + 90))
    await store.create_session(at(new("next"), NOW + 60))
    await store.create_session(at(new("of another"), NOW + 30, "b"))
    assert await lines(store) == {("carrier", "acme"): (1, NOW + 60), ("carrier", "b"): (0, NOW + 30)}
    assert await lines(store, NOW + 60) == {("carrier", "acme"): (2, NOW + 90), ("carrier", "b"): (1, None)}


async def test_a_long_line_is_not_counted_to_its_end(store: AnyStore) -> None:
    for number in range(LINE_COUNTED + 1):
        await store.create_session(new(f"s{number}"))
    assert await lines(store) == {("carrier", "acme"): (LINE_COUNTED, None)}


async def test_all_that_is_queued_for_a_trunk_is_counted(store: AnyStore) -> None:
    for session in (new("a"), new("b", "other"), at(new("c"), NOW + 60), at(new("d"), sub_account_id="b")):
        await store.create_session(session)
    assert await store.queued_trunks() == {"carrier": 3, "other": 1}


# ---------------------------------------------------------------- quiet hours and limits


async def test_a_line_has_the_settings_of_its_subaccount(store: AnyStore) -> None:
    await store.add_subaccount("acme")
    await store.change_settings("acme", {"maxConcurrentCalls": 3})
    await store.create_session(new("s1"))
    await store.create_session(at(new("s2"), sub_account_id="gone"))
    settings = {line.sub_account_id: line.settings for line in await store.queued_lines(NOW)}
    assert settings == {"acme": Settings(max_concurrent_calls=3), "gone": Settings()}


async def test_what_is_due_next_is_read_and_not_taken(store: AnyStore) -> None:
    for session in (new("second", created=NOW + 1), new("first"), new("late", valid_until=NOW + 1), new("c", "other")):
        await store.create_session(session)
    await store.create_session(at(new("not yet"), NOW + 60))
    await store.create_session(at(new("of another"), sub_account_id="b"))
    ahead = await store.due_callflows("carrier", "acme", NOW + 2, 10)
    assert list(ahead) == ["first", "second"]
    assert ahead["first"] == new("first").callflow
    assert list(await store.due_callflows("carrier", "acme", NOW + 2, 1)) == ["first"]
    assert await claim(store, NOW + 2) == ["first", "second"]


async def test_a_session_that_is_put_off_is_due_then(store: AnyStore) -> None:
    await store.create_session(new("s1"))
    await store.create_session(new("taken"))
    await store.take_session("acme", "taken", "me", NOW)
    await store.defer_sessions({"s1": NOW + 60, "taken": NOW + 60, "unknown": NOW + 60})
    assert await lines(store) == {("carrier", "acme"): (0, NOW + 60)}
    assert await claim(store, NOW + 59) == []
    assert await claim(store, NOW + 60) == ["s1"]
