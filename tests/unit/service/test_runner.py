import asyncio
from collections.abc import Sequence

import pytest
from tests.unit.domain.bodies import HANGUP, call, say
from tests.unit.service.house import ACME, BOUND, House, house_of, names, outcome, told, until_played

from ringback.domain.session import LegStatus, Session, SessionStatus
from ringback.engine import events
from ringback.service import desk
from ringback.service.ports import NewDelivery, NewSession, SipTrace, Subaccount, TimelineEntry, TrunkRoute
from ringback.testing.store import InMemoryStore
from ringback.testing.telephone import FakeLeg

MANY = TrunkRoute("carrier", ("65",), channels=500, calls_per_second=500.0)


# ---------------------------------------------------------------- running


async def test_a_session_is_live_until_its_summary_is_on_disk() -> None:
    house = await house_of("VSS")
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    await until_played(house)
    assert house.runner.live == 1
    house.runner.hang_up()
    await house.over()
    assert house.runner.live == 0
    assert (await house.record(session_id)).state == "ENDED"


async def test_many_sessions_run_side_by_side_and_each_has_one_summary() -> None:
    house = await house_of("VSS", routes=[MANY])
    sessions = [await house.queue(call(), say(), HANGUP) for _ in range(50)]
    await house.dispatch._pass()
    await house.over()
    assert [outcome(await house.record(each)) for each in sessions] == [(SessionStatus.COMPLETED, None)] * 50
    assert sorted(str(each.delivery.session_id) for each in house.store.deliveries.values()) == sorted(sessions)


async def test_a_refused_session_ends_without_a_leg_and_tells_why() -> None:
    house = await house_of("VSS", "VCS")
    session_id = await house.queue(call(destination="+12025550123"), say(), clientRequestId="order-1")
    woken: list[bool] = []
    house.desk.on_delivery = lambda: woken.append(True)
    await house.dispatch._pass()
    await house.over()
    record = await house.record(session_id)
    assert outcome(record) == (SessionStatus.ERROR, -2004)
    assert [(entry.name, entry.details) for entry in record.timeline] == [
        ("session-ended", {"status": "ERROR", "errorCode": -2004})
    ]
    assert record.summary is not None
    assert (record.summary.legs, record.summary.client_request_id) == ([], "order-1")
    assert (told(house, "VSS"), told(house, "VCS")) == (["ERROR"], [])
    assert woken
    assert not house.telephone.legs


async def test_a_session_that_waited_too_long_ends_with_2007() -> None:
    house = await house_of("VSS")
    session_id = await house.queue(call(), say(), validUntil="2027-01-15T09:00:00Z")
    house.clock.advance(3601)
    await house.dispatch._pass()
    await house.over()
    assert outcome(await house.record(session_id)) == (SessionStatus.ERROR, -2007)
    assert told(house, "VSS") == ["ERROR"]
    assert house.trunks.in_use("carrier") == 0


# ---------------------------------------------------------------- the end of a process


async def test_sessions_that_end_by_themselves_are_waited_for() -> None:
    house = await house_of()
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    await until_played(house)
    drain = asyncio.create_task(house.runner.drain(BOUND))
    leg = next(iter(house.telephone.legs.values()))
    leg.tell(events.PlayFinished(1))
    async with asyncio.timeout(BOUND):
        await drain
    assert "timer-fired" not in names(await house.record(session_id))
    assert (await house.record(session_id)).state == "ENDED"


async def test_sessions_that_last_longer_than_the_drain_are_hung_up() -> None:
    house = await house_of("VSS")
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    await until_played(house)
    async with asyncio.timeout(BOUND):
        await house.runner.drain(0.0)
    assert outcome(await house.record(session_id)) == (SessionStatus.COMPLETED, None)
    assert told(house, "VSS") == ["COMPLETED"]
    assert house.runner.live == 0


async def test_a_phone_that_still_rings_is_given_up_at_the_end_of_a_drain() -> None:
    house = await house_of()
    ringing = asyncio.Event()

    def ring(leg: FakeLeg) -> None:
        leg.tell(events.LegRinging(leg.call_id, 180))
        ringing.set()

    house.telephone.behave = ring
    session_id = await house.begin(call(), say())
    async with asyncio.timeout(BOUND):
        await ringing.wait()
        await house.runner.drain(0.0)
    assert outcome(await house.record(session_id)) == (SessionStatus.CANCELED, None)


async def test_a_drain_with_nothing_to_wait_for_is_over_at_once() -> None:
    async with asyncio.timeout(BOUND):
        await House().runner.drain(3600.0)


# ---------------------------------------------------------------- after a crash


async def crashed(house: House, *entries: TimelineEntry) -> str:
    """Leave a session as a crash leaves it: claimed, with what its timeline tells."""
    session_id = await house.queue(call(), say())
    await house.store.claim_sessions("carrier", {ACME: 1}, "a process that is gone", house.clock.now())
    await house.store.append_timeline(session_id, entries)
    return session_id


def dialled(house: House) -> TimelineEntry:
    return TimelineEntry(
        house.clock.now(),
        "leg-dialled",
        {"call": "call-1", "leg": "callA", "trunk": "carrier", "source": "6512341234", "destination": "6512345678"},
    )


async def test_what_a_crash_left_ends_with_2001_and_is_never_redialled() -> None:
    house = await house_of("VSS")
    session_id = await crashed(house)
    assert await house.runner.recover() == 1
    await house.dispatch._pass()
    await house.over()
    assert outcome(await house.record(session_id)) == (SessionStatus.ERROR, -2001)
    assert not house.telephone.legs
    assert told(house, "VSS") == ["ERROR"]


