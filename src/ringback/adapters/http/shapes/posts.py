"""Bodies that the server posts to the webhooks of a program (wire specification, section 2)."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ringback.adapters.http.shapes.number import Billing
from ringback.adapters.http.shapes.scalars import Country, Moment, Msisdn, Uuid
from ringback.domain.inventory import OperationalStatus
from ringback.domain.recording import RecordingStatus
from ringback.domain.retry import MAX_ATTEMPTS
from ringback.domain.session import CallStatus, Direction, LastAction, LegStatus, SessionStatus

# ---------------------------------------------------------------- calls


class Ends(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who is called by whom."""

    source: Msisdn
    destination: Msisdn
    source_format: Literal["MSISDN"]
    destination_format: Literal["MSISDN"]
    source_country_code: Country
    destination_country_code: Country
    source_ref_id: str | UnsetType = UNSET
    """What the subaccount calls its virtual number at that end."""
    destination_ref_id: str | UnsetType = UNSET
    """What the subaccount calls its virtual number at that end."""


class Call(Ends, frozen=True, kw_only=True):
    """What happened to a call."""

    event_id: Uuid
    call_id: Uuid
    session_id: Uuid
    sub_account_id: str
    call_status: CallStatus
    call_direction: Direction
    call_type: Literal["PSTN"]
    call_duration: int
    """Whole seconds connected so far."""
    sip_code: int
    """The final SIP response; 200 before there is one."""
    timestamp: Moment


class Digits(msgspec.Struct, frozen=True):
    """Digits that were pressed."""

    dtmf: str | None
    """Null: none were captured."""


class EventData(msgspec.Struct, frozen=True):
    """What happened."""

    dtmf: str | UnsetType = UNSET
    """The digit, with `DTMF_RECEIVED`."""
    event: Literal["ringing", "bridged", "unbridged", "hold", "resumed"] | UnsetType = UNSET
    """What changed, with `CALL_UPDATED`."""


class CallAction(Call, frozen=True, kw_only=True):
    """Call A, and the digits of the last `sayAndCapture` in both places that published clients read."""

    client_action_id: str | UnsetType = UNSET
    """Of the callflow just finished."""
    dtmf: str | None
    """Null: there was no capture, or it failed."""
    event_data: Digits | str | None
    """The digits themselves where the setting `eventDataForm` of the subaccount is `string`."""


class CallUpdate(Call, frozen=True, kw_only=True):
    """A call, and what happened to it."""

    dtmf: str | UnsetType = UNSET
    """The digit, with `DTMF_RECEIVED`."""
    event_data: EventData | UnsetType = UNSET
    """With `DTMF_RECEIVED` and `CALL_UPDATED`."""


class CallActionPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """VCA: asks for the next callflow."""

    namespace: Literal["VOICE"]
    event_type: Literal["CALL_ACTION"]
    description: str
    payload: CallAction


class CallStatusPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """VCS: tells what happened to a call."""

    namespace: Literal["VOICE"]
    event_type: Literal["CALL_STATUS"]
    description: str
    payload: CallUpdate


# ---------------------------------------------------------------- sessions


class CallQuality(msgspec.Struct, frozen=True, rename="camel"):
    """What was heard from a leg."""

    mos: float
    """1.0..5.0 (ITU-T P.800), estimated by the E-model."""
    packet_loss_rate: float
    """0..1."""
    jitter: float
    """Milliseconds (RFC 3550, section 6.4.1)."""


class SummaryLeg(Ends, frozen=True, kw_only=True):
    """A leg of a session that ended; times are whole seconds."""

    call_id: Uuid
    call_direction: Direction
    call_type: Literal["PSTN"]
    initiated_timestamp: Moment
    connected_timestamp: Moment | UnsetType = UNSET
    """Where it was answered."""
    disconnected_timestamp: Moment | UnsetType = UNSET
    call_status: LegStatus | UnsetType = UNSET
    call_duration: int
    """Whole seconds connected."""
    call_quality: CallQuality | UnsetType = UNSET
    """Where media was received."""


class ErrorDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a session ended with ERROR."""

    error_msg: str
    error_code: int
    """See the error codes of the reference."""
    call_flow_request_id: str
    """Of the request that began the session."""
    action: LastAction | UnsetType = UNSET


class Summary(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a session ended; times are whole seconds."""

    session_id: Uuid
    sub_account_id: str
    session_status: SessionStatus
    start_time: Moment
    end_time: Moment
    last_action: LastAction | UnsetType = UNSET
    """The last one started."""
    call_count: int
    """Legs that were attempted."""
    client_request_id: str | UnsetType = UNSET
    """As given with the callflow."""
    retry_of: Uuid | UnsetType = UNSET
    """The first of the sessions that try the same; there where it is a retry."""
    attempt: Annotated[int, Meta(ge=1, le=MAX_ATTEMPTS)] | UnsetType = UNSET
    """Which retry it is; there where it is one."""
    retried_by: Uuid | UnsetType = UNSET
    """The session that tries again; there once it is queued."""
    error_details: ErrorDetails | UnsetType = UNSET
    """With ERROR."""
    details: dict[str, SummaryLeg]
    """The legs as `callA`, `callB`, …; as `CallA`, … where the setting `legKeys` of the subaccount says so."""


class SummaryPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """VSS: sums a session up; exactly one for each."""

    namespace: Literal["VOICE"]
    event_type: Literal["SESSION_SUMMARY"]
    description: str
    payload: Summary
    version: Literal[5]


# ---------------------------------------------------------------- recordings and numbers


class RecordingUpdate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of a recording."""

    session_id: Uuid
    recording_id: Uuid
    duration_seconds: int | UnsetType = UNSET
    """Where there is a sound file."""
    file_path: str
    """`SESSION/RECORDING_START.mp3`, or `.wav`."""
    status: RecordingStatus


class RecordingPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """VRU: tells what came of a recording."""

    namespace: Literal["VOICE"]
    event_type: Literal["CALL_RECORDING_STATUS"]
    description: str
    payload: RecordingUpdate


class UpdatedNumber(Billing, frozen=True, kw_only=True):
    """A virtual number."""

    msisdn: Msisdn
    updated_timestamp: Moment
    country_code: Country
    operational_status: OperationalStatus
    number_health_check_enabled: bool
    update_status: Literal["NO_CHANGE", "UPDATED"]


class NumbersUpdate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All numbers of a subaccount, or those that changed."""

    sub_account_id: str
    total_numbers: int
    update_event_type: Literal["SNAPSHOT", "UPDATES"]
    virtual_numbers: list[UpdatedNumber]


class NumbersPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """VNU: tells of virtual numbers."""

    namespace: Literal["VOICE"]
    event_type: Literal["VIRTUAL_NUMBER_UPDATE"]
    description: str
    payload: NumbersUpdate


# ---------------------------------------------------------------- the old form


class DigitsStatus(msgspec.Struct, frozen=True):
    """What is told, and when."""

    code: Literal["DTMF"]
    timestamp: Moment


class DigitsPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The digits of a `sayAndCapture` that has a `dtmfCallbackUrl`."""

    uid: Uuid
    """Of the session."""
    status: DigitsStatus
    destination: Msisdn | UnsetType = UNSET
    client_request_id: str | UnsetType = UNSET
    action_details: Digits
