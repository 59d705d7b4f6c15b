"""What a session and its legs are, for summaries, payloads and the store."""

from enum import StrEnum

import msgspec

from ringback.domain.number import Number


class SessionStatus(StrEnum):
    """How a session ended (VSS `sessionStatus`)."""

    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    BUSY = "BUSY"
    NO_ANSWER = "NO_ANSWER"
    FAILED = "FAILED"
    ERROR = "ERROR"
    COMPLETED_UNSUBSCRIBED = "COMPLETED_UNSUBSCRIBED"
    """The callee opted out, and is on the opt-out list."""
    COMPLETED_UNSUB_ERROR = "COMPLETED_UNSUB_ERROR"
    """The callee opted out, and the list could not take the number."""
    UNSUBSCRIBED_CONTACT = "UNSUBSCRIBED_CONTACT"
    """The number is on the opt-out list: it was not called."""


class LegStatus(StrEnum):
    """How a leg ended (VSS `callStatus` of a leg)."""

    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"
    BUSY = "BUSY"
    NO_ANSWER = "NO_ANSWER"
    FAILED = "FAILED"
    ERROR = "ERROR"


_SIP_BUSY = frozenset({486, 600})
_SIP_NO_ANSWER = frozenset({408, 480})


def leg_status(sip_code: int, *, rang: bool) -> LegStatus:
    """Tell how a leg ended whose INVITE was refused by a final response of 300..699 (wire specification, section 2).

    `rang`: an 18x came before. A 487 after our own CANCEL is not for this function: what made us cancel counts there.
    """
    if sip_code in _SIP_BUSY:
        return LegStatus.BUSY
    if rang and sip_code in _SIP_NO_ANSWER:
        return LegStatus.NO_ANSWER
    return LegStatus.FAILED


class CallStatus(StrEnum):
    """What happened to a call (VCS and VCA `callStatus`)."""

    CALL_INITIATED = "CALL_INITIATED"
    CALL_RECEIVED = "CALL_RECEIVED"
    CALL_CONNECTED = "CALL_CONNECTED"
    CALL_DISCONNECTED = "CALL_DISCONNECTED"
    CALL_UPDATED = "CALL_UPDATED"
    DTMF_RECEIVED = "DTMF_RECEIVED"
    ACTION_COMPLETED = "ACTION_COMPLETED"


class Direction(StrEnum):
    """Who called whom, seen from the server."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


class LastAction(StrEnum):
    """VSS `lastAction`."""

    MAKE_CALL = "MAKE_CALL"
    SAY = "SAY"
    SAY_AND_CAPTURE = "SAY_AND_CAPTURE"
    PLAY_FILE = "PLAY_FILE"
    HANGUP = "HANGUP"
    EXECUTE_SCENARIO = "EXECUTE_SCENARIO"


class Quality(msgspec.Struct, frozen=True):
    """What was heard from a leg: the VSS `callQuality`."""

    mos: float
    """1.0..5.0 (ITU-T P.800), estimated by the E-model."""
    packet_loss_rate: float
    """0..1."""
    jitter: float
    """Interarrival jitter in milliseconds (RFC 3550, section 6.4.1)."""


class RtpStream(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The RTP packets of a leg in one direction."""

    packets: int
    octets: int
    """Of payload."""
    lost: int
    """Of those to the far end, as it reported itself last (RTCP)."""
    jitter_ms: float
    """As `Quality.jitter`; of those to the far end, as it reported itself last."""
    first: float | None
    """When the first one went or came, seconds since the epoch; None where there was none."""
    last: float | None


class MediaReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What went over a leg's media port, both ways."""

    local: str
    """`host:port` as told to the far end."""
    remote: str
    """Where packets came from; empty where none came."""
    sent: RtpStream
    received: RtpStream
    largest_gap_ms: float
    """Between two packets received."""
    out_of_order: int
    foreign: int
    """Packets of others than the far end, dropped."""
    malformed: int
    """Packets that could not be read, dropped."""
    round_trip_ms: float
    """Of RTCP, the last one measured; 0 where none was."""


class Leg(msgspec.Struct, kw_only=True):
    """One call of a session. Times are seconds since the epoch."""

    name: str
    """`callA`, `callB`, `callC`, … in the order of dialling."""
    call_id: str
    """UUID."""
    direction: Direction
    source: Number
    destination: Number
    initiated: float
    connected: float | None = None
    disconnected: float | None = None
    status: LegStatus | None = None
    sip_code: int = 200
    """The final SIP response; 200 before there is one."""
    quality: Quality | None = None

    @property
    def far_end(self) -> Number:
        """The number of whoever is at the other end."""
        return self.source if self.direction is Direction.INBOUND else self.destination

    def duration(self, now: float) -> int:
        """Give the whole seconds connected until it was disconnected, or until `now`."""
        if self.connected is None:
            return 0
        return max(0, int((now if self.disconnected is None else self.disconnected) - self.connected))


class SessionError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a session ended with ERROR: the VSS `errorDetails`."""

    code: int
    """A row of `ringback.domain.status.ERROR_CODES`."""
    action: LastAction | None = None


class Session(msgspec.Struct, kw_only=True):
    """A session: the unit that a receipt is given for and that gets exactly one summary."""

    session_id: str
    sub_account_id: str
    request_id: str
    """The `callFlowRequestId` of the receipt."""
    client_request_id: str | None = None
    retry_of: str | None = None
    """The first of the sessions that try the same; None: nothing was tried before this one."""
    attempt: int = 0
    """How many there were before."""
    retried_by: str | None = None
    """The session that tries again; None: none does."""
    started: float
    ended: float | None = None
    status: SessionStatus | None = None
    last_action: LastAction | None = None
    legs: list[Leg] = []
    error: SessionError | None = None
