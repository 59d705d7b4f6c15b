"""When a session is tried again."""

import json

import pytest
from tests.unit.domain.bodies import NOW, RULES, body, call, say

from ringback.domain import typed
from ringback.domain.number import Number
from ringback.domain.retry import Retry
from ringback.domain.session import Direction, Leg, LegStatus, Session, SessionStatus
from ringback.domain.settings import BadSetting, Settings
from ringback.domain.validation import validate, validate_answer
from ringback.domain.verdict import Rules

TWICE = Retry(2, 60)


def session(
    status: SessionStatus | None = SessionStatus.BUSY,
    *legs: LegStatus,
    attempt: int = 0,
    direction: Direction = Direction.OUTBOUND,
) -> Session:
    """Give a session that ended so, with a single leg that did too where none are given."""
    statuses = legs or ((LegStatus.BUSY if status is None else LegStatus(status)),)
    return Session(
        session_id="s1",
        sub_account_id="acme",
        request_id="r1",
        started=NOW,
        ended=None if status is None else NOW + 30,
        status=status,
        attempt=attempt,
        legs=[
            Leg(
                name="callA",
                call_id="c1",
                direction=direction,
                source=Number("6512341234"),
                destination=Number("6512345678"),
                initiated=NOW,
                status=each,
            )
            for each in statuses
        ],
    )


# ---------------------------------------------------------------- whether and when


@pytest.mark.parametrize("status", [SessionStatus.BUSY, SessionStatus.NO_ANSWER])
def test_it_is_the_delay_after_the_end(status: SessionStatus) -> None:
    assert TWICE.due(session(status)) == NOW + 90
    assert TWICE.due(session(status, attempt=1)) == NOW + 90


@pytest.mark.parametrize("attempt", [2, 3])
def test_it_is_not_tried_more_often(attempt: int) -> None:
    assert TWICE.due(session(attempt=attempt)) is None


def test_attempts_of_zero_are_none() -> None:
    assert Retry(0).due(session()) is None


@pytest.mark.parametrize(
    "status", [status for status in SessionStatus if status not in {SessionStatus.BUSY, SessionStatus.NO_ANSWER}]
)
def test_another_end_is_not_tried_again(status: SessionStatus) -> None:
    assert TWICE.due(session(status, LegStatus.BUSY)) is None


def test_only_what_was_asked_for_is_tried_again() -> None:
    busy = Retry(2, 60, ("BUSY",))
    assert busy.due(session(SessionStatus.BUSY)) is not None
    assert busy.due(session(SessionStatus.NO_ANSWER)) is None


def test_a_session_that_goes_on_is_not_tried_again() -> None:
    assert TWICE.due(session(None)) is None


def test_what_became_of_call_b_is_not_tried_again() -> None:
    assert TWICE.due(session(SessionStatus.BUSY, LegStatus.COMPLETED, LegStatus.BUSY)) is None


def test_a_caller_is_not_called() -> None:
    assert TWICE.due(session(direction=Direction.INBOUND)) is None


# ---------------------------------------------------------------- as a program asks for it


def asked(value: object, rules: Rules = RULES) -> Retry | None:
    return validate(body(call(), say(), retry=value), rules, NOW).require().retry


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"attempts": 1}, Retry(1, 300, ("NO_ANSWER", "BUSY"))),
        ({"attempts": 0}, Retry(0)),
        ({"attempts": 5, "delaySeconds": 60}, Retry(5, 60)),
        ({"attempts": 5, "delaySeconds": 86_400, "on": ["BUSY"]}, Retry(5, 86_400, ("BUSY",))),
        ({"attempts": 2, "on": ["BUSY", "NO_ANSWER"], "more": 1}, Retry(2, 300, ("BUSY", "NO_ANSWER"))),
        ({"attempts": 2.0, "delaySeconds": None, "on": None}, Retry(2)),
        (None, None),
    ],
)
def test_it_is_read_as_it_is_written(value: object, expected: Retry | None) -> None:
    assert asked(value) == expected


