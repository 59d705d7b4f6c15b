"""What every store must do: the queue, the timeline, the summary."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from tests.contract.stores import CALLFLOW, KINDS, NOW, AnyStore, delivery, make, named, new

from ringback.adapters.store import StoreFailed, UnknownSession
from ringback.adapters.store.receipts import LIFETIME
from ringback.domain.number import Number
from ringback.domain.session import (
    Direction,
    LastAction,
    Leg,
    LegStatus,
    Quality,
    Session,
    SessionError,
    SessionStatus,
)
from ringback.service.ports import KeptReceipt, NewSession, QueuedSession, SipMessage, SipTrace, Store, TimelineEntry


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


def summary(session_id: str) -> Session:
    leg = Leg(
        name="callA",
        call_id="call-1",
        direction=Direction.OUTBOUND,
        source=Number("15550100100"),
        destination=Number("6512345678"),
        initiated=NOW + 1,
        connected=NOW + 2.25,
        disconnected=NOW + 9,
        status=LegStatus.COMPLETED,
        quality=Quality(4.4, 0.01, 1.5),
    )
    return Session(
        session_id=session_id,
        sub_account_id="acme",
        request_id=f"request-{session_id}",
        client_request_id="order-7",
        started=NOW,
        ended=NOW + 9,
        status=SessionStatus.ERROR,
        last_action=LastAction.SAY,
        legs=[leg],
        error=SessionError(code=-2005, action=LastAction.SAY),
    )


async def create(store: Store, *sessions: NewSession) -> None:
    for session in sessions:
        await store.create_session(session)


async def claim(store: AnyStore, limit: int = 100, trunk: str = "carrier", now: float = NOW + 10) -> list[str]:
    return ids(await store.claim_sessions(trunk, {"acme": limit}, "me", now))


def ids(sessions: Sequence[QueuedSession]) -> list[str]:
    return [session.session_id for session in sessions]


async def state(store: Store, session_id: str) -> str:
    record = await store.session(session_id)
    assert record is not None
    return record.state


# ---------------------------------------------------------------- the queue


async def test_a_claimed_session_is_what_was_created(store: AnyStore) -> None:
    session = NewSession(
        session_id="s1", sub_account_id="acme", request_id="r1", created=NOW + 0.123, trunk="carrier", callflow=CALLFLOW
    )
    await store.create_session(session)
    (claimed,) = await store.claim_sessions("carrier", {"acme": 1}, "me", NOW + 1)
    assert claimed == QueuedSession(
        session_id="s1", sub_account_id="acme", request_id="r1", created=NOW + 0.123, trunk="carrier", callflow=CALLFLOW
    )
    assert await state(store, "s1") == "DIALLING"


async def test_the_oldest_sessions_of_the_trunk_are_claimed_first(store: AnyStore) -> None:
    await create(store, new("young", created=NOW + 2), new("old"), new("middle", created=NOW + 1), new("b", "other"))
    assert await claim(store, 2) == ["old", "middle"]
    assert await claim(store, 2) == ["young"]
    assert await claim(store, 2, "other") == ["b"]


async def test_of_sessions_of_the_same_moment_the_first_created_goes_first(store: AnyStore) -> None:
    await create(store, *(new(name) for name in ("z", "a", "m")))
    assert await claim(store) == ["z", "a", "m"]


async def test_concurrent_claims_never_share_a_session(store: AnyStore) -> None:
    await asyncio.gather(*(store.create_session(new(f"s{number}")) for number in range(50)))
    claims = await asyncio.gather(*(claim(store, 7) for _ in range(10)))
    claimed = [session_id for one in claims for session_id in one]
    assert sorted(claimed) == sorted(f"s{number}" for number in range(50))


async def test_a_claim_of_none_takes_none(store: AnyStore) -> None:
    await create(store, new("s1", valid_until=NOW))
    assert await claim(store, 0) == []
    assert await claim(store, -1) == []
    assert list(await store.expire_sessions(NOW + 1, 0)) == []
    assert list(await store.unfinished_sessions(0)) == []
    assert await state(store, "s1") == "QUEUED"


async def test_a_session_id_is_used_once(store: AnyStore) -> None:
    await create(store, new("s1"))
    with pytest.raises(StoreFailed):
        await store.create_session(new("s1", "other"))
    assert [line.trunk for line in await store.queued_lines(NOW)] == ["carrier"]


async def test_a_session_expires_only_after_its_valid_until(store: AnyStore) -> None:
    await create(store, new("never"), new("later", valid_until=NOW + 60), new("soon", valid_until=NOW + 1))
    assert ids(await store.expire_sessions(NOW + 1, 10)) == []
    assert ids(await store.expire_sessions(NOW + 1.5, 10)) == ["soon"]
    assert ids(await store.expire_sessions(NOW + 1.5, 10)) == []
    assert await state(store, "soon") == "DIALLING"
    assert await claim(store, now=NOW + 2) == ["never", "later"]


async def test_a_session_past_its_valid_until_is_not_given_out_for_dialling(store: AnyStore) -> None:
    await create(store, new("late", valid_until=NOW + 1), new("fine"))
    assert await claim(store, now=NOW + 2) == ["fine"]
    assert ids(await store.expire_sessions(NOW + 2, 10)) == ["late"]


async def test_sessions_in_dialling_are_unfinished_until_they_end(store: AnyStore) -> None:
    await create(store, new("b", created=NOW + 1), new("a"), new("queued", "other"))
    await claim(store)
    assert ids(await store.unfinished_sessions(10)) == ["a", "b"]
    assert ids(await store.unfinished_sessions(1)) == ["a"]
    await store.end_session(summary("a"), [], [])
    assert ids(await store.unfinished_sessions(10)) == ["b"]


# ---------------------------------------------------------------- timeline and summary


async def test_an_unknown_session_is_none_and_cannot_be_written_to(store: AnyStore) -> None:
    assert await store.session("nobody") is None
    with pytest.raises(UnknownSession):
        await store.append_timeline("nobody", [TimelineEntry(NOW, "x")], [delivery("d1")])
    with pytest.raises(UnknownSession):
        await store.end_session(summary("nobody"), [], [delivery("d1")])
    assert await store.next_delivery_due() is None


async def test_a_timeline_keeps_its_order_and_its_details(store: AnyStore) -> None:
    await create(store, new("s1"), new("s2"))
    first = TimelineEntry(NOW + 1, "leg-dialled", {"call": "c", "seconds": 1.5, "cached": True, "digits": None})
    second = TimelineEntry(NOW + 0.5, "leg-ringing")
    third = TimelineEntry(NOW + 2, "session-ended", {"errorCode": -2005})
    await store.append_timeline("s1", [first, second])
    await store.append_timeline("s2", [third])
    await store.append_timeline("s1", [])
    await store.end_session(summary("s1"), [third], [])
    record = await store.session("s1")
    assert record is not None
    assert list(record.timeline) == [first, second, third]


async def test_a_detail_of_any_type_does_not_stop_the_end_of_a_session(store: AnyStore) -> None:
    await create(store, new("s1"))
    entry = TimelineEntry(NOW, "odd", {"path": Path("a/b"), "status": SessionStatus.BUSY})
    assert await store.end_session(summary("s1"), [entry], [])
    record = await store.session("s1")
    assert record is not None
    assert record.timeline[0].details == {"path": "a/b", "status": "BUSY"}


async def test_a_summary_is_read_as_it_was_written(store: AnyStore) -> None:
    await create(store, new("s1"))
    before = await store.session("s1")
    assert before is not None
    assert (before.state, before.summary, list(before.timeline)) == ("QUEUED", None, [])
    await claim(store)
    assert await store.end_session(summary("s1"), [], [])
    record = await store.session("s1")
    assert record is not None
    assert (record.state, record.sub_account_id, record.created) == ("ENDED", "acme", NOW)
    assert record.summary == summary("s1")


async def test_a_session_ends_once(store: AnyStore) -> None:
    await create(store, new("s1"))
    await claim(store)
    assert await store.end_session(summary("s1"), [TimelineEntry(NOW, "first")], [delivery("d1", type_="VSS")])
    again = summary("s1")
    again.status = SessionStatus.COMPLETED
    assert not await store.end_session(again, [TimelineEntry(NOW, "second")], [delivery("d2", type_="VSS")])
    record = await store.session("s1")
    assert record is not None
    assert record.summary == summary("s1")
    assert [entry.name for entry in record.timeline] == ["first"]
    assert named(await store.claim_deliveries(10, NOW, 60)) == ["d1"]
    await store.delivery_done("d1", NOW)
    assert await store.next_delivery_due() is None


async def test_of_concurrent_ends_one_wins(store: AnyStore) -> None:
    await create(store, new("s1"))
    ends = [store.end_session(summary("s1"), [], [delivery(f"d{n}", type_=f"T{n}")]) for n in range(5)]
    assert sorted(await asyncio.gather(*ends)) == [False] * 4 + [True]
    assert len(await store.claim_deliveries(10, NOW, 60)) == 1


async def test_an_end_whose_delivery_fails_leaves_the_session_as_it_was(store: AnyStore) -> None:
    await create(store, new("s1"))
    await claim(store)
    await store.append_timeline("s1", [], [delivery("d1")])
    with pytest.raises(StoreFailed):
        await store.end_session(summary("s1"), [TimelineEntry(NOW, "x")], [delivery("d2", type_="VSS"), delivery("d1")])
    record = await store.session("s1")
    assert record is not None
    assert (record.state, record.summary, list(record.timeline)) == ("DIALLING", None, [])
    assert named(await store.claim_deliveries(10, NOW, 60)) == ["d1"]


# ---------------------------------------------------------------- what the flight recorder kept

MESSAGES = tuple(
    SipMessage("call-1", NOW + number, number % 2 == 0, "127.0.0.1:5060", "127.0.0.1:5070", message)
    for number, message in enumerate([b"INVITE sip:a SIP/2.0\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n\xff\x00"])
)


async def ended(store: Store, session_id: str, at: float, trace: SipTrace | None) -> None:
    await create(store, new(session_id))
    over = summary(session_id)
    over.ended = at
    await store.end_session(over, [], [], trace)


async def test_a_trace_is_read_as_it_was_written_with_the_end(store: AnyStore) -> None:
    await ended(store, "s1", NOW, SipTrace(MESSAGES, left_out=3))
    await ended(store, "s2", NOW, None)
    await create(store, new("s3"))
    found = await store.trace("s1")
    assert found is not None
    assert (tuple(found.messages), found.left_out) == (MESSAGES, 3)
    assert [await store.trace(name) for name in ("s2", "s3", "nobody")] == [None, None, None]


async def test_an_end_that_comes_twice_leaves_the_first_trace(store: AnyStore) -> None:
    await ended(store, "s1", NOW, SipTrace(MESSAGES))
    assert not await store.end_session(summary("s1"), [], [], SipTrace())
    found = await store.trace("s1")
    assert found is not None
    assert len(found.messages) == 2


async def test_old_traces_are_forgotten_so_many_at_a_time(store: AnyStore) -> None:
    for session_id, at in (("new", 9.0), ("older", 1.0), ("old", 2.0), ("oldest", 0.0), ("edge", 5.0)):
        await ended(store, session_id, NOW + at, SipTrace(MESSAGES))
    assert await store.forget_traces(NOW + 5, 2) == 2
    assert [await store.trace(name) is None for name in ("oldest", "older", "old")].count(True) == 2
    assert await store.forget_traces(NOW + 5, 2) == 1
    assert await store.forget_traces(NOW + 5, 2) == 0
    assert await store.forget_traces(NOW + 99, 0) == 0
    assert [await store.trace(name) is None for name in ("old", "edge", "new")] == [True, False, False]
    assert await state(store, "oldest") == "ENDED", "the session stays"


async def test_the_sessions_created_last_are_listed_first_without_their_timelines(store: AnyStore) -> None:
    for session_id in ("a", "b", "c"):
        await create(store, new(session_id))
        await store.append_timeline(session_id, [TimelineEntry(NOW, "x")])
    await store.end_session(summary("c"), [], [])
    assert [record.session_id for record in await store.latest_sessions(2)] == ["c", "b"]
    (latest,) = await store.latest_sessions(1)
    assert (latest.state, latest.summary, list(latest.timeline)) == ("ENDED", summary("c"), [])
    assert list(await store.latest_sessions(0)) == []
    assert len(await store.latest_sessions(99)) == 3


# ---------------------------------------------------------------- receipts


def receipt(name: str, created: float = NOW) -> KeptReceipt:
    return KeptReceipt("acme", "order-7", name.encode(), created, 200, b"{}")


async def test_a_receipt_is_kept_with_its_session_and_given_again_within_a_day(store: AnyStore) -> None:
    assert await store.create_once(receipt("one"), new("s1")) is None
    assert await store.create_once(receipt("other", NOW + LIFETIME - 1), new("s2")) == receipt("one")
    assert await store.session("s2") is None
    assert await store.create_once(receipt("other", NOW + LIFETIME), new("s3")) is None
    assert await claim(store) == ["s1", "s3"]


async def test_old_receipts_are_forgotten(store: AnyStore) -> None:
    for key in ("order-7", "order-8", "order-9"):
        await store.create_once(KeptReceipt("acme", key, b"", NOW, 200, b"{}"), None)
    assert await store.forget_receipts(NOW + LIFETIME - 1, 2) == 0
    assert [await store.forget_receipts(NOW + LIFETIME, 2) for _ in range(3)] == [2, 1, 0]
