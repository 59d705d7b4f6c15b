from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.peers.house import CALLED, SOURCE, VOICE

from ringback.app.check import rules
from ringback.app.config import Config
from ringback.client.actions import Callflow, CallRetry, ExecuteScenario, Hangup, MakeCall, PlayFile, Say, SayAndCapture
from ringback.domain.validation import validate

EVERYTHING = (
    MakeCall(source=SOURCE, destination=f"+{CALLED}", call_recording=True),
    Say(text="Héllo.", voice_profile=VOICE, repetition=2, speed=0.8),
    PlayFile(file_url="https://acme.example/a.wav", repetition=3),
    SayAndCapture(
        prompt_message="Press.",
        language="en-US",
        repetition=1,
        speed=1.5,
        min_digits=1,
        max_digits=4,
        digit_timeout=2000,
        overall_timeout=9000,
        complete_on_hash=False,
        no_of_tries=2,
        success_message="Thanks.",
        failure_message="Again.",
        dtmf_callback_url="https://acme.example/digits",
    ),
    Hangup(),
)


def test_every_action_is_written_with_the_names_of_the_wire() -> None:
    body = msgspec.json.decode(Callflow(actions=EVERYTHING).body())
    assert [entry["action"] for entry in body["callflow"]] == ["makeCall", "say", "playFile", "sayAndCapture", "hangup"]
    assert body["callflow"][0]["params"] == {"source": SOURCE, "destination": f"+{CALLED}", "callRecording": True}
    assert body["callflow"][3]["params"] == {
        "promptMessage": "Press.",
        "language": "en-US",
        "repetition": 1,
        "speed": 1.5,
        "minDigits": 1,
        "maxDigits": 4,
        "digitTimeout": 2000,
        "overallTimeout": 9000,
        "completeOnHash": False,
        "noOfTries": 2,
        "successMessage": "Thanks.",
        "failureMessage": "Again.",
        "dtmfCallbackUrl": "https://acme.example/digits",
    }


def test_the_server_reads_every_field_of_every_action() -> None:
    verdict = validate(Callflow(actions=EVERYTHING).body(), rules(Config(), vca=False), 0.0)
    assert verdict.callflow is not None, verdict.violations
    capture = verdict.callflow.actions[3]
    assert (
        msgspec.structs.asdict(capture).items()
        >= {
            "prompt": "Press.",
            "repetition": 1,
            "speed": 1.5,
            "min_digits": 1,
            "max_digits": 4,
            "digit_timeout": 2.0,
            "overall_timeout": 9.0,
            "complete_on_hash": False,
            "tries": 2,
            "success_message": "Thanks.",
            "failure_message": "Again.",
            "callback_url": "https://acme.example/digits",
        }.items()
    )


def test_what_is_not_said_is_not_sent() -> None:
    body = msgspec.json.decode(Callflow(actions=[Say(text="Hello.", language="en-US"), Hangup()]).body())
    assert body == {
        "callflow": [
            {"action": "say", "params": {"text": "Hello.", "language": "en-US"}},
            {"action": "hangup", "params": {}},
        ]
    }


def test_a_scenario_takes_its_parameters() -> None:
    scenario = ExecuteScenario(scenario_name="voice-message", scenario_params={"text": "Hi", "times": 2})
    (entry,) = msgspec.json.decode(Callflow(actions=[scenario]).body())["callflow"]
    assert entry == {
        "action": "executeScenario",
        "params": {"scenarioName": "voice-message", "scenarioParams": {"text": "Hi", "times": 2}},
    }


def test_what_is_said_beside_the_actions_is_sent() -> None:
    until = datetime(2030, 1, 20, 20, 30, tzinfo=UTC)
    callflow = Callflow(
        actions=[Hangup()],
        client_request_id="r",
        client_action_id="a",
        valid_until=until,
        start_at=until - timedelta(days=1),
        ignore_quiet_hours=True,
        retry=CallRetry(attempts=2, on=["BUSY"]),
    )
    body = msgspec.json.decode(callflow.body())
    del body["callflow"]
    assert body == {
        "clientRequestId": "r",
        "clientActionId": "a",
        "validUntil": "2030-01-20T20:30:00Z",
        "startAt": "2030-01-19T20:30:00Z",
        "ignoreQuietHours": True,
        "retry": {"attempts": 2, "on": ["BUSY"]},
    }


def test_a_time_without_a_zone_is_not_sent() -> None:
    for name in ("valid_until", "start_at"):
        with pytest.raises(ValueError, match="a time needs its zone"):
            Callflow(actions=[], **{name: datetime(2030, 1, 1)})  # type: ignore[arg-type] # noqa: DTZ001 - it has none
