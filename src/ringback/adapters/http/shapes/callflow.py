"""What is answered to a callflow (wire specification, sections 1.2 and 7)."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ringback.adapters.http.shapes.failure import Rejection, Violation
from ringback.adapters.http.shapes.scalars import ANOTHER_UUID, MOMENT, UUID, Moment, Uuid
from ringback.adapters.http.shapes.success import Success
from ringback.domain import status
from ringback.domain.status import STATUS_CODES
from ringback.domain.typed import CallflowRequest, Entry
from ringback.domain.verdict import Notice
from ringback.domain.voice import SpeechProfile
from ringback.service.batch import MAX_ENTRIES

VOICE: Final = "en-US-Heart"
MAKE_CALL: Final = {"action": "makeCall", "params": {"source": "6512341234", "destination": "+6512345678"}}
SAY: Final = {"action": "say", "params": {"text": "Your parcel is here. Goodbye.", "voiceProfile": VOICE}}
ASK: Final = {
    "action": "sayAndCapture",
    "params": {
        "promptMessage": "Press 1 or 2.",
        "voiceProfile": VOICE,
        "minDigits": 1,
        "maxDigits": 1,
        "digitTimeout": 10000,
        "overallTimeout": 10000,
        "completeOnHash": False,
        "noOfTries": 2,
        "failureMessage": "Invalid input, please try again",
    },
}
PLAY: Final = {"action": "playFile", "params": {"fileUrl": "https://acme.example/jingle.mp3", "repetition": 2}}
SCENARIO: Final = {
    "action": "executeScenario",
    "params": {
        "scenarioName": "voice-message-optout",
        "scenarioParams": {"source": "6512341234", "destination": "+6512345678", "message": "We are closed today."},
    },
}
CALLFLOWS: Final = {
    "say and hang up": {"callflow": [MAKE_CALL, SAY, {"action": "hangup"}]},
    "ask": {
        "validUntil": MOMENT,
        "clientRequestId": "order-1200",
        "clientActionId": "menu-1",
        "callflow": [MAKE_CALL, ASK],
    },
    "execute a scenario": {"callflow": [SCENARIO]},
    "play a file, then bridge two calls": {
        "callflow": [
            MAKE_CALL,
            PLAY,
            {"action": "makeCall", "params": {"source": "6512341234", "destination": 6587654321}},
        ]
    },
}
"""For examples."""


class NextCallflow(msgspec.Struct, rename="camel"):
    """What a call does next; a `makeCall`, one at most, dials call B."""

    callflow: Annotated[list[Entry], Meta(min_length=1)]
    client_action_id: str | None = None
    """Given back when this callflow has run out."""


class Receipt(msgspec.Struct, frozen=True, rename="camel", tag_field="sessionStatus", tag="CREATED"):
    """The session is on disk, and survives a crash of the server."""

    session_id: Uuid
    call_flow_request_id: Uuid
    """Of this request."""
    status_code: Literal[1]
    status_message: Literal["Created"]
    valid_until: Moment | msgspec.UnsetType = msgspec.UNSET
    """Where the request has one."""
    start_at: Moment | msgspec.UnsetType = msgspec.UNSET
    """Where the request has one."""
    warnings: list[Notice] | msgspec.UnsetType = msgspec.UNSET
    """What is allowed, but hardly meant; absent where there is nothing to say."""


class Rehearsal(msgspec.Struct, frozen=True, rename="camel", tag_field="sessionStatus", tag="VALID"):
    """The callflow would have been taken; nothing was started."""

    call_flow_request_id: Uuid
    status_code: Literal[1]
    status_message: Literal["Valid"]
    voices: list[str]
    """Codes of those that would speak."""
    trunk: str | None
    """That would carry call A; null: none would."""
    valid_until: Moment | msgspec.UnsetType = msgspec.UNSET
    start_at: Moment | msgspec.UnsetType = msgspec.UNSET
    warnings: list[Notice] | msgspec.UnsetType = msgspec.UNSET


RECEIPT: Final = Receipt(UUID, ANOTHER_UUID, 1, "Created", MOMENT)
REHEARSAL: Final = Rehearsal(ANOTHER_UUID, 1, "Valid", [VOICE], "carrier")


class BatchRequest(msgspec.Struct, rename="camel"):
    """Many callflows."""

    callflows: Annotated[list[CallflowRequest], Meta(min_length=1, max_length=MAX_ENTRIES)]


class Batch(Success, frozen=True, kw_only=True):
    """What became of each of many callflows."""

    count: int
    accepted: int
    rejected: int
    results: list[Receipt | Rehearsal | Rejection]
    """As each alone would have been answered, in order."""


class SpeechProfiles(Success, frozen=True, kw_only=True):
    """The voices that can speak now."""

    speech_profiles: list[SpeechProfile]


PROFILES: Final = SpeechProfiles(
    status_code=0,
    status_message="ok",
    speech_profiles=[SpeechProfile(VOICE, "en-US", "English (United States)", "F")],
)
_ROW: Final = STATUS_CODES[status.SOURCE_NOT_ALLOWED]
BATCH: Final = Batch(
    status_code=0,
    status_message="ok",
    count=2,
    accepted=1,
    rejected=1,
    results=[
        RECEIPT,
        Rejection(
            *(ANOTHER_UUID, _ROW.code, _ROW.message),
            [Violation(_ROW.code, "$.callflow[0].params.source", _ROW.message)],
        ),
    ],
)
