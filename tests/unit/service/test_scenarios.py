"""A scenario from the request to the summary, and the opt-out list on its way."""

from typing import Any

import msgspec
import pytest
from tests.unit.domain.bodies import DESTINATION, HANGUP, NOW, SOURCE, body, call, capture, say, scenario
from tests.unit.domain.templates import CALL, SAY, template
from tests.unit.service.house import ACME, House, answers_and_presses, house_of, names, outcome, told, until_played

from ringback.adapters.store import StoreFailed
from ringback.domain.number import Number
from ringback.domain.scenario_check import parse_template
from ringback.domain.session import SessionStatus
from ringback.domain.shipped import VOICE_MESSAGE_OPTOUT
from ringback.engine import events
from ringback.service import run
from ringback.service.ports import Answer, SessionRecord
from ringback.service.sessions import Outcome, Sessions
from ringback.testing.store import InMemoryStore

ANN = Number("6512345678")
GIVEN = {"source": SOURCE, "destination": DESTINATION, "message": "The shop is closed today."}
MESSAGE = scenario(scenarioName=VOICE_MESSAGE_OPTOUT, scenarioParams=GIVEN)


@pytest.fixture
async def house() -> House:
    made = await house_of("VSS")
    await made.store.grant_scenario(VOICE_MESSAGE_OPTOUT, ACME)
    return made


def asked(**changes: object) -> dict[str, Any]:
    return scenario(scenarioName=VOICE_MESSAGE_OPTOUT, scenarioParams=GIVEN | changes)


def presses_when_asked(house: House, digit: str) -> None:
    """Let the callee press a key after the second prompt, which asks for it."""
    plays = 0
    play_to = house.telephone.play

    def listen(call_id: str, play_id: int, prompt: object, repetition: int) -> None:
        nonlocal plays
        plays += 1
        play_to(call_id, play_id, prompt, repetition)  # type: ignore[arg-type]  # passed on as it came
        if plays == 2:
            house.telephone.legs[call_id].tell(events.DigitPressed(call_id, digit))

    house.telephone.play = listen  # type: ignore[method-assign]  # the fake is listened to
    house.telephone.behave = answers_and_presses()


async def run_message(house: House, digit: str = "9", action: object = MESSAGE) -> SessionRecord:
    presses_when_asked(house, digit)
    return await house.run(action)


async def test_a_callee_who_presses_the_key_is_on_the_list_and_the_program_is_told(house: House) -> None:
    record = await run_message(house)
    assert outcome(record) == (SessionStatus.COMPLETED_UNSUBSCRIBED, None)
    entry = await house.store.opt_out(ACME, ANN)
    assert entry is not None
    assert (entry.session_id, entry.created) == (record.session_id, NOW)
    assert told(house, "VSS") == ["COMPLETED_UNSUBSCRIBED"]
    happened = names(record)
    assert happened[0] == "scenario-executed"
    assert record.timeline[0].details == {"scenario": VOICE_MESSAGE_OPTOUT, "version": 1}
    assert happened.index("opted-out") < len(happened) - 2, "the confirmation is spoken after it"


async def test_whoever_is_on_the_list_is_not_called_again(house: House) -> None:
    await house.store.add_opt_out(ACME, ANN, NOW)
    record = await house.run(MESSAGE)
    assert outcome(record) == (SessionStatus.UNSUBSCRIBED_CONTACT, None)
    assert record.summary is not None
    assert (record.summary.legs, str(record.summary.last_action)) == ([], "EXECUTE_SCENARIO")
    assert names(record) == ["scenario-executed", "number-opted-out", "session-ended"]
    assert told(house, "VSS") == ["UNSUBSCRIBED_CONTACT"]
    assert not house.telephone.legs
    assert house.trunks.free("carrier") == 2, "the channel is free again"


async def test_the_list_is_looked_at_when_the_session_leaves_the_queue(house: House) -> None:
    session_id = await house.queue(MESSAGE)
    await house.store.add_opt_out(ACME, ANN, NOW)
    await house.dispatch._pass()
    await house.over()
    assert outcome(await house.record(session_id)) == (SessionStatus.UNSUBSCRIBED_CONTACT, None)


async def test_a_callflow_in_which_nobody_can_opt_out_is_not_held_to_the_list(house: House) -> None:
    await house.store.add_opt_out(ACME, ANN, NOW)
    house.telephone.behave = lambda leg: leg.tell(events.LegRefused(leg.call_id, 486))
    assert outcome(await house.run(call(), say())) == (SessionStatus.BUSY, None)
    await house.store.add_scenario("hello", parse_template(template(CALL, SAY)), NOW)
    await house.store.grant_scenario("hello", ACME)
    hello = scenario(scenarioName="hello", scenarioParams={"from": SOURCE, "to": DESTINATION})
    assert outcome(await house.run(hello)) == (SessionStatus.BUSY, None)


