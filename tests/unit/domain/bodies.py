"""Callflows to judge: actions that are valid until a test changes them."""

import json
from typing import Any

from ringback.domain.validation import Rules
from ringback.domain.voice import Catalogue, Voice

HEART = Voice("en-US-Heart", "en-US", "English (United States)", "F")
SOURCE = "6512341234"
DESTINATION = "+6512345678"
NOW = 1_800_000_000.0
RULES = Rules(allowed_sources=frozenset({SOURCE, "6531589338"}), catalogue=Catalogue([HEART]), vca_enabled=True)
WITHOUT_VCA = Rules(allowed_sources=frozenset({SOURCE}), catalogue=Catalogue([HEART]), vca_enabled=False)


def _action(name: str, params: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Give an action with changed params; a param changed to `...` is left out."""
    merged = {key: value for key, value in (params | changes).items() if value is not ...}
    return {"action": name, "params": merged}


def call(**changes: object) -> dict[str, Any]:
    return _action("makeCall", {"source": SOURCE, "destination": DESTINATION}, changes)


def say(**changes: object) -> dict[str, Any]:
    return _action("say", {"text": "Hello", "voiceProfile": "en-US-Heart"}, changes)


def capture(**changes: object) -> dict[str, Any]:
    return _action("sayAndCapture", {"promptMessage": "Press 1", "voiceProfile": "en-US-Heart"}, changes)


def play(**changes: object) -> dict[str, Any]:
    return _action("playFile", {"fileUrl": "https://example.com/a.mp3"}, changes)


def scenario(**changes: object) -> dict[str, Any]:
    return _action("executeScenario", {"scenarioName": "survey"}, changes)


HANGUP: dict[str, Any] = {"action": "hangup", "params": {}}


def body(*actions: object, **envelope: object) -> bytes:
    return json.dumps({"callflow": list(actions), **envelope}).encode()
