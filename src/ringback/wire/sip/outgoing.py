"""A call of ours, from the INVITE to its one last event (RFC 3261, section 13.2).

```
  us                     peer
   |------- INVITE ------->|
   |<------ 401, 407 ------|  if asked: ACK, and once more with credentials
   |<------ 180, 183 ------|  Progress; an early dialog for each To tag
   |------- CANCEL ------->|  hang_up: not before the first 1xx (section 9.1)
   |<------- 200 ----------|  Accepted; a 2xx with another To tag: ACK and BYE
   |-------- ACK --------->|
   |-------- BYE --------->|  either side
   |<------- 200 ----------|  Ended
```
"""

from typing import TYPE_CHECKING, Final

from ringback.wire.sip.authentication import STATUSES, Authentication, Tries
from ringback.wire.sip.content import ACCEPT, SDP, sdp_of
from ringback.wire.sip.dialog import Dialog
from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import Accepted, Address, Ended, Event, Progress, Refused, Unreachable
from ringback.wire.sip.machines import TIMEOUT, Failure
from ringback.wire.sip.message import REASONS, Headers, Request, Response
from ringback.wire.sip.session import Phase, Session
from ringback.wire.sip.stack import ALLOW, Row, Stack
from ringback.wire.sip.transaction import ClientTransaction, Outcome

if TYPE_CHECKING:
    from ringback.wire.sip.timers import Timer

MAX_FORKS: Final = 16
"""Early dialogs of one call, and further 2xx that are acknowledged."""
_TRYING: Final = 100
_SUCCESS: Final = 200
_FAILURE: Final = 300
_TERMINATED: Final = 487