async def test_who_opted_out_meanwhile_is_not_tried_again(house: House) -> None:
    house.telephone.behave = lambda leg: leg.tell(events.LegRefused(leg.call_id, 486))
    first = await house.queue(call(), say(), retry={"attempts": 1, "delaySeconds": 60})
    await house.dispatch._pass()
    await house.over()
    assert outcome(await house.record(first)) == (SessionStatus.BUSY, None)
    await house.store.add_opt_out(ACME, ANN, NOW)
    house.clock.advance(60)
    await house.dispatch._pass()
    await house.over()
    (retry,) = [session_id for session_id in house.store.sessions if session_id != first]
    record = await house.record(retry)
    assert outcome(record) == (SessionStatus.UNSUBSCRIBED_CONTACT, None)
    assert record.summary is not None
    assert (record.summary.retry_of, record.summary.last_action) == (first, None)
    assert len(house.telephone.legs) == 1


class FullDisk(InMemoryStore):
    """Cannot take an opt-out the first `failures` times."""

    failures = 99
    tries = 0

    async def add_opt_out(self, *given: Any, **more: Any) -> Any:  # noqa: ANN401 - as it comes
        self.tries += 1
        if self.tries <= self.failures:
            message = "the disk is full"
            raise StoreFailed(message)
        return await super().add_opt_out(*given, **more)


@pytest.mark.parametrize(
    ("failures", "status"), [(99, SessionStatus.COMPLETED_UNSUB_ERROR), (3, SessionStatus.COMPLETED_UNSUBSCRIBED)]
)
async def test_a_store_that_fails_is_tried_a_few_times_while_the_callee_waits(
    failures: int, status: SessionStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "OPT_OUT_PAUSES", (0.0, 0.0, 0.0))
    store = FullDisk()
    store.failures = failures
    house = await house_of("VSS", store=store)
    await store.grant_scenario(VOICE_MESSAGE_OPTOUT, ACME)
    record = await run_message(house)
    assert outcome(record) == (status, None)
    assert store.tries == 4
    assert ("opt-out-lost" in names(record)) == (failures == 99)
    assert await store.is_opted_out(ACME, ANN) == (failures != 99)


async def test_wrong_parameters_end_the_session_undialled_and_nothing_waits_for_a_trunk(house: House) -> None:
    receipt = await house.accept.callflow(await house.subaccount(), body(asked(repetition=4)), "request")
    read = msgspec.json.decode(receipt.body)
    assert (receipt.http, read["statusCode"], read["sessionStatus"]) == (200, 1, "CREATED")
    assert "-2009" in read["warnings"][0]["message"]
    assert house.store.sessions[read["sessionId"]].session.trunk == ""
    await house.dispatch._pass()
    await house.over()
    record = await house.record(read["sessionId"])
    assert outcome(record) == (SessionStatus.ERROR, -2009)
    assert record.summary is not None
    assert record.summary.error is not None
    assert str(record.summary.error.action) == str(record.summary.last_action) == "EXECUTE_SCENARIO"
    assert record.timeline[-1].details["reason"] == "repetition: must be an integer from 1 to 3"
    assert told(house, "VSS") == ["ERROR"]
    assert not house.telephone.legs


async def test_quiet_hours_hold_a_message_back_and_its_faults_not(house: House) -> None:
    await house.store.change_settings(ACME, {"quietHours": "SG 00:00-23:00"})
    good, bad = await house.queue(MESSAGE), await house.queue(asked(message=None))
    await house.dispatch._pass()
    await house.over()
    assert (await house.record(good)).state == "QUEUED"
    assert outcome(await house.record(bad)) == (SessionStatus.ERROR, -2009)
    page = await sessions_of(house).page(await house.subaccount(), {})
    assert ["dueAt" in listed for listed in page["sessions"]] == [False, True]


async def test_a_source_that_is_not_allowed_ends_it_with_its_own_code(house: House) -> None:
    assert outcome(await house.run(asked(source="6599999999"))) == (SessionStatus.ERROR, -2008)


async def test_a_destination_that_no_trunk_serves_ends_as_ever(house: House) -> None:
    assert outcome(await house.run(asked(destination="+12025550123"))) == (SessionStatus.ERROR, -2004)


