"""What a VCA webhook may answer."""

import pytest
from tests.unit.domain.bodies import HANGUP, NOW, RULES, body, call, capture, say, scenario

from ringback.domain.callflow import Hangup, MakeCall, Say
from ringback.domain.number import Number
from ringback.domain.validation import validate_answer


def test_an_answer_may_begin_with_any_action() -> None:
    verdict = validate_answer(body(say(), HANGUP, clientActionId="second"), RULES, NOW)
    assert verdict.require().actions == (Say("Hello", "en-US-Heart"), Hangup())
    assert verdict.require().client_action_id == "second"
    assert validate_answer(body(say() | {"action": "SAY"}), RULES, NOW).code == 1


def test_an_answer_dials_one_other_number_at_most() -> None:
    verdict = validate_answer(body(say(), call()), RULES, NOW)
    assert verdict.require().actions[1] == MakeCall(Number("6512341234"), Number("6512345678"))
    verdict = validate_answer(body(call(), call()), RULES, NOW)
    assert (verdict.code, verdict.violations[0].path) == (-1010, "$.callflow[1]")


def test_an_old_destination_without_a_call_is_not_compared() -> None:
    assert validate_answer(body(say(destination="+6531589338")), RULES, NOW).code == 1
    assert validate_answer(body(say(destination=["+6531589338"])), RULES, NOW).code == -1011


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", -1001),
        (b"OK", -1001),
        (b"{}", -1009),
        (body(), -1009),
        (body(call(source="6500000000")), -1014),
        (body(scenario()), -1020),
        (body(HANGUP, say()), -1012),
        (body(capture(minDigits=1)), -1003),
    ],
)
def test_an_answer_is_held_to_the_same_rules(content: bytes, code: int) -> None:
    assert validate_answer(content, RULES, NOW).code == code