def test_it_takes_the_short_way() -> None:
    content = body(call(), retry={"attempts": 1, "delaySeconds": 60, "on": ["BUSY"]})
    assert typed.accept(content, RULES, NOW, max_calls=2, first_is_call=True) is not None


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (1, "", "must be an object"),
        (True, "", "must be an object"),
        ([], "", "must be an object"),
        ("twice", "", "must be an object"),
        ({}, ".attempts", "is missing but it is required"),
        ({"attempts": None}, ".attempts", "is missing but it is required"),
        ({"attempts": 6}, ".attempts", "must be an integer from 0 to 5"),
        ({"attempts": -1}, ".attempts", "must be an integer from 0 to 5"),
        ({"attempts": "2"}, ".attempts", "must be an integer from 0 to 5"),
        ({"attempts": True}, ".attempts", "must be an integer from 0 to 5"),
        ({"attempts": 1.5}, ".attempts", "must be an integer from 0 to 5"),
        ({"attempts": 1, "delaySeconds": 59}, ".delaySeconds", "must be an integer from 60 to 86400"),
        ({"attempts": 1, "delaySeconds": 86_401}, ".delaySeconds", "must be an integer from 60 to 86400"),
        ({"attempts": 1, "delaySeconds": "60"}, ".delaySeconds", "must be an integer from 60 to 86400"),
        ({"attempts": 1, "on": []}, ".on", "must be a list of NO_ANSWER and BUSY, or of one of them"),
        ({"attempts": 1, "on": "BUSY"}, ".on", "must be a list of NO_ANSWER and BUSY, or of one of them"),
        ({"attempts": 1, "on": ["FAILED"]}, ".on", "must be a list of NO_ANSWER and BUSY, or of one of them"),
        ({"attempts": 1, "on": [["BUSY"]]}, ".on", "must be a list of NO_ANSWER and BUSY, or of one of them"),
        ({"attempts": 1, "on": ["BUSY"] * 3}, ".on", "must be a list of NO_ANSWER and BUSY, or of one of them"),
    ],
)
def test_a_malformed_one_is_told_with_its_path(value: object, path: str, reason: str) -> None:
    verdict = validate(body(call(), retry=value), RULES, NOW)
    assert [(each.code, each.path) for each in verdict.violations] == [(-1009, f"$.retry{path}")]
    assert verdict.message == f"Invalid call flow entry provided. $.retry{path}: {reason}"


def test_everything_that_is_wrong_with_it_is_told() -> None:
    verdict = validate(body(call(), retry={"delaySeconds": 1, "on": 1}), RULES, NOW)
    assert [each.path for each in verdict.violations] == ["$.retry.attempts", "$.retry.delaySeconds", "$.retry.on"]


@pytest.mark.parametrize("value", [{"attempts": 2}, "nonsense", None])
def test_the_answer_to_a_vca_is_not_tried_again_whatever_it_says(value: object) -> None:
    assert validate_answer(body(say(), retry=value), RULES, NOW).require().retry is None


# ---------------------------------------------------------------- as a subaccount is set


def ruled(value: object) -> Rules:
    return Rules(
        allowed_sources=RULES.allowed_sources,
        catalogue=RULES.catalogue,
        vca_enabled=True,
        settings=Settings().changed({"retry": value}),
    )


@pytest.mark.parametrize("value", [{"attempts": 3, "delaySeconds": 600}, '{"attempts": 3, "delaySeconds": 600}'])
def test_the_setting_is_that_of_a_callflow_that_says_nothing(value: object) -> None:
    assert asked(None, ruled(value)) == asked({"attempts": 3, "delaySeconds": 600})
    longer = json.dumps({"callflow": [call(), {**say(), "action": "SAY"}]}).encode()
    assert validate(longer, ruled(value), NOW).require().retry == Retry(3, 600), "the long way too"


def test_a_callflow_may_say_otherwise() -> None:
    assert asked({"attempts": 0}, ruled({"attempts": 3})) == Retry(0)
    assert asked({"attempts": 1, "on": ["BUSY"]}, ruled({"attempts": 3})) == Retry(1, 300, ("BUSY",))


def test_the_answer_to_a_vca_has_none_of_it() -> None:
    assert validate_answer(body(say()), ruled({"attempts": 3}), NOW).require().retry is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nonsense", "no JSON"),
        ({}, "attempts"),
        ({"attempts": 6}, "attempts"),
        ({"attempts": 1, "delaySeconds": 1}, "delaySeconds"),
        ({"attempts": 1, "on": ["FAILED"]}, "on"),
        ({"attempts": 1, "delay": 60}, "delay"),
        (3, "retry"),
    ],
)
def test_a_setting_that_cannot_be_is_named(value: object, says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        ruled(value)


def test_null_takes_the_setting_away() -> None:
    assert Settings().changed({"retry": {"attempts": 1}}).changed({"retry": None}) == Settings()
