"""A call of the peer's, from its INVITE to its one last event (RFC 3261, section 13.3).

```
  peer                    us
   |------- INVITE ------->|  Incoming
   |<------- 100 ----------|
   |<------- 180 ----------|  ring; again each minute
   |------- CANCEL ------->|  200, 487: Abandoned
   |<------- 200 ----------|  answer; repeated until the ACK, for 32 s at most
   |-------- ACK --------->|  Confirmed
   |<------- 486 ----------|  reject; the transaction repeats it
```
"""

from typing import TYPE_CHECKING, Final

from ringback.wire.sip.authentication import Authentication
from ringback.wire.sip.content import sdp_of
from ringback.wire.sip.dialog import Dialog
from ringback.wire.sip.events import Abandoned, Address, Confirmed, Ended, Event
from ringback.wire.sip.message import Request
from ringback.wire.sip.session import FINAL_FAILURES, Phase, Session
from ringback.wire.sip.stack import CAPABILITIES, Stack
from ringback.wire.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from ringback.wire.sip.timers import Timer

RING_AGAIN: Final = 60.0
"""Seconds from one 180 to the next, so that no proxy on the way gives up (section 13.3.1.1)."""
_UNAVAILABLE: Final = 480
_TERMINATED: Final = 487


class Incoming:
    """A call of the peer's."""

    __slots__ = (
        "_hung_up",
        "_invite",
        "_over",
        "_ring_timer",
        "_source",
        "_stack",
        "_transaction",
        "call",
        "session",
    )

    def __init__(
        self, stack: Stack, call: str, invite: Request, transaction: ServerTransaction, source: Address
    ) -> None:
        """`call`: its name in the events."""
        self._stack = stack
        self.call = call
        self._invite: Request | None = invite
        """Until there is a final response."""
        self._transaction = transaction
        dialog = Dialog.of_request(invite, stack.token(8), source)
        self.session = Session(stack, call, dialog, Phase.CALLED, Authentication(None, stack.token))
        self.session.on_over = self._on_session_over
        self._source = source[0]
        stack.waiting[self._source] += 1
        self._ring_timer: Timer | None = None
        self._hung_up = False
        self._over = False

    def start(self, now: float) -> None:
        """Say 100."""
        if self._invite is not None:
            self._stack.respond(self._transaction, self._invite, 100, now)

    def ring(self, now: float) -> None:
        """Say 180."""
        if self._invite is None:
            return
        rows = (("Contact", self._stack.contact), *CAPABILITIES)
        self._stack.respond(self._transaction, self._invite, 180, now, to_tag=self._tag, rows=rows)
        self._stack.timers.stop(self._ring_timer)
        self._ring_timer = self._stack.timers.start(now + RING_AGAIN, self.ring)

    def answer(self, sdp: bytes, now: float) -> None:
        """Say 200 until it is acknowledged; `sdp`: the answer to the offer, our offer where there was none."""
        if (invite := self._take_invite()) is None:
            return
        rows = (("Contact", self._stack.contact), *CAPABILITIES)
        data = self._stack.respond(self._transaction, invite, 200, now, to_tag=self._tag, rows=rows, body=sdp)
        self.session.phase = Phase.CONFIRMED
        self.session.on_ack = self._on_ack
        self.session.repeat_answer(data, self._transaction, invite, self._on_no_ack, now)

    def reject(self, status: int, now: float) -> None:
        """Refuse with a final response of 300..699; no event follows. Raises ValueError."""
        if status not in FINAL_FAILURES:
            message = f"{status} is not within 300..699"
            raise ValueError(message)
        if self._refuse(status, now):
            self._end(None)

    def hang_up(self, now: float) -> None:
        """End the call, whatever its state: 480, or BYE, which has to wait for the ACK (section 15)."""
        if self._refuse(_UNAVAILABLE, now):
            self._end(Ended(self.call, by_peer=False))
        elif self.session.on_ack is not None:
            self._hung_up = True
        else:
            self.session.bye(now)

    def receive_cancel(self, transaction: ServerTransaction, now: float) -> None:
        """Take a CANCEL for one of the call's INVITEs; one that was answered goes on (section 9.2)."""
        if transaction is not self._transaction:
            self.session.receive_cancel(transaction, now)
        elif self._refuse(_TERMINATED, now):
            self._end(Abandoned(self.call))

    @property
    def _tag(self) -> str:
        return self.session.dialog.local_tag

    def _take_invite(self) -> Request | None:
        invite, self._invite = self._invite, None
        self._stack.timers.stop(self._ring_timer)
        if invite is not None:
            waiting = self._stack.waiting
            waiting[self._source] -= 1
            if not waiting[self._source]:
                del waiting[self._source]
        return invite

    def _refuse(self, status: int, now: float) -> bool:
        """Send a final response; tells whether one was still to be sent."""
        if (invite := self._take_invite()) is None:
            return False
        self._stack.respond(self._transaction, invite, status, now, to_tag=self._tag)
        return True

    def _on_ack(self, ack: Request, now: float) -> None:
        if self._hung_up:
            self.session.bye(now)
        else:
            self._stack.tell(Confirmed(self.call, sdp_of(ack)))

    def _on_no_ack(self, now: float) -> None:
        self.session.on_over = None
        self.session.bye(now)
        self._end(Abandoned(self.call))

    def _on_session_over(self, by_peer: bool, now: float) -> None:  # noqa: FBT001 - called with nothing else
        if self._refuse(_TERMINATED, now):  # a caller may say BYE as well as CANCEL (section 15)
            self._end(Abandoned(self.call))
        else:
            self._end(Ended(self.call, by_peer=by_peer))

    def _end(self, event: Event | None) -> None:
        if self._over:
            return
        self._over = True
        if self.session.phase is Phase.CALLED:
            self.session.close()
        self._stack.end(self.call, event)