class Outgoing:
    """A call of ours."""

    __slots__ = (
        "_authentication",
        "_authorization",
        "_call_id",
        "_cancel_timer",
        "_credentials_tried",
        "_cseq",
        "_from",
        "_heard",
        "_hung_up",
        "_local_tag",
        "_next_hop",
        "_offer",
        "_over",
        "_sessions",
        "_stack",
        "_to",
        "_transaction",
        "_via",
        "call",
        "session",
    )

    def __init__(
        self,
        stack: Stack,
        call: str,
        *,
        to: str,
        next_hop: Address,
        from_uri: str,
        offer: bytes | None,
        credentials: Credentials | None,
    ) -> None:
        """`call`: its name in the events; `to`: Request-URI and To; `offer`: None lets the peer make it."""
        self._stack = stack
        self.call = call
        self.session: Session | None = None
        """The dialog of the first 2xx."""
        self._to = to
        self._next_hop = next_hop
        self._offer = offer or b""
        self._local_tag = stack.token(8)
        self._from = f"<{from_uri}>;tag={self._local_tag}"
        self._call_id = f"{stack.token(16)}@{stack.local[0]}"
        self._cseq = 0
        self._via = ""
        self._authentication = Authentication(credentials, stack.token)
        self._authorization: list[Row] = []
        self._credentials_tried: Tries = {}
        self._transaction: ClientTransaction | None = None
        self._sessions: dict[str, Session] = {}
        """By the To tag: early dialogs, at last those that were accepted."""
        self._heard = False
        self._hung_up = False
        self._cancel_timer: Timer | None = None
        self._over = False

    def start(self, now: float) -> None:
        """Send the INVITE; again with what was learned from a challenge."""
        stack = self._stack
        self._cseq += 1
        self._heard = False
        request = self._request("INVITE", stack.via())
        rows = request.headers.rows
        rows += [("Contact", stack.contact), ("Allow", ALLOW), ("Accept", ACCEPT)]
        self._authorization = self._authentication.rows("INVITE", self._to, self._offer)
        rows += self._authorization
        if self._offer:
            rows.append(("Content-Type", SDP))
            request.body = self._offer
        self._transaction = stack.layer.request(request, self._next_hop, self.call, self._on_outcome, now)

    def hang_up(self, now: float) -> None:
        """End the call, whatever its state: CANCEL, at once or when there is something to cancel, or BYE."""
        if self.session is not None:
            self.session.bye(now)
        elif not self._hung_up:
            self._hung_up = True
            if self._heard:
                self._cancel(now)

    def _request(self, method: str, via: str) -> Request:
        """Make an INVITE, or the CANCEL that has its Via (section 9.1)."""
        self._via = via
        headers = Headers(
            [
                ("Via", via),
                ("Max-Forwards", "70"),
                ("From", self._from),
                ("To", f"<{self._to}>"),
                ("Call-ID", self._call_id),
                ("CSeq", f"{self._cseq} {method}"),
                ("User-Agent", self._stack.product),
            ]
        )
        return Request(method, self._to, headers)

    def _cancel(self, now: float) -> None:
        request = self._request("CANCEL", self._via)
        self._stack.layer.request(request, self._next_hop, self.call, _pass_over, now)
        self._cancel_timer = self._stack.timers.start(now + TIMEOUT, self._on_no_final)

    def _on_no_final(self, now: float) -> None:
        """Wait no longer for the final response to what was cancelled (section 9.1)."""
        if self._transaction is not None:
            self._transaction.abandon(now)
        self._end(Refused(self.call, _TERMINATED, REASONS[_TERMINATED]))

    # -- responses to the INVITE

    def _on_outcome(self, transaction: ClientTransaction, outcome: Outcome, now: float) -> None:
        if transaction is not self._transaction:
            return  # the INVITE before it got a challenge, and its time has passed
        if outcome is Failure.OVER:
            self._forget_acks()
        elif isinstance(outcome, Failure):
            timed_out = outcome is Failure.TIMEOUT
            reason = "no response within 32 s" if timed_out else "the network says that nobody is there"
            self._end(Unreachable(self.call, reason))
        elif outcome.status < _SUCCESS:
            self._on_provisional(outcome, now)
        elif outcome.status < _FAILURE:
            self._on_success(outcome, now)
        else:
            self._on_failure(outcome, now)

    def _on_provisional(self, response: Response, now: float) -> None:
        first, self._heard = not self._heard, True
        if self._hung_up:
            if first:
                self._cancel(now)
            return
        if response.status == _TRYING:
            return
        tag = response.to.tag
        if tag and tag not in self._sessions and len(self._sessions) < MAX_FORKS:
            self._sessions[tag] = self._new_session(response, Phase.CALLING)
        self._stack.tell(Progress(self.call, response.status, sdp_of(response)))

    def _on_success(self, response: Response, now: float) -> None:
        session = self._sessions.get(response.to.tag)
        if session is not None and session.ack is not None:
            session.acknowledge_again()
            return
        first = self.session is None
        if first:
            self._drop_early(session)
        if session is None:
            if len(self._sessions) >= MAX_FORKS:
                self._stack.transport.counters.stray_responses += 1
                return
            session = self._new_session(response, Phase.CONFIRMED)
            self._sessions[response.to.tag] = session
        else:
            session.dialog.take(response)
        session.acknowledge(self._authorization)
        if not first:
            session.bye(now)
            return
        self.session = session
        session.on_over = self._on_session_over
        self._offer = b""
        self._stack.timers.stop(self._cancel_timer)
        if self._hung_up:
            session.bye(now)
        else:
            self._stack.tell(Accepted(self.call, sdp_of(response)))

    def _on_failure(self, response: Response, now: float) -> None:
        challenged = response.status in STATUSES
        if self._hung_up and challenged:
            self._end(Refused(self.call, _TERMINATED, REASONS[_TERMINATED]))
        elif challenged and self._authentication.learn(response, self._credentials_tried):
            self._drop_early(None)
            self.start(now)
        else:
            self._end(Refused(self.call, response.status, response.reason))

    # -- dialogs

    def _new_session(self, response: Response, phase: Phase) -> Session:
        dialog = Dialog(
            call_id=self._call_id,
            local=self._from,
            remote=response.headers.first("To") or "",
            local_tag=self._local_tag,
            remote_tag=response.to.tag,
            target=self._to,
            routes=(),
            peer=self._next_hop,
            local_cseq=self._cseq,
        )
        dialog.take(response)
        return Session(self._stack, self.call, dialog, phase, self._authentication)

    def _drop_early(self, kept: Session | None) -> None:
        for tag, session in list(self._sessions.items()):
            if session is not kept:
                session.close()
                del self._sessions[tag]

    def _forget_acks(self) -> None:
        for session in self._sessions.values():
            session.ack = None
        self._sessions.clear()
        self._authorization = []
        self._transaction = None

    def _on_session_over(self, by_peer: bool, _now: float) -> None:  # noqa: FBT001 - called with nothing else
        if self._hung_up:
            self._end(Refused(self.call, _TERMINATED, REASONS[_TERMINATED]))
        else:
            self._end(Ended(self.call, by_peer=by_peer))

    def _end(self, event: Event) -> None:
        self._stack.timers.stop(self._cancel_timer)
        if self._over:
            return
        self._over = True
        if self.session is None:
            self._drop_early(None)
        self._stack.end(self.call, event)


def _pass_over(_transaction: ClientTransaction, _outcome: Outcome, _now: float) -> None:
    """Take the response to a CANCEL: the INVITE has one of its own."""
