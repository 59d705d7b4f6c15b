"""An INVITE dialog in use: what the peer asks in it, and its end (RFC 3261, sections 12 to 15; RFC 3311; RFC 6086)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from ringback.wire.sip.admission import refusal_of
from ringback.wire.sip.answer import Answer
from ringback.wire.sip.authentication import STATUSES, Authentication, Tries
from ringback.wire.sip.content import carries_other, digit_of, is_digit_type, sdp_of
from ringback.wire.sip.dialog import Dialog
from ringback.wire.sip.events import Address, Confirmed, DigitReceived, Reoffered
from ringback.wire.sip.message import Request, Response
from ringback.wire.sip.stack import CAPABILITIES, Row, Stack, stamp
from ringback.wire.sip.transaction import ClientTransaction, Outcome, ServerTransaction

FINAL_FAILURES: Final = range(300, 700)
_PROVISIONAL: Final = range(100, 200)


class Phase(Enum):
    """How far a session is."""

    CALLING = auto()
    """We called, and the peer has not accepted."""
    CALLED = auto()
    """The peer called, and we have not accepted."""
    CONFIRMED = auto()
    ENDING = auto()
    """Our BYE is out."""
    OVER = auto()


@dataclass(slots=True)
class _Offer:
    """A re-INVITE or UPDATE that the owner has to settle."""

    request: Request
    transaction: ServerTransaction


class Session:
    """A dialog and the requests in it. It is in `Stack.sessions` until its last transaction of its own began."""

    __slots__ = (
        "_authentication",
        "_stack",
        "_tries",
        "ack",
        "answer",
        "call",
        "dialog",
        "offer",
        "on_ack",
        "on_over",
        "phase",
    )

    def __init__(self, stack: Stack, call: str, dialog: Dialog, phase: Phase, authentication: Authentication) -> None:
        """Register the dialog; `call`: as in the events."""
        self._stack = stack
        self._authentication = authentication
        self._tries: Tries = {}
        self.call = call
        self.dialog = dialog
        self.phase = phase
        self.ack: tuple[bytes, Address] | None = None
        """Ours, for as long as the 2xx may come again."""
        self.answer: Answer | None = None
        """Our 2xx to an INVITE, until it is acknowledged."""
        self.offer: _Offer | None = None
        self.on_ack: Callable[[Request, float], None] | None = None
        """Called with the ACK for the answer to the INVITE that made the dialog."""
        self.on_over: Callable[[bool, float], None] | None = None
        """Called once when the session is over, with True where the peer said BYE."""
        stack.sessions[dialog.key] = self

    # -- what we do

    def acknowledge(self, authorization: list[Row]) -> None:
        """Send the ACK for the 2xx that confirmed the dialog (section 13.2.2.4), with the credentials of the INVITE."""
        self.phase = Phase.CONFIRMED
        request, destination = self._stack.request_in(self.dialog, "ACK", self.dialog.local_cseq)
        request.headers.rows += authorization
        self.ack = request.encode(), destination
        self._stack.transport.send(*self.ack, self.call)

    def acknowledge_again(self) -> None:
        """Send the ACK again: the 2xx came again."""
        if self.ack is not None:
            self._stack.transport.counters.retransmissions += 1
            self._stack.transport.send(*self.ack, self.call)

    def bye(self, now: float) -> None:
        """End a confirmed session. One whose answer is not yet acknowledged has to wait for that (section 15)."""
        if self.phase is not Phase.CONFIRMED:
            return
        self.phase = Phase.ENDING
        self._drop_offer(now)
        self._drop_answer()
        self._send_bye(now)

    def reanswer(self, sdp: bytes, now: float) -> None:
        """Take the offer that waits, with our answer; where it waits for an offer of ours, with that."""
        if (offer := self.offer) is None:
            return
        self.offer = None
        self.dialog.refresh(offer.request)
        rows = (("Contact", self._stack.contact), *CAPABILITIES)
        data = self._stack.respond(offer.transaction, offer.request, 200, now, rows=rows, body=sdp)
        if offer.request.method == "INVITE":
            self.repeat_answer(data, offer.transaction, offer.request, self.bye, now)

    def rereject(self, status: int, now: float) -> None:
        """Refuse the offer that waits with 300..699; the session goes on as it was. Raises ValueError."""
        if status not in FINAL_FAILURES:
            message = f"{status} is not within 300..699"
            raise ValueError(message)
        if (offer := self.offer) is not None:
            self.offer = None
            self._stack.respond(offer.transaction, offer.request, status, now)

    def repeat_answer(
        self,
        data: bytes,
        transaction: ServerTransaction,
        invite: Request,
        give_up: Callable[[float], None],
        now: float,
    ) -> None:
        """Repeat our 2xx until it is acknowledged."""
        self._drop_answer()
        self.answer = Answer(self._stack, transaction, invite.cseq.number, give_up, offered=sdp_of(invite) is None)
        self.answer.start(data, now)

    def close(self) -> None:
        """Forget the dialog; nobody is told."""
        self.phase = Phase.OVER
        self.on_over = self.on_ack = None
        self._drop_answer()
        if self._stack.sessions.get(self.dialog.key) is self:
            del self._stack.sessions[self.dialog.key]

    # -- the end

    def _send_bye(self, now: float) -> None:
        self.dialog.local_cseq += 1
        request, destination = self._stack.request_in(self.dialog, "BYE", self.dialog.local_cseq)
        request.headers.rows += self._authentication.rows("BYE", request.uri, b"")
        self._stack.layer.request(request, destination, self.call, self._on_bye, now)

    def _on_bye(self, transaction: ClientTransaction, outcome: Outcome, now: float) -> None:
        """Whatever the BYE is answered, the session is over (section 15.1.1); only a challenge is taken up."""
        del transaction
        if self.phase is Phase.OVER:
            return
        if isinstance(outcome, Response):
            if outcome.status in _PROVISIONAL:
                return
            if outcome.status in STATUSES and self._authentication.learn(outcome, self._tries):
                self._send_bye(now)
                return
        self._over(now, by_peer=False)

    def _over(self, now: float, *, by_peer: bool) -> None:
        self._drop_offer(now)
        on_over = self.on_over
        self.close()
        if on_over is not None:
            on_over(by_peer, now)

    def _drop_offer(self, now: float) -> None:
        self.rereject(487, now)

    def _drop_answer(self) -> None:
        if self.answer is not None:
            self.answer.stop()
            self.answer = None

    # -- what the peer does

    def receive(self, request: Request, transaction: ServerTransaction, source: Address, now: float) -> None:
        """Take a new request in the dialog, neither ACK nor CANCEL."""
        stamp(request, source)
        number = request.cseq.number
        if number <= self.dialog.remote_cseq:
            self._refuse_for_now(transaction, request, now)
            return
        self.dialog.remote_cseq = number
        refusal = refusal_of(request)
        if refusal is not None:
            self._respond(transaction, request, refusal[0], now, refusal[1])
        elif request.method == "BYE":
            self._bye(request, transaction, now)
        elif self.phase is Phase.ENDING:
            self._respond(transaction, request, 481, now)
        elif request.method in {"INVITE", "UPDATE"}:
            self._reoffer(request, transaction, now)
        elif request.method == "INFO":
            self._info(request, transaction, now)
        else:  # OPTIONS
            self._respond(transaction, request, 200, now, CAPABILITIES)

    def receive_ack(self, ack: Request, now: float) -> bool:
        """Take the ACK for a 2xx of ours; tells whether it was for the one that waits."""
        if self.answer is None or self.answer.cseq != ack.cseq.number:
            return False
        offered = self.answer.offered
        self._drop_answer()
        on_ack, self.on_ack = self.on_ack, None
        if on_ack is not None:
            on_ack(ack, now)
        elif offered and self.phase is Phase.CONFIRMED and (sdp := sdp_of(ack)) is not None:
            self._stack.tell(Confirmed(self.call, sdp))
        return True

    def receive_cancel(self, transaction: ServerTransaction, now: float) -> None:
        """Take the CANCEL of a re-INVITE."""
        if self.offer is not None and self.offer.transaction is transaction:
            self._drop_offer(now)

    def _respond(
        self, transaction: ServerTransaction, request: Request, status: int, now: float, rows: tuple[Row, ...] = ()
    ) -> None:
        self._stack.respond(transaction, request, status, now, rows=rows)

    def _refuse_for_now(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        self._respond(transaction, request, 500, now, (self._stack.later(),))

    def _bye(self, request: Request, transaction: ServerTransaction, now: float) -> None:
        if self.phase is Phase.CALLING:  # section 15: a callee has to refuse instead
            self._respond(transaction, request, 481, now)
            return
        self._respond(transaction, request, 200, now)
        self._over(now, by_peer=self.phase is not Phase.ENDING)

    def _reoffer(self, request: Request, transaction: ServerTransaction, now: float) -> None:
        """Hand an offer to the owner, unless another is under way (section 14.2; RFC 3311, section 5.2)."""
        is_invite = request.method == "INVITE"
        if carries_other(request):
            self._respond(transaction, request, 415, now)
        elif not is_invite and not request.body:
            self.dialog.refresh(request)
            self._respond(transaction, request, 200, now, (("Contact", self._stack.contact), *CAPABILITIES))
        elif self.offer is not None or self.phase is Phase.CALLED:
            self._refuse_for_now(transaction, request, now)
        elif self.phase is Phase.CALLING or (self.answer is not None and (is_invite or self.answer.offered)):
            self._respond(transaction, request, 491, now)
        else:
            self.offer = _Offer(request, transaction)
            if is_invite:
                self._respond(transaction, request, 100, now)
            self._stack.tell(Reoffered(self.call, sdp_of(request)))

    def _info(self, request: Request, transaction: ServerTransaction, now: float) -> None:
        if request.body and not is_digit_type(request):
            self._respond(transaction, request, 415, now)
            return
        self._respond(transaction, request, 200, now)
        if request.body and (digit := digit_of(request)) is not None:
            self._stack.tell(DigitReceived(self.call, digit))
