import asyncio
from typing import Any

import msgspec
import pytest
from tests.unit.domain.bodies import HANGUP, body, call, say
from tests.unit.service.house import ACME, BOUND, CARRIER, House, names

from ringback.domain.callflow import Callflow
from ringback.domain.session import Direction, SessionStatus
from ringback.service.ports import (
    Answer,
    IncomingCall,
    NewSession,
    SessionRecord,
    TimelineEntry,
    TrunkRoute,
    WebhookType,
)
from ringback.service.reception import Reception, number_of
from ringback.testing.store import InMemoryStore

VIRTUAL = "12025550199"
CALLER = "4915112345678"


async def open_house(*types: str, store: InMemoryStore | None = None, channels: int = 1) -> tuple[House, Reception]:
    house = House(TrunkRoute("carrier", ("65",), channels=channels), store=store)
    hooks = [WebhookType(type_, f"http://acme.example/{type_.lower()}") for type_ in types]
    await house.store.bootstrap(ACME, caller_ids=["6512341234"], numbers=[VIRTUAL], webhooks=hooks)
    return house, Reception(house.desk, house.runner, "house")


def knock(house: House, called: str = VIRTUAL, call_id: str = "caller") -> IncomingCall:
    house.telephone.receive(call_id, number_of(called), number_of(CALLER))
    return IncomingCall(call_id, ("127.0.0.1", 5060), called, f"+{CALLER}", "carrier")


async def settled(reception: Reception, house: House) -> None:
    """Wait until the caller was dealt with and every session is over."""
    for task in list(reception._errands._tasks):
        await task
    await house.over()


async def only_record(house: House) -> SessionRecord:
    (session_id,) = house.store.sessions
    return await house.record(session_id)


async def test_a_caller_is_spoken_to() -> None:
    house, reception = await open_house("VCA", "VSS")
    house.callbacks.answers.append(Answer(200, body(say(), HANGUP)))
    reception.incoming(knock(house))
    await settled(reception, house)
    record = await only_record(house)
    assert record.summary is not None
    assert record.summary.status is SessionStatus.COMPLETED
    (leg,) = record.summary.legs
    assert (leg.direction, leg.source.digits, leg.destination.digits) == (Direction.INBOUND, CALLER, VIRTUAL)
    assert house.telephone.legs["caller"].settled == "answered"
    assert names(record)[:2] == ["leg-received", "call-received"]
    asked: dict[str, Any] = msgspec.json.decode(house.callbacks.posts[0].body)
    assert asked["payload"]["callStatus"] == "CALL_RECEIVED"
    assert house.trunks.in_use("carrier") == 0


async def test_a_masked_caller_is_answered_when_the_callee_is() -> None:
    house, reception = await open_house("VCA", channels=2)
    house.callbacks.answers.append(Answer(200, body(call())))
    bridged = asyncio.Event()
    bridge = house.telephone.bridge

    def note(call_id: str, other: str) -> None:
        bridge(call_id, other)
        bridged.set()

    house.telephone.bridge = note  # type: ignore[method-assign]  # the fake is watched
    reception.incoming(knock(house))
    async with asyncio.timeout(BOUND):
        await bridged.wait()
    caller = house.telephone.legs["caller"]
    callee = next(leg for name, leg in house.telephone.legs.items() if name != "caller")
    assert caller.bridged_to == callee.call_id
    house.telephone.hang_up(callee.call_id)
    await house.over()
    assert (await only_record(house)).summary is not None
    assert len(house.callbacks.posts) == 1


@pytest.mark.parametrize("called", ["12025550100", "", "nobody"])
async def test_a_number_of_nobody_is_not_found(called: str) -> None:
    house, reception = await open_house("VCA")
    reception.incoming(knock(house, called))
    await settled(reception, house)
    assert house.telephone.legs["caller"].settled == "404"
    assert not house.store.sessions


async def test_without_a_program_that_decides_a_number_is_not_found() -> None:
    house, reception = await open_house("VSS")
    reception.incoming(knock(house))
    await settled(reception, house)
    assert house.telephone.legs["caller"].settled == "404"


async def test_a_full_trunk_takes_no_caller() -> None:
    house, reception = await open_house("VCA")
    assert house.trunks.occupy("carrier", ACME)
    reception.incoming(knock(house))
    await settled(reception, house)
    assert house.telephone.legs["caller"].settled == "503"
    assert house.trunks.in_use("carrier") == 1


async def test_a_server_that_drains_takes_no_caller() -> None:
    house, reception = await open_house("VCA")
    reception.is_open = False
    reception.incoming(knock(house))
    await settled(reception, house)
    assert house.telephone.legs["caller"].settled == "503"


async def test_a_caller_who_leaves_at_once_is_canceled() -> None:
    house, reception = await open_house("VCA")
    reception.incoming(knock(house))
    house.telephone.hang_up("caller")  # before anything was looked up
    await settled(reception, house)
    summary = (await only_record(house)).summary
    assert summary is not None
    assert summary.status is SessionStatus.CANCELED


class Broken(InMemoryStore):
    """A store that takes no callers."""

    async def begin_session(self, session: NewSession, owner: str, now: float) -> None:
        raise OSError(session, owner, now)


async def test_a_caller_whose_session_cannot_be_stored_is_turned_away() -> None:
    house, reception = await open_house("VCA", store=Broken())
    reception.incoming(knock(house))
    await settled(reception, house)
    assert house.telephone.legs["caller"].settled == "503"
    assert house.trunks.in_use("carrier") == 0


async def test_a_crash_ends_the_session_of_a_caller_with_its_leg() -> None:
    house, _ = await open_house("VSS")
    now = house.clock.now()
    session = NewSession(
        session_id="left",
        sub_account_id=ACME,
        request_id="request",
        created=now,
        trunk="carrier",
        callflow=Callflow(actions=()),
    )
    await house.store.begin_session(session, "gone", now)
    details = {"call": "caller", "leg": "callA", "trunk": "carrier", "source": CALLER, "destination": VIRTUAL}
    await house.store.append_timeline("left", [TimelineEntry(now, "leg-received", details)])
    assert await house.runner.recover() == 1
    summary = (await house.record("left")).summary
    assert summary is not None
    assert summary.status is SessionStatus.ERROR
    assert [leg.direction for leg in summary.legs] == [Direction.INBOUND]


@pytest.mark.parametrize(
    ("user", "digits"),
    [("+4915112345678", CALLER), ("4915112345678;isub=1", CALLER), ("anonymous", "0"), ("", "0"), ("1" * 40, "1" * 15)],
)
def test_a_number_from_outside_is_carried_as_it_came(user: str, digits: str) -> None:
    assert number_of(user).digits == digits


def test_a_channel_is_taken_by_those_who_call_in() -> None:
    house = House(CARRIER)
    assert house.trunks.occupy("carrier", ACME)
    assert house.trunks.occupy("carrier", ACME)
    assert not house.trunks.occupy("carrier", ACME)
    assert not house.trunks.occupy("nobody", ACME)
