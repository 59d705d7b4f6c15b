"""The only loop: an event goes into the session machine, its commands are carried out, what happened is put on disk."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeGuard

import structlog

from ringback.domain import payloads
from ringback.domain.number import Number
from ringback.domain.session import CallStatus, Direction, Leg, LegStatus, Session, SessionError, SessionStatus
from ringback.engine import commands, events
from ringback.engine.session import SessionMachine
from ringback.service.ask import Ask
from ringback.service.ports import (
    Clock,
    FetchFailed,
    NewDelivery,
    QueuedSession,
    Store,
    Subaccount,
    SynthesisFailed,
    Telephone,
    TimelineEntry,
)
from ringback.service.prompts import Prompts
from ringback.service.trunks import Trunks

INTERNAL = -2001
UNKNOWN = -9999
SYNTHESIS = -2005
DOWNLOAD = -2006
TIMELINE_LIMIT = 5000
"""Entries of one session's timeline; what comes after is counted, not kept."""

_log = structlog.get_logger(__name__)


class Desk:
    """What every running session shares: the ports, and who runs."""

    def __init__(
        self,
        store: Store,
        telephone: Telephone,
        prompts: Prompts,
        ask: Ask,
        trunks: Trunks,
        clock: Clock,
        *,
        new_id: Callable[[], str],
        max_session_seconds: float,
    ) -> None:
        """`new_id`: gives a UUID; `max_session_seconds`: a session that lasts longer is hung up."""
        self.store = store
        self.telephone = telephone
        self.prompts = prompts
        self.ask = ask
        self.trunks = trunks
        self.clock = clock
        self.new_id = new_id
        self.max_session_seconds = max_session_seconds
        self.on_delivery: Callable[[], None] = lambda: None
        """Called when something was put into the outbox."""
        self.on_timeline: Callable[[str, TimelineEntry], None] = lambda _session, _entry: None
        """Called with every timeline entry as it happens."""


