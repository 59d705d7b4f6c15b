"""A transaction: it repeats what must be repeated, absorbs what came again, and tells its user the rest.

It knows no dialog; what it does in which state is in `machines`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from ringback.wire.sip.events import Address
from ringback.wire.sip.machines import (
    CLIENT,
    INVITE_CLIENT,
    INVITE_SERVER,
    SERVER,
    T2,
    Action,
    Failure,
    Input,
    Machine,
    Pauses,
    State,
)
from ringback.wire.sip.message import Headers, Request, Response
from ringback.wire.sip.timers import Timer, Timers
from ringback.wire.sip.transport import Transport

COOKIE: Final = "z9hG4bK"
"""How the branch of every client of RFC 3261 begins."""

_SUCCESS: Final = 200
_FAILURE: Final = 300

Key: TypeAlias = tuple[str, ...]


class Transaction:
    """One transaction, driven by the table of its machine."""

    __slots__ = ("_expiry", "_on_over", "_pause", "_retransmission", "call", "data", "destination", "key", "state")
    machine: Machine

    def __init__(self, key: Key, destination: Address, call: str, on_over: "Callable[[Transaction], None]") -> None:
        """`key`: what its messages have in common; `call`: empty where it belongs to none."""
        self.key = key
        self.destination = destination
        self.call = call
        self.data = b""
        """The last message sent, for as long as it may have to be sent again."""
        self.state = self.machine.start
        self._on_over = on_over
        self._pause = 0.0
        self._retransmission: Timer | None = None
        self._expiry: Timer | None = None

    def _step(self, input_: Input, layer: "Below", now: float, response: Response | None = None) -> None:
        step = self.machine.steps.get((self.state, input_))
        if step is None:
            return
        state, actions = step
        if state is not self.state:
            self._enter(state, layer, now)
        for action in actions:
            self._act(action, input_, layer, response, now)

    def _act(self, action: Action, input_: Input, layer: "Below", response: Response | None, now: float) -> None:
        raise NotImplementedError

    def _enter(self, state: State, layer: "Below", now: float) -> None:
        self.state = state
        if state is State.TERMINATED:
            self._set_timers((None, None), layer, now)
            self._on_over(self)
        elif (pauses := self.machine.timers.get(state)) is not None:
            self._set_timers(pauses, layer, now)

    def _set_timers(self, pauses: Pauses, layer: "Below", now: float) -> None:
        layer.timers.stop(self._retransmission)
        layer.timers.stop(self._expiry)
        self._retransmission = self._expiry = None
        retransmit, expire = pauses
        if retransmit is not None:
            self._pause = retransmit
            self._retransmission = layer.timers.start(now + retransmit, lambda at: self._repeat(layer, at))
        if expire is not None:
            self._expiry = layer.timers.start(now + expire, lambda at: self._step(Input.EXPIRE, layer, at))

    def _repeat(self, layer: "Below", now: float) -> None:
        self._pause = T2 if self.state is State.PROCEEDING else min(2 * self._pause, self.machine.longest_pause)
        self._retransmission = layer.timers.start(now + self._pause, lambda at: self._repeat(layer, at))
        self._step(Input.RETRANSMIT, layer, now)

    def _resend(self, layer: "Below") -> None:
        layer.transport.counters.retransmissions += 1
        layer.transport.send(self.data, self.destination, self.call)


@dataclass(slots=True)
class Below:
    """What a transaction stands on."""

    timers: Timers
    transport: Transport


Outcome: TypeAlias = Response | Failure


class ClientTransaction(Transaction):
    """A request of ours and the responses to it."""

    __slots__ = ("_layer", "_request", "_tell")

    def __init__(
        self,
        request: Request,
        destination: Address,
        call: str,
        tell: "Callable[[ClientTransaction, Outcome, float], None]",
        layer: Below,
        on_over: Callable[[Transaction], None],
    ) -> None:
        """`tell` gets every response that is not absorbed, and at last the failure to get one."""
        super().__init__((request.branch, request.method), destination, call, on_over)
        self._request: Request | None = request
        self._tell = tell
        self._layer = layer

    def start(self, now: float) -> None:
        """Send the request."""
        if self._request is not None:
            self.data = self._request.encode()
            self._enter(self.machine.start, self._layer, now)
            self._layer.transport.send(self.data, self.destination, self.call)

    @property
    def is_unanswered(self) -> bool:
        """Tell whether nothing came back yet."""
        return self.state in {State.CALLING, State.TRYING}

    def receive(self, response: Response, now: float) -> None:
        """Take a response."""
        self._step(_input_of(response.status), self._layer, now, response)

    def fail(self, now: float) -> None:
        """Take the news that the destination cannot be reached."""
        self._step(Input.UNREACHABLE, self._layer, now)

    def abandon(self, now: float) -> None:
        """Wait no longer; the user is told nothing more."""
        if self.state is not State.TERMINATED:
            self._enter(State.TERMINATED, self._layer, now)

    def _enter(self, state: State, layer: Below, now: float) -> None:
        super()._enter(state, layer, now)
        if state in {State.ACCEPTED, State.TERMINATED} or (state is State.COMPLETED and self.machine is CLIENT):
            self.data = b""
            self._request = None

    def _act(self, action: Action, input_: Input, layer: Below, response: Response | None, now: float) -> None:
        if action is Action.RESEND:
            self._resend(layer)
        elif action is Action.ACKNOWLEDGE and response is not None:
            self._acknowledge(response, layer)
        elif action is Action.TELL and response is not None:
            self._tell(self, response, now)
        elif action is Action.FAIL:
            self._tell(self, Failure.TIMEOUT if input_ is Input.EXPIRE else Failure.UNREACHABLE, now)
        elif action is Action.CLOSE:
            self._tell(self, Failure.OVER, now)

    def _acknowledge(self, response: Response, layer: Below) -> None:
        if self._request is not None:
            self.data = ack_of_failure(self._request, response).encode()
            self._request = None
        layer.transport.send(self.data, self.destination, self.call)


class InviteClientTransaction(ClientTransaction):
    """RFC 3261, section 17.1.1; RFC 6026, section 8.4."""

    __slots__ = ()
    machine = INVITE_CLIENT


class NonInviteClientTransaction(ClientTransaction):
    """RFC 3261, section 17.1.2."""

    __slots__ = ()
    machine = CLIENT


class ServerTransaction(Transaction):
    """A request of the peer's and our responses to it."""

    __slots__ = ("_layer", "identity")

    def __init__(
        self, key: Key, destination: Address, call: str, layer: Below, on_over: Callable[[Transaction], None]
    ) -> None:
        """`destination`: where responses go; `call`: as in the events."""
        super().__init__(key, destination, call, on_over)
        self._layer = layer
        self.identity: tuple[str, str, int] | None = None
        """Call-ID, tag and CSeq of an INVITE outside of all dialogs, by which its copies are known."""

    @property
    def is_open(self) -> bool:
        """Tell whether a final response is still to be given."""
        return self.state is self.machine.start

    def respond(self, response: Response, now: float) -> bytes:
        """Send a response, unless a final one was sent before; gives it as it was sent."""
        self._step(_input_of(response.status), self._layer, now, response)
        return self.data

    def receive_again(self, now: float) -> None:
        """Take a retransmission of the request."""
        self._step(Input.REQUEST, self._layer, now)

    def receive_ack(self, now: float) -> None:
        """Take the ACK of a 300..699."""
        self._step(Input.ACK, self._layer, now)

    def _act(self, action: Action, input_: Input, layer: Below, response: Response | None, now: float) -> None:
        del input_, now
        if action is Action.SEND and response is not None:
            self.data = response.encode()
            layer.transport.send(self.data, self.destination, self.call)
        elif action is Action.RESEND and self.data:
            self._resend(layer)


class InviteServerTransaction(ServerTransaction):
    """RFC 3261, section 17.2.1; RFC 6026, section 8.7: the user repeats its 2xx itself."""

    __slots__ = ()
    machine = INVITE_SERVER


class NonInviteServerTransaction(ServerTransaction):
    """RFC 3261, section 17.2.2."""

    __slots__ = ()
    machine = SERVER


def ack_of_failure(invite: Request, response: Response) -> Request:
    """Make the ACK of a 300..699: same branch and Request-URI, the To of the response (RFC 3261, section 17.1.1.3)."""
    headers = Headers([("Via", invite.headers.first("Via") or ""), ("Max-Forwards", "70")])
    headers.rows += [row for row in invite.headers.rows if row[0] in {"Route", "From", "Call-ID", "User-Agent"}]
    headers.add("To", response.headers.first("To") or "")
    headers.add("CSeq", f"{invite.cseq.number} ACK")
    return Request("ACK", invite.uri, headers)


def _input_of(status: int) -> Input:
    if status < _SUCCESS:
        return Input.PROVISIONAL
    return Input.SUCCESS if status < _FAILURE else Input.FAILURE
