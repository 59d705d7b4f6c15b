"""The bodies that programs read: webhooks (wire specification, sections 2 and 7) and answers to `POST /callflows`.

A field that has no value is left out, except the digits of a VCA, which are null where none were captured.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from ringback.domain.callflow import Callflow, Say, SayAndCapture
from ringback.domain.number import Number
from ringback.domain.recording import Recording
from ringback.domain.scalars import format_moment
from ringback.domain.session import CallStatus, Leg, Quality, Session, SessionStatus
from ringback.domain.settings import Settings
from ringback.domain.status import CREATED, ERROR_CODES, STATUS_CODES
from ringback.domain.verdict import Verdict

SUMMARY_VERSION: Final = 5
_CALL_TYPE: Final = "PSTN"
_FORMAT: Final = "MSISDN"


class Referenced(Protocol):
    """A virtual number of the subaccount."""

    @property
    def reference_id(self) -> str:
        """What the subaccount calls it."""


Numbers: TypeAlias = Mapping[str, Referenced]
"""Virtual numbers by their digits."""


class Tenant(Protocol):
    """The subaccount that is told."""

    @property
    def numbers(self) -> Numbers:
        """Its virtual numbers."""

    @property
    def settings(self) -> Settings:
        """How it wants to be told."""


# ---------------------------------------------------------------- webhooks


def vca_body(
    session: Session,
    leg: Leg,
    *,
    event_id: str,
    status: CallStatus,
    digits: str | None,
    client_action_id: str | None,
    now: float,
    tenant: Tenant,
) -> bytes:
    """Ask for the next callflow (VCA).

    `leg`: call A; `digits`: of the last sayAndCapture, None where there was none or it failed; `client_action_id`: that
    of the callflow just finished. The digits are in both places that published clients read.
    """
    payload = _call(session, leg, event_id, status, now, tenant.numbers)
    if client_action_id is not None:
        payload["clientActionId"] = client_action_id
    payload["dtmf"] = digits
    payload["eventData"] = digits if tenant.settings.event_data_form == "string" else {"dtmf": digits}
    return _envelope("CALL_ACTION", "Action request of a call", payload)


def vcs_body(
    session: Session,
    leg: Leg,
    *,
    event_id: str,
    status: CallStatus,
    digit: str | None,
    reason: str | None,
    now: float,
    tenant: Tenant,
) -> bytes:
    """Tell what happened to a leg (VCS).

    `digit`: the key of DTMF_RECEIVED; `reason`: what changed with CALL_UPDATED (`ringing`, `bridged`, `unbridged`,
    `hold`, `resumed`), told as `eventData.event`.
    """
    payload = _call(session, leg, event_id, status, now, tenant.numbers)
    if digit is not None:
        payload |= {"dtmf": digit, "eventData": {"dtmf": digit}}
    elif reason is not None:
        payload["eventData"] = {"event": reason}
    return _envelope("CALL_STATUS", "Status update of a call", payload)


def vss_body(session: Session, *, tenant: Tenant) -> bytes:
    """Sum an ended session up (VSS)."""
    payload = vss_payload(session, tenant)
    return _envelope("SESSION_SUMMARY", "Summary of a completed call session", payload, version=SUMMARY_VERSION)


def vss_payload(session: Session, tenant: Tenant) -> dict[str, Any]:
    """Give what a VSS says."""
    ended = session.started if session.ended is None else session.ended
    return present(
        sessionId=session.session_id,
        subAccountId=session.sub_account_id,
        sessionStatus=session.status,
        startTime=_seconds(session.started),
        endTime=_seconds(ended),
        lastAction=session.last_action,
        callCount=len(session.legs),
        clientRequestId=session.client_request_id,
        retryOf=session.retry_of,
        attempt=session.attempt or None,
        retriedBy=session.retried_by,
        errorDetails=_error(session),
        details={_key(leg.name, tenant.settings): _leg(leg, ended, tenant.numbers) for leg in session.legs},
    )


def vru_body(recording: Recording, path: str) -> bytes:
    """Tell what came of a recording (VRU); `path`: of its file, where that is."""
    payload = present(
        sessionId=recording.session_id,
        recordingId=recording.recording_id,
        durationSeconds=_whole(recording.seconds),
        filePath=path,
        status=recording.status,
    )
    return _envelope("CALL_RECORDING_STATUS", "Call recording status updated", payload)


def dtmf_body(session: Session, *, digits: str | None, now: float) -> bytes:
    """Give captured digits to the URL of an old-form sayAndCapture (wire specification, section 7)."""
    return msgspec.json.encode(
        present(
            uid=session.session_id,
            status={"code": "DTMF", "timestamp": format_moment(now)},
            destination=str(session.legs[0].destination) if session.legs else None,
            clientRequestId=session.client_request_id,
            actionDetails={"dtmf": digits},
        )
    )


# ---------------------------------------------------------------- answers


def created_body(verdict: Verdict, *, session_id: str, request_id: str) -> bytes:
    """Answer an accepted callflow whose session is on disk."""
    callflow = verdict.require()
    return msgspec.json.encode(
        present(
            sessionId=session_id,
            sessionStatus="CREATED",
            callFlowRequestId=request_id,
            **_times(callflow),
            statusCode=CREATED,
            statusMessage=STATUS_CODES[CREATED].message,
            warnings=verdict.warnings or None,
        )
    )


def valid_body(verdict: Verdict, *, request_id: str, trunk: str | None) -> bytes:
    """Answer a callflow that would have been accepted; `trunk`: that would have carried call A, None: none would."""
    callflow = verdict.require()
    return msgspec.json.encode(
        present(
            sessionStatus="VALID",
            callFlowRequestId=request_id,
            **_times(callflow),
            statusCode=CREATED,
            statusMessage="Valid",
            warnings=verdict.warnings or None,
            voices=sorted({action.voice for action in callflow.actions if isinstance(action, Say | SayAndCapture)}),
        )
        | {"trunk": trunk}
    )


def _times(callflow: Callflow) -> Mapping[str, str]:
    """Say when it is to be run, where the request did."""
    given = {"validUntil": callflow.valid_until, "startAt": callflow.start_at}
    return {name: format_moment(moment) for name, moment in given.items() if moment is not None}


def rejected_body(verdict: Verdict, *, request_id: str) -> bytes:
    """Answer a rejected callflow with every violation, the reported one first."""
    errors = [
        {"statusCode": violation.code, "path": violation.path, "message": violation.message}
        for violation in verdict.violations
    ]
    return _not_created(request_id, verdict.code, verdict.message, errors=errors)


def batch_body(answers: Sequence[bytes], accepted: int) -> bytes:
    """Answer many callflows at once with the bodies that answer each alone; `accepted`: how many of them were."""
    return msgspec.json.encode(
        {
            "count": len(answers),
            "accepted": accepted,
            "rejected": len(answers) - accepted,
            "results": [msgspec.Raw(answer) for answer in answers],
            "statusCode": 0,
            "statusMessage": "ok",
        }
    )


def refused_body(code: int, *, request_id: str, sub_account_id: str = "") -> bytes:
    """Answer a request whose callflow was not looked at: 401, 404, 429 or -9999."""
    return _not_created(request_id, code, STATUS_CODES[code].message.replace("{id}", sub_account_id))


def _not_created(request_id: str, code: int, message: str, **more: object) -> bytes:
    return msgspec.json.encode(
        {
            "sessionStatus": "NOT_CREATED",
            "callFlowRequestId": request_id,
            "statusCode": code,
            "statusMessage": message,
            **more,
        }
    )


def recording_view(recording: Recording, url: str | None = None) -> dict[str, Any]:
    """Show a recording (wire specification, section 3); `url`: where its sound can be fetched, if there is any."""
    return present(
        recordingId=recording.recording_id,
        sessionId=recording.session_id,
        subAccountId=recording.sub_account_id,
        status=recording.status,
        externalFileUrl=url,
        duration=_whole(recording.seconds),
        startRecordingTime=format_moment(recording.started),
    )


# ---------------------------------------------------------------- parts


def _envelope(event_type: str, description: str, payload: Mapping[str, object], **more: object) -> bytes:
    return msgspec.json.encode(
        {"namespace": "VOICE", "eventType": event_type, "description": description, "payload": payload, **more}
    )


def _call(
    session: Session, leg: Leg, event_id: str, status: CallStatus, now: float, numbers: Numbers
) -> dict[str, Any]:
    return {
        "eventId": event_id,
        "callId": leg.call_id,
        "sessionId": session.session_id,
        "subAccountId": session.sub_account_id,
        "callStatus": status,
        "callDirection": leg.direction,
        "callType": _CALL_TYPE,
        **_ends(leg, numbers),
        "callDuration": leg.duration(now),
        "sipCode": leg.sip_code,
        "timestamp": format_moment(now),
    }


def _leg(leg: Leg, ended: float, numbers: Numbers) -> dict[str, Any]:
    return present(
        callId=leg.call_id,
        callDirection=leg.direction,
        callType=_CALL_TYPE,
        initiatedTimestamp=_seconds(leg.initiated),
        connectedTimestamp=None if leg.connected is None else _seconds(leg.connected),
        disconnectedTimestamp=None if leg.disconnected is None else _seconds(leg.disconnected),
        **_ends(leg, numbers),
        callStatus=leg.status,
        callDuration=leg.duration(ended),
        callQuality=None if leg.quality is None else _quality(leg.quality),
    )


def _ends(leg: Leg, numbers: Numbers) -> dict[str, Any]:
    return present(
        source=str(leg.source),
        destination=str(leg.destination),
        sourceFormat=_FORMAT,
        destinationFormat=_FORMAT,
        sourceCountryCode=leg.source.country,
        destinationCountryCode=leg.destination.country,
        sourceRefId=_reference(leg.source, numbers),
        destinationRefId=_reference(leg.destination, numbers),
    )


def _reference(number: Number, numbers: Numbers) -> str | None:
    virtual = numbers.get(number.digits)
    return None if virtual is None else virtual.reference_id or None


def _quality(quality: Quality) -> dict[str, float]:
    return {
        "mos": round(quality.mos, 2),
        "packetLossRate": round(quality.packet_loss_rate, 4),
        "jitter": round(quality.jitter, 2),
    }


def _error(session: Session) -> dict[str, Any] | None:
    if session.error is None or session.status != SessionStatus.ERROR:
        return None
    return present(
        errorMsg=ERROR_CODES[session.error.code],
        errorCode=session.error.code,
        callFlowRequestId=session.request_id,
        action=session.error.action,
    )


def _key(name: str, settings: Settings) -> str:
    """Name a leg as the subaccount wants it: `callA`, or `CallA`."""
    return name if settings.leg_keys == "callA" else name[0].upper() + name[1:]


def _seconds(at: float) -> str:
    """Write a time of a summary: whole seconds, `2026-01-13T08:26:58Z`."""
    return format_moment(int(at))[: -len(".000Z")] + "Z"


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def present(**fields: object) -> dict[str, Any]:
    """Give the fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}
