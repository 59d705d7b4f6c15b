"""The legs of a session: what has become of each, and what the program is told of it."""

from typing import Final

from ringback.domain import status
from ringback.domain.number import Number
from ringback.domain.session import (
    CallStatus,
    Direction,
    Leg,
    LegStatus,
    Quality,
    Session,
    SessionError,
    leg_status,
)
from ringback.engine import commands, events
from ringback.engine.transitions import Happening

_RINGING: Final = range(180, 190)
_REQUEST_TERMINATED: Final = 487


class Legs:
    """Keeps the book of legs. What it is told it turns into what the table of states knows."""

    def __init__(self, session: Session, out: list[commands.Command]) -> None:
        """`session`: whose legs they are; `out`: gets what is to be told."""
        self.now = 0.0
        """Of the event that is being handled."""
        self.causes: dict[str, LegStatus] = {}
        """What made us end a leg, by its call id."""
        self._session = session
        self._out = out
        self._told: set[str] = set()
        """Legs whose beginning was told; their end will be."""
        self._rung: set[str] = set()

    @property
    def a(self) -> Leg:
        """The first leg."""
        return self._session.legs[0]

    @property
    def last(self) -> Leg:
        """The leg that was begun last; A where there is no other."""
        return self._session.legs[-1]

    def live(self, call_id: str) -> Leg | None:
        """Give the leg unless it is over."""
        for leg in self._session.legs:
            if leg.call_id == call_id and leg.disconnected is None:
                return leg
        return None

    def of(self, call_id: str, of_a: Happening, of_b: Happening) -> Happening | None:
        """Give what an event of a leg is to the table; None where the leg is over."""
        if self.live(call_id) is None:
            return None
        return of_a if call_id == self.a.call_id else of_b

    def received(self, call: events.CallReceived) -> Happening | None:
        """Take a caller who waits."""
        if self._session.legs:
            return None
        self.add(call.call_id, Direction.INBOUND, call.source, call.destination)
        self._told.add(call.call_id)
        self.report(call.call_id, CallStatus.CALL_RECEIVED)
        return Happening.RECEIVED

    def dialled(self, call_id: str) -> bool:
        """Take that an INVITE is on its way; tells whether that is news."""
        if self.live(call_id) is None or call_id in self._told:
            return False
        self._told.add(call_id)
        self.report(call_id, CallStatus.CALL_INITIATED)
        return True

    def not_dialled(self, call_id: str, error_code: int) -> Happening | None:
        """Take that a leg found no trunk."""
        leg = self.live(call_id)
        if leg is None or leg.connected is not None or call_id in self._told:
            return None
        if leg is self.a:
            self._session.legs.clear()  # a session that never dialled has no legs
            self.blame(error_code)
            return Happening.A_FAILED
        return self.over(leg, LegStatus.ERROR, error_code=error_code)

    def rang(self, call_id: str, sip_code: int, *, early_media: bool) -> Happening | None:
        """Take a provisional response."""
        leg = self.live(call_id)
        if leg is None or leg.connected is not None:
            return None
        if sip_code in _RINGING and call_id not in self._rung:
            self._rung.add(call_id)
            self.report(call_id, CallStatus.CALL_UPDATED, reason="ringing")
        return Happening.B_HEARD if early_media and leg is not self.a else None

    def answered(self, call_id: str) -> Happening | None:
        """Take that a leg is connected; one that we ended meanwhile is not."""
        leg = self.live(call_id)
        if leg is None or leg.connected is not None or call_id in self.causes:
            return None
        leg.connected = self.now
        self.report(call_id, CallStatus.CALL_CONNECTED)
        return self.of(call_id, Happening.A_ANSWERED, Happening.B_ANSWERED)

    def refused(self, call_id: str, sip_code: int) -> Happening | None:
        """Take a final response of 300..699."""
        if (leg := self.live(call_id)) is None:
            return None
        leg.sip_code = sip_code
        cause = self.causes.get(call_id)
        if sip_code == _REQUEST_TERMINATED and cause is not None:
            return self.over(leg, cause)
        return self.over(leg, leg_status(sip_code, rang=call_id in self._rung))

    def unreachable(self, call_id: str) -> Happening | None:
        """Take that nothing answered."""
        if (leg := self.live(call_id)) is None:
            return None
        if self.causes.get(call_id) is LegStatus.CANCELED:
            return self.over(leg, LegStatus.CANCELED)
        return self.over(leg, LegStatus.ERROR, error_code=status.NOT_CONNECTED)

    def hung_up(self, call_id: str, quality: Quality | None) -> Happening | None:
        """Take that a leg is over."""
        if (leg := self.live(call_id)) is None:
            return None
        leg.quality = quality
        if leg.connected is not None:
            otherwise = LegStatus.COMPLETED
        else:  # a caller may leave before the answer; a callee cannot
            otherwise = LegStatus.CANCELED if leg.direction is Direction.INBOUND else LegStatus.FAILED
        return self.over(leg, self.causes.get(call_id, otherwise))

    def over(self, leg: Leg, outcome: LegStatus, *, error_code: int | None = None) -> Happening:
        """Close the book of a leg."""
        is_a = leg is self.a
        leg.disconnected = self.now
        leg.status = outcome
        if error_code is not None:
            self.blame(error_code)
        if leg.call_id in self._told:
            self.report(leg.call_id, CallStatus.CALL_DISCONNECTED)
        if leg.connected is None:
            return Happening.A_FAILED if is_a else Happening.B_FAILED
        return Happening.A_ENDED if is_a else Happening.B_ENDED

    def held(self, call_id: str, *, held: bool) -> None:
        """Take that a connected leg was put on hold or taken back."""
        leg = self.live(call_id)
        if leg is not None and leg.connected is not None:
            self.report(call_id, CallStatus.CALL_UPDATED, reason="hold" if held else "resumed")

    def pressed(self, call_id: str, digit: str) -> Happening | None:
        """Take a digit."""
        leg = self.live(call_id)
        if leg is None or leg.connected is None:
            return None
        self._out.append(commands.Report(call_id, CallStatus.DTMF_RECEIVED, digit))
        return Happening.DIGIT if leg is self.a else None

    def add(self, call_id: str, direction: Direction, source: Number, destination: Number) -> Leg:
        """Begin a leg: call A, B, C, …."""
        leg = Leg(
            name=f"call{_letters(len(self._session.legs))}",
            call_id=call_id,
            direction=direction,
            source=source,
            destination=destination,
            initiated=self.now,
        )
        self._session.legs.append(leg)
        return leg

    def blame(self, error_code: int) -> None:
        """Let the session end with an error; the first one counts."""
        if self._session.error is None:
            self._session.error = SessionError(code=error_code, action=self._session.last_action)

    def report(self, call_id: str, what: CallStatus, *, reason: str | None = None) -> None:
        """Tell the program what happened to a leg."""
        self._out.append(commands.Report(call_id, what, reason=reason))


def _letters(number: int) -> str:
    """Name a leg: A, B, …, Z, AA, AB, …."""
    name = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
