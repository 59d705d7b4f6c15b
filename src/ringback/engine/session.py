"""What happens next in a session: events go in, commands come out; no I/O, no clock.

The table of states is `ringback.engine.transitions`; how a callflow runs is the wire specification, section 1.4.
"""

from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from typing import Final, assert_never

from ringback.domain import status
from ringback.domain.callflow import Action, Callflow, Hangup, MakeCall, PlayFile, Say, SayAndCapture
from ringback.domain.session import (
    CallStatus,
    Direction,
    LastAction,
    Leg,
    LegStatus,
    Session,
    SessionStatus,
)
from ringback.engine import commands, events
from ringback.engine.capture import DIGIT_TIMER, OVERALL_TIMER, Capture
from ringback.engine.legs import Legs
from ringback.engine.transitions import TRANSITIONS, Happening, InvalidTransition, Reaction, State

SESSION_TIMER: Final = "session"
RING_TIMER: Final = "ring"
CLEARING_TIMER: Final = "clearing"
CLEARING_SECONDS: Final = 35.0
"""Longer than any SIP transaction (64*T1 = 32 s): a leg that is silent for so long is taken to be gone."""
_TIMERS: Final = {
    SESSION_TIMER: Happening.TOO_LONG,
    RING_TIMER: Happening.RING_TIMEOUT,
    CLEARING_TIMER: Happening.CLEARING_TIMEOUT,
    DIGIT_TIMER: Happening.DIGIT_TIMEOUT,
    OVERALL_TIMER: Happening.OVERALL_TIMEOUT,
}
_LAST: Final[Mapping[type[Action], LastAction]] = {
    MakeCall: LastAction.MAKE_CALL,
    Say: LastAction.SAY,
    SayAndCapture: LastAction.SAY_AND_CAPTURE,
    PlayFile: LastAction.PLAY_FILE,
    Hangup: LastAction.HANGUP,
}
_BUSY: Final = 486
_UNAVAILABLE: Final = 480
_DECLINE: Final = 603
_A_AT_FAULT: Final = {Happening.PLAY_FAILED, Happening.CALLFLOW_REFUSED, Happening.A_LOST}
"""What makes the callStatus of A ERROR."""
_A_DECLINED: Final = {Happening.CALLFLOW, Happening.FALLBACK}
"""What can hang a caller up who was not answered: a callflow that begins so."""


