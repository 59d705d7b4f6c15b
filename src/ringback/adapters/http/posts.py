"""What the server posts to the webhooks of a program, for the OpenAPI document; the examples are real bodies."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from ringback.adapters.http.operation import Answer, Shape
from ringback.adapters.http.shapes import posts as shapes
from ringback.adapters.http.shapes.callflow import SAY, NextCallflow
from ringback.adapters.http.shapes.scalars import ANOTHER_UUID, UUID
from ringback.domain import payloads
from ringback.domain.inventory import InventoryNumber, NumberDetails, vnu_body
from ringback.domain.number import Number
from ringback.domain.recording import Recording, RecordingStatus
from ringback.domain.session import (
    CallStatus,
    Direction,
    LastAction,
    Leg,
    LegStatus,
    Quality,
    Session,
    SessionError,
    SessionStatus,
)
from ringback.domain.settings import Settings
from ringback.domain.status import NO_COVERAGE
from ringback.service.ports import VirtualNumber

_NOW: Final = 1_894_739_400.0
_SOURCE: Final = "6512341234"
_LEG: Final = Leg(
    name="callA",
    call_id="5f1c7b2e-8b8e-4a4e-9d0c-6f7f6f2b8f0a",
    direction=Direction.OUTBOUND,
    source=Number(_SOURCE),
    destination=Number("6512345678"),
    initiated=_NOW - 20,
    connected=_NOW - 12,
    disconnected=_NOW,
    status=LegStatus.COMPLETED,
    quality=Quality(mos=4.36, packet_loss_rate=0.0, jitter=0.41),
)
_SESSION: Final = Session(
    session_id=UUID,
    sub_account_id="acme",
    request_id=ANOTHER_UUID,
    client_request_id="order-1200",
    started=_NOW - 21,
    ended=_NOW,
    status=SessionStatus.COMPLETED,
    last_action=LastAction.SAY_AND_CAPTURE,
    legs=[_LEG],
)
_NUMBER: Final = InventoryNumber(
    msisdn=_SOURCE, details=NumberDetails(reference_id="hotline"), created=_NOW - 86_400, updated=_NOW - 3600
)
_RECORDING: Final = Recording(
    recording_id=ANOTHER_UUID,
    session_id=UUID,
    sub_account_id="acme",
    status=RecordingStatus.UPLOAD_COMPLETED,
    started=_NOW - 12,
    path=f"{UUID}/{ANOTHER_UUID}_20300115T202948Z.mp3",
    seconds=12.2,
)


class _Acme(msgspec.Struct, frozen=True):
    """The subaccount of the examples."""

    numbers: Mapping[str, VirtualNumber]
    settings: Settings = Settings()


_ACME: Final = _Acme({_SOURCE: VirtualNumber(_SOURCE, "hotline")})
_TAKEN: Final = (Answer(200, "Taken, as any 2xx; anything else, and no answer, is tried again for 24 hours."),)


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of post."""

    type: str
    """Of the webhook."""
    summary: str
    description: str
    shape: Shape
    examples: Mapping[str, object]
    answers: Sequence[Answer] = _TAKEN


def _vca(status: CallStatus, leg: Leg, digits: str | None = None) -> object:
    return msgspec.json.decode(
        payloads.vca_body(
            _SESSION,
            leg,
            event_id=ANOTHER_UUID,
            status=status,
            digits=digits,
            client_action_id=None if digits is None else "menu-1",
            now=_NOW,
            tenant=_ACME,
        )
    )


def _vcs(status: CallStatus, *, digit: str | None = None, reason: str | None = None) -> object:
    return msgspec.json.decode(
        payloads.vcs_body(
            _SESSION, _LEG, event_id=ANOTHER_UUID, status=status, digit=digit, reason=reason, now=_NOW, tenant=_ACME
        )
    )


_FAILED: Final = msgspec.structs.replace(
    _SESSION,
    status=SessionStatus.ERROR,
    last_action=LastAction.MAKE_CALL,
    legs=[],
    error=SessionError(code=NO_COVERAGE, action=LastAction.MAKE_CALL),
)
_INBOUND: Final = msgspec.structs.replace(_LEG, direction=Direction.INBOUND, connected=None, disconnected=None)

POSTS: Final = (
    Post(
        type="VCA",
        summary="What comes next?",
        description=(
            "Asked when an inbound call arrives (`CALL_RECEIVED`), and when a callflow ran out and call A is still "
            "there (`ACTION_COMPLETED`). The answer is run in the call: it has to come within the time limit of the "
            "server; no answer and a 5xx are tried once more. An inbound call rings until then."
        ),
        shape=shapes.CallActionPost,
        examples={
            "digits came": _vca(CallStatus.ACTION_COMPLETED, _LEG, "12"),
            "a call arrives": _vca(CallStatus.CALL_RECEIVED, _INBOUND),
        },
        answers=(
            Answer(
                200,
                "The next callflow, as any 2xx. No callflow, and one that is not valid, ends the session with ERROR.",
                NextCallflow,
                {"goodbye": {"clientActionId": "bye-1", "callflow": [SAY, {"action": "hangup"}]}},
            ),
        ),
    ),
    Post(
        type="VCS",
        summary="What happened to a call",
        description="In the order of a session; at least once each.",
        shape=shapes.CallStatusPost,
        examples={
            "answered": _vcs(CallStatus.CALL_CONNECTED),
            "rings": _vcs(CallStatus.CALL_UPDATED, reason="ringing"),
            "a digit": _vcs(CallStatus.DTMF_RECEIVED, digit="1"),
        },
    ),
    Post(
        type="VSS",
        summary="How a session ended",
        description="One for every session, delivered at least once.",
        shape=shapes.SummaryPost,
        examples={
            "completed": msgspec.json.decode(payloads.vss_body(_SESSION, tenant=_ACME)),
            "no trunk leads there": msgspec.json.decode(payloads.vss_body(_FAILED, tenant=_ACME)),
        },
    ),
    Post(
        type="VRU",
        summary="What came of a recording",
        description="Once its sound file is where it stays, could not be pushed there, or cannot be made.",
        shape=shapes.RecordingPost,
        examples={"completed": msgspec.json.decode(payloads.vru_body(_RECORDING, _RECORDING.path))},
    ),
    Post(
        type="VNU",
        summary="What changed with virtual numbers",
        description="All numbers once (`SNAPSHOT`), then those that change (`UPDATES`).",
        shape=shapes.NumbersPost,
        examples={"snapshot": msgspec.json.decode(vnu_body("acme", "SNAPSHOT", 1, [_NUMBER]))},
    ),
    Post(
        type="DTMF",
        summary="Digits of a capture, in the old form",
        description="Posted to the `dtmfCallbackUrl` of a `sayAndCapture`.",
        shape=shapes.DigitsPost,
        examples={"digits": msgspec.json.decode(payloads.dtmf_body(_SESSION, digits="12", now=_NOW))},
    ),
)
"""In the order of the reference."""
