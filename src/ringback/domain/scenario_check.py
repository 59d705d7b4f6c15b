"""What a template must be before it may be called: every fault that no parameter can mend is found here, not in a call.

The template is rendered once with sample values, and judged as a request would be. Which voices there are, and whether
a number may be called, is not known yet and not asked.
"""

from typing import Any, Final

import msgspec

from ringback.domain import status
from ringback.domain.findings import Findings
from ringback.domain.parameter import (
    NAME,
    BooleanParameter,
    EnumParameter,
    IntegerParameter,
    LanguageParameter,
    NumberParameter,
    Parameter,
    Unfit,
    UrlParameter,
    Value,
    VoiceParameter,
)
from ringback.domain.scenario import MAX_REFERENCES, MAX_TEMPLATE, SCENARIO_NAME, BadScenario, Template
from ringback.domain.verdict import Rules
from ringback.domain.voice import Catalogue, Voice
from ringback.domain.walk import walk_rendered

_SAMPLE_NUMBER: Final = "6512345678"
_SAMPLE_VOICE: Final = Voice("en-US-Sample", "en-US", "English (United States)", "F")
_MAX_CALLS: Final = 2
_NOT_ASKED: Final = frozenset(
    {
        status.VOICE_INVALID,
        status.SOURCE_NOT_ALLOWED,
        status.DESTINATION_INVALID,
        status.SEVERAL_DESTINATIONS,
        status.FIRST_NOT_MAKE_CALL,
    }
)
"""What a request will tell: it depends on what is installed and allowed, or on where the scenario is asked for."""
_RULES: Final = Rules(
    allowed_sources=frozenset({_SAMPLE_NUMBER}), catalogue=Catalogue([_SAMPLE_VOICE]), vca_enabled=True
)


def checked_name(name: str) -> str:
    """Give the name of a scenario. Raises BadScenario unless it is written like one."""
    if not SCENARIO_NAME.fullmatch(name):
        message = "the name of a scenario is 1..64 of A-Z a-z 0-9 . _ - and begins with a letter or a digit"
        raise BadScenario(message)
    return name


def parse_template(content: bytes) -> Template:
    """Read and check a template: JSON of at most MAX_TEMPLATE bytes. Raises BadScenario."""
    if len(content) > MAX_TEMPLATE:
        message = f"the template is larger than {MAX_TEMPLATE} bytes"
        raise BadScenario(message)
    try:
        template = msgspec.json.decode(content, type=Template)
    except (ValueError, RecursionError) as fault:  # msgspec's errors, and those of UTF-8, are the first
        raise BadScenario(str(fault)) from None
    references = list(template.references())
    if len(references) > MAX_REFERENCES:
        message = f"the callflow names its parameters more than {MAX_REFERENCES} times"
        raise BadScenario(message)
    faults = [
        f"the callflow names ${{{name}}}, and no such parameter is declared"
        for name in dict.fromkeys(references)
        if name not in template.parameters
    ]
    for name, parameter in template.parameters.items():
        faults += _faults(name, parameter)
    faults += _misplaced(template.callflow)
    if not faults:
        faults = _trial(template)
    if faults:
        raise BadScenario("\n".join(faults))
    return template


def _faults(name: str, parameter: Parameter) -> list[str]:
    """Say what is wrong with a declaration."""
    faults = []
    if not NAME.fullmatch(name):
        faults.append(f"{name[:100]!r}: a parameter is called 1..64 of A-Z a-z 0-9 _, a letter first")
    if isinstance(parameter, IntegerParameter) and parameter.minimum > parameter.maximum:
        faults.append(f"{name}: minimum is above maximum")
    if isinstance(parameter, EnumParameter) and len(set(parameter.values)) < len(parameter.values):
        faults.append(f"{name}: a value is there twice")
    if parameter.default is None:
        return faults
    if parameter.required:
        faults.append(f"{name}: one that is required needs no default")
    elif isinstance(parameter, VoiceParameter | LanguageParameter):
        if not isinstance(parameter.default, str):
            faults.append(f"{name}: the default must be a string")
    else:
        try:
            parameter.read(parameter.default, _RULES.catalogue)
        except Unfit as fault:
            faults.append(f"{name}: the default {fault}")
    return faults


def _misplaced(callflow: list[dict[str, Any]]) -> list[str]:
    """Say where an `optOut` would be overlooked."""
    faults = []
    for index, entry in enumerate(callflow):
        params = entry.get("params")
        inside = isinstance(params, dict) and "optOut" in params
        captures = str(entry.get("action")).lower() in {"sayandcapture", "say&capture"}
        if "optOut" in entry or (inside and not captures):
            faults.append(f"$.callflow[{index}]: optOut belongs into the params of a sayAndCapture")
    return faults


def _trial(template: Template) -> list[str]:
    """Say what is wrong with the callflow, whatever the parameters are."""
    if not template.callflow:
        return ["$.callflow: must have at least one action"]
    samples = {name: _sample(parameter) for name, parameter in template.parameters.items()}
    found = Findings()
    walk_rendered(template.render(samples), _RULES, found, max_calls=_MAX_CALLS, first_is_call=True)
    return [
        violation.message if violation.path in violation.message else f"{violation.path}: {violation.message}"
        for violation in found.all()
        if violation.code not in _NOT_ASKED
    ]


def _sample(parameter: Parameter) -> Value:  # noqa: PLR0911 - one for each kind
    """Give a value that a program may well give."""
    match parameter:
        case VoiceParameter():
            return _SAMPLE_VOICE.code
        case LanguageParameter():
            return _SAMPLE_VOICE.locale
        case _ if parameter.default is not None:
            return parameter.read(parameter.default, _RULES.catalogue)
        case IntegerParameter(minimum=minimum, maximum=maximum):
            return min(max(1, minimum), maximum)
        case NumberParameter():
            return f"+{_SAMPLE_NUMBER}"
        case BooleanParameter():
            return True
        case EnumParameter(values=values):
            return values[0]
        case UrlParameter():
            return "https://example.com/sound.wav"
        case _:
            return "1"
