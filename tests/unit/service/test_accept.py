from typing import Any

import msgspec
import pytest
from tests.unit.domain.bodies import HANGUP, NOW, body, call, capture, say
from tests.unit.service.house import House

from ringback.adapters.store import StoreBusy
from ringback.service.ports import NewSession, Overloaded
from ringback.testing.store import InMemoryStore

REQUEST = "request-1"


async def accepted(house: House, content: bytes) -> dict[str, Any]:
    receipt = await house.accept.callflow(await house.subaccount(), content, REQUEST)
    assert receipt.http == 200
    read: dict[str, Any] = msgspec.json.decode(receipt.body)
    return read


async def test_a_valid_callflow_is_on_disk_before_its_receipt_is_given() -> None:
    house = House()
    await house.tenant()
    receipt = await accepted(house, body(call(), say(), clientRequestId="order-1"))
    assert receipt == {
        "sessionId": receipt["sessionId"],
        "sessionStatus": "CREATED",
        "callFlowRequestId": REQUEST,
        "statusCode": 1,
        "statusMessage": "Created",
    }
    record = await house.record(receipt["sessionId"])
    assert (record.state, record.sub_account_id, record.created) == ("QUEUED", "acme", NOW)
    stored = house.store.sessions[receipt["sessionId"]].session
    assert (stored.trunk, stored.request_id) == ("carrier", REQUEST)
    assert stored.callflow.client_request_id == "order-1"


async def test_a_rejection_leaves_nothing_behind_and_wakes_nobody() -> None:
    house = House()
    await house.tenant()
    woken: list[NewSession] = []
    house.accept.on_session = lambda session, _subaccount: woken.append(session)
    receipt = await house.accept.callflow(await house.subaccount(), body(call(source="1"), say(text="")), REQUEST)
    read = msgspec.json.decode(receipt.body)
    assert receipt.http == 400
    assert read["sessionStatus"] == "NOT_CREATED"
    assert read["callFlowRequestId"] == REQUEST
    assert read["statusCode"] == read["errors"][0]["statusCode"] == -1009
    assert [row["statusCode"] for row in read["errors"]] == [-1009, -1014]
    assert "sessionId" not in read
    assert not house.store.sessions
    assert not woken


async def test_the_queue_of_the_trunk_is_woken() -> None:
    house = House()
    await house.tenant()
    woken: list[NewSession] = []
    house.accept.on_session = lambda session, _subaccount: woken.append(session)
    await accepted(house, body(call(), say()))
    assert [(session.trunk, session.due) for session in woken] == [("carrier", NOW)]


async def test_a_destination_without_a_trunk_is_queued_without_one() -> None:
    house = House()
    await house.tenant()
    receipt = await accepted(house, body(call(destination="+12025550123"), say()))
    assert house.store.sessions[receipt["sessionId"]].session.trunk == ""


async def test_a_destination_outside_the_coverage_of_the_subaccount_has_no_trunk() -> None:
    house = House()
    await house.tenant()
    await house.store.change_settings("acme", {"allowedDestinations": "49,DK"})
    receipt = await accepted(house, body(call(), say()))
    assert house.store.sessions[receipt["sessionId"]].session.trunk == ""


async def test_valid_until_is_given_back_when_it_was_sent() -> None:
    house = House()
    await house.tenant()
    receipt = await accepted(house, body(call(), say(), validUntil="2030-01-20T20:30:00Z"))
    assert receipt["validUntil"] == "2030-01-20T20:30:00.000Z"
    assert house.store.sessions[receipt["sessionId"]].session.callflow.valid_until is not None


async def test_an_expired_callflow_is_judged_by_the_clock_of_the_moment() -> None:
    house = House()
    await house.tenant()
    content = body(call(), say(), validUntil="2027-01-15T09:00:00Z")  # an hour after NOW
    await accepted(house, content)
    house.clock.advance(3601)
    receipt = await house.accept.callflow(await house.subaccount(), content, REQUEST)
    assert (receipt.http, msgspec.json.decode(receipt.body)["statusCode"]) == (422, -1015)


async def test_digits_that_will_be_lost_are_warned_of() -> None:
    house = House()
    await house.tenant("VCA")
    receipt = await accepted(house, body(call(), capture(), HANGUP))
    assert [row["path"] for row in receipt["warnings"]] == ["$.callflow[1]"]


async def test_two_callflows_are_two_sessions() -> None:
    house = House()
    await house.tenant()
    content = body(call(), say())
    one, other = await accepted(house, content), await accepted(house, content)
    assert one["sessionId"] != other["sessionId"]
    assert len(house.store.sessions) == 2


class BusyStore(InMemoryStore):
    async def create_session(self, session: NewSession) -> None:
        raise StoreBusy(session.session_id)


async def test_no_receipt_is_given_for_what_the_store_did_not_take() -> None:
    house = House(store=BusyStore())
    await house.tenant()
    with pytest.raises(Overloaded):
        await accepted(house, body(call(), say()))
