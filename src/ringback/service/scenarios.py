"""The scenarios of a subaccount as its program sees them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ringback.domain.parameter import IntegerParameter, Parameter, StringParameter
from ringback.domain.scenario import Scenario
from ringback.service.ports import Subaccount


def views(subaccount: Subaccount) -> Sequence[dict[str, Any]]:
    """Show what a subaccount may execute, in the order of the names; the callflows are the operator's own."""
    return [_view(scenario) for _, scenario in sorted(subaccount.scenarios.items())]


def _view(scenario: Scenario) -> dict[str, Any]:
    return {
        "scenarioName": scenario.name,
        "version": scenario.version,
        "description": scenario.template.description,
        "optOut": scenario.template.can_opt_out,
        "parameters": [_parameter(name, parameter) for name, parameter in scenario.template.parameters.items()],
    }


def _parameter(name: str, parameter: Parameter) -> dict[str, Any]:
    declared: dict[str, Any] = msgspec.to_builtins(parameter)
    view = {"name": name, "description": "", **declared, "required": parameter.is_required}
    if isinstance(parameter, StringParameter):
        view["maxLength"] = parameter.max_length
    elif isinstance(parameter, IntegerParameter):
        view |= {"minimum": parameter.minimum, "maximum": parameter.maximum}
    return view
