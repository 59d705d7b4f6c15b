"""Every rule of a callflow (wire specification, section 1.3): bytes in, verdict out.

A valid request takes the short way, one typed decode; whatever is not plainly valid is walked, so that every violation
is told. Nothing that a body holds raises anything.
"""

import json
from typing import Final

import msgspec

from ringback.domain import ssml, typed
from ringback.domain.callflow import Action, Callflow, Hangup, MakeCall, Say, SayAndCapture
from ringback.domain.findings import Findings
from ringback.domain.typed import MAX_DEPTH
from ringback.domain.verdict import Notice, Rules, Verdict, Violation
from ringback.domain.walk import walk

__all__ = ["Notice", "Rules", "Verdict", "Violation", "validate", "validate_answer"]

_LONGEST_INTEGER: Final = 40
"""Digits of an integer that is kept exact where msgspec declines it; no field takes a longer one."""
_NO_SSML: Final = "a text looks like SSML and is no well-formed <speak> document: its markup is read out"


class _NotJson(Exception):
    """The body is no JSON; why is the message."""


def validate(body: bytes, rules: Rules, now: float) -> Verdict:
    """Judge the body of a `POST /callflows`. `now`: seconds since the epoch."""
    return _judge(body, rules, now, max_calls=2, first_is_call=True)


def validate_answer(body: bytes, rules: Rules, now: float) -> Verdict:
    """Judge what the VCA webhook answered: any action may be first, and one makeCall at most is allowed (call B)."""
    return _judge(body, rules, now, max_calls=1, first_is_call=False)


def _judge(body: bytes, rules: Rules, now: float, *, max_calls: int, first_is_call: bool) -> Verdict:
    if len(body) <= rules.body_bytes:
        callflow = typed.accept(body, rules, now, max_calls=max_calls, first_is_call=first_is_call)
        if callflow is not None:
            return Verdict(callflow=callflow, warnings=_warnings(callflow, rules))
    findings = Findings()
    try:
        document = _decode(body, rules.body_bytes)
    except _NotJson as fault:
        findings.json(str(fault))
        return Verdict(violations=findings.all())
    callflow = walk(document, rules, now, findings, max_calls=max_calls, first_is_call=first_is_call)
    if callflow is None:
        return Verdict(violations=findings.all())
    return Verdict(callflow=callflow, warnings=(*findings.notices, *_warnings(callflow, rules)))


# ---------------------------------------------------------------- JSON


def _decode(body: bytes, body_bytes: int) -> object:
    """Decode JSON within bounds of size and depth. Raises _NotJson."""
    if len(body) > body_bytes:
        reason = f"larger than {body_bytes} bytes"
        raise _NotJson(reason)
    try:
        document = _decode_unbounded(body)
    except UnicodeError as fault:
        reason = "not UTF-8, or a lone surrogate"
        raise _NotJson(reason) from fault
    except RecursionError as fault:
        raise _NotJson(_TOO_DEEP) from fault
    except ValueError as fault:  # msgspec's and json's errors are both
        raise _NotJson(str(fault)) from fault
    if _is_deep(document):
        raise _NotJson(_TOO_DEEP)
    return document


_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH}"


def _decode_unbounded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except msgspec.ValidationError:
        # a number that no machine type holds (1e999) is JSON all the same; it becomes infinite and fits no field
        text = body.decode()
        document = json.loads(text, parse_int=_integer, parse_constant=_refuse_constant)
        json.dumps(document, ensure_ascii=False).encode()  # raises UnicodeError for a lone surrogate
        return document


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _refuse_constant(name: str) -> object:
    reason = f"{name} is no JSON"
    raise ValueError(reason)


def _is_deep(document: object) -> bool:
    """Tell whether arrays and objects are nested deeper than MAX_DEPTH."""
    level = [document]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for value in level:
            if isinstance(value, dict):
                inner.extend(value.values())
            elif isinstance(value, list):
                inner.extend(value)
        if not inner:
            return False
        level = inner
    return any(isinstance(value, (dict, list)) for value in level)


# ---------------------------------------------------------------- warnings


def _warnings(callflow: Callflow, rules: Rules) -> tuple[Notice, ...]:
    """Tell what is allowed but hardly meant (wire specification, section 1.4, rule 3)."""
    if callflow.scenario is not None:
        return ()  # it is not the program's to mend
    actions = callflow.actions
    found = []
    for index, action in enumerate(actions):
        if any(ssml.looks_like_ssml(text) and ssml.parse(text) is None for text in _texts(action)):
            found.append(Notice(f"$.callflow[{index}].params", _NO_SSML))
        if isinstance(action, MakeCall) and action.record and not rules.records:
            found.append(
                Notice(
                    f"$.callflow[{index}].params.callRecording",
                    "recording is not set up here: nothing is recorded",
                )
            )
        elif isinstance(action, SayAndCapture) and action.callback_url is None:
            reason = _why_lost(actions[index + 1 :])
            if reason is not None:
                found.append(Notice(f"$.callflow[{index}]", reason))
    return tuple(found)


def _texts(action: Action) -> tuple[str, ...]:
    """Give what an action speaks."""
    if isinstance(action, Say):
        return (action.text,)
    if isinstance(action, SayAndCapture):
        return (action.prompt, action.success_message or "", action.failure_message or "")
    return ()


def _why_lost(following: tuple[Action, ...]) -> str | None:
    """Tell why the digits of a capture never reach the program, given the actions after it."""
    if any(isinstance(action, SayAndCapture) for action in following):
        return "the digits are lost: only those of the last sayAndCapture are reported"
    if any(isinstance(action, Hangup) for action in following):
        return "the digits are lost: the session is hung up before they are reported"
    return None
