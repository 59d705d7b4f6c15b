"""What every store must do: lists of sessions and of deliveries, page by page."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, delivery, make, new
from tests.contract.test_store import claim, summary

from ringback.service.ports import SessionFilter


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


async def listed(store: AnyStore, **wanted: object) -> list[str]:
    chosen = msgspec.structs.replace(SessionFilter(sub_account_id="acme"), **wanted)
    return [session.session_id for session in await store.list_sessions(chosen)]


async def test_sessions_are_listed_the_newest_first_and_page_by_page(store: AnyStore) -> None:
    for number in range(5):
        await store.create_session(new(f"s{number}", created=NOW + number // 2))
    first = await store.list_sessions(SessionFilter(sub_account_id="acme", limit=2))
    assert [session.session_id for session in first] == ["s4", "s3"]
    await store.create_session(new("later", created=NOW + 99))
    assert await listed(store, before=first[-1].place, limit=2) == ["s2", "s1"]
    assert await listed(store, before=first[-1].place) == ["s2", "s1", "s0"]


async def test_only_the_sessions_of_the_subaccount_are_listed(store: AnyStore) -> None:
    await store.create_session(new("s1"))
    await store.create_session(msgspec.structs.replace(new("s2"), sub_account_id="beta"))
    assert await listed(store) == ["s1"]
    assert await listed(store, sub_account_id="beta") == ["s2"]
    assert await listed(store, sub_account_id="nobody") == []


async def test_sessions_are_listed_by_status_and_time(store: AnyStore) -> None:
    for number in range(4):
        await store.create_session(new(f"s{number}", created=NOW + number))
    await store.claim_sessions("carrier", {"acme": 2}, "me", NOW + 9)
    await store.end_session(summary("s0"), [], [])
    assert await listed(store, status="ERROR") == ["s0"]
    assert await listed(store, status="DIALLING") == ["s1"]
    assert await listed(store, status="QUEUED") == ["s3", "s2"]
    assert await listed(store, since=NOW + 1, until=NOW + 3) == ["s2", "s1"]


async def test_a_queued_session_is_taken_once_and_by_its_subaccount_alone(store: AnyStore) -> None:
    await store.create_session(new("s1"))
    assert await store.take_session("beta", "s1", "me", NOW) is None
    taken = await store.take_session("acme", "s1", "me", NOW)
    assert taken is not None
    assert taken.session_id == "s1"
    assert await store.take_session("acme", "s1", "me", NOW) is None
    assert await store.take_session("acme", "nobody", "me", NOW) is None
    assert await claim(store) == []


async def test_dead_deliveries_are_listed_and_sent_once_more_in_their_turn(store: AnyStore) -> None:
    await store.create_session(new("s1"))
    for name in ("d1", "d2", "d3"):
        await store.append_timeline("s1", [], [delivery(name)])
    for name in ("d1", "d2"):
        await store.claim_deliveries(1, NOW, 60)
        await store.delivery_failed(name, NOW, None, "gone")
    dead = await store.dead_deliveries("acme", None, 10)
    assert [(record.delivery_id, record.session_id, record.state) for record in dead] == [
        ("d2", "s1", "DEAD"),
        ("d1", "s1", "DEAD"),
    ]
    assert [record.delivery_id for record in await store.dead_deliveries("acme", dead[0].place, 10)] == ["d1"]
    assert await store.dead_deliveries("beta", None, 10) == []
    assert await store.redeliver("beta", "d1", NOW) is None
    assert await store.redeliver("acme", "d3", NOW) is None, "it waits"
    again = await store.redeliver("acme", "d1", NOW + 5)
    assert again is not None
    assert (again.state, again.tries, again.due) == ("WAITING", 0, NOW + 5)
    order = []
    while due := await store.claim_deliveries(1, NOW + 5, 60):
        order.append(due[0].delivery_id)
        await store.delivery_done(due[0].delivery_id, NOW + 5)
    assert order == ["d3", "d1"]
    assert await store.redeliver("acme", "d3", NOW + 6) is not None, "a taken one, too"
