"""The scenarios that are always there: an operator grants them, and nobody changes or removes them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from ringback.domain.scenario import Scenario
from ringback.domain.scenario_check import parse_template

VOICE_MESSAGE_OPTOUT: Final = "voice-message-optout"
_VOICE_MESSAGE_OPTOUT: Final = {
    "description": "Speaks a message, then offers to press 9 for no more such calls.",
    "parameters": {
        "source": {"type": "msisdn", "description": "The number that calls."},
        "destination": {"type": "msisdn", "description": "The number that is called."},
        "message": {"type": "string", "description": "What is spoken; plain text or SSML."},
        "voiceProfile": {"type": "voice", "required": False, "description": "Wins over language."},
        "language": {"type": "language", "default": "en-US"},
        "repetition": {
            "type": "integer",
            "minimum": 1,
            "maximum": 3,
            "default": 1,
            "description": "How often the message is spoken.",
        },
        "optOutPrompt": {"type": "string", "default": "Press 9 if you want no more of these calls."},
        "optOutConfirmation": {"type": "string", "default": "You will get no more of these calls. Goodbye."},
        "optOutFailure": {
            "type": "string",
            "default": "Sorry, this could not be noted. Please tell us in another way. Goodbye.",
            "description": "Spoken where the opt-out list could not take the number.",
        },
    },
    "callflow": [
        {"action": "makeCall", "params": {"source": "${source}", "destination": "${destination}"}},
        {
            "action": "say",
            "params": {
                "text": "${message}",
                "voiceProfile": "${voiceProfile}",
                "language": "${language}",
                "repetition": "${repetition}",
            },
        },
        {
            "action": "sayAndCapture",
            "params": {
                "promptMessage": "${optOutPrompt}",
                "voiceProfile": "${voiceProfile}",
                "language": "${language}",
                "minDigits": 1,
                "maxDigits": 1,
                "overallTimeout": 8000,
                "noOfTries": 1,
                "optOut": {
                    "digit": "9",
                    "confirmation": "${optOutConfirmation}",
                    "failure": "${optOutFailure}",
                },
            },
        },
        {"action": "hangup"},
    ],
}

SHIPPED: Final[Mapping[str, Scenario]] = MappingProxyType(
    {
        name: Scenario(name, version, parse_template(msgspec.json.encode(template)))
        for name, version, template in ((VOICE_MESSAGE_OPTOUT, 1, _VOICE_MESSAGE_OPTOUT),)
    }
)
"""By name. A change to one is a new version."""