class Runner:
    """Runs sessions from the claim to the summary."""

    def __init__(self, desk: Desk) -> None:
        """`desk`: the ports that every session shares."""
        self._desk = desk
        self._live: dict[str, _Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def live(self) -> int:
        """How many sessions run."""
        return len(self._live)

    def start(self, queued: QueuedSession) -> None:
        """Run a session whose channel is taken."""
        run = _Run(self._desk, queued)
        self._live[queued.session_id] = run
        self._spawn(self._run(run, queued.session_id))

    def refuse(self, queued: QueuedSession, error_code: int) -> None:
        """End a session that was never dialled with an error code."""
        self._spawn(self._refuse(queued, error_code, ()))

    async def recover(self) -> int:
        """End what a crash left in DIALLING with -2001, never redialling it; give how many there were."""
        count = 0
        while left := await self._desk.store.unfinished_sessions(256):
            for queued in left:
                record = await self._desk.store.session(queued.session_id)
                legs = _legs_of(record.timeline, self._desk.clock.now()) if record is not None else []
                await self._refuse(queued, INTERNAL, legs)
            count += len(left)
        return count

    async def drain(self, seconds: float) -> None:
        """Wait for the live sessions to end; after `seconds` hang them up."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for run in list(self._live.values()):
            run.feed(events.SessionCancelled())
        if (
            self._tasks
        ):  # BYE and CANCEL have their own limits (RFC 3261, timers B and F); the machine has one above them
            await asyncio.wait(self._tasks, timeout=40.0)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("session-failed", exc_info=fault)

    async def _run(self, run: "_Run", session_id: str) -> None:
        try:
            await run.to_the_end()
        finally:
            del self._live[session_id]

    async def _refuse(self, queued: QueuedSession, error_code: int, legs: Iterable[Leg]) -> None:
        desk = self._desk
        session = _session_of(queued)
        session.legs = list(legs)
        session.ended = desk.clock.now()
        session.status = SessionStatus.ERROR
        session.error = SessionError(code=error_code)
        entry = TimelineEntry(session.ended, "session-ended", {"status": "ERROR", "errorCode": error_code})
        subaccount = await desk.store.subaccount(queued.sub_account_id)
        await desk.store.end_session(session, [entry], _summary_delivery(desk, subaccount, session))
        desk.on_timeline(session.session_id, entry)
        desk.on_delivery()


class _Run:
    """One session: feeds the machine and carries out its commands."""

    def __init__(self, desk: Desk, queued: QueuedSession) -> None:
        self._desk = desk
        self._queued = queued
        self._machine = SessionMachine(
            _session_of(queued), queued.callflow, new_id=desk.new_id, max_session_seconds=desk.max_session_seconds
        )
        self._subaccount: Subaccount | None = None
        self._inbox: deque[events.Event] = deque()
        self._feeding = False
        self._ended = asyncio.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._channels: dict[str, str] = {}
        """The trunk whose channel a leg holds, by call id."""
        self._claimed = True
        """The channel taken with the claim is not yet a leg's."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """The render under way on a leg by `play:<call_id>`, and the question to the webhook by `ask`."""
        self._entries: list[TimelineEntry] = []
        self._deliveries: list[NewDelivery] = []
        self._kept = 0
        self._flush: asyncio.Task[None] | None = None

    async def to_the_end(self) -> None:
        """Run the session; returns when its summary is on disk."""
        try:
            self._subaccount = await self._desk.store.subaccount(self._queued.sub_account_id)
            self.feed(events.SessionStarted())
            await self._ended.wait()
        finally:
            for timer in self._timers.values():
                timer.cancel()
            for task in self._tasks.values():
                task.cancel()
            if self._claimed:
                self._desk.trunks.release(self._queued.trunk)
            for trunk in self._channels.values():
                self._desk.trunks.release(trunk)
        if self._flush is not None:
            await self._flush
        session = self._machine.session
        deliveries = [*self._deliveries, *_summary_delivery(self._desk, self._subaccount, session)]
        await self._desk.store.end_session(session, self._entries, deliveries)
        if deliveries:
            self._desk.on_delivery()

    def feed(self, event: events.Event) -> None:
        """Give an event to the machine; those that its commands cause at once wait for their turn."""
        self._inbox.append(event)
        if self._feeding:
            return
        self._feeding = True
        try:
            while self._inbox:
                event = self._inbox.popleft()
                self._note_event(event)
                for command in self._machine.handle(event, self._desk.clock.now()):
                    self._carry_out(command)
        except Exception:  # noqa: BLE001 - a fault of ours must not leave a call up and a session without its summary
            _log.exception("session-fault", session=self._queued.session_id)
            self._give_up()
        finally:
            self._feeding = False
        self._save()

    def _give_up(self) -> None:
        session = self._machine.session
        if session.ended is not None and self._ended.is_set():
            return
        now = self._desk.clock.now()
        for leg in session.legs:
            self._desk.telephone.hang_up(leg.call_id)
            leg.disconnected = leg.disconnected or now
            leg.status = leg.status or LegStatus.ERROR
        session.ended = now
        session.status = SessionStatus.ERROR
        session.error = SessionError(code=UNKNOWN, action=session.last_action)
        self._note("session-ended", status="ERROR", errorCode=UNKNOWN)
        self._ended.set()

    # -- commands

    def _carry_out(self, command: commands.Command) -> None:  # noqa: C901, PLR0912 - one line for each command of the engine
        telephone = self._desk.telephone
        match command:
            case commands.Dial():
                self._dial(command)
            case commands.HangUp(call_id):
                self._note("hang-up", call=call_id)
                telephone.hang_up(call_id)
            case commands.Prepare(sounds):
                self._desk.prompts.prepare(sounds)
            case commands.Play():
                self._work(f"play:{command.call_id}", self._play(command))
            case commands.StopPlay(call_id):
                self._stop_work(f"play:{call_id}")
                telephone.stop_play(call_id)
            case commands.StartRingback(call_id):
                telephone.start_ringback(call_id)
            case commands.StopRingback(call_id):
                telephone.stop_play(call_id)
            case commands.Bridge(call_id, other):
                telephone.bridge(call_id, other)
            case commands.Unbridge(call_id, other):
                telephone.unbridge(call_id, other)
            case commands.AskCallflow():
                self._work("ask", self._ask(command))
            case commands.Report():
                self._report(command)
            case commands.ReportDigits(url, digits):
                self._report_digits(url, digits)
            case commands.StartTimer(timer, seconds):
                self._stop_timer(timer)
                self._timers[timer] = asyncio.get_running_loop().call_later(seconds, self._fire, timer)
            case commands.StopTimer(timer):
                self._stop_timer(timer)
            case commands.EndSession(session):
                self._note("session-ended", status=str(session.status), **_error_details(session))
                self._ended.set()

    def _dial(self, command: commands.Dial) -> None:
        trunks = self._desk.trunks
        route = trunks.route(command.destination)
        if route is None:
            self.feed(events.LegNotRouted(command.call_id))
            return
        if self._claimed and route.name == self._queued.trunk:
            self._claimed = False
        elif not trunks.take(route.name, 1):
            self.feed(events.LegNotCarried(command.call_id))
            return
        self._channels[command.call_id] = route.name
        self._note(
            "leg-dialled",
            call=command.call_id,
            leg=command.name,
            trunk=route.name,
            source=command.source.digits,
            destination=command.destination.digits,
        )
        self._desk.telephone.dial(command.call_id, route.name, command.source, command.destination, self.feed)
        self.feed(events.LegDialled(command.call_id, route.ring_timeout))

    async def _play(self, command: commands.Play) -> None:
        prompts = self._desk.prompts
        try:
            match command.sound:
                case commands.Utterance(text, voice, speed):
                    rendered = await prompts.utterance(text, voice, speed)
                case commands.File(url):
                    rendered = await prompts.file(url)
        except SynthesisFailed as fault:
            self._play_failed(command, SYNTHESIS, str(fault))
        except FetchFailed as fault:
            self._play_failed(command, DOWNLOAD, str(fault))
        except Exception:  # noqa: BLE001 - whatever it is, the session must go on
            _log.exception("prompt-failed", session=self._queued.session_id)
            self._play_failed(command, INTERNAL, "internal error")
        else:
            self._note(
                "prompt-played",
                call=command.call_id,
                seconds=round(rendered.prompt.duration, 2),
                cached=rendered.cached,
                renderSeconds=round(rendered.seconds, 3),
            )
            self._desk.telephone.play(command.call_id, command.play_id, rendered.prompt, command.repetition)

    def _play_failed(self, command: commands.Play, error_code: int, reason: str) -> None:
        self._note("prompt-failed", call=command.call_id, errorCode=error_code, reason=reason)
        self.feed(events.PlayFailed(command.play_id, error_code))

    async def _ask(self, command: commands.AskCallflow) -> None:
        session = self._machine.session
        leg = next(leg for leg in session.legs if leg.call_id == command.call_id)
        # the subaccount is read anew: its webhooks may have changed since the call began
        self._subaccount = await self._desk.store.subaccount(self._queued.sub_account_id)
        asked = await self._desk.ask.callflow(
            self._subaccount, session, leg, CallStatus.ACTION_COMPLETED, command.digits, command.client_action_id
        )
        self._note("callflow-asked", call=command.call_id, digits=command.digits, **asked.details)
        self.feed(asked.event)

    def _work(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._stop_work(name)
        self._tasks[name] = asyncio.create_task(work)

    def _stop_work(self, name: str) -> None:
        if (task := self._tasks.pop(name, None)) is not None:
            task.cancel()

    def _fire(self, timer: str) -> None:
        self._timers.pop(timer, None)
        self.feed(events.TimerFired(timer))

    def _stop_timer(self, timer: str) -> None:
        if (handle := self._timers.pop(timer, None)) is not None:
            handle.cancel()

    # -- what the program and the store are told

    def _report(self, command: commands.Report) -> None:
        session = self._machine.session
        leg = next(leg for leg in session.legs if leg.call_id == command.call_id)
        if command.status is CallStatus.CALL_DISCONNECTED and (trunk := self._channels.pop(leg.call_id, None)):
            self._desk.trunks.release(trunk)
        self._note(
            str(command.status).lower().replace("_", "-"),
            call=leg.call_id,
            leg=leg.name,
            **({} if command.digit is None else {"digit": command.digit}),
            **({} if command.reason is None else {"reason": command.reason}),
        )
        if not _wants(self._subaccount, "VCS"):
            return
        event_id = self._desk.new_id()
        body = payloads.vcs_body(
            session,
            leg,
            event_id=event_id,
            status=command.status,
            digit=command.digit,
            reason=command.reason,
            now=self._desk.clock.now(),
            numbers=self._subaccount.numbers,
        )
        self._deliveries.append(self._delivery("VCS", body, event_id))

    def _report_digits(self, url: str, digits: str | None) -> None:
        now = self._desk.clock.now()
        body = payloads.dtmf_body(self._machine.session, digits=digits, now=now)
        self._deliveries.append(self._delivery("DTMF", body, self._desk.new_id(), url))

    def _delivery(self, type_: str, body: bytes, delivery_id: str, url: str | None = None) -> NewDelivery:
        return NewDelivery(
            delivery_id=delivery_id,
            session_id=self._queued.session_id,
            sub_account_id=self._queued.sub_account_id,
            type=type_,
            body=body,
            created=self._desk.clock.now(),
            url=url,
        )

    def _note_event(self, event: events.Event) -> None:
        match event:
            case events.LegRefused(call_id, sip_code):
                self._note("leg-refused", call=call_id, sipCode=sip_code)
            case events.LegUnreachable(call_id):
                self._note("leg-unreachable", call=call_id)
            case events.LegSilent(call_id):
                self._note("leg-silent", call=call_id)
            case events.LegLost(call_id):
                self._note("leg-lost", call=call_id)
            case events.PlayFinished(play_id):
                self._note("prompt-finished", play=play_id)
            case events.TimerFired(timer):
                self._note("timer-fired", timer=timer)
            case _:  # the others show in what they cause
                pass

    def _note(self, name: str, **details: object) -> None:
        entry = TimelineEntry(self._desk.clock.now(), name, details)
        self._kept += 1
        if self._kept <= TIMELINE_LIMIT:
            self._entries.append(entry)
        self._desk.on_timeline(self._queued.session_id, entry)

    def _save(self) -> None:
        """Put what happened on disk: one write under way at a time, so that the order holds."""
        if self._flush is None and not self._ended.is_set() and (self._entries or self._deliveries):
            self._flush = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while (self._entries or self._deliveries) and not self._ended.is_set():
                entries, self._entries = self._entries, []
                deliveries, self._deliveries = self._deliveries, []
                try:
                    await self._desk.store.append_timeline(self._queued.session_id, entries, deliveries)
                except Exception:  # noqa: BLE001 - kept for the next write, or for the one that ends the session
                    _log.exception("timeline-not-stored", session=self._queued.session_id)
                    self._entries[:0] = entries
                    self._deliveries[:0] = deliveries
                    return
                if deliveries:
                    self._desk.on_delivery()
        finally:
            self._flush = None


def _session_of(queued: QueuedSession) -> Session:
    return Session(
        session_id=queued.session_id,
        sub_account_id=queued.sub_account_id,
        request_id=queued.request_id,
        client_request_id=queued.callflow.client_request_id,
        started=queued.created,
    )


def _wants(subaccount: Subaccount | None, type_: str) -> TypeGuard[Subaccount]:
    return subaccount is not None and (hook := subaccount.webhooks.get(type_)) is not None and hook.enabled


def _summary_delivery(desk: Desk, subaccount: Subaccount | None, session: Session) -> Sequence[NewDelivery]:
    if not _wants(subaccount, "VSS"):
        return ()
    return [
        NewDelivery(
            delivery_id=desk.new_id(),
            session_id=session.session_id,
            sub_account_id=session.sub_account_id,
            type="VSS",
            body=payloads.vss_body(session, numbers=subaccount.numbers),
            created=desk.clock.now(),
        )
    ]


def _error_details(session: Session) -> dict[str, object]:
    return {} if session.error is None else {"errorCode": session.error.code}


def _legs_of(timeline: Sequence[TimelineEntry], now: float) -> list[Leg]:
    """Give the legs that a crash left, as far as the timeline tells."""
    legs: dict[str, Leg] = {}
    for entry in timeline:
        call_id = entry.details.get("call")
        if entry.name == "leg-dialled":
            legs[call_id] = Leg(
                name=entry.details["leg"],
                call_id=call_id,
                direction=Direction.OUTBOUND,
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