async def test_what_still_waits_in_the_queue_after_a_crash_is_dialled() -> None:
    house = await house_of()
    session_id = await house.queue(call(), say(), HANGUP)
    assert await house.runner.recover() == 0
    await house.dispatch._pass()
    await house.over()
    assert outcome(await house.record(session_id)) == (SessionStatus.COMPLETED, None)


async def test_the_legs_that_a_crash_cut_are_told_as_far_as_the_timeline_goes() -> None:
    house = await house_of("VSS")
    session_id = await crashed(
        house, dialled(house), TimelineEntry(house.clock.now() + 5, "call-connected", {"call": "call-1"})
    )
    house.clock.advance(60)
    await house.runner.recover()
    record = await house.record(session_id)
    assert record.summary is not None
    (leg,) = record.summary.legs
    assert (leg.name, leg.call_id, leg.status) == ("callA", "call-1", LegStatus.ERROR)
    assert (leg.source.digits, leg.destination.digits) == ("6512341234", "6512345678")
    assert leg.duration(house.clock.now()) == 55


async def test_a_leg_that_was_over_before_the_crash_keeps_its_end() -> None:
    house = await house_of()
    at = house.clock.now()
    entries = [
        TimelineEntry(at + 5, "call-connected", {"call": "call-1"}),
        TimelineEntry(at + 9, "call-disconnected", {"call": "call-1"}),
    ]
    session_id = await crashed(house, dialled(house), *entries)
    house.clock.advance(60)
    await house.runner.recover()
    record = await house.record(session_id)
    assert record.summary is not None
    assert record.summary.legs[0].duration(house.clock.now()) == 4


async def test_a_timeline_that_speaks_of_unknown_legs_does_not_stop_the_recovery() -> None:
    house = await house_of()
    odd = [
        TimelineEntry(house.clock.now(), name, {"call": "nobody"}) for name in ("call-connected", "call-disconnected")
    ]
    session_id = await crashed(house, *odd, TimelineEntry(house.clock.now(), "call-connected"))
    assert await house.runner.recover() == 1
    record = await house.record(session_id)
    assert record.summary is not None
    assert record.summary.legs == []


async def test_a_recovery_is_done_once() -> None:
    house = await house_of("VSS")
    await crashed(house)
    assert await house.runner.recover() == 1
    assert await house.runner.recover() == 0
    assert len(house.store.deliveries) == 1


async def test_more_sessions_than_a_page_are_all_ended() -> None:
    house = await house_of()
    for _ in range(300):
        await house.queue(call(), say())
    await house.store.claim_sessions("carrier", {ACME: 300}, "a process that is gone", house.clock.now())
    assert await house.runner.recover() == 300
    assert not await house.store.unfinished_sessions(1)


# ---------------------------------------------------------------- a store that fails


class Full(InMemoryStore):
    """A store that does not take the end of a session for a while."""

    def __init__(self, failures: int) -> None:
        """Fail so often."""
        super().__init__()
        self.failures = failures

    async def end_session(
        self,
        summary: Session,
        entries: Sequence[TimelineEntry],
        deliveries: Sequence[NewDelivery],
        trace: SipTrace | None = None,
        retry: NewSession | None = None,
    ) -> bool:
        if self.failures:
            self.failures -= 1
            message = "disk full"
            raise OSError(message)
        return await super().end_session(summary, entries, deliveries, trace, retry)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no time pass between two tries."""
    monkeypatch.setattr(desk, "PAUSES", (0.0,) * len(desk.PAUSES))


@pytest.mark.usefixtures("at_once")
async def test_a_store_that_is_full_for_a_moment_takes_the_summary_later() -> None:
    house = await house_of("VSS", store=Full(len(desk.PAUSES)))
    completed = await house.run(call(), say(), HANGUP)
    assert outcome(completed) == (SessionStatus.COMPLETED, None)
    assert told(house, "VSS") == ["COMPLETED"]


class Unreadable(InMemoryStore):
    """A store whose subaccounts cannot be read for a while."""

    failures = 0

    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        if self.failures:
            self.failures -= 1
            message = "disk on fire"
            raise OSError(message)
        return await super().subaccount(sub_account_id)


@pytest.mark.usefixtures("at_once")
async def test_a_subaccount_that_cannot_be_read_for_a_moment_is_told_all_the_same() -> None:
    store = Unreadable()
    house = await house_of("VSS", store=store)
    session_id = await house.queue(call(), say(), HANGUP)
    store.failures = 3
    await house.dispatch._pass()
    await house.over()
    assert outcome(await house.record(session_id)) == (SessionStatus.COMPLETED, None)
    assert told(house, "VSS") == ["COMPLETED"]


@pytest.mark.usefixtures("at_once")
async def test_a_refusal_is_stored_later_too() -> None:
    house = await house_of("VSS", store=Full(3))
    refused = await house.run(call(destination="+12025550123"), say())
    assert outcome(refused) == (SessionStatus.ERROR, -2004)


@pytest.mark.usefixtures("at_once")
async def test_a_session_whose_end_was_never_stored_ends_at_the_next_start() -> None:
    store = Full(10**6)
    house = await house_of("VSS", store=store)
    session_id = await house.begin(call(), say(), HANGUP)
    await house.over()
    assert house.runner.live == 0
    assert house.trunks.in_use("carrier") == 0
    store.failures = 0
    assert await house.runner.recover() == 1
    assert (await house.record(session_id)).state == "ENDED"
    assert told(house, "VSS") == ["ERROR"]
