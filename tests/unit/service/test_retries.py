"""Sessions that reached nobody and are tried again, on fakes: time stands still until it is moved."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from tests.unit.domain.bodies import HANGUP, NOW, call, say
from tests.unit.service.house import ACME, BOUND, House, house_of, names, outcome

from ringback.domain.number import Number
from ringback.domain.session import LegStatus, SessionStatus
from ringback.engine import events
from ringback.service.ports import SessionRecord
from ringback.testing.telephone import FakeLeg

TWICE = {"attempts": 2, "delaySeconds": 60}


def refuses(sip_code: int, *, rings: bool = False) -> Callable[[FakeLeg], None]:
    def behave(leg: FakeLeg) -> None:
        if rings:
            leg.tell(events.LegRinging(leg.call_id, 180))
        leg.tell(events.LegRefused(leg.call_id, sip_code))

    return behave


async def ends(house: House, session_id: str) -> SessionRecord:
    """Let what is due run to its end; give the session."""
    await house.dispatch._pass()
    await house.over()
    return await house.record(session_id)


async def after(house: House, record: SessionRecord, seconds: float = 60.0) -> SessionRecord:
    """Let time pass; give what became of the session that tries again."""
    assert record.summary is not None
    assert record.summary.retried_by is not None
    house.clock.advance(seconds)
    return await ends(house, record.summary.retried_by)


async def busy(house: House, retry: object = TWICE, valid_until: str | None = None) -> SessionRecord:
    """Have a callflow that is to be tried again end BUSY."""
    house.telephone.behave = refuses(486)
    session_id = await house.queue(call(), say(), HANGUP, retry=retry, validUntil=valid_until)
    return await ends(house, session_id)


def next_of(record: SessionRecord) -> str | None:
    assert record.summary is not None
    return record.summary.retried_by


async def test_a_busy_number_is_called_again_in_a_session_of_its_own() -> None:
    house = await house_of("VSS")
    first = await busy(house)
    assert outcome(first) == (SessionStatus.BUSY, None)
    house.telephone.behave = lambda leg: leg.tell(events.LegAnswered(leg.call_id))
    second = await after(house, first)
    assert outcome(second) == (SessionStatus.COMPLETED, None)
    assert (second.retry_of, second.attempt, next_of(second)) == (first.session_id, 1, None)
    assert second.session_id != first.session_id
    told = [msgspec.json.decode(each.delivery.body)["payload"] for each in house.store.deliveries.values()]
    assert [(each["sessionId"], each["sessionStatus"]) for each in told] == [
        (first.session_id, "BUSY"),
        (second.session_id, "COMPLETED"),
    ]
    assert told[0]["retriedBy"] == second.session_id
    assert not {"retryOf", "attempt"} & told[0].keys()
    assert (told[1]["retryOf"], told[1]["attempt"]) == (first.session_id, 1)
    assert "retriedBy" not in told[1]


async def test_it_is_not_called_before_its_time() -> None:
    house = await house_of()
    first = await busy(house)
    again = await after(house, first, 59.0)
    assert (again.state, len(house.telephone.legs)) == ("QUEUED", 1)


async def test_every_retry_belongs_to_the_first_session_and_the_last_ends_it() -> None:
    house = await house_of()
    first = await busy(house)
    second = await after(house, first)
    third = await after(house, second)
    assert [(each.retry_of, each.attempt) for each in (second, third)] == [
        (first.session_id, 1),
        (first.session_id, 2),
    ]
    assert [each.summary and each.summary.request_id for each in (second, third)] == [first.summary.request_id] * 2  # type: ignore[union-attr]  # it has ended
    assert next_of(third) is None
    assert len(house.telephone.legs) == 3


async def test_the_timeline_tells_of_it_before_the_end() -> None:
    house = await house_of()
    first = await busy(house)
    assert names(first)[-2:] == ["retry-queued", "session-ended"]
    details = first.timeline[-2].details
    assert (details["session"], details["attempt"]) == (next_of(first), 1)


async def test_a_number_that_is_not_answered_is_called_again() -> None:
    house = await house_of()
    house.telephone.behave = refuses(480, rings=True)
    first = await ends(house, await house.queue(call(), say(), retry=TWICE))
    assert outcome(first) == (SessionStatus.NO_ANSWER, None)
    assert next_of(first) is not None


@pytest.mark.parametrize("on", [["NO_ANSWER"], ["BUSY"]])
async def test_only_what_was_asked_for_is_tried_again(on: list[str]) -> None:
    house = await house_of()
    first = await busy(house, retry=TWICE | {"on": on})
    assert (next_of(first) is not None) == (on == ["BUSY"])


async def test_nothing_is_tried_again_unless_it_is_asked_for() -> None:
    assert next_of(await busy(await house_of(), retry=None)) is None


async def test_the_setting_of_the_subaccount_asks_for_it_and_a_callflow_can_decline() -> None:
    house = await house_of()
    await house.store.change_settings(ACME, {"retry": TWICE})
    assert next_of(await busy(house, retry=None)) is not None
    assert next_of(await busy(house, retry={"attempts": 0})) is None


@pytest.mark.parametrize("sip_code", [404, 603, 503])
async def test_another_failure_is_not_tried_again(sip_code: int) -> None:
    house = await house_of()
    house.telephone.behave = refuses(sip_code)
    first = await ends(house, await house.queue(call(), say(), retry=TWICE))
    assert (outcome(first), next_of(first)) == ((SessionStatus.FAILED, None), None)


async def test_b_that_is_busy_is_not_tried_again() -> None:
    house = await house_of()
    flow = (call(), say(), call(destination="+6587654321"))
    house.telephone.behave = lambda leg: leg.tell(
        events.LegRefused(leg.call_id, 486)
        if leg.destination.digits == "6587654321"
        else events.LegAnswered(leg.call_id)
    )
    first = await ends(house, await house.queue(*flow, retry=TWICE))
    assert (outcome(first), next_of(first)) == ((SessionStatus.BUSY, None), None)


async def test_a_session_that_was_cancelled_is_not_tried_again_though_the_number_was_busy_too() -> None:
    house = await house_of()
    dialled = asyncio.get_running_loop().create_future()
    house.telephone.behave = dialled.set_result
    session_id = await house.queue(call(), say(), retry=TWICE)
    await house.dispatch._pass()
    leg = await asyncio.wait_for(dialled, BOUND)
    # our CANCEL and the 486 pass each other on the way
    house.telephone.hang_up = lambda call_id: leg.tell(events.LegRefused(call_id, 486))  # type: ignore[method-assign]  # the far end answers
    assert house.runner.cancel(session_id)
    await house.over()
    record = await house.record(session_id)
    assert record.summary is not None
    assert record.summary.legs[0].status is LegStatus.BUSY
    assert next_of(record) is None


async def test_nothing_is_tried_that_would_not_be_valid_then() -> None:
    assert next_of(await busy(await house_of(), valid_until="2027-01-15T08:01:00Z")) is None
    assert next_of(await busy(await house_of(), valid_until="2027-01-15T08:01:01Z")) is not None


async def test_a_retry_is_put_off_to_the_end_of_quiet_hours() -> None:
    house = await house_of()
    await house.store.change_settings(ACME, {"quietHours": "SG 16:01-18:00"})  # it is 16:00 there
    first = await busy(house)
    again = await house.record(next_of(first) or "")
    assert again.due == NOW + 7200
    assert next_of(await busy(house, valid_until="2027-01-15T10:00:00Z")) is None, "it is over when they are"
    assert next_of(await busy(house, valid_until="2027-01-15T10:00:01Z")) is not None


async def test_a_number_that_opted_out_meanwhile_is_not_called_again_whatever_the_callflow() -> None:
    house = await house_of()
    first = await busy(house)
    await house.store.add_opt_out(ACME, Number("6512345678"), house.clock.now())
    again = await after(house, first)
    assert (outcome(again), next_of(again)) == ((SessionStatus.UNSUBSCRIBED_CONTACT, None), None)
    assert len(house.telephone.legs) == 1


async def test_a_retry_does_not_wait_for_the_start_of_the_first() -> None:
    house = await house_of()
    house.telephone.behave = refuses(486)
    session_id = await house.queue(call(), say(), retry=TWICE, startAt="2027-01-15T09:00:00Z")
    house.clock.advance(3600)
    first = await ends(house, session_id)
    again = await after(house, first)
    assert outcome(again) == (SessionStatus.BUSY, None)


async def test_what_a_crash_left_is_not_tried_again() -> None:
    house = await house_of()
    session_id = await house.queue(call(), say(), retry=TWICE)
    await house.store.claim_sessions("carrier", {ACME: 1}, "a process that is gone", house.clock.now())
    assert await house.runner.recover() == 1
    record = await house.record(session_id)
    assert (outcome(record), next_of(record)) == ((SessionStatus.ERROR, -2001), None)
    assert len(house.store.sessions) == 1
