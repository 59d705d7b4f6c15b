import json

import pytest
from tests.unit.domain.bodies import HANGUP, NOW, SOURCE, body, call, say
from tests.unit.service.house import House

from ringback.domain.callflow import Hangup, MakeCall, Say
from ringback.domain.number import Number
from ringback.domain.session import CallStatus, Direction, Leg, Session
from ringback.engine.events import CallflowAbsent, CallflowReceived, CallflowRefused
from ringback.service.ask import Asked
from ringback.service.ports import Answer, NotReached, WebhookType

URL = "http://acme.example/vca"
LEG = Leg(
    name="callA",
    call_id="call-1",
    direction=Direction.OUTBOUND,
    source=Number(SOURCE),
    destination=Number("6512345678"),
    initiated=NOW,
    connected=NOW,
)
SESSION = Session(session_id="session-1", sub_account_id="acme", request_id="request-1", started=NOW, legs=[LEG])
GONE = NotReached("connection refused")
ANSWER = Answer(200, body(say(), HANGUP, clientActionId="next"))


async def asked(house: House, digits: str | None = "12", action: str | None = "menu") -> Asked:
    return await house.ask.callflow(await house.subaccount(), SESSION, LEG, CallStatus.ACTION_COMPLETED, digits, action)


async def answered(*answers: Answer | NotReached) -> tuple[Asked, int]:
    """Ask a program that answers so; give the outcome and the number of tries."""
    house = House()
    await house.tenant("VCA")
    house.callbacks.answers.extend(answers)
    outcome = await asked(house)
    return outcome, len(house.callbacks.posts)


async def test_the_program_is_told_of_call_a_and_its_digits_in_both_places() -> None:
    house = House()
    await house.tenant("VCA")
    house.clock.advance(5)
    await asked(house)
    (post,) = house.callbacks.posts
    assert (post.url, post.timeout, post.headers) == (URL, 7.0, {})
    payload = post.payload
    assert (payload["callId"], payload["sessionId"], payload["callStatus"]) == (
        "call-1",
        "session-1",
        "ACTION_COMPLETED",
    )
    assert (payload["dtmf"], payload["eventData"]) == ("12", {"dtmf": "12"})
    assert (payload["clientActionId"], payload["callDuration"]) == ("menu", 5)


async def test_without_digits_or_client_action_id_the_one_is_null_and_the_other_absent() -> None:
    house = House()
    await house.tenant("VCA")
    await asked(house, digits=None, action=None)
    payload = house.callbacks.posts[0].payload
    assert (payload["dtmf"], payload["eventData"]) == (None, {"dtmf": None})
    assert "clientActionId" not in payload


async def test_the_auth_header_is_sent_verbatim() -> None:
    house = House()
    await house.tenant()
    await house.store.set_webhook("acme", WebhookType("VCA", URL, "Basic c2VjcmV0"))
    outcome = await asked(house)
    assert house.callbacks.posts[0].headers == {"Authorization": "Basic c2VjcmV0"}
    assert "c2VjcmV0" not in repr(outcome)


async def test_a_valid_answer_is_what_comes_next() -> None:
    outcome, tries = await answered(ANSWER)
    assert isinstance(outcome.event, CallflowReceived)
    assert outcome.event.callflow.actions == (Say("Hello", "en-US-Heart"), Hangup())
    assert outcome.event.callflow.client_action_id == "next"
    assert (tries, outcome.details) == (1, {"url": URL, "httpStatus": 200, "tries": 1, "seconds": 0.0})
    assert json.loads(outcome.bodies["request"])["payload"]["dtmf"] == "12"
    assert outcome.bodies["response"].encode() == ANSWER.body


@pytest.mark.parametrize("status", [200, 201, 202, 299])
async def test_any_2xx_is_an_answer(status: int) -> None:
    outcome, _ = await answered(Answer(status, ANSWER.body))
    assert isinstance(outcome.event, CallflowReceived)


async def test_call_b_may_be_dialled_in_an_answer() -> None:
    outcome, _ = await answered(Answer(200, body(call())))
    assert isinstance(outcome.event, CallflowReceived)
    assert isinstance(outcome.event.callflow.actions[0], MakeCall)


@pytest.mark.parametrize("first", [GONE, Answer(500, b""), Answer(503, ANSWER.body), Answer(599, b"")])
async def test_a_failure_of_the_server_is_tried_once_more(first: Answer | NotReached) -> None:
    outcome, tries = await answered(first, ANSWER)
    assert isinstance(outcome.event, CallflowReceived)
    assert (tries, outcome.details["tries"]) == (2, 2)


async def test_a_program_that_is_never_reached_ends_the_session_with_2002() -> None:
    outcome, tries = await answered(GONE, GONE, ANSWER)
    assert (outcome.event, tries) == (CallflowRefused(-2002), 2)
    assert outcome.details == {"url": URL, "answer": "connection refused", "tries": 2, "seconds": 0.0}
    assert list(outcome.bodies) == ["request"]


async def test_a_server_that_fails_twice_gave_no_usable_answer() -> None:
    outcome, tries = await answered(Answer(502, b""), Answer(500, b""), ANSWER)
    assert (outcome.event, tries, outcome.details["httpStatus"]) == (CallflowRefused(-2003), 2, 500)


