"""The long way of a callflow: over the untyped JSON, to collect every violation with its path.

The shape of the whole callflow is judged first (which actions, how many, in which order), then the params of each. What
a scenario makes of its parameters goes the same way.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from ringback.domain import scalars, status
from ringback.domain.callflow import Action, Callflow, Execution
from ringback.domain.execution import execute, scenario_of
from ringback.domain.findings import Findings, Place
from ringback.domain.params import Params
from ringback.domain.reading import READERS, check_old_destination
from ringback.domain.retry import DELAY, MAX_ATTEMPTS, MAX_DELAY, MIN_DELAY, OUTCOMES, Retry
from ringback.domain.scalars import MISSING, integer_of
from ringback.domain.verdict import Rules

_MAKE_CALL: Final = "makecall"
_HANGUP: Final = "hangup"
_SCENARIO: Final = "executescenario"
_KNOWN: Final = READERS.keys() | {_SCENARIO}


def walk(
    document: object, rules: Rules, now: float, findings: Findings, *, max_calls: int, first_is_call: bool
) -> Callflow | None:
    """Judge a decoded body; give the callflow unless there are findings."""
    if not isinstance(document, dict):
        findings.json("must be an object")
        return None
    client_request_id = _string(document, "clientRequestId", findings)
    client_action_id = _string(document, "clientActionId", findings)
    valid_until = _valid_until(document.get("validUntil"), now, findings)
    start_at, retry, ignores_quiet_hours = None, None, False
    if first_is_call:  # in the answer to a VCA they have no meaning, and are as any unknown field
        start_at = _start_at(document.get("startAt"), valid_until, now, findings)
        retry = _retry(document.get("retry"), rules, findings)
        ignores_quiet_hours = _flag(document, "ignoreQuietHours", findings)
    entries = _entries(document.get("callflow"), findings)

    def judge(rendered: list[Any], found: Findings) -> tuple[Action, ...]:
        return walk_rendered(rendered, rules, found, max_calls=max_calls, first_is_call=first_is_call)

    kinds = [_kind(entry, index, findings, _KNOWN) for index, entry in enumerate(entries)]
    _check_order(kinds, rules, findings, max_calls=max_calls, first_is_call=first_is_call)
    actions, execution = _read_all(entries, kinds, rules, findings, judge)
    if findings.count:
        return None
    return Callflow(
        actions=actions,
        client_action_id=client_action_id,
        client_request_id=client_request_id,
        valid_until=valid_until,
        start_at=start_at,
        retry=retry,
        scenario=execution,
        ignores_quiet_hours=ignores_quiet_hours,
    )


def walk_rendered(
    rendered: list[Any], rules: Rules, findings: Findings, *, max_calls: int, first_is_call: bool
) -> tuple[Action, ...]:
    """Judge the callflow that a scenario makes of its parameters; the actions are of use where there are no findings.

    No scenario executes another one.
    """
    kinds = [_kind(entry, index, findings, READERS.keys()) for index, entry in enumerate(rendered)]
    _check_order(kinds, rules, findings, max_calls=max_calls, first_is_call=first_is_call)
    return _read_all(rendered, kinds, rules, findings, None)[0]


# ---------------------------------------------------------------- the envelope


def _string(document: dict[str, Any], name: str, findings: Findings) -> str | None:
    value = document.get(name)
    if value is None or isinstance(value, str):
        return value
    findings.entry(Place.ENVELOPE, f"$.{name}", "must be a string")
    return None


def _flag(document: dict[str, Any], name: str, findings: Findings) -> bool:
    value = document.get(name)
    if value is None or isinstance(value, bool):
        return value is True
    findings.entry(Place.ENVELOPE, f"$.{name}", "must be a boolean")
    return False


def _valid_until(value: object, now: float, findings: Findings) -> float | None:
    moment = _moment(value, "$.validUntil", findings)
    if moment is not None and moment < now:
        findings.rule(status.EXPIRED, "$.validUntil")
        return None
    return moment


def _start_at(value: object, valid_until: float | None, now: float, findings: Findings) -> float | None:
    moment = _moment(value, "$.startAt", findings)
    if moment is not None and (reason := scalars.why_not_start(moment, valid_until, now)) is not None:
        findings.entry(Place.ENVELOPE, "$.startAt", reason)
    return moment


def _retry(value: object, rules: Rules, findings: Findings) -> Retry | None:
    if value is None:
        return rules.settings.usual_retry
    if not isinstance(value, dict):
        findings.entry(Place.ENVELOPE, "$.retry", "must be an object")
        return None
    attempts = _integer(value, "attempts", 0, MAX_ATTEMPTS, findings)
    delay = DELAY
    if value.get("delaySeconds") is not None:
        delay = _integer(value, "delaySeconds", MIN_DELAY, MAX_DELAY, findings)
    on = value.get("on")
    if on is None:
        on = OUTCOMES
    elif not isinstance(on, list) or not 1 <= len(on) <= len(OUTCOMES) or any(each not in OUTCOMES for each in on):
        findings.entry(Place.ENVELOPE, "$.retry.on", f"must be a list of {' and '.join(OUTCOMES)}, or of one of them")
    return Retry(attempts, delay, tuple(on)) if not findings.count else None


def _integer(value: Mapping[str, Any], name: str, lowest: int, highest: int, findings: Findings) -> int:
    given = value.get(name)
    number = integer_of(given)
    if number is not None and lowest <= number <= highest:
        return number
    reason = MISSING if given is None else f"must be an integer from {lowest} to {highest}"
    findings.entry(Place.ENVELOPE, f"$.retry.{name}", reason)
    return lowest


def _moment(value: object, path: str, findings: Findings) -> float | None:
    if value is None:
        return None
    moment = scalars.parse_moment(value) if isinstance(value, str) else None
    if moment is None:
        findings.entry(Place.ENVELOPE, path, "must be an ISO 8601 date-time")
    return moment


def _entries(callflow: object, findings: Findings) -> list[Any]:
    if callflow is None:
        findings.entry(Place.CALLFLOW, "$.callflow", MISSING)
        return []
    if not isinstance(callflow, list):
        findings.entry(Place.CALLFLOW, "$.callflow", "must be an array")
        return []
    if not callflow:
        findings.entry(Place.CALLFLOW, "$.callflow", "must have at least one action")
    return callflow


# ---------------------------------------------------------------- the shape


def _kind(entry: object, index: int, findings: Findings, known: Container[str]) -> str | None:
    """Give an entry's action in lower case; None where it has none that is known."""
    if not isinstance(entry, dict):
        findings.entry(Place.CALLFLOW, f"$.callflow[{index}]", "must be an object")
        return None
    action = entry.get("action")
    if isinstance(action, str):
        kind = action.lower()
        if kind in known:
            return kind
    findings.rule(status.ACTION_UNKNOWN, f"$.callflow[{index}].action")
    return None


