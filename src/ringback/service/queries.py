"""What is asked about a session: everything that is known of it, put together from what the store holds."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ringback.domain.session import Direction, Leg, MediaReport, Session
from ringback.service.ports import DeliveryRecord, SessionRecord, SipTrace, Store, TimelineEntry

MEDIA_CLOSED = "media-closed"
"""The timeline entry that holds the MediaReport of a leg."""
PROMPT_PLAYED = "prompt-played"
"""The timeline entry of a prompt that was given to a leg."""
CALLFLOW_ASKED = "callflow-asked"
"""The timeline entry of a question to the program."""
BEGINNINGS: Mapping[str, Direction] = {"leg-dialled": Direction.OUTBOUND, "leg-received": Direction.INBOUND}
"""Timeline entries with which a leg begins."""


class FlightLeg(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A leg of a session. Times are seconds since the epoch."""

    name: str
    call_id: str
    direction: Direction
    source: str
    """Digits."""
    destination: str
    initiated: float
    connected: float | None = None
    disconnected: float | None = None
    status: str | None = None
    """As in the summary; None before the end."""
    sip_code: int | None = None
    mos: float | None = None
    media: MediaReport | None = None
    """None before the leg is over, and where no packet went or came."""


class Question(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A question to the program's VCA webhook."""

    at: float
    url: str = ""
    digits: str | None = None
    http_status: int | None = None
    """None where there was no answer."""
    answer: str = ""
    """Why there was none."""
    tries: int = 0
    seconds: float = 0.0
    """Over all tries."""
    status_code: int | None = None
    """Of an answer that is no good."""
    reason: str = ""
    """What is wrong with it."""
    fallback: str = ""
    """`runs`, or why the fallback callflow does not; empty where none was needed, or there is none."""
    request: str = ""
    """As posted; cut, or empty, where it was long."""
    response: str = ""


class PlayedPrompt(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A prompt that was given to a leg."""

    at: float
    call: str
    seconds: float
    """Its length."""
    text: str = ""
    """Of a spoken one."""
    voice: str = ""
    url: str = ""
    """Of a file."""
    repetition: int = 1
    origin: str = ""
    """`rendered`, `fetched`, `disk` or `memory`."""
    render_seconds: float = 0.0
    """How long it took to get it; 0 from memory."""
    wait_seconds: float = 0.0
    """How long the leg waited for it."""


class Flight(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything that is known of a session."""

    session_id: str
    sub_account_id: str
    state: str
    """`QUEUED`, `DIALLING` or `ENDED`."""
    created: float
    due: float | None = None
    """When a queued one may first be dialled; None: at once."""
    retry_of: str | None = None
    """The first of the sessions that try the same; None: nothing was tried before this one."""
    attempt: int = 0
    """How many there were before."""
    retried_by: str | None = None
    """The session that tries again; None: none does, or not yet."""
    status: str | None = None
    """How it ended; None before the end."""
    ended: float | None = None
    error_code: int | None = None
    legs: Sequence[FlightLeg]
    timeline: Sequence[TimelineEntry]
    prompts: Sequence[PlayedPrompt]
    questions: Sequence[Question]
    deliveries: Sequence[DeliveryRecord]
    trace: SipTrace | None
    """None before the end, and where it was not kept or is forgotten."""

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the legs by call."""
        return {leg.call_id: leg.name for leg in self.legs}


async def flight(store: Store, session_id: str) -> Flight | None:
    """Give everything that is known of a session; None for an unknown one."""
    record = await store.session(session_id)
    return None if record is None else await flight_of(store, record)


async def flight_of(store: Store, record: SessionRecord) -> Flight:
    """Give everything that is known of a session whose record was read."""
    summary = record.summary
    return Flight(
        session_id=record.session_id,
        sub_account_id=record.sub_account_id,
        state=record.state,
        created=record.created,
        due=later_due(record.state, record.created, record.due),
        retry_of=record.retry_of,
        attempt=record.attempt,
        retried_by=None if summary is None else summary.retried_by,
        status=status_of(summary),
        ended=None if summary is None else summary.ended,
        error_code=None if summary is None or summary.error is None else summary.error.code,
        legs=_legs(record),
        timeline=record.timeline,
        prompts=[
            msgspec.convert({"at": entry.at, **entry.details}, PlayedPrompt)
            for entry in _named(record.timeline, PROMPT_PLAYED)
        ],
        questions=[
            msgspec.convert({"at": entry.at, **entry.details}, Question)
            for entry in _named(record.timeline, CALLFLOW_ASKED)
        ],
        deliveries=await store.deliveries_of(record.session_id),
        trace=await store.trace(record.session_id),
    )


def later_due(state: str, created: float, due: float | None) -> float | None:
    """Give when a queued session may first be dialled; None where that is at once, and where it is queued no longer."""
    return due if state == "QUEUED" and due is not None and due > created else None


def status_of(summary: Session | None) -> str | None:
    """Give how a session ended; None before the end."""
    return None if summary is None else str(summary.status)


def _legs(record: SessionRecord) -> list[FlightLeg]:
    """Give the legs as the summary has them, before there is one as the timeline does."""
    media = {
        str(entry.details.get("call")): msgspec.convert(entry.details["media"], MediaReport)
        for entry in _named(record.timeline, MEDIA_CLOSED)
    }
    if record.summary is not None:
        return [_summed_up(leg, media.get(leg.call_id)) for leg in record.summary.legs]
    connected = {entry.details.get("call"): entry.at for entry in _named(record.timeline, "call-connected")}
    over = {entry.details.get("call"): entry.at for entry in _named(record.timeline, "call-disconnected")}
    return [
        FlightLeg(
            name=leg["leg"],
            call_id=leg["call"],
            direction=BEGINNINGS[entry.name],
            source=leg["source"],
            destination=leg["destination"],
            initiated=entry.at,
            connected=connected.get(leg["call"]),
            disconnected=over.get(leg["call"]),
            media=media.get(leg["call"]),
        )
        for entry in _named(record.timeline, *BEGINNINGS)
        for leg in (entry.details,)
    ]


def _summed_up(leg: Leg, media: MediaReport | None) -> FlightLeg:
    return FlightLeg(
        name=leg.name,
        call_id=leg.call_id,
        direction=leg.direction,
        source=leg.source.digits,
        destination=leg.destination.digits,
        initiated=leg.initiated,
        connected=leg.connected,
        disconnected=leg.disconnected,
        status=None if leg.status is None else str(leg.status),
        sip_code=leg.sip_code,
        mos=None if leg.quality is None else leg.quality.mos,
        media=media,
    )


def _named(timeline: Sequence[TimelineEntry], *names: str) -> Iterator[TimelineEntry]:
    return (entry for entry in timeline if entry.name in names)
