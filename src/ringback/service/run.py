"""One session, running: an event goes into its machine, the commands are carried out, what happened is put on disk."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec
import structlog

from ringback.domain import payloads, status
from ringback.domain.callflow import Callflow, MakeCall
from ringback.domain.session import CallStatus, LegStatus, MediaReport, Session, SessionError, SessionStatus
from ringback.engine import commands, events
from ringback.engine.session import SessionMachine
from ringback.service.desk import (
    Desk,
    insist,
    retry_of,
    session_of,
    store_end,
    subaccount_of,
    summary_delivery,
    wants,
)
from ringback.service.ports import (
    FetchFailed,
    NewDelivery,
    NewSession,
    QueuedSession,
    Subaccount,
    SynthesisFailed,
    TimelineEntry,
)
from ringback.service.queries import CALLFLOW_ASKED, MEDIA_CLOSED, PROMPT_PLAYED
from ringback.service.recorder import LiveTrace

TIMELINE_LIMIT = 5000
"""Entries kept of one session's timeline: a key that is pressed for hours must not fill the disk."""
SAVED_AT_ONCE = frozenset({"leg-dialled", "leg-received", "call-connected", "call-disconnected"})
"""Entries of which the summary is made after a crash."""
SAVED_AFTER = 1.0
"""Seconds that the other entries wait for one of these, or for the end of the session, to be written with it."""
OPT_OUT_PAUSES = (0.1, 0.3, 0.6)
"""Seconds between two tries of what a callee waits for."""
_SAVE = "save"
"""Their timer; none of the machine's has this name."""

BODIES_LIMIT = 256 * 1024
"""Characters of the bodies of questions to the program that the timeline keeps."""
TEXT_LIMIT = 500
"""Characters of a prompt's text that the timeline keeps."""

_log = structlog.get_logger(__name__)


