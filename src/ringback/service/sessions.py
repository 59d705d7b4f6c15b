"""What a program asks of its sessions: a list, one of them, an end to one."""

from collections.abc import Mapping, Sequence
from enum import Enum, StrEnum, auto
from typing import Any, Final

from ringback.domain import payloads
from ringback.domain.callflow import Callflow, MakeCall
from ringback.domain.execution import strict
from ringback.domain.quiet_hours import due
from ringback.domain.recording import Recording
from ringback.domain.scalars import format_moment
from ringback.domain.session import SessionStatus
from ringback.domain.validation import validate_answer
from ringback.service import pages
from ringback.service.accept import Receipt
from ringback.service.ports import Clock, DeliveryRecord, ListedSession, SessionFilter, SessionRecord, Store, Subaccount
from ringback.service.queries import Flight, FlightLeg, flight_of, later_due
from ringback.service.rulebook import Rulebook
from ringback.service.runner import Runner
from ringback.service.webhooks import ParameterInvalid

IN_PROGRESS: Final = "IN_PROGRESS"
"""What DIALLING, the state of every session that runs, is to a program."""
STATUSES: Final = ("QUEUED", IN_PROGRESS, *SessionStatus)


_JUST_BEFORE: Final = 0.001
"""Seconds: what is quiet then was put off to the end of it."""


class Wait(StrEnum):
    """What a queued session waits for (`waitsFor`)."""

    START = "start"
    """Its `startAt`, or the end of a pause before it is tried again."""
    QUIET_HOURS = "quietHours"
    """The end of those of its destination."""
    CHANNEL = "channel"
    """A channel of its trunk, its turn, or the limits of its subaccount."""


class Outcome(Enum):
    """What came of the wish to end or to change a session."""

    BEGUN = auto()
    """A queued session is cancelled, a live one is being hung up, or runs another callflow."""
    OVER = auto()
    """It had ended before."""
    UNKNOWN = auto()
    STARTING = auto()
    """It is not there yet: queued, leaving the queue, or setting up a call."""


class Sessions:
    """The sessions of every subaccount; to each, its own alone."""

    def __init__(self, store: Store, runner: Runner, rulebook: Rulebook, clock: Clock, owner: str) -> None:
        """`owner`: who takes a session out of the queue."""
        self._rulebook = rulebook
        self._store = store
        self._runner = runner
        self._clock = clock
        self._owner = owner

    async def page(self, subaccount: Subaccount, query: Mapping[str, str]) -> dict[str, Any]:
        """List sessions: `status`, `from`, `to`, `limit`, `cursor`. Raises ParameterInvalid."""
        status = query.get("status")
        if status is not None and status not in STATUSES:
            message = f"status: should be one of: {', '.join(STATUSES)}"
            raise ParameterInvalid(message)
        limit = pages.limit_of(query)
        since, until = pages.moment_of(query, "from"), pages.moment_of(query, "to")
        found = await self._store.list_sessions(
            SessionFilter(
                sub_account_id=subaccount.sub_account_id,
                status="DIALLING" if status == IN_PROGRESS else status,
                since=0.0 if since is None else since,
                until=float("inf") if until is None else until,
                before=pages.cursor_of(query, tuple[float, int]),
                limit=limit,
            )
        )
        return {
            "sessions": [_listed(session) for session in found],
            "nextCursor": pages.cursor_at(found[-1].place) if len(found) == limit else None,
        }

    async def show(self, subaccount: Subaccount, session_id: str) -> dict[str, Any] | None:
        """Give everything that is known of a session, for a program; None where it has no such session."""
        record = await self._theirs(subaccount, session_id)
        if record is None:
            return None
        known = await flight_of(self._store, record)
        summary = None if record.summary is None else payloads.vss_payload(record.summary, subaccount)
        waits_for = _waits_for(record, subaccount, self._clock.now()) if record.state == "QUEUED" else None
        return _shown(record.callflow, known, summary, await self._store.recordings(session_id), waits_for)

    async def replace(
        self, subaccount: Subaccount, session_id: str, body: bytes, request_id: str
    ) -> tuple[Outcome, Receipt | None]:
        """Let a live session run another callflow, judged as the answer to a VCA is; a receipt: it was rejected."""
        record = await self._theirs(subaccount, session_id)
        if record is None:
            return Outcome.UNKNOWN, None
        verdict = strict(validate_answer(body, self._rulebook.rules(subaccount), self._clock.now()))
        if verdict.callflow is None:
            return Outcome.BEGUN, Receipt(verdict.http, payloads.rejected_body(verdict, request_id=request_id))
        if self._runner.replace(session_id, verdict.callflow):
            return Outcome.BEGUN, None
        return (Outcome.STARTING if record.summary is None else Outcome.OVER), None

    async def end(self, subaccount: Subaccount, session_id: str) -> Outcome:
        """Cancel a queued session, hang up a live one."""
        if await self._theirs(subaccount, session_id) is None:
            return Outcome.UNKNOWN
        queued = await self._store.take_session(subaccount.sub_account_id, session_id, self._owner, self._clock.now())
        if queued is not None:
            self._runner.cancel_queued(queued)
            return Outcome.BEGUN
        if self._runner.cancel(session_id):
            return Outcome.BEGUN
        record = await self._store.session(session_id)
        return Outcome.OVER if record is not None and record.summary is not None else Outcome.STARTING

    async def _theirs(self, subaccount: Subaccount, session_id: str) -> SessionRecord | None:
        """Give the record of a session; None where the subaccount has none such."""
        record = await self._store.session(session_id)
        return None if record is None or record.sub_account_id != subaccount.sub_account_id else record


