"""The forms in which published clients write a callflow, and what becomes of them."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from tests.unit.domain.bodies import DESTINATION, HANGUP, NOW, RULES, SOURCE, body, call, capture, play, say

from ringback.domain import typed
from ringback.domain.callflow import Action, Hangup, MakeCall, PlayFile, Say, SayAndCapture
from ringback.domain.number import Number
from ringback.domain.settings import Settings
from ringback.domain.validation import validate, validate_answer

PUBLISHED = {
    "validUntil": "2030-01-20T20:30:00Z",
    "clientRequestId": "order-1200",
    "clientActionId": "menu-1",
    "callflow": [
        {"action": "makeCall", "params": {"source": "6512341234", "destination": "+6512345678"}},
        {
            "action": "sayAndCapture",
            "params": {
                "promptMessage": "Press 1 or 2.",
                "voiceProfile": "en-US-BenjaminRUS",
                "repetition": 1,
                "speed": 1,
                "minDigits": 1,
                "maxDigits": 1,
                "digitTimeout": 10000,
                "overallTimeout": 10000,
                "completeOnHash": False,
                "noOfTries": 2,
                "successMessage": None,
                "failureMessage": "Invalid input, please try again",
            },
        },
        {"action": "hangup", "params": {}},
    ],
}


def _actions(*actions: object) -> tuple[Action, ...]:
    verdict = validate(body(*actions), RULES, NOW)
    assert verdict.violations == ()
    assert (verdict.code, verdict.message, verdict.http) == (1, "Created", 200)
    return verdict.require().actions


def _is_typed(content: bytes) -> bool:
    return typed.accept(content, RULES, NOW, max_calls=2, first_is_call=True) is not None


def test_the_published_sample_takes_the_short_way_and_loses_nothing() -> None:
    content = json.dumps(PUBLISHED).encode()
    assert _is_typed(content)
    verdict = validate(content, RULES, NOW)
    callflow = verdict.require()
    assert callflow.actions == (
        MakeCall(Number("6512341234"), Number("6512345678"), record=False),
        SayAndCapture(
            prompt="Press 1 or 2.",
            voice="en-US-Heart",
            speed=1.0,
            repetition=1,
            min_digits=1,
            max_digits=1,
            digit_timeout=10.0,
            overall_timeout=10.0,
            complete_on_hash=False,
            tries=2,
            success_message=None,
            failure_message="Invalid input, please try again",
        ),
        Hangup(),
    )
    assert (callflow.client_request_id, callflow.client_action_id) == ("order-1200", "menu-1")
    assert callflow.valid_until == datetime(2030, 1, 20, 20, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("name", ["makecall", "MakeCall", "MAKECALL", "makeCall"])
def test_an_action_is_known_in_any_case(name: str) -> None:
    assert _actions(call() | {"action": name}) == _actions(call())


@pytest.mark.parametrize("name", ["say&capture", "Say&Capture", "sayandcapture", "SayAndCapture"])
def test_a_capture_is_known_by_its_old_name(name: str) -> None:
    assert _actions(call(), capture() | {"action": name}) == _actions(call(), capture())


@pytest.mark.parametrize("source", [SOURCE, "+" + SOURCE, int(SOURCE)])
def test_a_source_may_be_text_with_or_without_plus_or_an_integer(source: object) -> None:
    assert _actions(call(source=source)) == _actions(call())


@pytest.mark.parametrize("destination", [DESTINATION, DESTINATION[1:], int(DESTINATION)])
def test_a_destination_may_be_text_with_or_without_plus_or_an_integer(destination: object) -> None:
    assert _actions(call(destination=destination)) == _actions(call())


@pytest.mark.parametrize("entry", [{"action": "hangup"}, {"action": "hangup", "params": None}, HANGUP])
def test_a_hangup_needs_no_params(entry: object) -> None:
    assert _actions(call(), entry)[1:] == (Hangup(),)


def test_a_field_that_is_null_counts_as_absent() -> None:
    nulls: dict[str, Any] = dict.fromkeys(
        [
            "text",
            "language",
            "speed",
            "repetition",
            "minDigits",
            "maxDigits",
            "digitTimeout",
            "overallTimeout",
            "completeOnHash",
            "noOfTries",
            "successMessage",
            "endMessage",
            "failureMessage",
            "dtmfCallbackUrl",
            "destination",
        ]
    )
    assert _actions(call(callRecording=None), capture(**nulls)) == _actions(call(), capture())
    assert validate(body(call(), validUntil=None, clientRequestId=None, clientActionId=None), RULES, NOW).code == 1


def test_unknown_fields_are_ignored() -> None:
    loud = call(x=[1]) | {"y": {"z": None}}
    assert _actions(loud) == _actions(call())
    assert validate(body(call(), callbacks={"a": 1}), RULES, NOW).code == 1


def test_the_last_of_a_repeated_key_counts() -> None:
    content = body(call(), say()).replace(b'"text": "Hello"', b'"text": 5, "text": "Hello"')
    assert validate(content, RULES, NOW).require().actions == _actions(call(), say())


def test_a_whole_number_may_be_written_with_a_fraction() -> None:
    assert _actions(call(), say(repetition=2.0)) == _actions(call(), say(repetition=2))


def test_old_names_of_fields_are_known_and_new_ones_win() -> None:
    old = capture(promptMessage=..., text="Press 1", endMessage="Thanks")
    assert _actions(call(), old) == _actions(call(), capture(successMessage="Thanks"))
    both = capture(text="old", endMessage="old", successMessage="Thanks")
    assert _actions(call(), both) == _actions(call(), capture(successMessage="Thanks"))


def test_an_unused_old_name_is_not_judged() -> None:
    assert _actions(call(), capture(text=5, endMessage=5, successMessage="Hi")) == _actions(
        call(), capture(successMessage="Hi")
    )


def test_an_empty_message_says_nothing() -> None:
    assert _actions(call(), capture(successMessage="", failureMessage="")) == _actions(call(), capture())


def test_an_old_destination_that_is_the_same_is_accepted() -> None:
    assert _actions(call(), say(destination=DESTINATION[1:])) == _actions(call(), say())
    assert _actions(call(), HANGUP | {"params": {"destination": int(DESTINATION)}})[1:] == (Hangup(),)


def test_a_second_call_may_go_elsewhere() -> None:
    assert len(_actions(call(), call(destination="+6531589338"))) == 2


def test_a_hangup_alone_after_the_call_is_accepted() -> None:
    assert _actions(call(), HANGUP)[1] == Hangup()


def test_fifty_actions_are_accepted() -> None:
    assert len(_actions(call(), *[say()] * 49)) == 50


def test_a_text_is_measured_in_characters() -> None:
    text = "\u00e9" * 2999 + "\N{GRINNING FACE}"
    assert _actions(call(), say(text=text))[1] == Say(text, "en-US-Heart")


def test_tabs_newlines_and_right_to_left_text_are_speakable() -> None:
    text = "a\tb\r\nc \u0634\u0643\u0631\u0627 \u200f \u2066x\u2069"
    content = json.dumps({"callflow": [call(), say(text=text)]}, ensure_ascii=False).encode()
    assert _is_typed(content)
    assert validate(content, RULES, NOW).require().actions[1] == Say(text, "en-US-Heart")


def test_a_capture_takes_the_published_defaults() -> None:
    assert _actions(call(), capture())[1] == SayAndCapture("Press 1", "en-US-Heart")


def test_a_subaccount_has_its_own_capture_defaults() -> None:
    rules = msgspec.structs.replace(RULES, settings=Settings(overall_timeout=5000, no_of_tries=1, max_digits=2))
    expected = SayAndCapture("Press 1", "en-US-Heart", max_digits=2, overall_timeout=5.0, tries=1)
    assert validate(body(call(), capture()), rules, NOW).require().actions[1] == expected
    assert validate(body(call(), capture() | {"action": "Say&Capture"}), rules, NOW).require().actions[1] == expected


def test_equal_timeouts_are_accepted() -> None:
    action = _actions(call(), capture(digitTimeout=10000, overallTimeout=10000))[1]
    assert isinstance(action, SayAndCapture)
    assert (action.digit_timeout, action.overall_timeout) == (10.0, 10.0)


def test_a_language_is_enough_and_a_profile_wins_over_it() -> None:
    assert _actions(call(), say(voiceProfile=..., language="EN")) == _actions(call(), say())
    assert _actions(call(), say(language="da-DK")) == _actions(call(), say())
    assert _actions(call(), say(language=5)) == _actions(call(), say())


@pytest.mark.parametrize(
    "url", ["http://example.com/a.mp3", "HTTPS://user@example.com:8443/a%20b.wav?x=1#y", "http://[::1]/a", "http://a"]
)
def test_a_file_is_fetched_by_http_or_https(url: str) -> None:
    assert _actions(call(), play(fileUrl=url))[1] == PlayFile(url)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2030-01-20T20:30:00Z", 0.0),
        ("2030-01-20T20:30:00.250Z", 0.25),
        ("2030-01-20T20:30:00.2509999Z", 0.25),
        ("2030-01-20T20:30:00,5Z", 0.5),
        ("2030-01-20T20:30:00", 0.0),
        ("2030-01-20T20:30", 0.0),
        ("2030-01-20t20:30:00z", 0.0),
        ("2030-01-21T04:30:00+08:00", 0.0),
        ("2030-01-21T04:30:00+0800", 0.0),
        ("2030-01-20T15:30:00.75-05", 0.75),
    ],
)
def test_valid_until_is_an_iso_8601_date_time_in_utc_or_with_a_zone(text: str, seconds: float) -> None:
    expected = datetime(2030, 1, 20, 20, 30, tzinfo=UTC).timestamp() + seconds
    assert validate(body(call(), validUntil=text), RULES, NOW).require().valid_until == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2030-01-20",
        "2030-13-20T20:30:00Z",
        "2030-01-20T24:00:00Z",
        "2030-01-20T23:60:00Z",
        "2030-01-20 20:30:00Z",
        "20300120T203000Z",
        "2030-01-20T20:30:00.Z",
        "2030-01-20T20:30:00+25:00",
        "9999-12-31T23:59:59-12:00",
        "0000-01-01T00:00:00Z",
        "\u0662030-01-20T20:30:00Z",
        "2030-01-20T20:30:00Z ",
    ],
)
def test_a_malformed_valid_until_is_1009(text: str) -> None:
    assert validate(body(call(), validUntil=text), RULES, NOW).code == -1009


def test_valid_until_may_be_now_and_the_end_of_time() -> None:
    now = datetime(2030, 1, 20, 20, 30, tzinfo=UTC).timestamp()
    assert validate(body(call(), validUntil="2030-01-20T20:30:00Z"), RULES, now).code == 1
    assert validate(body(call(), validUntil="2030-01-20T20:30:00Z"), RULES, now + 0.001).code == -1015
    assert validate(body(call(), validUntil="9999-12-31T23:59:59Z"), RULES, NOW).code == 1
    assert validate(body(call(), validUntil="0001-01-01T00:00:00+14:00"), RULES, NOW).code == -1015


def test_a_session_starts_when_start_at_says() -> None:
    content = body(call(), startAt="2027-02-14T08:00:00Z", validUntil="2027-02-14T08:00:00.001Z")
    assert validate(content, RULES, NOW).require().start_at == NOW + 30 * 86_400
    assert _is_typed(content)


def test_a_start_that_has_passed_is_at_once() -> None:
    assert validate(body(call(), startAt="2020-01-01T00:00:00Z"), RULES, NOW).code == 1


def test_no_start_is_given_by_null() -> None:
    assert validate(body(call(), startAt=None), RULES, NOW).require().start_at is None


def test_an_expired_callflow_is_told_so_whenever_it_starts() -> None:
    content = body(call(), startAt="2027-01-16T00:00:00Z", validUntil="2020-01-01T00:00:00Z")
    assert [each.code for each in validate(content, RULES, NOW).violations] == [-1015]


def test_a_callflow_may_ignore_quiet_hours() -> None:
    for given, expected in ((True, True), (False, False), (None, False)):
        assert validate(body(call(), ignoreQuietHours=given), RULES, NOW).require().ignores_quiet_hours is expected
    assert validate(body(say(), ignoreQuietHours=5), RULES, NOW).code != 1
    assert not validate_answer(body(say(), ignoreQuietHours=5), RULES, NOW).require().ignores_quiet_hours
    assert not validate_answer(body(say(), ignoreQuietHours=True), RULES, NOW).require().ignores_quiet_hours


@pytest.mark.parametrize("start_at", ["2027-01-16T00:00:00Z", "tomorrow", 5, None])
def test_the_answer_to_a_vca_runs_at_once_whatever_start_at_it_has(start_at: object) -> None:
    assert validate_answer(body(say(), startAt=start_at), RULES, NOW).require().start_at is None


# ---------------------------------------------------------------- warnings


def _warned(*actions: object) -> list[str]:
    return [notice.path for notice in validate(body(*actions), RULES, NOW).warnings]


def test_digits_that_a_hangup_loses_are_warned_of() -> None:
    assert _warned(call(), capture(), HANGUP) == ["$.callflow[1]"]
    assert _warned(call(), capture(), say(), HANGUP) == ["$.callflow[1]"]
    assert _warned(call(), capture()) == []


def test_digits_that_a_second_capture_loses_are_warned_of() -> None:
    assert _warned(call(), capture(), say(), capture()) == ["$.callflow[1]"]


def test_digits_that_go_to_a_callback_are_not_lost() -> None:
    assert _warned(call(), capture(dtmfCallbackUrl="http://example.com/"), HANGUP) == []


def test_a_recording_that_will_not_be_made_is_warned_of() -> None:
    assert _warned(call(callRecording=True)) == ["$.callflow[0].params.callRecording"]
    assert _warned(call(callRecording=False)) == []
    recorded = validate(body(call(callRecording=True)), msgspec.structs.replace(RULES, records=True), NOW)
    assert recorded.warnings == ()


@pytest.mark.parametrize("field", ["promptMessage", "successMessage", "failureMessage"])
def test_markup_that_is_no_ssml_is_warned_of(field: str) -> None:
    assert _warned(call(), say(text="<speak>Tom & Jerry</speak>")) == ["$.callflow[1].params"]
    assert _warned(call(), capture(**{field: "<speak>"})) == ["$.callflow[1].params"]
    assert _warned(call(), say(text="<speak>Tom &amp; Jerry</speak>"), say(text="1 < 2")) == []


# ---------------------------------------------------------------- the short way


@pytest.mark.parametrize(
    "content",
    [
        body(call()),
        body(call(source=int(SOURCE), destination=int(DESTINATION), callRecording=True)),
        body(call(), say(speed=1, repetition=3), say(speed=0.5, voiceProfile=None, language="en-GB"), HANGUP),
        body(call(), call(destination="+6531589338"), play(repetition=2)),
        body(call(), capture(dtmfCallbackUrl="http://example.com"), {"action": "hangup"}),
    ],
)
def test_a_plainly_valid_body_takes_the_short_way(content: bytes) -> None:
    assert _is_typed(content)
