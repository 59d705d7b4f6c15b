"""Every status code that a callflow can be rejected with, by every condition that causes it."""

import json

import pytest
from tests.unit.domain.bodies import (
    DESTINATION,
    HANGUP,
    NOW,
    RULES,
    WITHOUT_VCA,
    body,
    call,
    capture,
    play,
    say,
    scenario,
)

from ringback.domain.callflow import MakeCall
from ringback.domain.errors import CallflowRejected
from ringback.domain.status import STATUS_CODES
from ringback.domain.validation import validate

MALFORMED = {
    "nothing": b"",
    "no JSON": b"callflow",
    "cut off": b'{"callflow": [',
    "a trailing comma": b'{"callflow": [],}',
    "something behind": b"{} {}",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "not UTF-8": b'{"x": "\xff"}',
    "a raw surrogate": b'{"x": "\xed\xa0\x80"}',
    "an escaped lone surrogate": b'{"x": "\\ud800"}',
    "an escaped lone low surrogate": b'{"x": "\\uDC00"}',
    "an escaped lone surrogate in a key": b'{"\\ud800": 1}',
    "a lone surrogate behind a number beyond all types": b'{"y": 1e999, "x": "\\ud800"}',
    "NaN": b'{"x": NaN}',
    "Infinity": b'{"x": -Infinity}',
    "NaN behind a number beyond all types": b'{"y": 1e999, "x": NaN}',
    "an array": b"[]",
    "null": b"null",
    "a string": b'"callflow"',
    "nested deeper than 64": b'{"x": ' + b"[" * 64 + b"]" * 64 + b"}",
    "nested deeper than any stack": b"[" * 130_000 + b"]" * 130_000,
    "longer than 256 KiB": body(call(), x="x" * 262_144),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_what_is_no_json_request_is_1001(content: bytes) -> None:
    verdict = validate(content, RULES, NOW)
    assert (verdict.code, verdict.message, verdict.http) == (-1001, "Invalid JSON request body", 400)
    assert verdict.callflow is None
    assert [violation.path for violation in verdict.violations] == ["$"]


BAD_PARAMS = {
    "-1002": [
        (say(voiceProfile="en-US-Nobody"), "voiceProfile"),
        (say(voiceProfile=""), "voiceProfile"),
        (say(voiceProfile=7), "voiceProfile"),
        (say(voiceProfile="", language="en-US"), "voiceProfile"),
        (say(voiceProfile=...), "voiceProfile"),
        (say(voiceProfile=None), "voiceProfile"),
        (say(voiceProfile=..., language="da"), "language"),
        (say(voiceProfile=..., language=""), "language"),
        (say(voiceProfile=..., language=["en"]), "language"),
        (say(voiceProfile="da-DK-Naja"), "voiceProfile"),
        (capture(voiceProfile="x" * 5000), "voiceProfile"),
    ],
    "-1003": [
        (capture(minDigits=1), "maxDigits"),
        (capture(minDigits=1, maxDigits=None), "maxDigits"),
        (capture(minDigits=1, maxDigits=0), "maxDigits"),
        (capture(minDigits=1, maxDigits=26), "maxDigits"),
        (capture(minDigits=1, maxDigits="5"), "maxDigits"),
        (capture(minDigits=1, maxDigits=True), "maxDigits"),
        (capture(minDigits=5, maxDigits=4), "maxDigits"),
    ],
    "-1005": [
        (capture(digitTimeout=1000), "overallTimeout"),
        (capture(digitTimeout=1000, overallTimeout=None), "overallTimeout"),
        (capture(digitTimeout=1000, overallTimeout=0), "overallTimeout"),
        (capture(digitTimeout=1000, overallTimeout=-1), "overallTimeout"),
        (capture(digitTimeout=1000, overallTimeout="1000"), "overallTimeout"),
        (capture(digitTimeout=1000, overallTimeout=True), "overallTimeout"),
        (capture(digitTimeout=1000, overallTimeout=1000.5), "overallTimeout"),
    ],
    "-1006": [(capture(digitTimeout=1001, overallTimeout=1000), "overallTimeout")],
    "-1008": [
        (capture(completeOnHash=False), "maxDigits"),
        (capture(completeOnHash=False, maxDigits=0), "maxDigits"),
        (capture(completeOnHash=False, maxDigits=26), "maxDigits"),
        (capture(completeOnHash=False, maxDigits="1"), "maxDigits"),
    ],
    "-1011": [
        (call(destination=[DESTINATION]), "destination"),
        (call(destination=[]), "destination"),
        (call(destination="+6512345678,+6512345679"), "destination"),
        (call(destination="+6512345678;6512345679"), "destination"),
        (call(destination="6512345678 6512345679"), "destination"),
        (call(destination="6512345678, 6512345679, and others"), "destination"),
        (say(destination="+6512345679"), "destination"),
        (say(destination=[DESTINATION]), "destination"),
        (play(destination=6512345679), "destination"),
    ],
    "-1014": [
        (call(source="6500000000"), "source"),
        (call(source=""), "source"),
        (call(source="ringback"), "source"),
        (call(source="++6512341234"), "source"),
        (call(source=True), "source"),
        (call(source=[6512341234]), "source"),
        (call(source=6512341234.0), "source"),
    ],
    "-1016": [
        (say(text="a\x00b"), "text"),
        (say(text="a\x7fb"), "text"),
        (say(text="a\x9fb"), "text"),
        (say(text="a\ufffeb"), "text"),
        (say(text="a\ufdd0b"), "text"),
        (say(text="a\U0010ffffb"), "text"),
        (say(text="a\u202eb"), "text"),
        (capture(promptMessage="\x1b[0m"), "promptMessage"),
        (capture(promptMessage=..., text="\x08"), "text"),
        (capture(successMessage="\u202d"), "successMessage"),
        (capture(endMessage="\x01"), "endMessage"),
        (capture(failureMessage="\x02"), "failureMessage"),
    ],
    "-1017": [
        (call(destination=""), "destination"),
        (call(destination="+"), "destination"),
        (call(destination="+65"), "destination"),
        (call(destination="+65 1234 5678"), "destination"),
        (call(destination="+6512345678,"), "destination"),
        (call(destination="+6512345678 please"), "destination"),
        (call(destination="+999123456789"), "destination"),
        (call(destination="+65123456789012345"), "destination"),
        (call(destination="006512345678"), "destination"),
        (call(destination="+६५12345678"), "destination"),
        (call(destination=-6512345678), "destination"),
        (call(destination=6512345678.0), "destination"),
        (call(destination=True), "destination"),
        (call(destination={"number": DESTINATION}), "destination"),
        (call(destination=10**100), "destination"),
    ],
    "-1009": [
        (call(source=...), "source"),
        (call(source=None), "source"),
        (call(destination=...), "destination"),
        (call(callRecording="yes"), "callRecording"),
        (call(callRecording=1), "callRecording"),
        (say(text=...), "text"),
        (say(text=None), "text"),
        (say(text=""), "text"),
        (say(text=5), "text"),
        (say(text="x" * 3001), "text"),
        (say(repetition=0), "repetition"),
        (say(repetition=4), "repetition"),
        (say(repetition="2"), "repetition"),
        (say(repetition=True), "repetition"),
        (say(repetition=1.5), "repetition"),
        (say(repetition=10**30), "repetition"),
        (say(speed=0.4), "speed"),
        (say(speed=2.1), "speed"),
        (say(speed="1"), "speed"),
        (say(speed=True), "speed"),
        (capture(promptMessage=...), "promptMessage"),
        (capture(promptMessage="", text="Press 1"), "promptMessage"),
        (capture(promptMessage="x" * 3001), "promptMessage"),
        (capture(successMessage="x" * 3001), "successMessage"),
        (capture(successMessage=1), "successMessage"),
        (capture(failureMessage=["x"]), "failureMessage"),
        (capture(minDigits=0, maxDigits=5), "minDigits"),
        (capture(minDigits="1", maxDigits=5), "minDigits"),
        (capture(maxDigits=26), "maxDigits"),
        (capture(maxDigits=0), "maxDigits"),
        (capture(maxDigits="5"), "maxDigits"),
        (capture(digitTimeout=0, overallTimeout=1000), "digitTimeout"),
        (capture(digitTimeout="5", overallTimeout=1000), "digitTimeout"),
        (capture(overallTimeout=0), "overallTimeout"),
        (capture(overallTimeout="5"), "overallTimeout"),
        (capture(overallTimeout=3_600_001), "overallTimeout"),
        (capture(digitTimeout=1000, overallTimeout=3_600_001), "overallTimeout"),
        (capture(noOfTries=0), "noOfTries"),
        (capture(noOfTries=11), "noOfTries"),
        (capture(completeOnHash="false"), "completeOnHash"),
        (capture(dtmfCallbackUrl=""), "dtmfCallbackUrl"),
        (capture(dtmfCallbackUrl="example.com"), "dtmfCallbackUrl"),
        (capture(dtmfCallbackUrl=5), "dtmfCallbackUrl"),
        (play(fileUrl=...), "fileUrl"),
        (play(fileUrl=""), "fileUrl"),
        (play(fileUrl=5), "fileUrl"),
        (play(fileUrl="ftp://example.com/a.mp3"), "fileUrl"),
        (play(fileUrl="file:///etc/passwd"), "fileUrl"),
        (play(fileUrl="https://"), "fileUrl"),
        (play(fileUrl="https:///a.mp3"), "fileUrl"),
        (play(fileUrl="https://example.com:99999/a.mp3"), "fileUrl"),
        (play(fileUrl="https://example.com:0/a.mp3"), "fileUrl"),
        (play(fileUrl="https://[::1/a.mp3"), "fileUrl"),
        (play(fileUrl="https://exa mple.com/a.mp3"), "fileUrl"),
        (play(fileUrl="https://example.com/\n"), "fileUrl"),
        (play(fileUrl="https://example.com/" + "a" * 2048), "fileUrl"),
        (play(repetition=0), "repetition"),
    ],
}
CASES = [(int(code), action, name) for code, cases in BAD_PARAMS.items() for action, name in cases]


@pytest.mark.parametrize(("code", "action", "name"), CASES, ids=[f"{code} {action}"[:90] for code, action, _ in CASES])
def test_a_param_that_breaks_a_rule_is_told_by_its_code_and_path_alone(
    code: int, action: dict[str, object], name: str
) -> None:
    actions = [action] if action["action"] == "makeCall" else [call(), action]
    verdict = validate(body(*actions), RULES, NOW)
    assert [(violation.code, violation.path) for violation in verdict.violations] == [
        (code, f"$.callflow[{len(actions) - 1}].params.{name}")
    ]
    assert verdict.callflow is None
    assert verdict.http == STATUS_CODES[code].http


BAD_SHAPES = {
    "no callflow": (-1009, b"{}", "$.callflow"),
    "a null callflow": (-1009, b'{"callflow": null}', "$.callflow"),
    "a callflow that is no array": (-1009, b'{"callflow": {}}', "$.callflow"),
    "an empty callflow": (-1009, body(), "$.callflow"),
    "an entry that is no object": (-1009, body(call(), "say"), "$.callflow[1]"),
    "no action": (-1007, body(call(), {"params": {}}), "$.callflow[1].action"),
    "a null action": (-1007, body(call(), {"action": None}), "$.callflow[1].action"),
    "an action that is no string": (-1007, body(call(), {"action": ["say"]}), "$.callflow[1].action"),
    "an unknown action": (-1007, body(call(), {"action": "dance"}), "$.callflow[1].action"),
    "a first action that is unknown": (-1007, body({"action": "dance"}), "$.callflow[0].action"),
    "no params": (-1009, body({"action": "makeCall"}), "$.callflow[0].params"),
    "null params": (-1009, body(call(), {"action": "say", "params": None}), "$.callflow[1].params"),
    "params that are no object": (-1009, body(call(), {"action": "hangup", "params": []}), "$.callflow[1].params"),
    "three calls": (-1010, body(call(), call(), call()), "$.callflow[2]"),
    "51 actions": (-1010, body(call(), *[say()] * 50), "$.callflow[50]"),
    "an action after a hangup": (-1012, body(call(), HANGUP, say()), "$.callflow[2]"),
    "a hangup after a hangup": (-1012, body(call(), HANGUP, HANGUP), "$.callflow[2]"),
    "no call first": (-1013, body(say(), call()), "$.callflow[0].action"),
    "a hangup alone": (-1013, body(HANGUP), "$.callflow[0].action"),
    "a past validUntil": (-1015, body(call(), validUntil="2020-01-01T00:00:00Z"), "$.validUntil"),
    "a scenario beside another action": (-1018, body(call(), scenario()), "$.callflow[1]"),
    "a scenario without a name": (-1019, body(scenario(scenarioName=...)), "$.callflow[0].params.scenarioName"),
    "a scenario without params": (-1019, body({"action": "executeScenario"}), "$.callflow[0].params.scenarioName"),
    "a scenario with a null name": (-1019, body(scenario(scenarioName=None)), "$.callflow[0].params.scenarioName"),
    "a scenario with an empty name": (-1019, body(scenario(scenarioName=" ")), "$.callflow[0].params.scenarioName"),
    "an unknown scenario": (-1020, body(scenario()), "$.callflow[0].params.scenarioName"),
    "a scenario whose name is no string": (-1020, body(scenario(scenarioName=5)), "$.callflow[0].params.scenarioName"),
    "a validUntil that is no string": (-1009, body(call(), validUntil=5), "$.validUntil"),
    "a malformed validUntil": (-1009, body(call(), validUntil="tomorrow"), "$.validUntil"),
    "a startAt that is no string": (-1009, body(call(), startAt=5), "$.startAt"),
    "a malformed startAt": (-1009, body(call(), startAt="tomorrow"), "$.startAt"),
    "a startAt that is far away": (-1009, body(call(), startAt="2027-02-14T08:00:00.001Z"), "$.startAt"),
    "a startAt that comes with validUntil": (
        -1009,
        body(call(), startAt="2027-01-16T00:00:00Z", validUntil="2027-01-16T00:00:00Z"),
        "$.startAt",
    ),
    "an ignoreQuietHours that is no boolean": (-1009, body(call(), ignoreQuietHours="yes"), "$.ignoreQuietHours"),
    "a clientRequestId that is no string": (-1009, body(call(), clientRequestId=5), "$.clientRequestId"),
    "a clientActionId that is no string": (-1009, body(call(), clientActionId=[]), "$.clientActionId"),
}


@pytest.mark.parametrize(("code", "content", "path"), BAD_SHAPES.values(), ids=BAD_SHAPES)
def test_a_callflow_of_a_wrong_shape_is_told_by_its_code_and_path(code: int, content: bytes, path: str) -> None:
    verdict = validate(content, RULES, NOW)
    assert (verdict.code, verdict.violations[0].path) == (code, path)
    assert verdict.http == STATUS_CODES[code].http


def test_a_capture_whose_digits_nobody_takes_is_1004() -> None:
    assert validate(body(call(), capture()), WITHOUT_VCA, NOW).code == -1004
    assert validate(body(call(), capture(dtmfCallbackUrl=None)), WITHOUT_VCA, NOW).code == -1004
    taken = capture(dtmfCallbackUrl="http://example.com/digits")
    assert validate(body(call(), taken), WITHOUT_VCA, NOW).code == 1


def test_a_bad_callback_url_is_never_also_1004() -> None:
    verdict = validate(body(call(), capture(dtmfCallbackUrl="")), WITHOUT_VCA, NOW)
    assert [violation.code for violation in verdict.violations] == [-1009]


def test_every_code_of_a_rejected_callflow_is_caused_by_a_case_here() -> None:
    caused = {-1001, -1004} | {int(code) for code in BAD_PARAMS} | {code for code, _, _ in BAD_SHAPES.values()}
    assert caused == {code for code in STATUS_CODES if -1020 <= code <= -1001}


def test_an_invalid_entry_is_told_in_the_published_words() -> None:
    verdict = validate(body(call(), say(text=...)), RULES, NOW)
    path = "$.callflow[1].params.text"
    assert verdict.message == f"Invalid call flow entry provided. {path}: is missing but it is required"
    assert verdict.violations[0].message == f"{path}: is missing but it is required"


def test_an_unknown_action_is_told_in_the_published_words() -> None:
    verdict = validate(body({"action": "dance"}), RULES, NOW)
    assert verdict.message == STATUS_CODES[-1007].message
    assert verdict.violations[0].message.startswith("$.callflow[0].action should be one of: say, ")


def test_every_other_violation_carries_the_message_of_its_code() -> None:
    verdict = validate(body(call(destination="", source="")), RULES, NOW)
    assert [(violation.code, violation.message) for violation in verdict.violations] == [
        (-1017, STATUS_CODES[-1017].message),
        (-1014, STATUS_CODES[-1014].message),
    ]


def test_a_number_beyond_all_types_is_out_of_range_where_a_field_takes_it() -> None:
    content = body(call(), say(speed=9)).replace(b'"speed": 9', b'"speed": 1e999')
    assert validate(content, RULES, NOW).violations[0].path == "$.callflow[1].params.speed"
    content = content.replace(b"1e999", b"9" * 5000)
    assert validate(content, RULES, NOW).violations[0].path == "$.callflow[1].params.speed"


def test_a_number_beyond_all_types_does_no_harm_where_no_field_takes_it() -> None:
    assert validate(body(call(), x=0).replace(b'"x": 0', b'"x": 1e999'), RULES, NOW).code == 1


def test_json_may_be_nested_64_deep() -> None:
    content = body(call())[:-1] + b', "x": ' + b"[" * 63 + b"]" * 63 + b"}"
    assert validate(content, RULES, NOW).code == 1


def test_a_body_may_have_exactly_the_allowed_length() -> None:
    content = body(call())
    assert validate(content + b" " * (RULES.body_bytes - len(content)), RULES, NOW).code == 1
    assert validate(content + b" " * (RULES.body_bytes - len(content) + 1), RULES, NOW).code == -1001


def test_the_violations_of_one_verdict_are_bounded() -> None:
    entries = [{"action": "say", "params": {"text": "\x00", "speed": 9, "repetition": 9, "voiceProfile": 0}}] * 2000
    verdict = validate(json.dumps({"callflow": entries}).encode(), RULES, NOW)
    assert verdict.code == -1013
    assert len(verdict.violations) <= 100


def test_a_rejection_can_be_raised_and_a_callflow_be_had() -> None:
    assert isinstance(validate(body(call()), RULES, NOW).require().actions[0], MakeCall)
    with pytest.raises(CallflowRejected, match="-1013 Invalid Callflow : First action") as caught:
        validate(body(say()), RULES, NOW).require()
    assert caught.value.code == -1013