def _waits_for(queued: SessionRecord, subaccount: Subaccount, now: float) -> Wait:
    """Tell what a queued session waits for."""
    at, callflow = queued.due, queued.callflow
    if at is None or at <= now:
        return Wait.CHANNEL
    if callflow.start_at == at or due(callflow, subaccount.settings.quiet_hours, at - _JUST_BEFORE) < at:
        return Wait.START
    return Wait.QUIET_HOURS


def delivery_view(record: DeliveryRecord) -> dict[str, Any]:
    """Show a delivery, but for its body: the program may have been told it already."""
    view = {
        "deliveryId": record.delivery_id,
        "sessionId": record.session_id,
        "type": record.type,
        "state": record.state.lower(),
        "tries": record.tries,
        "createdAt": format_moment(record.created),
        "dueAt": format_moment(record.due) if record.state == "WAITING" else None,
        "finishedAt": _moment(record.finished),
        "lastTrySeconds": record.seconds,
        "reason": record.reason,
    }
    return payloads.present(**view)


def _listed(session: ListedSession) -> dict[str, Any]:
    summary = session.summary
    call = session.callflow.actions[0] if session.callflow.actions else None
    legs = summary.legs if summary is not None else ()
    source, destination = (call.source, call.destination) if isinstance(call, MakeCall) else (None, None)
    if legs:
        source, destination = legs[0].source, legs[0].destination
    view = {
        "sessionId": session.session_id,
        "sessionStatus": _status(session.state, None if summary is None else str(summary.status)),
        "createdAt": format_moment(session.place[0]),
        "dueAt": _moment(later_due(session.state, session.place[0], session.due)),
        "endedAt": None if summary is None else _moment(summary.ended),
        "clientRequestId": session.callflow.client_request_id,
        "scenario": scenario_view(session.callflow),
        "source": None if source is None else str(source),
        "destination": None if destination is None else str(destination),
        "callCount": None if summary is None else len(summary.legs),
        "errorCode": None if summary is None or summary.error is None else summary.error.code,
    }
    return payloads.present(**view)


def scenario_view(callflow: Callflow) -> dict[str, Any] | None:
    """Show which scenario a session was asked for with, and in which version."""
    scenario = callflow.scenario
    return None if scenario is None else {"name": scenario.name, "version": scenario.version}


def _shown(
    callflow: Callflow,
    known: Flight,
    summary: Mapping[str, Any] | None,
    recordings: Sequence[Recording],
    waits_for: Wait | None,
) -> dict[str, Any]:
    scenario = scenario_view(callflow)
    return {
        "sessionId": known.session_id,
        "subAccountId": known.sub_account_id,
        "sessionStatus": _status(known.state, known.status),
        "createdAt": format_moment(known.created),
        **({} if known.due is None else {"dueAt": format_moment(known.due)}),
        **payloads.present(retryOf=known.retry_of, attempt=known.attempt or None, retriedBy=known.retried_by),
        **({} if waits_for is None else {"waitsFor": waits_for}),
        **({} if known.ended is None else {"endedAt": format_moment(known.ended)}),
        **({} if scenario is None else {"scenario": scenario}),
        "legs": [_leg(leg) for leg in known.legs],
        "timeline": [
            {"timestamp": format_moment(entry.at), "event": entry.name, "details": entry.details}
            for entry in known.timeline
        ],
        "deliveries": [delivery_view(record) for record in known.deliveries],
        "recordings": [payloads.recording_view(recording) for recording in recordings],
        **({} if summary is None else {"summary": summary}),
    }


def _leg(leg: FlightLeg) -> dict[str, Any]:
    view = {
        "name": leg.name,
        "callId": leg.call_id,
        "callDirection": leg.direction,
        "source": f"+{leg.source}",
        "destination": f"+{leg.destination}",
        "initiatedAt": format_moment(leg.initiated),
        "connectedAt": _moment(leg.connected),
        "disconnectedAt": _moment(leg.disconnected),
        "callStatus": leg.status,
        "sipCode": leg.sip_code,
        "mos": leg.mos,
    }
    return payloads.present(**view)


def _status(state: str, status: str | None) -> str:
    return status or (IN_PROGRESS if state == "DIALLING" else state)


def _moment(at: float | None) -> str | None:
    return None if at is None else format_moment(at)
