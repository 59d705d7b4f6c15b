"""Runs sessions: those that the queue gives out, and those that a crash left."""

from collections.abc import Iterable, Sequence

from ringback.domain.callflow import Callflow
from ringback.domain.number import Number
from ringback.domain.session import LastAction, Leg, LegStatus, SessionError, SessionStatus
from ringback.domain.status import INTERNAL
from ringback.engine import events
from ringback.service.desk import Desk, session_of, store_end, subaccount_of, summary_delivery
from ringback.service.errands import Errands
from ringback.service.ports import QueuedSession, TimelineEntry
from ringback.service.queries import BEGINNINGS
from ringback.service.recorder import LiveTrace
from ringback.service.run import SessionRun

CLEARED = 40.0
"""Seconds after which every session that was hung up is over: its machine waits for no leg as long."""


class Runner:
    """Runs sessions from the claim to the summary."""

    def __init__(self, desk: Desk) -> None:
        """`desk`: the ports that every session shares."""
        self._desk = desk
        self._live: dict[str, SessionRun] = {}
        self._errands = Errands("session-failed")

    @property
    def live(self) -> int:
        """How many sessions run."""
        return len(self._live)

    def start(self, queued: QueuedSession) -> None:
        """Run a session whose channel is taken."""
        run = SessionRun(self._desk, queued)
        self._live[queued.session_id] = run
        self._errands.spawn(self._run(run, queued.session_id))

    def receive(
        self, queued: QueuedSession, received: events.CallReceived, early: Sequence[events.Event], trace: LiveTrace
    ) -> None:
        """Run the session of a caller, whose channel is taken; `early`: what the caller does until it runs.

        `trace`: what was recorded of it so far.
        """
        run = SessionRun(self._desk, queued, received, early, trace)
        self._live[queued.session_id] = run
        self._errands.spawn(self._run(run, queued.session_id))

    def refuse(self, queued: QueuedSession, error_code: int) -> None:
        """End a session that was never dialled with an error code."""
        self._errands.spawn(self._close(queued, SessionStatus.ERROR, error_code, ()))

    def cancel_queued(self, queued: QueuedSession) -> None:
        """End a session that was taken out of the queue because its program wants it no more."""
        self._errands.spawn(self._close(queued, SessionStatus.CANCELED, None, ()))

    def cancel(self, session_id: str) -> bool:
        """Hang up a live session; False where it does not run here."""
        run = self._live.get(session_id)
        if run is None:
            return False
        run.feed(events.SessionCancelled())
        return True

    async def recover(self) -> int:
        """End what a crash left in DIALLING with -2001, never redialling it; give how many there were."""
        count = 0
        while left := await self._desk.store.unfinished_sessions(256):
            for queued in left:
                record = await self._desk.store.session(queued.session_id)
                legs = _legs_of(record.timeline, self._desk.clock.now()) if record is not None else []
                await self._close(queued, SessionStatus.ERROR, INTERNAL, legs)
            count += len(left)
        return count

    async def drain(self, seconds: float) -> None:
        """Wait for the live sessions to end; after `seconds` hang them up."""
        await self._errands.wait(seconds)
        self.hang_up()
        await self._errands.wait(CLEARED)

    def hang_up(self) -> None:
        """End every live session now."""
        for run in list(self._live.values()):
            run.feed(events.SessionCancelled())

    def replace(self, session_id: str, callflow: Callflow) -> bool:
        """Let a live session run another callflow; False where it does not run here, or cannot change just now."""
        run = self._live.get(session_id)
        return run is not None and run.replace(callflow)

    async def _run(self, run: SessionRun, session_id: str) -> None:
        try:
            await run.to_the_end()
        finally:
            del self._live[session_id]

    async def _close(
        self, queued: QueuedSession, status: SessionStatus, error_code: int | None, legs: Iterable[Leg]
    ) -> None:
        """End a session that does not run."""
        desk = self._desk
        session = session_of(queued)
        session.legs = list(legs)
        session.ended = desk.clock.now()
        session.status = status
        details: dict[str, object] = {"status": str(status)}
        if error_code is not None:
            scenario = queued.callflow.scenario
            if scenario is not None and scenario.error_code == error_code:
                session.last_action = LastAction.EXECUTE_SCENARIO
                details["reason"] = scenario.reason
            session.error = SessionError(code=error_code, action=session.last_action)
            details["errorCode"] = error_code
        entry = TimelineEntry(session.ended, "session-ended", details)
        subaccount = await subaccount_of(desk, queued)
        desk.on_delivery()
        await store_end(desk, session, [entry], summary_delivery(desk, subaccount, session))
        desk.on_timeline(session.sub_account_id, session.session_id, entry)


def _legs_of(timeline: Sequence[TimelineEntry], now: float) -> list[Leg]:
    """Give the legs that a crash left, as far as the timeline tells."""
    legs: dict[str, Leg] = {}
    for entry in timeline:
        call_id = str(entry.details.get("call"))
        if entry.name in BEGINNINGS:
            legs[call_id] = Leg(
                name=entry.details["leg"],
                call_id=call_id,
                direction=BEGINNINGS[entry.name],
                source=Number(entry.details["source"]),
                destination=Number(entry.details["destination"]),
                initiated=entry.at,
                disconnected=now,
                status=LegStatus.ERROR,
            )
        elif entry.name == "call-connected" and call_id in legs:
            legs[call_id].connected = entry.at
        elif entry.name == "call-disconnected" and call_id in legs:
            legs[call_id].disconnected = entry.at
    return list(legs.values())
