"""Templates to check: one that is valid until a test changes it."""

import json
from typing import Any

import msgspec
from tests.unit.domain.bodies import RULES, WITHOUT_VCA

from ringback.domain.scenario import Scenario
from ringback.domain.scenario_check import parse_template
from ringback.domain.verdict import Rules

PARAMETERS: dict[str, Any] = {
    "from": {"type": "msisdn"},
    "to": {"type": "msisdn"},
    "name": {"type": "string", "maxLength": 20, "default": "friend"},
}
CALL: dict[str, Any] = {"action": "makeCall", "params": {"source": "${from}", "destination": "${to}"}}
SAY: dict[str, Any] = {"action": "say", "params": {"text": "Hello ${name}.", "language": "en-US"}}
ASK: dict[str, Any] = {
    "action": "sayAndCapture",
    "params": {
        "promptMessage": "Press 9.",
        "language": "en-US",
        "maxDigits": 1,
        "optOut": {"digit": "9", "confirmation": "Done."},
    },
}


def template(*actions: object, **parameters: object) -> bytes:
    """Give a template of actions, CALL and SAY where there are none; `parameters`: more of them."""
    return json.dumps({"parameters": PARAMETERS | parameters, "callflow": list(actions) or [CALL, SAY]}).encode()


def rules(*actions: object, vca: bool = True, **parameters: object) -> Rules:
    """Give rules that know the scenario `hello`, in version 3."""
    hello = Scenario("hello", 3, parse_template(template(*actions, **parameters)))
    return msgspec.structs.replace(RULES if vca else WITHOUT_VCA, scenarios={"hello": hello})
