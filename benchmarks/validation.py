"""How many callflows are judged a second on one core."""

import json
import time
from collections.abc import Sequence

from gauge import SERVER_CORE, Figure, percentile, pinned

from ringback.domain.validation import Rules, validate
from ringback.domain.voice import Catalogue, Voice

NAME = "validation"
COUNT = 50_000
ROUNDS = 5
NOW = 1_800_000_000.0
SOURCE = "15550100100"
RULES = Rules(
    allowed_sources=frozenset({SOURCE}),
    catalogue=Catalogue([Voice("en-US-Heart", "en-US", "English (United States)", "F")]),
    vca_enabled=True,
)


def body(number: int, source: str = SOURCE, speed: float = 1.0) -> bytes:
    """Give a callflow of four actions; `number`: makes its destination one of a hundred million."""
    actions = [
        {"action": "makeCall", "params": {"source": source, "destination": f"+65{number % 100_000_000:08d}"}},
        {
            "action": "say",
            "params": {
                "text": "Good morning, this is a call about your appointment at ten on Tuesday.",
                "voiceProfile": "en-US-Heart",
                "speed": speed,
            },
        },
        {
            "action": "sayAndCapture",
            "params": {
                "promptMessage": "To confirm, press 1. To change it, press 2.",
                "voiceProfile": "en-US-Heart",
                "minDigits": 1,
                "maxDigits": 1,
                "digitTimeout": 5000,
                "overallTimeout": 10000,
            },
        },
        {"action": "say", "params": {"text": "Thank you. Good bye.", "voiceProfile": "en-US-Heart"}},
    ]
    return json.dumps({"clientRequestId": "r-1", "clientActionId": "confirm", "callflow": actions}).encode()


def run() -> Sequence[Figure]:
    """Judge bodies of each kind, no two to the same number; the median round of each counts."""
    with pinned(SERVER_CORE):
        valid = _rate([body(index) for index in range(COUNT)], accepted=True)
        invalid = _rate([body(index, source="4930999999", speed=9.0) for index in range(COUNT)], accepted=False)
    return [
        Figure("validation, a valid callflow of 4 actions", valid, "a second", 30_000, at_least=True),
        Figure("validation, an invalid one (two faults)", invalid, "a second", 5_000, at_least=True),
    ]


def _rate(requests: Sequence[bytes], *, accepted: bool) -> float:
    verdict = validate(requests[0], RULES, NOW)
    if (verdict.callflow is not None) is not accepted:
        message = f"the body was not judged as it should be: {verdict}"
        raise ValueError(message)
    rates = []
    for turn in range(ROUNDS):
        began = time.process_time()
        for request in requests[turn::ROUNDS]:
            validate(request, RULES, NOW)
        rates.append(COUNT / ROUNDS / (time.process_time() - began))
    return percentile(rates, 50)