class SessionMachine:
    """One session from the queue to its summary."""

    def __init__(
        self, session: Session, callflow: Callflow, *, new_id: Callable[[], str], max_session_seconds: float
    ) -> None:
        """`new_id` gives a UUID for every leg; a session that lasts longer than `max_session_seconds` is hung up."""
        self.session = session
        """As it is now."""
        self.state = State.QUEUED
        self.is_cancelled = False
        """Somebody wants no more of it; that may come too late to change how it ends."""
        self._new_id = new_id
        self._max_session_seconds = max_session_seconds
        self._plays = count(1)
        self._out: list[commands.Command] = []
        self._legs = Legs(session, self._out)
        self._timers: set[str] = set()
        self._happening = Happening.STARTED
        self._targets: frozenset[State] = frozenset()
        self._error_code = status.INTERNAL
        """Of the event that is being handled, where it is a fault."""
        self._play_id = 0
        self._capture: Capture | None = None
        self._digits: str | None = None
        self._bridged = False
        self._ringback = False
        self._recorded: set[str] = set()
        """Legs that are to be recorded once they are answered."""
        self._answered = False
        """A caller's call was taken by us, confirmed or not."""
        self._masked = False
        """It was taken only to be bridged."""
        self._is_last = False
        """The callflow that runs is for a program that fails: it is not asked what comes next."""
        self._opting_out = False
        """The opt-out list was told, and has not answered yet."""
        self._opted_out: SessionStatus | None = None
        """How the session ends, whatever else happens, because of the opt-out list."""
        self._callflow = callflow
        self._actions: deque[Action] = deque()

    @property
    def may_be_replaced(self) -> bool:
        """Tell whether another callflow may take the place of this one just now: not while a leg is being set up."""
        return (self.state, Happening.REPLACED) in TRANSITIONS

    def handle(self, event: events.Event, now: float) -> list[commands.Command]:
        """Take an event at `now` (seconds since the epoch); one that comes too late gives nothing."""
        if self.state is State.ENDED:
            return []
        self._legs.now = now
        happening = self._account(event)
        if happening is not None and (row := TRANSITIONS.get((self.state, happening))) is not None:
            self._happening, self._targets = happening, row.targets
            self._react(row.reaction, event)
            if self.state not in row.targets:
                reason = f"{happening.name} led to {self.state.name}"
                raise InvalidTransition(reason)
        out = self._out.copy()
        self._out.clear()
        return out

    # -- what an event is to the table, and what it does to a leg in any state

    def _account(self, event: events.Event) -> Happening | None:  # noqa: C901, PLR0911, PLR0912 - one line for each event
        match event:
            case events.SessionStarted():
                return Happening.STARTED
            case events.CallReceived():
                return self._legs.received(event)
            case events.LegDialled(call_id, ring_timeout):
                if self._legs.dialled(call_id) and self.state in {State.DIALLING, State.CONNECTING}:
                    self._start(RING_TIMER, ring_timeout)
                return None
            case events.LegNotRouted(call_id):
                return self._legs.not_dialled(call_id, status.NO_COVERAGE)
            case events.LegNotCarried(call_id):
                return self._legs.not_dialled(call_id, status.TRUNK_FULL)
            case events.LegRinging(call_id, sip_code, early_media):
                return self._legs.rang(call_id, sip_code, early_media=early_media)
            case events.LegAnswered(call_id):
                happening = self._legs.answered(call_id)
                if happening is not None:
                    self._stop(RING_TIMER)
                if call_id in self._recorded and self.state is not State.CLEARING:
                    self._recorded.discard(call_id)
                    self._out.append(commands.Record(call_id))
                return happening
            case events.LegRefused(call_id, sip_code):
                return self._legs.refused(call_id, sip_code)
            case events.LegUnreachable(call_id):
                return self._legs.unreachable(call_id)
            case events.LegHungUp(call_id, quality):
                return self._legs.hung_up(call_id, quality)
            case events.LegHeld(call_id, held):
                self._legs.held(call_id, held=held)
                return None
            case events.LegSilent(call_id):
                return self._legs.of(call_id, Happening.A_SILENT, Happening.B_SILENT)
            case events.LegLost(call_id):
                self._error_code = status.INTERNAL
                return self._legs.of(call_id, Happening.A_LOST, Happening.B_LOST)
            case events.DigitPressed(call_id, digit):
                return self._legs.pressed(call_id, digit)
            case events.PlayFinished(play_id):
                return Happening.PLAYED if play_id == self._playing else None
            case events.PlayFailed(play_id, error_code):
                self._error_code = error_code
                return Happening.PLAY_FAILED if play_id == self._playing else None
            case events.CallflowReceived(callflow):
                self._error_code = status.CALLFLOW_INVALID
                return Happening.CALLFLOW if callflow.actions else Happening.CALLFLOW_REFUSED
            case events.CallflowReplaced():
                return Happening.REPLACED
            case events.CallflowRefused(error_code, fallback):
                self._error_code = error_code
                return Happening.CALLFLOW_REFUSED if fallback is None else Happening.FALLBACK
            case events.CallflowAbsent():
                return Happening.CALLFLOW_ABSENT
            case events.NumberOptedOut():
                return self._number_opted_out()
            case events.OptOutKept():
                return self._opt_out_answered(SessionStatus.COMPLETED_UNSUBSCRIBED)
            case events.OptOutLost():
                return self._opt_out_answered(SessionStatus.COMPLETED_UNSUB_ERROR)
            case events.TimerFired(timer):
                return self._timer_fired(timer)
            case events.SessionCancelled():
                self.is_cancelled = True
                return Happening.CANCELLED
            case _:
                assert_never(event)

    @property
    def _playing(self) -> int:
        return self._play_id if self._capture is None else self._capture.play_id

    def _timer_fired(self, timer: str) -> Happening | None:
        if timer not in self._timers:
            return None
        self._timers.discard(timer)
        return _TIMERS[timer]

    def _number_opted_out(self) -> Happening | None:
        if self.state is not State.QUEUED:
            return None
        if self._callflow.scenario is not None:
            self.session.last_action = LastAction.EXECUTE_SCENARIO
        self._opted_out = SessionStatus.UNSUBSCRIBED_CONTACT
        return Happening.OPTED_OUT

    def _opt_out_answered(self, outcome: SessionStatus) -> Happening | None:
        if not self._opting_out:
            return None
        self._opting_out = False
        self._opted_out = outcome
        return Happening.OPTED_OUT

    # -- reactions

    def _react(self, reaction: Reaction, event: events.Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one line for each reaction
        match reaction:
            case Reaction.BEGIN:
                self._start(SESSION_TIMER, self._max_session_seconds)
                self._run(self._callflow)
            case Reaction.OFFER:
                self._offer()
            case Reaction.RESUME:
                self._resume()
            case Reaction.ADVANCE:
                self._advance()
            case Reaction.CAPTURE:
                self._let_capture(event)
            case Reaction.HEAR:
                if self._legs.a.connected is not None:
                    self._bridge()
            case Reaction.BRIDGE:
                if self._legs.a.connected is None:
                    self._answer()
                else:
                    self._connect()
            case Reaction.PART:
                self._part()
                self._legs.report(self._legs.a.call_id, CallStatus.CALL_UPDATED, reason="unbridged")
                self._advance()
            case Reaction.RELEASE:
                self._hang_up(self._legs.last, LegStatus.COMPLETED)
            case Reaction.RUN if isinstance(event, events.CallflowReceived):
                self._run(event.callflow)
            case Reaction.FALL_BACK if isinstance(event, events.CallflowRefused) and event.fallback is not None:
                self._fall_back(event.fallback)
            case Reaction.SWITCH if isinstance(event, events.CallflowReplaced):
                self._hush()
                self._run(event.callflow)
            case Reaction.PLAN if isinstance(event, events.CallflowReplaced):
                self._plan(event.callflow)
            case Reaction.LEAVE if isinstance(event, events.CallflowReplaced):
                self._masked = False
                self._plan(event.callflow)
                self._hang_up(self._legs.last, LegStatus.COMPLETED)
            case Reaction.CLEAR:
                self._clear()
            case Reaction.FAIL:
                self._legs.blame(self._error_code)
                self._clear()
            case Reaction.SETTLE:
                self._settle()
            case Reaction.FORCE:
                self._force()
            case Reaction.RUN | Reaction.FALL_BACK | Reaction.SWITCH | Reaction.PLAN | Reaction.LEAVE:
                raise InvalidTransition(reaction.name)
            case _:
                assert_never(reaction)

    def _go(self, state: State) -> None:
        self.state = state

    def _run(self, callflow: Callflow) -> None:
        """Start a callflow."""
        self._plan(callflow)
        self._advance()

    def _fall_back(self, callflow: Callflow) -> None:
        """Start the callflow for a program that fails; that it did is told all the same."""
        self._legs.blame(self._error_code)
        self._plan(callflow)
        self._is_last = True
        self._advance()

    def _plan(self, callflow: Callflow) -> None:
        """Let a callflow be the one that goes on; what it will say is rendered meanwhile."""
        self._callflow = callflow
        self._is_last = False
        self._actions = deque(callflow.actions)
        self._digits = None
        if sounds := tuple(sound for action in self._actions for sound in _sounds(action)):
            self._out.append(commands.Prepare(sounds))

    def _advance(self) -> None:
        self._play_id = 0
        self._capture = None
        if not self._actions and (self._masked or self._is_last):
            self._clear()  # a caller who is masked was answered for the bridge only
            return
        if not self._actions:
            self._go(State.ASKING)
            a = self._legs.a.call_id
            self._out.append(commands.AskCallflow(a, self._digits, self._callflow.client_action_id))
            return
        needs_caller = not isinstance(self._actions[0], MakeCall | Hangup)
        if needs_caller and self.session.legs and self._legs.a.connected is None:
            self._answer()
            return
        action = self._actions.popleft()
        self.session.last_action = (
            _LAST[type(action)] if self._callflow.scenario is None else LastAction.EXECUTE_SCENARIO
        )
        match action:
            case MakeCall():
                self._dial(action)
            case Say(text, voice, speed, repetition):
                self._play(commands.Utterance(text, voice, speed), repetition)
            case PlayFile(url, repetition):
                self._play(commands.File(url), repetition)
            case SayAndCapture():
                self._capture = Capture(action, self._legs.a.call_id, lambda: next(self._plays))
                self._digits = None
                self._go(State.CAPTURING)
                self._out += self._capture.begin()
                self._note_commands()
            case Hangup():
                self._clear()
            case _:
                assert_never(action)

    def _dial(self, action: MakeCall) -> None:
        leg = self._legs.add(self._new_id(), Direction.OUTBOUND, action.source, action.destination)
        a = self._legs.a
        if action.record:
            self._recorded.add(leg.call_id)
        self._go(State.DIALLING if leg is a else State.CONNECTING)
        if a.connected is not None:
            self._ringback = True
            self._out.append(commands.StartRingback(a.call_id))
        self._out.append(
            commands.Dial(leg.call_id, leg.name, leg.source, leg.destination, beside=None if leg is a else a.call_id)
        )

    def _offer(self) -> None:
        """Ask the program what to do with the caller."""
        self._start(SESSION_TIMER, self._max_session_seconds)
        self._go(State.OFFERED)
        self._out.append(commands.AskCallflow(self._legs.a.call_id, None, None, CallStatus.CALL_RECEIVED))

    def _resume(self) -> None:
        """Do what the caller's call was taken for."""
        callee = self._legs.last
        if callee is not self._legs.a and callee.disconnected is None:
            self._masked = True
            self._connect()
        else:
            self._advance()

    def _answer(self) -> None:
        """Take the caller's call; what it waits for starts when that is confirmed."""
        self._answered = True
        self._go(State.ANSWERING)
        self._out.append(commands.Answer(self._legs.a.call_id))

    def _connect(self) -> None:
        self._bridge()
        self._legs.report(self._legs.last.call_id, CallStatus.CALL_UPDATED, reason="bridged")
        self._go(State.BRIDGED)

    def _play(self, sound: commands.Sound, repetition: int) -> None:
        self._go(State.SPEAKING)
        self._play_id = next(self._plays)
        self._out.append(commands.Play(self._legs.a.call_id, self._play_id, sound, repetition))

    def _let_capture(self, event: events.Event) -> None:
        capture = self._capture
        if capture is None:
            return
        match event:
            case events.PlayFinished():
                self._out += capture.played()
            case events.DigitPressed(digit=digit):
                self._out += capture.pressed(digit)
            case events.TimerFired(timer):
                self._out += capture.timed_out(timer)
            case events.OptOutKept() | events.OptOutLost():
                self._out += capture.opted_out(kept=isinstance(event, events.OptOutKept))
            case _:
                return
        self._note_commands()
        if capture.is_done and capture.has_opted_out:
            self._clear()
        elif capture.is_done:
            self._digits = capture.digits
            self._advance()

    def _note_commands(self) -> None:
        """Keep the books right for the commands of a capture."""
        for command in self._out:
            if isinstance(command, commands.StartTimer):
                self._timers.add(command.timer)
            elif isinstance(command, commands.StopTimer):
                self._timers.discard(command.timer)
            elif isinstance(command, commands.OptOut):
                self._opting_out = True

    def _bridge(self) -> None:
        self._stop_ringback()
        if not self._bridged:
            self._bridged = True
            self._out.append(commands.Bridge(self._legs.a.call_id, self._legs.last.call_id))

    def _part(self) -> None:
        if self._bridged:
            self._bridged = False
            self._out.append(commands.Unbridge(self._legs.a.call_id, self._legs.last.call_id))

    def _stop_ringback(self) -> None:
        if self._ringback:
            self._ringback = False
            self._out.append(commands.StopRingback(self._legs.a.call_id))

    # -- the end

    def _clear(self) -> None:
        """Stop what runs and end every leg that is still there."""
        self._hush()
        self._stop_ringback()
        self._part()
        self._stop(RING_TIMER)
        for leg in self.session.legs:
            if leg.disconnected is None:
                self._hang_up(leg, self._cause(leg))
        self._go(State.CLEARING)
        if self._is_left:
            self._start(CLEARING_TIMER, CLEARING_SECONDS)
        else:
            self._end()

    @property
    def _is_left(self) -> bool:
        """Tell whether something is waited for before the session can end."""
        return self._opting_out or any(leg.disconnected is None for leg in self.session.legs)

    def _hush(self) -> None:
        """Stop what is played, and what is asked for."""
        if self._capture is not None:
            self._out += self._capture.stop()
            self._note_commands()
            self._capture = None
        elif self._play_id:
            self._out.append(commands.StopPlay(self._legs.a.call_id, self._play_id))
        self._play_id = 0

    def _cause(self, leg: Leg) -> LegStatus:
        is_a = leg is self._legs.a
        if (is_a and self._happening in _A_AT_FAULT) or (not is_a and self._happening is Happening.B_LOST):
            return LegStatus.ERROR
        if leg.connected is not None:
            return LegStatus.COMPLETED
        if is_a and leg.direction is Direction.INBOUND:
            return self._cause_of_rejection()
        return LegStatus.NO_ANSWER if self._happening is Happening.RING_TIMEOUT else LegStatus.CANCELED

    def _cause_of_rejection(self) -> LegStatus:
        """Tell how the call of a caller ends who was not answered: as that of the callee did, where there was one."""
        callee = self._legs.last
        if callee.status is not None and callee.status is not LegStatus.COMPLETED:
            return callee.status
        if self._happening is Happening.RING_TIMEOUT:
            return LegStatus.NO_ANSWER
        refused = self._happening in _A_DECLINED
        return LegStatus.FAILED if refused else LegStatus.CANCELED

    def _reject(self, leg: Leg, cause: LegStatus) -> None:
        if self._happening in _A_DECLINED:
            leg.sip_code = _DECLINE
        else:
            leg.sip_code = _BUSY if cause is LegStatus.BUSY else _UNAVAILABLE
        self._out.append(commands.Reject(leg.call_id, leg.sip_code))
        self._legs.over(leg, cause)

    def _hang_up(self, leg: Leg, cause: LegStatus) -> None:
        if leg.direction is Direction.INBOUND and not self._answered:
            self._reject(leg, cause)
            return
        self._legs.causes[leg.call_id] = cause
        self._out.append(commands.HangUp(leg.call_id))

    def _settle(self) -> None:
        if not self._is_left:
            self._end()

    def _force(self) -> None:
        for leg in self.session.legs:
            if leg.disconnected is None:
                self._legs.over(leg, self._legs.causes.get(leg.call_id, LegStatus.COMPLETED))
        self._end()

    def _end(self) -> None:
        for timer in sorted(self._timers):
            self._out.append(commands.StopTimer(timer))
        self._timers.clear()
        self.session.ended = self._legs.now
        self.session.status = self._outcome()
        if self.session.status is not SessionStatus.ERROR:
            self.session.error = None
        self._go(State.ENDED)
        self._out.append(commands.EndSession(self.session))

    def _outcome(self) -> SessionStatus:
        """Read the table of the wire specification, section 2 (VSS); who opted out must be heard of first."""
        if self._opting_out:
            return SessionStatus.COMPLETED_UNSUB_ERROR
        if self._opted_out is not None:
            return self._opted_out
        if self.session.error is not None:
            return SessionStatus.ERROR
        outcomes = [leg.status for leg in self.session.legs if leg.status is not None]
        if not outcomes:
            return SessionStatus.CANCELED
        decisive = outcomes[-1] if outcomes[0] is LegStatus.COMPLETED else outcomes[0]
        return SessionStatus(decisive.value)

    # -- small words

    def _start(self, timer: str, seconds: float) -> None:
        self._timers.add(timer)
        self._out.append(commands.StartTimer(timer, seconds))

    def _stop(self, timer: str) -> None:
        if timer in self._timers:
            self._timers.discard(timer)
            self._out.append(commands.StopTimer(timer))


def _sounds(action: Action) -> list[commands.Sound]:
    """List what an action may let be heard, in the order in which it is needed."""
    match action:
        case Say(text, voice, speed):
            return [commands.Utterance(text, voice, speed)]
        case PlayFile(url):
            return [commands.File(url)]
        case SayAndCapture():
            texts = [action.prompt, action.success_message, action.failure_message]
            if action.opt_out is not None:
                texts += [action.opt_out.confirmation, action.opt_out.failure]
            return [commands.Utterance(text, action.voice, action.speed) for text in texts if text is not None]
        case _:
            return []
