"""Sessions as they are shown (wire specification, section 7)."""

from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ringback.adapters.http.shapes.delivery import ShownDelivery
from ringback.adapters.http.shapes.posts import Summary
from ringback.adapters.http.shapes.recording import ShownRecording
from ringback.adapters.http.shapes.scalars import (
    ANOTHER_UUID,
    DESTINATION,
    MOMENT,
    SOURCE,
    UUID,
    Moment,
    Msisdn,
    Uuid,
)
from ringback.adapters.http.shapes.scenario import SessionScenario
from ringback.adapters.http.shapes.success import Success
from ringback.domain.retry import MAX_ATTEMPTS
from ringback.domain.session import Direction, LegStatus
from ringback.service.sessions import STATUSES, Wait

ShownStatus: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": [str(status) for status in STATUSES]})]
"""Where a session stands, or how it ended."""


class ListedSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A session in a list."""

    session_id: Uuid
    session_status: ShownStatus
    """Where it stands, or how it ended."""
    created_at: Moment
    due_at: Moment | UnsetType = UNSET
    """When it may first be dialled; there while it is queued, and where that is later."""
    ended_at: Moment | UnsetType = UNSET
    client_request_id: str | UnsetType = UNSET
    scenario: SessionScenario | UnsetType = UNSET
    source: Msisdn | UnsetType = UNSET
    destination: Msisdn | UnsetType = UNSET
    call_count: int | UnsetType = UNSET
    """Legs that were attempted; there once it ended."""
    error_code: int | UnsetType = UNSET
    """Why it ended with ERROR."""


class SessionPage(Success, frozen=True, kw_only=True):
    """A page of sessions, the newest first."""

    sessions: list[ListedSession]
    next_cursor: str | None
    """Asks for the next page; null: this is the last one."""


class ShownLeg(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One call of a session."""

    name: str
    """`callA`, `callB`, … in the order of dialling."""
    call_id: Uuid
    call_direction: Direction
    source: Msisdn
    destination: Msisdn
    initiated_at: Moment
    connected_at: Moment | UnsetType = UNSET
    """There once it was answered."""
    disconnected_at: Moment | UnsetType = UNSET
    call_status: LegStatus | UnsetType = UNSET
    """How it ended; there once the session ended."""
    sip_code: int | UnsetType = UNSET
    """The final SIP response; 200 where there was none."""
    mos: float | UnsetType = UNSET
    """What was heard from it, 1.0..5.0 (ITU-T P.800), estimated by the E-model."""


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that happened in a session."""

    timestamp: Moment
    event: str
    """What, such as `call-connected`, `prompt-played`, `dtmf-received`."""
    details: dict[str, Any]
    """What is known of it; differs from event to event."""


class ShownSession(Success, frozen=True, kw_only=True):
    """All that is known of a session."""

    session_id: Uuid
    sub_account_id: str
    session_status: ShownStatus
    """Where it stands, or how it ended."""
    created_at: Moment
    due_at: Moment | UnsetType = UNSET
    """When it may first be dialled; there while it is queued, and where that is later."""
    retry_of: Uuid | UnsetType = UNSET
    """The first of the sessions that try the same; there where it is a retry."""
    attempt: Annotated[int, Meta(ge=1, le=MAX_ATTEMPTS)] | UnsetType = UNSET
    """Which retry it is; there where it is one."""
    retried_by: Uuid | UnsetType = UNSET
    """The session that tries again; there once it is queued."""
    waits_for: Wait | UnsetType = UNSET
    """There while it is queued: for its start or for the end of quiet hours, or for a channel, its turn, its limits."""
    ended_at: Moment | UnsetType = UNSET
    scenario: SessionScenario | UnsetType = UNSET
    """There where it was asked for with executeScenario."""
    legs: list[ShownLeg]
    timeline: list[Event]
    """What happened, in order."""
    deliveries: list[ShownDelivery]
    """What the program was told, or is still to be told."""
    recordings: list[ShownRecording]
    summary: Summary | UnsetType = UNSET
    """As posted to the VSS webhook; there once it ended."""


class Begun(Success, frozen=True, kw_only=True):
    """What was asked for has begun."""

    session_id: Uuid


PAGE: Final = SessionPage(
    status_code=0,
    status_message="ok",
    sessions=[
        ListedSession(
            session_id=UUID,
            session_status="COMPLETED",
            created_at=MOMENT,
            ended_at=MOMENT,
            client_request_id="order-1200",
            source=SOURCE,
            destination=DESTINATION,
            call_count=1,
        )
    ],
    next_cursor="WzE4OTQ3Mzk0MDAuMCwxN10=",
)
ENDED: Final = ShownSession(
    status_code=0,
    status_message="ok",
    session_id=UUID,
    sub_account_id="acme",
    session_status="BUSY",
    created_at=MOMENT,
    ended_at=MOMENT,
    legs=[
        ShownLeg(
            name="callA",
            call_id=ANOTHER_UUID,
            call_direction=Direction.OUTBOUND,
            source=SOURCE,
            destination=DESTINATION,
            initiated_at=MOMENT,
            disconnected_at=MOMENT,
            call_status=LegStatus.BUSY,
            sip_code=486,
        )
    ],
    timeline=[Event(timestamp=MOMENT, event="session-ended", details={"status": "BUSY"})],
    deliveries=[],
    recordings=[],
)
BEGUN: Final = Begun(status_code=0, status_message="ok", session_id=UUID)
"""For examples."""
