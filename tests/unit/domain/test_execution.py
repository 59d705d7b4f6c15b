"""What an executeScenario is answered, and what its session will run."""

from typing import Any

import pytest
from tests.unit.domain.bodies import DESTINATION, NOW, SOURCE, body, scenario
from tests.unit.domain.templates import ASK, CALL, SAY, rules

from ringback.domain.callflow import Callflow, Execution, MakeCall, OptOut, Say, SayAndCapture
from ringback.domain.execution import strict
from ringback.domain.number import Number
from ringback.domain.validation import Verdict, validate, validate_answer
from ringback.domain.verdict import Rules

HELLO = rules()
GIVEN = {"from": SOURCE, "to": DESTINATION}
PLACE = "$.callflow[0].params"


def asked(held: Rules = HELLO, /, **values: Any) -> Verdict:  # noqa: ANN401 - whatever JSON holds
    return validate(body(scenario(scenarioName="hello", scenarioParams=GIVEN | values)), held, NOW)


def fault(verdict: Verdict) -> tuple[int | None, str]:
    """Give what ends the session undialled: nothing else is in the callflow."""
    callflow = verdict.require()
    assert callflow.actions == ()
    assert callflow.scenario is not None
    return callflow.scenario.error_code, callflow.scenario.reason


def test_a_scenario_runs_as_the_callflow_that_it_makes_of_its_parameters() -> None:
    verdict = validate(
        body(scenario(scenarioName="hello", scenarioParams=GIVEN | {"name": "Ann"}), clientRequestId="order-1"),
        HELLO,
        NOW,
    )
    assert verdict.require() == Callflow(
        actions=(
            MakeCall(Number(SOURCE), Number("6512345678")),
            Say("Hello Ann.", "en-US-Heart"),
        ),
        client_request_id="order-1",
        scenario=Execution("hello", 3),
    )
    assert (verdict.code, verdict.warnings) == (1, ())


@pytest.mark.parametrize("params", [{}, {"scenarioParams": None}])
def test_without_parameters_every_one_is_absent(params: dict[str, object]) -> None:
    verdict = validate(body(scenario(scenarioName="hello", **params)), HELLO, NOW)
    assert fault(verdict) == (-2009, "from: is missing but it is required")


def test_wrong_parameters_are_accepted_and_every_one_is_warned_of() -> None:
    verdict = asked(to=None, name=5)
    assert fault(verdict) == (-2009, "to: is missing but it is required")
    assert [(notice.path, notice.message) for notice in verdict.warnings] == [
        (f"{PLACE}.scenarioParams.to", "the session ends with -2009: to: is missing but it is required"),
        (
            f"{PLACE}.scenarioParams.name",
            "the session ends with -2009: name: must be a string of at most 20 characters",
        ),
    ]


@pytest.mark.parametrize(
    ("values", "code", "reason"),
    [
        ({"to": "1"}, -2009, "$.callflow[0].params.destination of the scenario: Invalid MSISDN format in Destination"),
        ({"from": "6599999999"}, -2008, "$.callflow[0].params.source of the scenario: Source or caller ID is"),
        ({"from": "6599999999", "to": "1"}, -2009, "$.callflow[0].params.destination"),
        ({"name": "\x07"}, -2009, "$.callflow[1].params.text of the scenario: Invalid Callflow Content: Some special"),
    ],
)
def test_what_comes_out_is_held_to_every_rule(values: dict[str, Any], code: int, reason: str) -> None:
    found, why = fault(asked(HELLO, **values))
    assert found == code
    assert why.startswith(reason)


def test_a_parameter_of_no_scenario_is_ignored_and_warned_of() -> None:
    verdict = asked(nmae="Ann")
    assert len(verdict.require().actions) == 2
    (notice,) = verdict.warnings
    assert (notice.path, notice.message) == (
        f"{PLACE}.scenarioParams.nmae",
        "the scenario has no such parameter: it is ignored",
    )
    assert len(asked(HELLO, **{f"x{number}": 1 for number in range(1000)}).warnings) == 25


@pytest.mark.parametrize("wrong", ["", [], 5, True])
def test_parameters_that_are_no_object_are_rejected(wrong: object) -> None:
    verdict = validate(body(scenario(scenarioName="hello", scenarioParams=wrong)), HELLO, NOW)
    assert (verdict.code, verdict.violations[0].path) == (-1009, f"{PLACE}.scenarioParams")


def test_what_no_parameter_can_mend_rejects_the_request() -> None:
    verdict = asked(rules(SAY))
    assert (verdict.code, verdict.violations[0].path) == (-1013, f"{PLACE}.scenarioName")
    plain = {"action": "sayAndCapture", "params": {"text": "Press 1.", "language": "en-US"}}
    assert asked(rules(CALL, plain)).code == 1
    assert asked(rules(CALL, plain, vca=False)).code == -1004


def test_a_capture_that_only_opts_out_needs_nobody_who_takes_digits() -> None:
    verdict = asked(rules(CALL, ASK, vca=False))
    assert verdict.require().actions[1] == SayAndCapture(
        "Press 9.", "en-US-Heart", max_digits=1, opt_out=OptOut("9", "Done.")
    )
    assert verdict.require().is_refusable


def test_a_program_cannot_put_an_opt_out_into_a_callflow_of_its_own() -> None:
    verdict = validate(
        body(
            {"action": "makeCall", "params": {"source": SOURCE, "destination": DESTINATION}},
            {"action": "sayAndCapture", "params": {**ASK["params"], "completeOnHash": True}},
        ),
        HELLO,
        NOW,
    )
    capture = verdict.require().actions[1]
    assert isinstance(capture, SayAndCapture)
    assert capture.opt_out is None
    assert not verdict.require().is_refusable


def test_other_faults_of_the_request_are_told_beside_it() -> None:
    content = body(scenario(scenarioName="hello", scenarioParams=GIVEN), validUntil="2001-01-01T00:00:00Z")
    assert validate(content, HELLO, NOW).code == -1015
    content = body(scenario(scenarioName="other"), validUntil="2001-01-01T00:00:00Z")
    assert [violation.code for violation in validate(content, HELLO, NOW).violations] == [-1020, -1015]


def test_the_name_is_exact_and_only_what_is_granted_is_there() -> None:
    assert validate(body(scenario(scenarioName="Hello")), HELLO, NOW).code == -1020
    assert validate(body(scenario(scenarioName="hello") | {"action": "EXECUTESCENARIO"}), HELLO, NOW).code == 1


def test_an_answer_may_execute_a_scenario_too() -> None:
    held = rules(SAY)
    content = body(scenario(scenarioName="hello", scenarioParams=GIVEN))
    assert validate_answer(content, held, NOW).require().actions == (Say("Hello friend.", "en-US-Heart"),)
    assert validate_answer(content, rules(CALL, CALL), NOW).code == -1010


def test_where_a_session_is_up_wrong_parameters_are_rejected() -> None:
    assert strict(asked()) == asked()
    verdict = strict(asked(to=None))
    assert (verdict.code, verdict.message) == (
        -1009,
        f"Invalid call flow entry provided. {PLACE}.scenarioParams: to: is missing but it is required",
    )
    assert strict(validate(body(scenario()), HELLO, NOW)).code == -1020
