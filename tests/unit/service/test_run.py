"""One session on a fake telephone: what is dialled, played, told and kept."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from tests.unit.domain.bodies import HANGUP, NOW, body, call, capture, play, say
from tests.unit.service.house import (
    ACME,
    BOUND,
    CARRIER,
    House,
    answers_and_presses,
    house_of,
    names,
    outcome,
    told,
    until_played,
)

from ringback.domain.session import LegStatus, SessionStatus
from ringback.engine import events
from ringback.service.ports import (
    Answer,
    NotReached,
    WebhookType,
)
from ringback.testing.telephone import FakeLeg

ALL = ("VCA", "VCS", "VSS")


def refuses(sip_code: int) -> Callable[[FakeLeg], None]:
    return lambda leg: leg.tell(events.LegRefused(leg.call_id, sip_code))


# ---------------------------------------------------------------- what happens, in order


async def test_a_message_is_dialled_spoken_and_hung_up() -> None:
    house = await house_of(*ALL)
    record = await house.run(call(), say(repetition=2), HANGUP)
    assert outcome(record) == (SessionStatus.COMPLETED, None)
    assert names(record) == [
        "leg-dialled",
        "call-initiated",
        "call-connected",
        "prompt-played",
        "prompt-finished",
        "hang-up",
        "call-disconnected",
        "session-ended",
    ]
    (leg,) = house.telephone.legs.values()
    assert (leg.trunk, str(leg.source), str(leg.destination)) == ("carrier", "+6512341234", "+6512345678")
    assert (leg.played, leg.over) == (["say", "say"], True)


async def test_the_timeline_tells_who_was_called_through_which_trunk() -> None:
    house = await house_of()
    record = await house.run(call(), say(), HANGUP)
    dialled, played = record.timeline[0].details, record.timeline[3].details
    assert {name: dialled[name] for name in ("leg", "trunk", "source", "destination")} == {
        "leg": "callA",
        "trunk": "carrier",
        "source": "6512341234",
        "destination": "6512345678",
    }
    assert (played["seconds"], played["call"]) == (1.0, dialled["call"])


async def test_the_program_is_told_every_status_once_and_the_summary_last() -> None:
    house = await house_of(*ALL)
    await house.run(call(), say(), HANGUP)
    assert told(house, "VCS") == ["CALL_INITIATED", "CALL_CONNECTED", "CALL_DISCONNECTED"]
    assert told(house, "VSS") == ["COMPLETED"]
    assert [*house.store.deliveries.values()][-1].delivery.type == "VSS"


async def test_the_outbox_is_woken_for_the_summary() -> None:
    house = await house_of("VSS")
    woken: list[bool] = []
    house.desk.on_delivery = lambda: woken.append(True)
    await house.run(call(), HANGUP)
    assert woken == [True]


async def test_without_webhooks_nothing_is_put_into_the_outbox() -> None:
    house = await house_of()
    await house.run(call(), say(), HANGUP)
    assert not house.store.deliveries


async def test_a_disabled_webhook_is_told_nothing() -> None:
    house = await house_of()
    for type_ in ("VCS", "VSS"):
        await house.store.set_webhook("acme", WebhookType(type_, "http://acme.example/", enabled=False))
    await house.run(call(), say(), HANGUP)
    assert not house.store.deliveries


async def test_the_timeline_is_shown_as_it_happens() -> None:
    house = await house_of()
    shown: list[tuple[str, str]] = []
    house.desk.on_timeline = lambda _account, session, entry: shown.append((session, entry.name))
    record = await house.run(call(), HANGUP)
    assert shown == [(record.session_id, name) for name in names(record)]


async def test_every_entry_carries_the_time_of_the_clock() -> None:
    house = await house_of()
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    await until_played(house)
    house.clock.advance(9)
    leg = next(iter(house.telephone.legs.values()))
    leg.tell(events.LegHungUp(leg.call_id))
    await house.over()
    record = await house.record(session_id)
    times = {entry.name: entry.at - NOW for entry in record.timeline}
    assert (times["call-connected"], times["call-disconnected"], times["session-ended"]) == (0, 9, 9)
    assert record.summary is not None
    assert record.summary.legs[0].duration(NOW) == 9


# ---------------------------------------------------------------- calls that come to nothing


@pytest.mark.parametrize(
    ("sip_code", "status"),
    [(486, SessionStatus.BUSY), (600, SessionStatus.BUSY), (603, SessionStatus.FAILED), (404, SessionStatus.FAILED)],
)
async def test_a_refused_call_ends_the_session_with_its_status(sip_code: int, status: SessionStatus) -> None:
    house = await house_of(*ALL)
    house.telephone.behave = refuses(sip_code)
    record = await house.run(call(), say())
    assert outcome(record) == (status, None)
    assert record.timeline[2].details["sipCode"] == sip_code
    assert told(house, "VCS") == ["CALL_INITIATED", "CALL_DISCONNECTED"]
    assert told(house, "VSS") == [status]
    assert not house.callbacks.posts


async def test_a_phone_that_rings_too_long_is_given_up() -> None:
    house = await house_of(routes=[msgspec.structs.replace(CARRIER, ring_timeout=0.01)])
    house.telephone.behave = lambda leg: leg.tell(events.LegRinging(leg.call_id, 180))
    record = await house.run(call(), say())
    assert names(record) == [
        "leg-dialled",
        "call-initiated",
        "call-updated",
        "timer-fired",
        "hang-up",
        "call-disconnected",
        "session-ended",
    ]
    assert outcome(record) == (SessionStatus.NO_ANSWER, None)


async def test_a_trunk_that_cannot_be_reached_is_2002() -> None:
    house = await house_of("VSS")
    house.telephone.behave = lambda leg: leg.tell(events.LegUnreachable(leg.call_id))
    record = await house.run(call(), say())
    assert outcome(record) == (SessionStatus.ERROR, -2002)
    assert record.timeline[-1].details == {"status": "ERROR", "errorCode": -2002}


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (say(text="unspeakable"), -2005),
        (play(fileUrl="http://acme.example/missing.wav"), -2006),
        (say(text="a fault of ours"), -2001),
    ],
)
async def test_a_prompt_that_cannot_be_played_ends_the_session(action: dict[str, object], code: int) -> None:
    house = await house_of()
    record = await house.run(call(), action, say())
    assert outcome(record) == (SessionStatus.ERROR, code)
    assert record.summary is not None
    assert record.summary.legs[0].status is LegStatus.ERROR
    assert "prompt-failed" in names(record)
    assert next(iter(house.telephone.legs.values())).over


# ---------------------------------------------------------------- the channel


async def test_the_channel_is_held_while_the_call_lasts() -> None:
    house = await house_of()
    house.telephone.endless = True
    await house.begin(call(), say())
    await until_played(house)
    assert house.trunks.in_use("carrier") == 1
    house.runner.hang_up()
    await house.over()
    assert house.trunks.in_use("carrier") == 0


@pytest.mark.parametrize("sip_code", [None, 486])
async def test_no_channel_is_lost_however_the_call_went(sip_code: int | None) -> None:
    house = await house_of()
    if sip_code is not None:
        house.telephone.behave = refuses(sip_code)
    for _ in range(5):
        await house.run(call(), say(), HANGUP)
    assert house.trunks.in_use("carrier") == 0


async def test_a_trunk_that_serves_the_destination_no_longer_is_not_dialled() -> None:
    house = await house_of()
    house.trunks._by_prefix.clear()
    record = await house.run(call(), say())
    assert outcome(record) == (SessionStatus.ERROR, -2004)
    assert record.summary is not None
    assert record.summary.legs == []
    assert house.trunks.in_use("carrier") == 0
    assert not house.telephone.legs


# ---------------------------------------------------------------- two legs


async def bridged(house: House) -> tuple[str, FakeLeg, FakeLeg]:
    """Have A and B talk; give the session and both legs."""
    both = asyncio.Event()

    def answer(leg: FakeLeg) -> None:
        leg.tell(events.LegAnswered(leg.call_id))
        if len(house.telephone.legs) == 2:
            both.set()

    house.telephone.behave = answer
    session_id = await house.begin(call(), call(source="6512341234", destination="+6587654321"))
    async with asyncio.timeout(BOUND):
        await both.wait()
    a, b = house.telephone.legs.values()
    return session_id, a, b


async def test_call_b_is_bridged_to_call_a_which_heard_it_ring() -> None:
    house = await house_of("VCS")
    session_id, a, b = await bridged(house)
    assert a.played == ["ringback"]
    assert (a.bridged_to, b.bridged_to) == (b.call_id, a.call_id)
    assert house.trunks.in_use("carrier") == house.trunks.calls_of(ACME) == 2
    b.tell(events.LegHungUp(b.call_id))
    await house.over()
    record = await house.record(session_id)
    assert outcome(record) == (SessionStatus.COMPLETED, None)
    assert (a.bridged_to, a.over) == (None, True)
    assert house.trunks.in_use("carrier") == house.trunks.calls_of(ACME) == 0
    reasons = [entry.details.get("reason") for entry in record.timeline if entry.name == "call-updated"]
    assert reasons == ["bridged", "unbridged"]


async def test_the_caller_who_leaves_ends_call_b() -> None:
    house = await house_of()
    _, a, b = await bridged(house)
    a.over = True
    a.tell(events.LegHungUp(a.call_id))
    await house.over()
    assert b.over


async def test_call_b_without_a_free_channel_is_2010() -> None:
    house = await house_of(routes=[msgspec.structs.replace(CARRIER, channels=1)])
    record = await house.run(call(), call(destination="+6587654321"))
    assert outcome(record) == (SessionStatus.ERROR, -2010)
    assert len(house.telephone.legs) == 1
    assert house.trunks.in_use("carrier") == 0


async def test_call_b_without_a_trunk_is_2004() -> None:
    house = await house_of()
    record = await house.run(call(), call(destination="+12025550123"))
    assert outcome(record) == (SessionStatus.ERROR, -2004)


async def test_call_b_outside_the_coverage_of_the_subaccount_is_2004_and_not_dialled() -> None:
    house = await house_of()
    await house.store.change_settings("acme", {"blockedDestinations": "658"})
    record = await house.run(call(), call(destination="+6587654321"))
    assert outcome(record) == (SessionStatus.ERROR, -2004)
    assert len(house.telephone.legs) == 1
    assert house.trunks.in_use("carrier") == 0


async def test_coverage_that_went_while_a_session_waited_holds() -> None:
    house = await house_of("VSS")
    await house.queue(call(), say())
    await house.store.change_settings("acme", {"allowedDestinations": "49"})
    await house.dispatch._pass()
    await house.over()
    assert told(house, "VSS") == ["ERROR"]
    assert not house.telephone.legs
    assert house.trunks.in_use("carrier") == 0


# ---------------------------------------------------------------- the question


async def test_the_digits_are_asked_about_and_the_answer_is_run() -> None:
    house = await house_of(*ALL)
    house.callbacks.answers.append(Answer(200, body(say(), HANGUP)))
    house.telephone.behave = answers_and_presses("1", "2")
    record = await house.run(call(), capture(maxDigits=2))
    assert house.callbacks.posts[0].payload["dtmf"] == "12"
    assert outcome(record) == (SessionStatus.COMPLETED, None)
    happened = names(record)
    assert happened.count("dtmf-received") == 2
    assert happened.index("callflow-asked") < happened.index("prompt-finished")
    asked = next(entry for entry in record.timeline if entry.name == "callflow-asked")
    assert (asked.details["digits"], asked.details["httpStatus"]) == ("12", 200)
    assert told(house, "VCS").count("DTMF_RECEIVED") == 2


@pytest.mark.parametrize(
    ("answer", "code"), [(NotReached("refused"), -2002), (Answer(200, b""), -2003), (Answer(404, b""), -2003)]
)
async def test_a_program_without_a_usable_answer_ends_the_session(answer: Answer | NotReached, code: int) -> None:
    house = await house_of("VCA")
    house.callbacks.answers.extend([answer, answer])
    assert outcome(await house.run(call(), say())) == (SessionStatus.ERROR, code)


async def test_without_a_vca_webhook_the_session_is_hung_up() -> None:
    house = await house_of("VSS")
    record = await house.run(call(), say())
    assert outcome(record) == (SessionStatus.COMPLETED, None)
    assert names(record)[-4:] == ["callflow-asked", "hang-up", "call-disconnected", "session-ended"]


async def test_a_webhook_that_was_set_during_the_call_is_asked() -> None:
    house = await house_of()
    house.telephone.endless = True
    await house.begin(call(), say())
    await until_played(house)
    await house.store.set_webhook("acme", WebhookType("VCA", "http://acme.example/late"))
    leg = next(iter(house.telephone.legs.values()))
    leg.tell(events.PlayFinished(1))
    await house.over()
    assert [post.url for post in house.callbacks.posts] == ["http://acme.example/late"]


async def test_digits_are_posted_to_the_old_callback_too() -> None:
    house = await house_of()
    house.telephone.behave = answers_and_presses("7")
    url = "http://acme.example/digits"
    record = await house.run(call(), capture(maxDigits=1, dtmfCallbackUrl=url), HANGUP)
    (delivery,) = [each.delivery for each in house.store.deliveries.values()]
    assert (delivery.type, delivery.url, delivery.session_id) == ("DTMF", url, record.session_id)
    assert msgspec.json.decode(delivery.body)["actionDetails"] == {"dtmf": "7"}