def _check_order(
    kinds: list[str | None], rules: Rules, findings: Findings, *, max_calls: int, first_is_call: bool
) -> None:
    if first_is_call and kinds and kinds[0] not in {_MAKE_CALL, _SCENARIO, None}:
        findings.rule(status.FIRST_NOT_MAKE_CALL, "$.callflow[0].action")
    calls = 0
    for index, kind in enumerate(kinds):
        calls += kind == _MAKE_CALL
        if index == rules.max_actions or (kind == _MAKE_CALL and calls == max_calls + 1):
            findings.rule(status.TOO_MANY_ACTIONS, f"$.callflow[{index}]")
        if index and kinds[index - 1] == _HANGUP:
            findings.rule(status.HANGUP_NOT_LAST, f"$.callflow[{index}]")
        if kind == _SCENARIO and len(kinds) > 1:
            findings.rule(status.SCENARIO_NOT_ALONE, f"$.callflow[{index}]")


# ---------------------------------------------------------------- the params


def _read_all(
    entries: list[Any],
    kinds: list[str | None],
    rules: Rules,
    findings: Findings,
    judge: Callable[[list[Any], Findings], tuple[Action, ...]] | None,
) -> tuple[tuple[Action, ...], Execution | None]:
    """Read the actions; those beyond the allowed count are not looked at.

    `judge`: of what a scenario renders; None: it is that which is read.
    """
    dialled = next((_dialled(entry) for entry, kind in zip(entries, kinds, strict=True) if kind == _MAKE_CALL), None)
    actions = []
    for index, kind in enumerate(kinds[: rules.max_actions]):
        if kind is None:
            continue
        path = f"$.callflow[{index}].params"
        values = entries[index].get("params")
        if values is None and kind in {_HANGUP, _SCENARIO}:
            values = {}
        if not isinstance(values, dict):
            findings.entry(Place.PARAMS, path, MISSING if values is None else "must be an object")
            continue
        params = Params(values, path, findings, is_rendered=judge is None)
        if kind != _MAKE_CALL:
            check_old_destination(params, dialled)
        if kind != _SCENARIO:
            actions.append(READERS[kind](params, rules))
        elif (scenario := scenario_of(params, rules)) is not None and len(kinds) == 1 and judge is not None:
            return execute(scenario, params, rules, judge)
    return tuple(actions), None


def _dialled(entry: dict[str, Any]) -> object:
    params = entry.get("params")
    return params.get("destination") if isinstance(params, dict) else None
