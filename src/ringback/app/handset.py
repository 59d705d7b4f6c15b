"""A telephone that does what it is told: calls, answers or not, presses keys, hangs up, keeps what it heard.

It is a policy on the same telephone that the server uses, for demos, sandboxes and trying things out by hand.
"""

import asyncio
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ringback.adapters.telephone import IncomingCall, SipTelephone
from ringback.domain.number import Number
from ringback.engine import events

BUSY = 486
DECLINED = 603
FIRST_FINAL = 300
LAST_FINAL = 699
"""Responses that refuse a call (RFC 3261, section 21)."""
DIGITS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True)
class Behaviour:
    """What a handset does with a call."""

    answer_after: float | None = 0.0
    """Seconds of ringing before it answers; None: it never does."""
    refuse: int | None = None
    """A final response of 300..699 instead of ringing."""
    press: tuple[tuple[float, str], ...] = ()
    """Seconds after the answer, and the digits pressed then."""
    press_after_prompt: str | None = None
    """Pressed whenever what is heard falls silent."""
    hangup_after: float | None = None
    """Seconds after the answer."""
    record: Path | None = None
    """Where what is heard is kept (WAV, mono, 8 kHz)."""


def parse_presses(text: str) -> tuple[tuple[float, str], ...]:
    """Read `1@2.0,23#@5`: digits, and the seconds after the answer at which they are pressed. Raises ValueError."""
    presses = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        digits, at, seconds = part.partition("@")
        if not digits or not set(digits) <= DIGITS:
            message = f"{part!r}: digits are 0-9, *, # and A-D, as in 1@2.0,23#@5"
            raise ValueError(message)
        try:
            when = float(seconds) if at else 0.0
        except ValueError:
            when = math.nan
        if not 0 <= when < math.inf:
            message = f"{part!r}: after the @ comes a number of seconds, as in 1@2.0"
            raise ValueError(message)
        presses.append((when, digits))
    return tuple(presses)


@dataclass
class Call:
    """One call of a handset, as it went."""

    call_id: str
    called: str
    caller: str
    behaviour: Behaviour
    answered: bool = False
    digits: str = ""
    """Keys that the far end pressed."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Handset:
    """Takes the calls of a telephone; `behave` says how, call by call."""

    def __init__(self, telephone: SipTelephone, behave: Callable[[IncomingCall], Behaviour]) -> None:
        """`telephone`: not started yet, or started with nobody to answer."""
        self._telephone = telephone
        self._behave = behave
        self.calls: list[Call] = []
        """The latest calls, oldest first."""
        self.on_change: Callable[[Call, str], None] = lambda _call, _what: None
        """Called with `ringing`, `refused with 486`, `nobody there`, `answered`, `pressed 1`, `heard 1`, `over`."""
        telephone.on_incoming = self._incoming

    def call(self, trunk: str, number: Number, source: Number, behaviour: Behaviour) -> Call:
        """Call a number through a trunk of the telephone; `source`: the caller, as told in From."""
        call = Call(secrets.token_hex(16), str(number), str(source), behaviour)
        self.calls.append(call)
        self._telephone.dial(call.call_id, trunk, source, number, lambda event: self._event(call, event))
        return call

    def _incoming(self, incoming: IncomingCall) -> None:
        behaviour = self._behave(incoming)
        call = Call(incoming.call_id, incoming.called, incoming.caller, behaviour)
        del self.calls[:-999]
        self.calls.append(call)
        if behaviour.refuse is not None:
            self._telephone.reject(call.call_id, behaviour.refuse)
            self._tell(call, f"refused with {behaviour.refuse}")
            call.over.set()
            return
        self._telephone.ring(call.call_id)
        self._tell(call, "ringing")
        self._telephone.attend(call.call_id, lambda event: self._event(call, event))
        if behaviour.answer_after is not None:
            self._later(call, behaviour.answer_after, lambda: self._telephone.answer(call.call_id))

    def _event(self, call: Call, event: events.Event) -> None:
        match event:
            case events.LegRinging():
                self._tell(call, "ringing")
            case events.LegAnswered():
                self._answered(call)
            case events.DigitPressed(_, digit):
                call.digits += digit
                self._tell(call, f"heard {digit}")
            case events.LegRefused(_, status):
                self._over(call, f"refused with {status}")
            case events.LegUnreachable():
                self._over(call, "nobody there")
            case events.LegHungUp() | events.LegLost():
                self._over(call, "over")
            case _:
                pass

    def _over(self, call: Call, why: str) -> None:
        for timer in call.timers:
            timer.cancel()
        self._tell(call, why)
        call.over.set()

    def _answered(self, call: Call) -> None:
        behaviour = call.behaviour
        call.answered = True
        self._tell(call, "answered")
        if behaviour.record is not None:
            self._telephone.listen(call.call_id, str(behaviour.record))
        if behaviour.press_after_prompt is not None:
            digits = behaviour.press_after_prompt
            self._telephone.on_pause(call.call_id, lambda: self._press(call, digits))
        for seconds, digits in behaviour.press:
            self._later(call, seconds, partial(self._press, call, digits))
        if behaviour.hangup_after is not None:
            self._later(call, behaviour.hangup_after, lambda: self._telephone.hang_up(call.call_id))

    def _press(self, call: Call, digits: str) -> None:
        self._telephone.press(call.call_id, digits)
        self._tell(call, f"pressed {digits}")

    def _later(self, call: Call, seconds: float, action: Callable[[], None]) -> None:
        call.timers.append(asyncio.get_running_loop().call_later(seconds, action))

    def _tell(self, call: Call, what: str) -> None:
        self.on_change(call, what)
