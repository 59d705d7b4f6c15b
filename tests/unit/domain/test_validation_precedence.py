"""When several rules are broken the first of the published order is reported, and all of them are told."""

from itertools import pairwise
from typing import Any

import pytest
from tests.unit.domain.bodies import HANGUP, NOW, WITHOUT_VCA, body, call, capture, say, scenario

from ringback.domain.status import PRECEDENCE
from ringback.domain.validation import validate

# Each step of the order as the smallest change that breaks its rule and no other: params of the capture and the call,
# other actions, the envelope. Neighbours are broken together below.
CAPTURE: dict[str, dict[str, Any]] = {
    "-1009 params": {"noOfTries": 99},
    "-1016": {"promptMessage": "\x00"},
    "-1002": {"voiceProfile": "nobody"},
    "-1003": {"minDigits": 2},
    "-1008": {"completeOnHash": False},
    "-1005": {"digitTimeout": 1000},
    "-1006": {"digitTimeout": 1000, "overallTimeout": 999},
    "-1004": {"dtmfCallbackUrl": None},
}
CALL: dict[str, dict[str, Any]] = {
    "-1011": {"destination": ["+6512345678"]},
    "-1017": {"destination": "0"},
    "-1014": {"source": "0"},
}
ENVELOPE: dict[str, dict[str, Any]] = {
    "-1009 envelope": {"clientRequestId": 5},
    "-1015": {"validUntil": "2020-01-01T00:00:00Z"},
}
TAKEN = {"dtmfCallbackUrl": "https://example.com/digits"}


def _broken(*steps: str) -> bytes:
    """Give a body in which each step's rule is broken, and no other."""
    capture_params: dict[str, Any] = dict(TAKEN)
    call_params: dict[str, Any] = {}
    envelope: dict[str, Any] = {}
    for step in steps:
        capture_params |= CAPTURE.get(step, {})
        call_params |= CALL.get(step, {})
        envelope |= ENVELOPE.get(step, {})
    actions: list[object] = [call(**call_params), capture(**capture_params)]
    if "-1012" in steps:
        actions += [HANGUP, HANGUP]
    if "-1010" in steps:
        actions += [call(), call()]
    if "-1013" in steps:
        actions.insert(0, say())
    if "-1018" in steps:
        actions.append(scenario())
    if "-1007" in steps:
        actions.append({"action": "dance"})
    if "-1009 callflow" in steps:
        actions.append(None)
    if "-1010" in steps and "-1012" in steps:
        actions[-3:] = [HANGUP, call(), call()]
    return body(*actions, **envelope)


ORDER = [
    "-1009 callflow",
    "-1007",
    "-1018",
    "-1013",
    "-1010",
    "-1012",
    "-1009 params",
    "-1011",
    "-1017",
    "-1014",
    "-1016",
    "-1002",
    "-1003",
    "-1008",
    "-1005",
    "-1006",
    "-1004",
    "-1009 envelope",
    "-1015",
]
"""PRECEDENCE without what is told before the rules are looked at, and the scenario's codes (tested apart)."""


def _code(step: str) -> int:
    return int(step.partition(" ")[0])


def test_the_steps_here_are_those_of_the_table() -> None:
    apart = {401, 403, 404, 422, 429, -1001, -1019, -1020}
    assert [_code(step) for step in ORDER] == [code for code in PRECEDENCE if code not in apart]


@pytest.mark.parametrize("step", ORDER)
def test_a_step_alone_is_reported(step: str) -> None:
    verdict = validate(_broken(step), WITHOUT_VCA, NOW)
    assert verdict.code == _code(step)


# A destination is either several numbers or none that is possible, and a timeout is either missing or too short: where
# two neighbours cannot be broken in one place, they are in two.
NEIGHBOURS = [pair for pair in pairwise(ORDER) if pair not in {("-1011", "-1017"), ("-1005", "-1006")}]


@pytest.mark.parametrize("pair", NEIGHBOURS, ids=" before ".join)
def test_of_two_neighbouring_steps_the_first_is_reported_and_both_are_told(pair: tuple[str, str]) -> None:
    verdict = validate(_broken(*pair), WITHOUT_VCA, NOW)
    codes = [violation.code for violation in verdict.violations]
    assert codes[0] == _code(pair[0])
    assert _code(pair[1]) in codes


def test_several_numbers_come_before_an_impossible_one() -> None:
    verdict = validate(body(call(destination="0"), call(destination=["+6512345678"])), WITHOUT_VCA, NOW)
    assert [violation.code for violation in verdict.violations] == [-1011, -1017]


def test_a_missing_overall_timeout_comes_before_one_that_is_too_short() -> None:
    short = capture(digitTimeout=2, overallTimeout=1, **TAKEN)
    verdict = validate(body(call(), short, capture(digitTimeout=2, **TAKEN)), WITHOUT_VCA, NOW)
    assert [violation.code for violation in verdict.violations] == [-1005, -1006]


def test_a_scenario_beside_others_comes_before_its_missing_name_and_that_before_an_unknown_one() -> None:
    verdict = validate(body(scenario(), scenario(scenarioName="")), WITHOUT_VCA, NOW)
    assert [violation.code for violation in verdict.violations] == [-1018, -1018, -1019, -1020]


def test_an_unknown_scenario_comes_before_a_wrong_first_action() -> None:
    verdict = validate(body(say(), scenario()), WITHOUT_VCA, NOW)
    assert [violation.code for violation in verdict.violations] == [-1018, -1020, -1013]


def test_within_one_code_the_earliest_entry_is_reported() -> None:
    verdict = validate(body(call(), say(text=...), say(speed=9), say(repetition=9)), WITHOUT_VCA, NOW)
    assert [violation.path for violation in verdict.violations] == [
        "$.callflow[1].params.text",
        "$.callflow[2].params.speed",
        "$.callflow[3].params.repetition",
    ]


def test_both_rules_about_a_missing_max_digits_are_told() -> None:
    verdict = validate(body(call(), capture(minDigits=1, completeOnHash=False, **TAKEN)), WITHOUT_VCA, NOW)
    assert [violation.code for violation in verdict.violations] == [-1003, -1008]


def test_a_late_malformed_entry_comes_before_many_unknown_actions() -> None:
    entries: list[object] = [{"action": "dance"}] * 300
    assert validate(body(*entries, 5), WITHOUT_VCA, NOW).violations[0].path == "$.callflow[300]"


def test_a_late_unknown_action_comes_before_too_many_actions() -> None:
    assert validate(body(call(), *[say()] * 60, {"action": "dance"}), WITHOUT_VCA, NOW).code == -1007