class SessionRun:
    """One session: feeds the machine and carries out its commands."""

    def __init__(
        self,
        desk: Desk,
        queued: QueuedSession,
        received: events.CallReceived | None = None,
        early: Sequence[events.Event] = (),
        trace: LiveTrace | None = None,
    ) -> None:
        """`queued`: claimed, its channel taken.

        `received`: the caller who made the session; `early`: what the caller did before it runs; `trace`: what was
        recorded of that.
        """
        self._desk = desk
        self._queued = queued
        self._machine = SessionMachine(
            session_of(queued), queued.callflow, new_id=desk.new_id, max_session_seconds=desk.max_session_seconds
        )
        self._subaccount: Subaccount | None = None
        self._inbox: deque[events.Event] = deque()
        self._feeding = False
        self._ended = asyncio.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._channels: dict[str, str] = {}
        """The trunk whose channel a leg holds, by call id."""
        self._received = received
        self._early = early
        self._trace = trace or desk.recorder.open()
        self._claimed = received is None
        """The channel taken with the claim is not yet a leg's."""
        if received is not None:
            self._channels[received.call_id] = queued.trunk
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """The render under way on a leg by `play:<call_id>`, and the question to the webhook by `ask`."""
        self._entries: list[TimelineEntry] = []
        self._deliveries: list[NewDelivery] = []
        self._retry: NewSession | None = None
        self._kept = 0
        self._bodies = 0
        self._flush: asyncio.Task[None] | None = None

    async def to_the_end(self) -> None:
        """Run the session; returns when its summary is on disk."""
        try:
            self._subaccount = await subaccount_of(self._desk, self._queued)
            if self._received is None:
                self.feed(await self._beginning())
            else:
                self._receive(self._received)
            await self._ended.wait()
        except Exception:
            if self._received is not None:  # the store failed before the first event: nobody else knows the caller
                self._desk.telephone.hang_up(self._received.call_id)
            raise
        finally:
            for timer in self._timers.values():
                timer.cancel()
            for task in self._tasks.values():
                task.cancel()
            if self._claimed:
                self._release(self._queued.trunk)
            for trunk in self._channels.values():
                self._release(trunk)
            trace = self._desk.recorder.close(self._trace)
        if self._flush is not None:
            await self._flush
        session = self._machine.session
        deliveries = [*self._deliveries, *summary_delivery(self._desk, self._subaccount, session)]
        if deliveries:
            self._desk.on_delivery()
        await store_end(self._desk, session, self._entries, deliveries, trace, self._retry)

    async def _beginning(self) -> events.Event:
        """Tell whether the callee may be called: not one on the opt-out list where callees may opt out, nor again.

        Nobody is called for a subaccount that was removed.
        """
        if self._subaccount is None:
            self._note("subaccount-removed")
            return events.SessionCancelled()
        callflow = self._queued.callflow
        first = callflow.actions[0]
        if callflow.scenario is not None:
            self._note("scenario-executed", scenario=callflow.scenario.name, version=callflow.scenario.version)
        is_held = callflow.is_refusable or self._queued.retry_of is not None
        if is_held and isinstance(first, MakeCall):
            account, number = self._queued.sub_account_id, first.destination
            if await insist(lambda: self._desk.store.is_opted_out(account, number), self._queued.session_id):
                self._note("number-opted-out", destination=number.digits)
                return events.NumberOptedOut()
        return events.SessionStarted()

    def _receive(self, received: events.CallReceived) -> None:
        self.feed(received)
        for event in self._early:
            self.feed(event)
        self._desk.telephone.attend(received.call_id, self.feed)

    def feed(self, event: events.Event) -> None:
        """Give an event to the machine; those that its commands cause at once wait for their turn."""
        if self._ended.is_set():
            return
        self._inbox.append(event)
        if self._feeding:
            return
        self._feeding = True
        try:
            while self._inbox and not self._ended.is_set():
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

    def replace(self, callflow: Callflow) -> bool:
        """Run another callflow instead of this one; False while a leg is being set up, or the session ends."""
        if not self._machine.may_be_replaced:
            return False
        self._note("callflow-replaced", actions=len(callflow.actions))
        self.feed(events.CallflowReplaced(callflow))
        return True

    def _give_up(self) -> None:
        session = self._machine.session
        if session.ended is not None and self._ended.is_set():
            return
        now = self._desk.clock.now()
        for leg in session.legs:
            try:
                self._desk.telephone.hang_up(leg.call_id)
            except Exception:  # noqa: BLE001 - the summary must come whatever the telephone does
                _log.exception("hang-up-failed", session=self._queued.session_id)
            leg.disconnected = leg.disconnected or now
            leg.status = leg.status or LegStatus.ERROR
        session.ended = now
        session.status = SessionStatus.ERROR
        session.error = SessionError(code=status.UNKNOWN_ERROR, action=session.last_action)
        self._note("session-ended", status="ERROR", errorCode=status.UNKNOWN_ERROR)
        self._ended.set()

    # -- commands

    def _carry_out(self, command: commands.Command) -> None:  # noqa: C901, PLR0912 - one line for each command of the engine
        telephone = self._desk.telephone
        match command:
            case commands.Dial():
                self._dial(command)
            case commands.Answer(call_id):
                telephone.answer(call_id)
            case commands.Reject(call_id, sip_code):
                self._note("call-rejected", call=call_id, sipCode=sip_code)
                telephone.reject(call_id, sip_code)
            case commands.HangUp(call_id):
                self._note("hang-up", call=call_id)
                telephone.hang_up(call_id)
            case commands.Record(call_id):
                self._desk.record(self._queued.sub_account_id, self._queued.session_id, call_id)
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
            case commands.OptOut(call_id):
                self._work("opt-out", self._opt_out(call_id))
            case commands.ReportDigits(url, digits):
                self._report_digits(url, digits)
            case commands.StartTimer(timer, seconds):
                self._stop_timer(timer)
                self._timers[timer] = asyncio.get_running_loop().call_later(seconds, self._fire, timer)
            case commands.StopTimer(timer):
                self._stop_timer(timer)
            case commands.EndSession(session):
                self._plan_retry(session)
                self._note("session-ended", status=str(session.status), **_error_details(session))
                self._ended.set()

    def _plan_retry(self, session: Session) -> None:
        """Let another session follow, put on disk with the end of this one, unless the program wanted no more of it."""
        if self._machine.is_cancelled:
            return
        self._retry = retry_of(self._queued, session, self._subaccount, self._desk.new_id)
        if self._retry is not None:
            session.retried_by = self._retry.session_id
            self._note("retry-queued", session=self._retry.session_id, attempt=self._retry.attempt, due=self._retry.due)

    def _dial(self, command: commands.Dial) -> None:
        trunks = self._desk.trunks
        settings = None if self._subaccount is None else self._subaccount.settings
        route = trunks.route(command.destination, settings)
        if route is None:
            self.feed(events.LegNotRouted(command.call_id))
            return
        if self._claimed and route.name == self._queued.trunk:
            self._claimed = False
        elif trunks.free(route.name):
            trunks.take(route.name, {self._queued.sub_account_id: 1})
        else:
            self.feed(events.LegNotCarried(command.call_id))
            return
        self._channels[command.call_id] = route.name
        self._desk.recorder.follow(self._trace, command.call_id)
        self._note(
            "leg-dialled",
            call=command.call_id,
            leg=command.name,
            trunk=route.name,
            source=command.source.digits,
            destination=command.destination.digits,
        )
        # queued first: what a telephone tells at once happened after the INVITE was sent
        self.feed(events.LegDialled(command.call_id, route.ring_timeout))
        self._desk.telephone.dial(
            command.call_id, route.name, command.source, command.destination, self.feed, beside=command.beside
        )

    def _release(self, trunk: str) -> None:
        self._desk.trunks.release(trunk, self._queued.sub_account_id)

    async def _play(self, command: commands.Play) -> None:
        prompts = self._desk.prompts
        try:
            match command.sound:
                case commands.Utterance(text, voice, speed):
                    rendered = await prompts.utterance(text, voice, speed)
                case commands.File(url):
                    rendered = await prompts.file(url)
        except SynthesisFailed as fault:
            self._play_failed(command, status.NOT_SYNTHESIZED, str(fault))
        except FetchFailed as fault:
            self._play_failed(command, status.NOT_DOWNLOADED, str(fault))
        except Exception:  # noqa: BLE001 - whatever it is, the session must go on
            _log.exception("prompt-failed", session=self._queued.session_id)
            self._play_failed(command, status.INTERNAL, "internal error")
        else:
            self._note(
                PROMPT_PLAYED,
                call=command.call_id,
                seconds=round(rendered.prompt.duration, 2),
                origin=rendered.origin,
                renderSeconds=round(rendered.took, 3),
                waitSeconds=round(rendered.seconds, 3),
                **_sound_details(command),
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
            self._subaccount, session, leg, command.status, command.digits, command.client_action_id
        )
        bodies = dict(asked.bodies)
        self._bodies += sum(map(len, bodies.values()))
        if self._bodies > BODIES_LIMIT:
            bodies.clear()
        self._note(CALLFLOW_ASKED, call=command.call_id, digits=command.digits, **asked.details, **bodies)
        self.feed(asked.event)

    async def _opt_out(self, call_id: str) -> None:
        session = self._machine.session
        number = next(leg for leg in session.legs if leg.call_id == call_id).far_end
        store, now = self._desk.store, self._desk.clock.now()
        try:
            await insist(
                lambda: store.add_opt_out(session.sub_account_id, number, now, session.session_id),
                session.session_id,
                OPT_OUT_PAUSES,
            )
        except Exception:  # noqa: BLE001 - whatever it is, the callee is told, and the program by the summary
            _log.exception("opt-out-lost", session=session.session_id)
            self._note("opt-out-lost", call=call_id, number=number.digits)
            self.feed(events.OptOutLost())
        else:
            self._note("opted-out", call=call_id, number=number.digits)
            self.feed(events.OptOutKept())

    def _work(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._stop_work(name)
        self._tasks[name] = task = asyncio.create_task(work)
        task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("session-fault", session=self._queued.session_id, exc_info=fault)
            self._give_up()

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
            self._release(trunk)
        self._note(
            str(command.status).lower().replace("_", "-"),
            call=leg.call_id,
            leg=leg.name,
            **({} if command.digit is None else {"digit": command.digit}),
            **({} if command.reason is None else {"reason": command.reason}),
        )
        if not wants(self._subaccount, "VCS"):
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
            tenant=self._subaccount,
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
            case events.CallReceived(call_id, source, destination):
                self._note(
                    "leg-received",
                    call=call_id,
                    leg="callA",
                    trunk=self._queued.trunk,
                    source=source.digits,
                    destination=destination.digits,
                )
            case events.LegRefused(call_id, sip_code, media):
                self._note_media(call_id, media)
                self._note("leg-refused", call=call_id, sipCode=sip_code)
            case events.LegHungUp(call_id, _, media):
                self._note_media(call_id, media)
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

    def _note_media(self, call_id: str, media: MediaReport | None) -> None:
        if media is not None:
            self._note(MEDIA_CLOSED, call=call_id, media=msgspec.to_builtins(media))

    def _note(self, name: str, **details: object) -> None:
        entry = TimelineEntry(self._desk.clock.now(), name, details)
        self._kept += 1
        if self._kept <= TIMELINE_LIMIT:
            self._entries.append(entry)
        self._desk.on_timeline(self._queued.sub_account_id, self._queued.session_id, entry)

    def _save(self) -> None:
        """Put what happened on disk, soon or at once."""
        if self._deliveries or any(entry.name in SAVED_AT_ONCE for entry in self._entries):
            self._save_now()
        elif self._entries and _SAVE not in self._timers:
            self._timers[_SAVE] = asyncio.get_running_loop().call_later(SAVED_AFTER, self._save_now)

    def _save_now(self) -> None:
        """Begin to write; one write is under way at a time, so that the order holds."""
        self._stop_timer(_SAVE)
        if self._flush is None and not self._ended.is_set():
            self._flush = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while (self._entries or self._deliveries) and not self._ended.is_set():
                entries, self._entries = self._entries, []
                deliveries, self._deliveries = self._deliveries, []
                if deliveries:
                    self._desk.on_delivery()
                try:
                    await self._desk.store.append_timeline(self._queued.session_id, entries, deliveries)
                except Exception:  # noqa: BLE001 - kept for the next write, or for the one that ends the session
                    _log.exception("timeline-not-stored", session=self._queued.session_id)
                    self._entries[:0] = entries
                    self._deliveries[:0] = deliveries
                    return
        finally:
            self._flush = None


def _sound_details(command: commands.Play) -> dict[str, object]:
    times = {"repetition": command.repetition} if command.repetition > 1 else {}
    match command.sound:
        case commands.Utterance(text, voice):
            characters = {"characters": len(text)} if len(text) > TEXT_LIMIT else {}
            return {"text": text[:TEXT_LIMIT], **characters, "voice": voice, **times}
        case commands.File(url):
            return {"url": url[:TEXT_LIMIT], **times}


def _error_details(session: Session) -> dict[str, object]:
    return {} if session.error is None else {"errorCode": session.error.code}