async def test_a_rehearsal_says_what_would_become_of_it(house: House) -> None:
    subaccount = await house.subaccount()
    read = msgspec.json.decode(house.accept.rehearse(subaccount, body(MESSAGE), "r").body)
    assert (read["sessionStatus"], read["trunk"], read["voices"]) == ("VALID", "carrier", ["en-US-Heart"])
    read = msgspec.json.decode(house.accept.rehearse(subaccount, body(asked(source=None)), "r").body)
    assert (read["sessionStatus"], read["trunk"]) == ("VALID", None)
    assert read["warnings"][0]["path"] == "$.callflow[0].params.scenarioParams.source"
    read = msgspec.json.decode(house.accept.rehearse(subaccount, body(asked(destination="+12025550123")), "r").body)
    (warning,) = read["warnings"]
    assert warning["path"] == "$.callflow[0].params.scenarioParams"
    assert "-2004" in warning["message"]
    assert not house.store.sessions


async def test_a_new_version_does_not_change_what_waits(house: House) -> None:
    one, two = (
        parse_template(template(CALL, {"action": "say", "params": {"text": text, "language": "en-US"}}))
        for text in ("One.", "Two.")
    )
    await house.store.add_scenario("hello", one, NOW)
    await house.store.grant_scenario("hello", ACME)
    hello = scenario(scenarioName="hello", scenarioParams={"from": SOURCE, "to": DESTINATION})
    first = await house.queue(hello)
    await house.store.add_scenario("hello", two, NOW)
    second = await house.queue(hello)
    sessions = sessions_of(house)
    listed = await sessions.page(await house.subaccount(), {})
    assert [each["scenario"] for each in listed["sessions"]] == [
        {"name": "hello", "version": 2},
        {"name": "hello", "version": 1},
    ]
    shown = await sessions.show(await house.subaccount(), first)
    assert shown is not None
    assert shown["scenario"] == {"name": "hello", "version": 1}
    assert str(house.store.sessions[first].session.callflow).count("One.") == 1
    assert str(house.store.sessions[second].session.callflow).count("Two.") == 1


async def test_a_session_without_a_callflow_is_listed_without_numbers(house: House) -> None:
    await house.run(asked(message=None))
    (listed,) = (await sessions_of(house).page(await house.subaccount(), {}))["sessions"]
    assert (listed["errorCode"], "source" in listed) == (-2009, False)


async def test_a_webhook_may_answer_with_a_scenario_and_its_faults_have_its_codes() -> None:
    house = await house_of("VCA", "VSS")
    await house.store.add_scenario("bye", parse_template(template(SAY)), NOW)
    await house.store.grant_scenario("bye", ACME)
    house.telephone.behave = answers_and_presses("1")
    for values, error_code in (({"from": "1", "to": "2"}, -2003), ({}, -2009)):
        answered = body(scenario(scenarioName="bye", scenarioParams=values))
        house.callbacks.answers.extend([Answer(200, answered), Answer(200, b"{}")])
        record = await house.run(call(), capture(maxDigits=1, completeOnHash=False))
        assert outcome(record) == (SessionStatus.ERROR, error_code)
    assert record.timeline[-1].name == "session-ended"


async def test_a_live_session_is_not_ended_by_wrong_parameters(house: House) -> None:
    house.telephone.behave = lambda leg: leg.tell(events.LegAnswered(leg.call_id))
    session_id = await house.begin(call(), say())
    await until_played(house)
    outcome_, receipt = await sessions_of(house).replace(
        await house.subaccount(), session_id, body(asked(message=5)), "request"
    )
    assert outcome_ is Outcome.BEGUN
    assert receipt is not None
    assert msgspec.json.decode(receipt.body)["statusCode"] == -1009
    house.runner.hang_up()
    await house.over()


async def test_a_scenario_that_does_not_hang_up_asks_the_program_what_is_next() -> None:
    house = await house_of("VCA")
    await house.store.add_scenario("hello", parse_template(template(CALL, SAY)), NOW)
    await house.store.grant_scenario("hello", ACME)
    house.callbacks.answers.append(Answer(200, body(HANGUP)))
    house.telephone.behave = answers_and_presses()
    hello = scenario(scenarioName="hello", scenarioParams={"from": SOURCE, "to": DESTINATION})
    record = await house.run(hello)
    assert outcome(record) == (SessionStatus.COMPLETED, None)
    assert "callflow-asked" in names(record)


def sessions_of(house: House) -> Sessions:
    return Sessions(house.store, house.runner, house.rulebook, house.clock, "house")
