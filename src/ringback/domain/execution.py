"""An executeScenario of a request: which scenario, with which parameters, and what that makes of it.

What the request, the template and the subaccount cause is a violation of the request. What only the parameters cause
rejects nothing: the session is created, and ends undialled with -2009 (wire specification, section 2), or with -2008
where the source is not allowed. Either way the receipt warns of it.
"""

from collections.abc import Callable
from typing import Any, Final

from ringback.domain import status
from ringback.domain.callflow import Action, Execution
from ringback.domain.findings import Findings
from ringback.domain.params import Params
from ringback.domain.scenario import Scenario
from ringback.domain.verdict import Rules, Verdict, Violation

MAX_IGNORED: Final = 25
"""Parameters of no scenario that a receipt warns of."""
_TOLD_AT_ONCE: Final = frozenset({status.FIRST_NOT_MAKE_CALL, status.TOO_MANY_ACTIONS, status.CALLBACK_URL_MISSING})
"""What no parameter can mend."""


def scenario_of(params: Params, rules: Rules) -> Scenario | None:
    """Find the scenario by its `scenarioName`; None, and a violation, where the subaccount has none such."""
    name = params.values.get("scenarioName")
    if name is None or (isinstance(name, str) and not name.strip()):
        params.broken(status.SCENARIO_NAME_EMPTY, "scenarioName")
        return None
    scenario = rules.scenarios.get(name) if isinstance(name, str) else None
    if scenario is None:
        params.broken(status.SCENARIO_UNKNOWN, "scenarioName")
    return scenario


def execute(
    scenario: Scenario, params: Params, rules: Rules, judge: Callable[[list[Any], Findings], tuple[Action, ...]]
) -> tuple[tuple[Action, ...], Execution]:
    """Render a scenario with the `scenarioParams`, and judge what comes out with `judge`.

    The actions are of use where the execution has no fault, and nothing was found against the request.
    """
    values = params.values.get("scenarioParams")
    if values is None:
        values = {}
    if not isinstance(values, dict):
        params.invalid("scenarioParams", "must be an object")
        return (), Execution(scenario.name, scenario.version)
    place = f"{params.path}.scenarioParams"
    for name in [name for name in values if name not in scenario.template.parameters][:MAX_IGNORED]:
        params.findings.notice(f"{place}.{name[:64]}", "the scenario has no such parameter: it is ignored")
    arguments, unfit = scenario.template.arguments(values, rules.catalogue)
    if unfit:
        faults = [(f"{place}.{name}", f"{name}: {reason}") for name, reason in unfit.items()]
        return (), _faulty(scenario, params, status.SCENARIO_PARAMS_INVALID, faults)
    found = Findings()
    actions = judge(scenario.template.render(arguments), found)
    violations = found.all()
    told = [violation for violation in violations if violation.code in _TOLD_AT_ONCE]
    for violation in told:
        params.broken(violation.code, "scenarioName")
    if not violations or told:
        return actions, Execution(scenario.name, scenario.version)
    code = (
        status.SOURCE_NOT_WHITELISTED
        if violations[0].code == status.SOURCE_NOT_ALLOWED
        else status.SCENARIO_PARAMS_INVALID
    )
    faults = [(place, f"{violation.path} of the scenario: {violation.message}") for violation in violations]
    return (), _faulty(scenario, params, code, faults)


def strict(verdict: Verdict) -> Verdict:
    """Reject a callflow that parameters spoil: where there is a session already, that one must not end with it."""
    scenario = None if verdict.callflow is None else verdict.callflow.scenario
    if scenario is None or scenario.error_code is None:
        return verdict
    path = "$.callflow[0].params.scenarioParams"
    return Verdict(violations=(Violation(status.ENTRY_INVALID, path, f"{path}: {scenario.reason}"),))


def _faulty(scenario: Scenario, params: Params, code: int, faults: list[tuple[str, str]]) -> Execution:
    for path, reason in faults:
        params.findings.notice(path, f"the session ends with {code}: {reason}")
    return Execution(scenario.name, scenario.version, code, faults[0][1])
