"""How a session ended: what a VSS says, and what is shown of a session that has ended."""

from datetime import datetime

import msgspec


class CallQuality(msgspec.Struct, frozen=True, rename="camel"):
    """How a call was heard by the server."""

    mos: float | None = None
    """1.0..5.0."""
    packet_loss_rate: float | None = None
    """0..1."""
    jitter: float | None = None
    """Milliseconds."""


class CallDescription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is said of a call wherever it is told of."""

    call_status: str
    call_id: str | None = None
    call_direction: str | None = None
    """INBOUND or OUTBOUND."""
    call_type: str | None = None
    source: str | None = None
    destination: str | None = None
    source_format: str | None = None
    destination_format: str | None = None
    source_country_code: str | None = None
    destination_country_code: str | None = None
    source_ref_id: str | None = None
    destination_ref_id: str | None = None
    call_duration: int | None = None
    """Whole seconds connected."""


class CallSummary(CallDescription, frozen=True, kw_only=True):
    """A call of a session that has ended."""

    initiated_timestamp: datetime | None = None
    connected_timestamp: datetime | None = None
    """None: it was not answered."""
    disconnected_timestamp: datetime | None = None
    call_quality: CallQuality | None = None
    """None: nothing was heard."""


class ErrorDetails(msgspec.Struct, frozen=True, rename="camel"):
    """Why a session ended with ERROR."""

    error_code: int
    error_msg: str
    call_flow_request_id: str | None = None
    action: str | None = None


class SessionSummary(msgspec.Struct, frozen=True, rename="camel"):
    """How a session ended (VSS)."""

    session_id: str
    session_status: str
    """COMPLETED, BUSY, NO_ANSWER, FAILED, CANCELED, ERROR, …"""
    sub_account_id: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    last_action: str | None = None
    """MAKE_CALL, SAY, SAY_AND_CAPTURE, PLAY_FILE, HANGUP or EXECUTE_SCENARIO."""
    call_count: int | None = None
    client_request_id: str | None = None
    retry_of: str | None = None
    """The first of the sessions that try the same."""
    attempt: int | None = None
    """Which retry it is."""
    retried_by: str | None = None
    """The session that tries again."""
    error_details: ErrorDetails | None = None
    details: dict[str, CallSummary] = {}
    """By `callA`, `callB`, …, whichever way the server writes them."""

    def __post_init__(self) -> None:
        """Write the names of the calls in one way."""
        calls = {f"{name[:1].lower()}{name[1:]}": call for name, call in self.details.items()}
        msgspec.structs.force_setattr(self, "details", calls)