async def test_what_counts_is_how_the_last_try_failed() -> None:
    assert (await answered(Answer(500, b""), GONE))[0].event == CallflowRefused(-2002)
    assert (await answered(GONE, Answer(500, b"")))[0].event == CallflowRefused(-2003)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429])
async def test_a_refusal_is_not_tried_again(status: int) -> None:
    outcome, tries = await answered(Answer(status, ANSWER.body), ANSWER)
    assert (outcome.event, tries, outcome.details["httpStatus"]) == (CallflowRefused(-2003), 1, status)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", -1001),
        (b"ok", -1001),
        (b"\xff", -1001),
        (b"[]", -1001),
        (b"x" * 300_000, -1001),
        (b"{}", -1009),
        (b'{"callflow": null}', -1009),
        (b'{"callflow": []}', -1009),
        (body({"action": "sing"}), -1007),
        (body(call(), call()), -1010),
        (body(HANGUP, say()), -1012),
        (body(say(voiceProfile="nobody")), -1002),
    ],
)
async def test_an_answer_without_a_valid_callflow_is_2003(content: bytes, code: int) -> None:
    outcome, tries = await answered(Answer(200, content))
    assert (outcome.event, tries, outcome.details["statusCode"]) == (CallflowRefused(-2003), 1, code)
    assert outcome.details["reason"]


async def test_a_source_that_is_not_allowed_is_2008() -> None:
    outcome, _ = await answered(Answer(200, body(call(source="6500000000"))))
    assert outcome.event == CallflowRefused(-2008)


async def test_another_fault_beside_the_source_is_2003() -> None:
    outcome, _ = await answered(Answer(200, body(call(source="6500000000"), say(text=""))))
    assert outcome.event == CallflowRefused(-2003)


async def test_an_answer_is_held_to_the_bounds_of_the_configuration() -> None:
    house = House(body_bytes=1024)
    await house.tenant("VCA")
    house.callbacks.answers.append(Answer(200, json.dumps({"callflow": [say()], "x": "x" * 1024}).encode()))
    assert (await asked(house)).event == CallflowRefused(-2003)


@pytest.mark.parametrize("hook", [None, WebhookType("VCA", URL, enabled=False), WebhookType("VCS", URL)])
async def test_without_an_enabled_vca_webhook_nobody_is_asked(hook: WebhookType | None) -> None:
    house = House()
    await house.tenant()
    if hook is not None:
        await house.store.set_webhook("acme", hook)
    assert (await asked(house)).event == CallflowAbsent()
    assert not house.callbacks.posts


async def test_a_subaccount_that_was_removed_meanwhile_is_asked_nothing() -> None:
    house = House()
    outcome = await house.ask.callflow(None, SESSION, LEG, CallStatus.ACTION_COMPLETED, None, None)
    assert outcome.event == CallflowAbsent()


# ---------------------------------------------------------------- the fallback


async def failing(fallback: object, answer: Answer | NotReached = GONE) -> tuple[House, Asked]:
    """Ask a program that fails, whose subaccount has a callflow for that."""
    house = House()
    await house.tenant("VCA")
    await house.store.change_settings("acme", {"fallbackCallflow": fallback})
    house.callbacks.answers.extend([answer, answer])
    return house, await asked(house)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (GONE, -2002),
        (Answer(500, b""), -2003),
        (Answer(404, b""), -2003),
        (Answer(200, b""), -2003),
        (Answer(200, b"{}"), -2003),
        (Answer(200, body()), -2003),
        (Answer(200, body(call(source="6599999999"))), -2008),
    ],
)
async def test_a_program_that_fails_gives_way_to_the_fallback(answer: Answer | NotReached, code: int) -> None:
    _, outcome = await failing({"callflow": [say(), call(), HANGUP]}, answer)
    assert isinstance(outcome.event, CallflowRefused)
    assert outcome.event.error_code == code
    assert outcome.event.fallback is not None
    assert outcome.event.fallback.actions == (
        Say("Hello", "en-US-Heart"),
        MakeCall(Number(SOURCE), Number("6512345678")),
        Hangup(),
    )
    assert outcome.details["fallback"] == "runs"


async def test_a_fallback_that_can_run_no_longer_is_passed_over_and_told_of() -> None:
    _, outcome = await failing({"callflow": [say(voiceProfile="en-US-Gone"), HANGUP]})
    assert outcome.event == CallflowRefused(-2002)
    assert outcome.details["fallback"] == (
        "-1002 $.callflow[0].params.voiceProfile: Speech profile or language parameter invalid"
    )


async def test_a_program_that_answers_gets_no_fallback() -> None:
    _, outcome = await failing({"callflow": [HANGUP]}, ANSWER)
    assert isinstance(outcome.event, CallflowReceived)
    assert "fallback" not in outcome.details


async def test_where_there_is_no_webhook_there_is_no_fallback() -> None:
    house = House()
    await house.tenant()
    await house.store.change_settings("acme", {"fallbackCallflow": {"callflow": [HANGUP]}})
    assert (await asked(house)).event == CallflowAbsent()
