"""What every store must do: the outbox."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, delivery, make, named, new

from ringback.service.ports import DueDelivery, NewDelivery, WebhookType


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


async def outbox(store: AnyStore, *deliveries: NewDelivery) -> None:
    await store.add_subaccount("acme")
    for session_id in {str(one.session_id) for one in deliveries}:
        await store.create_session(new(session_id))
    for one in deliveries:
        await store.append_timeline(str(one.session_id), [], [one])


async def test_a_delivery_carries_the_webhook_as_configured_when_it_is_claimed(store: AnyStore) -> None:
    await outbox(store, delivery("d1"))
    await store.set_webhook("acme", WebhookType("VCS", "http://127.0.0.1/old", "Basic old"))
    await store.set_webhook("acme", WebhookType("VCS", "http://127.0.0.1/new", "Basic new"))
    (due,) = await store.claim_deliveries(1, NOW, 60)
    assert due == DueDelivery(
        delivery_id="d1",
        session_id="s1",
        sub_account_id="acme",
        type="VCS",
        body=b"d1",
        created=NOW,
        attempts=0,
        url="http://127.0.0.1/new",
        authorization="Basic new",
    )


@pytest.mark.parametrize("gone", ["removed", "disabled", "of another type"])
async def test_a_delivery_whose_webhook_is_gone_has_no_url(store: AnyStore, gone: str) -> None:
    await outbox(store, delivery("d1"))
    type_ = "VSS" if gone == "of another type" else "VCS"
    await store.set_webhook("acme", WebhookType(type_, "http://127.0.0.1/", "s", enabled=gone != "disabled"))
    if gone == "removed":
        await store.delete_webhook("acme", "VCS")
    (due,) = await store.claim_deliveries(1, NOW, 60)
    assert (due.url, due.authorization) == (None, None)


async def test_a_delivery_with_a_url_of_its_own_gets_no_secret_of_a_webhook(store: AnyStore) -> None:
    await outbox(store, delivery("d1", type_="DTMF", url="http://127.0.0.1/digits"))
    await store.set_webhook("acme", WebhookType("DTMF", "http://127.0.0.1/other", "secret"))
    (due,) = await store.claim_deliveries(1, NOW, 60)
    assert (due.url, due.authorization) == ("http://127.0.0.1/digits", None)


async def test_only_the_oldest_undone_of_a_session_and_type_is_claimed(store: AnyStore) -> None:
    names = [delivery("a1"), delivery("a2"), delivery("x1", type_="VSS"), delivery("b1", "s2"), delivery("a3")]
    await outbox(store, *names)
    assert named(await store.claim_deliveries(10, NOW, 60)) == ["a1", "x1", "b1"]
    assert named(await store.claim_deliveries(10, NOW, 60)) == []
    assert await store.delivery_done("a1", NOW)
    assert named(await store.claim_deliveries(10, NOW, 60)) == ["a2"]
    assert not await store.delivery_done("b1", NOW)


async def test_a_failed_delivery_holds_back_those_behind_it_until_it_is_taken(store: AnyStore) -> None:
    await outbox(store, delivery("d1"), delivery("d2"))
    await store.claim_deliveries(1, NOW, 60)
    assert not await store.delivery_failed("d1", NOW + 1, NOW + 30, "HTTP 500")
    assert await store.next_delivery_due() == NOW + 30
    assert named(await store.claim_deliveries(10, NOW + 29, 60)) == []
    (again,) = await store.claim_deliveries(10, NOW + 30, 60)
    assert (again.delivery_id, again.attempts) == ("d1", 1)
    await store.delivery_done("d1", NOW + 31)
    assert await store.next_delivery_due() == NOW + 31
    assert named(await store.claim_deliveries(10, NOW + 31, 60)) == ["d2"]


async def test_what_waits_and_what_is_dead_is_counted(store: AnyStore) -> None:
    assert dict(await store.waiting_deliveries()) == {"WAITING": 0, "DEAD": 0}
    await outbox(store, delivery("d1"), delivery("d2"), delivery("d3"))
    await store.claim_deliveries(1, NOW, 60)
    await store.delivery_failed("d1", NOW + 5, None, "HTTP 500")
    await store.claim_deliveries(1, NOW + 5, 60)
    await store.delivery_done("d2", NOW + 6)
    assert dict(await store.waiting_deliveries()) == {"WAITING": 1, "DEAD": 1}


async def test_a_dead_delivery_lets_the_next_go(store: AnyStore) -> None:
    await outbox(store, delivery("d1"), delivery("d2"), delivery("d3"))
    await store.claim_deliveries(1, NOW, 60)
    assert await store.delivery_failed("d1", NOW + 5, None, "HTTP 500")
    assert await store.next_delivery_due() == NOW + 5
    assert named(await store.claim_deliveries(10, NOW + 5, 60)) == ["d2"]


async def test_a_claimed_delivery_comes_back_after_its_lease(store: AnyStore) -> None:
    await outbox(store, delivery("d1"))
    await store.claim_deliveries(1, NOW, 60)
    assert await store.next_delivery_due() == NOW + 60
    assert named(await store.claim_deliveries(1, NOW + 59, 60)) == []
    (again,) = await store.claim_deliveries(1, NOW + 60, 60)
    assert (again.delivery_id, again.attempts) == ("d1", 0)


async def test_a_delivery_told_done_or_failed_twice_counts_once(store: AnyStore) -> None:
    await outbox(store, delivery("d1"), delivery("d2"), delivery("d3"))
    assert [await store.delivery_done("d1", NOW) for _ in range(2)] == [True, False]
    assert named(await store.claim_deliveries(10, NOW, 60)) == ["d2"]
    assert not await store.delivery_failed("d1", NOW, None, "late")
    assert not await store.delivery_failed("d3", NOW, None, "not its turn")
    assert [await store.delivery_failed("d2", NOW, None, "HTTP 500") for _ in range(2)] == [True, False]
    assert not await store.delivery_done("d2", NOW + 1)  # a try that outlived its lease was taken after all
    assert named(await store.claim_deliveries(10, NOW, 60)) == ["d3"]


async def test_a_claim_of_deliveries_keeps_to_its_limit_and_takes_the_longest_due(store: AnyStore) -> None:
    await outbox(store, *(delivery(f"d{n}", f"s{n}") for n in range(4)))
    await store.claim_deliveries(4, NOW, 60)
    await store.delivery_failed("d2", NOW, NOW + 5, "HTTP 500")
    assert named(await store.claim_deliveries(0, NOW + 100, 60)) == []
    assert named(await store.claim_deliveries(1, NOW + 100, 60)) == ["d2"]
    assert len(await store.claim_deliveries(2, NOW + 100, 60)) == 2


async def test_the_deliveries_of_a_session_tell_how_they_went(store: AnyStore) -> None:
    await outbox(store, delivery("d1"), delivery("d2"), delivery("d3", type_="VSS"), delivery("x", session_id="s2"))
    await store.claim_deliveries(10, NOW, 60)
    await store.delivery_failed("d1", NOW + 1, NOW + 3, "HTTP 500", 0.25)
    await store.claim_deliveries(10, NOW + 3, 60)
    await store.delivery_done("d1", NOW + 4, 0.5)
    await store.delivery_failed("d3", NOW + 1, None, "HTTP 400", 0.75)
    found = await store.deliveries_of("s1")
    told = [(each.delivery_id, each.type, each.state, each.tries, each.seconds, each.reason) for each in found]
    assert told == [
        ("d1", "VCS", "DONE", 2, 0.5, "HTTP 500"),
        ("d2", "VCS", "WAITING", 0, None, None),
        ("d3", "VSS", "DEAD", 1, 0.75, "HTTP 400"),
    ]
    assert [(each.created, each.finished, each.body) for each in found] == [
        (NOW, NOW + 4, b"d1"),
        (NOW, None, b"d2"),
        (NOW, NOW + 1, b"d3"),
    ]
    assert list(await store.deliveries_of("nobody")) == []
