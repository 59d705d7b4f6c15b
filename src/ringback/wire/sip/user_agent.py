"""A SIP user agent over UDP, sans-IO (RFC 3261): datagrams, commands and time go in, datagrams and events come out.

```
  owner --invite, hang_up, answer, …--> UserAgent --datagrams_to_send--> network
        <--next_event------------------           <--receive-----------
```

What comes in is sorted here; `outgoing` and `incoming` are the calls, `session` is their dialog once it stands.
"""

from collections.abc import Callable
from typing import Final

from ringback.wire.sip.admission import refusal_of_new
from ringback.wire.sip.content import carries_other, sdp_of, takes_sdp
from ringback.wire.sip.destination import is_sendable
from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import Address, Event, Unreachable
from ringback.wire.sip.events import Incoming as IncomingEvent
from ringback.wire.sip.identity import asserted_user, user_of
from ringback.wire.sip.incoming import Incoming
from ringback.wire.sip.machines import State
from ringback.wire.sip.message import Malformed, Request, Response, parse
from ringback.wire.sip.outgoing import Outgoing
from ringback.wire.sip.probe import Probe
from ringback.wire.sip.session import Session
from ringback.wire.sip.stack import CAPABILITIES, Stack, stamp
from ringback.wire.sip.timers import Timers
from ringback.wire.sip.transaction import ServerTransaction
from ringback.wire.sip.transport import Counters, Transport
from ringback.wire.sip.uri import Uri

MAX_CALLS: Final = 10_000
"""Live at one time; a further INVITE is answered 503, a further call of ours is Unreachable."""
MAX_WAITING: Final = 100
"""Callers of one address who may wait for a final response at one time, where nothing else is said."""


class UserAgent:
    """Calls over one address. Every `now` is in seconds of one clock that never goes back."""

    def __init__(
        self,
        local: Address,
        *,
        token: Callable[[int], str],
        product: str,
        trace: bool = True,
        admit: Callable[[Address, str], bool] = lambda _source, _method: True,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        """Have no calls yet.

        `local`: the address that peers are told; `token`: like `secrets.token_hex`; `product`: what we are called in
        User-Agent and Server; `trace`: tell every message of a call as Traced; `admit`: whether a request that belongs
        to no call is looked at, by its source and method; others are counted and dropped without an answer;
        `max_waiting`: callers of one address who wait for a final response; a further INVITE is answered 503.
        """
        timers, transport = Timers(), Transport(local, trace=trace)
        self._timers = timers
        self._admit = admit
        self._max_waiting = max_waiting
        self._transport = transport
        self._stack = Stack(local, token, product, timers, transport)

    @property
    def counters(self) -> Counters:
        """What happened since the start."""
        return self._transport.counters

    @property
    def is_idle(self) -> bool:
        """Tell whether no call, transaction, dialog or timer is left."""
        stack = self._stack
        return not (stack.calls or stack.sessions or stack.waiting or len(stack.layer) or len(self._timers))

    # -- commands; one for a call that is over, or is not so far, is passed over

    def invite(
        self,
        call: str,
        *,
        to: str,
        next_hop: Address,
        from_uri: str,
        offer: bytes | None,
        credentials: Credentials | None,
        now: float,
    ) -> None:
        """Call somebody.

        `call`: any name that no live call has; `to`, `from_uri`: SIP URIs; `next_hop`: where the INVITE is sent;
        `offer`: a session description, None to let the peer make the offer. Raises ValueError where one of them is
        not that.
        """
        if call in self._stack.calls:
            message = f"there is a call {call!r} already"
            raise ValueError(message)
        for uri in (to, from_uri):
            Uri.parse(uri)
        if len(self._stack.calls) >= MAX_CALLS:
            self._stack.tell(Unreachable(call, f"there are {MAX_CALLS} calls already"))
            return
        if not is_sendable(next_hop):
            self._stack.tell(Unreachable(call, "the next hop is not the address of a host"))
            return
        outgoing = Outgoing(
            self._stack, call, to=to, next_hop=next_hop, from_uri=from_uri, offer=offer, credentials=credentials
        )
        self._stack.calls[call] = outgoing
        outgoing.start(now)

    def ask_options(
        self, call: str, *, to: str, next_hop: Address, from_uri: str, credentials: Credentials | None, now: float
    ) -> None:
        """Ask somebody what they can do; told OptionsAnswered or Unreachable.

        `call`: a name for the events, of no live call. Raises ValueError where a URI is none.
        """
        for uri in (to, from_uri):
            Uri.parse(uri)
        if not is_sendable(next_hop):
            self._stack.tell(Unreachable(call, "the next hop is not the address of a host"))
            return
        Probe(self._stack, call, to=to, next_hop=next_hop, from_uri=from_uri, credentials=credentials).start(now)

    def hang_up(self, call: str, now: float) -> None:
        """End a call, whatever its state."""
        if (found := self._stack.calls.get(call)) is not None:
            found.hang_up(now)

    def ring(self, call: str, now: float) -> None:
        """Tell a caller that it rings (180)."""
        if (incoming := self._incoming(call)) is not None:
            incoming.ring(now)

    def answer(self, call: str, sdp: bytes, now: float) -> None:
        """Take a caller's call (200); `sdp`: the answer to the offer, or our offer where there was none."""
        if (incoming := self._incoming(call)) is not None:
            incoming.answer(sdp, now)

    def reject(self, call: str, status: int, now: float) -> None:
        """Refuse a caller with 300..699; the call is over without a further event. Raises ValueError."""
        if (incoming := self._incoming(call)) is not None:
            incoming.reject(status, now)

    def reanswer(self, call: str, sdp: bytes, now: float) -> None:
        """Settle a Reoffered with our answer, or with our offer where there was none."""
        if (session := self._session(call)) is not None:
            session.reanswer(sdp, now)

    def rereject(self, call: str, status: int, now: float) -> None:
        """Refuse a Reoffered with 300..699; the call goes on as it was. Raises ValueError."""
        if (session := self._session(call)) is not None:
            session.rereject(status, now)

    def _incoming(self, call: str) -> Incoming | None:
        found = self._stack.calls.get(call)
        return found if isinstance(found, Incoming) else None

    def _session(self, call: str) -> Session | None:
        found = self._stack.calls.get(call)
        return None if found is None else found.session

    # -- time, and the way out

    def next_event(self) -> Event | None:
        """Give the next event, once."""
        events = self._transport.events
        return events.popleft() if events else None

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Address]]:
        """Give what is to be sent, once, and to where."""
        del now
        return self._transport.drain()

    def next_timer(self) -> float | None:
        """Give when `handle_timer` is to be called; None: not at all."""
        return self._timers.next()

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        self._timers.run(now)

    # -- what comes in

    def receive_error(self, destination: Address, now: float) -> None:
        """Take the news that datagrams to an address do not arrive (an ICMP error, a refusal of the kernel)."""
        self._stack.layer.unreachable(destination, now)

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """Take a datagram. Whatever it holds, nothing is raised."""
        self.counters.received += 1
        try:
            message = parse(data)
        except Malformed as why:
            self.counters.malformed += 1
            if why.request is not None and self._admit(source, why.request.method):
                self._stack.respond_statelessly(why.request, source, why.status)
            return
        if isinstance(message, Response):
            self._response(message, data, source, now)
        elif message.method == "ACK":
            self._ack(message, data, source, now)
        elif message.method == "CANCEL":
            self._cancel(message, data, source, now)
        else:
            self._request(message, data, source, now)

    def _response(self, response: Response, data: bytes, source: Address, now: float) -> None:
        layer = self._stack.layer
        transaction = layer.client(response)
        if transaction is None:
            self.counters.stray_responses += 1
            return
        self._transport.note(transaction.call, source, data)
        layer.answered(transaction)
        transaction.receive(response, now)

    def _ack(self, ack: Request, data: bytes, source: Address, now: float) -> None:
        transaction = self._stack.layer.server(ack)
        if transaction is not None and transaction.state in {State.COMPLETED, State.CONFIRMED}:
            self._transport.note(transaction.call, source, data)
            transaction.receive_ack(now)
            return
        session = self._stack.sessions.get((ack.call_id, ack.to.tag, ack.from_.tag))
        if session is not None:
            self._transport.note(session.call, source, data)
        if session is None or not session.receive_ack(ack, now):
            self.counters.stray_acks += 1

    def _cancel(self, cancel: Request, data: bytes, source: Address, now: float) -> None:
        """Answer a CANCEL 200 where its INVITE is known; it acts where that has no final response (section 9.2)."""
        layer = self._stack.layer
        if self._came_again(layer.server(cancel), data, source, now):
            return
        invite = layer.cancelled(cancel)
        if invite is None and not self._admit(source, cancel.method):
            self.counters.strangers += 1
            return
        call = None if invite is None else self._stack.calls.get(invite.call)
        if invite is None or call is None or call.session is None:
            self._stack.respond_statelessly(cancel, source, 481 if invite is None else 200)
            return
        if layer.is_full:
            self._overloaded(cancel, source)
            return
        self._transport.note(invite.call, source, data)
        transaction = layer.serve(cancel, source, invite.call)
        stamp(cancel, source)
        self._stack.respond(transaction, cancel, 200, now, to_tag=call.session.dialog.local_tag)
        if isinstance(call, Incoming):
            call.receive_cancel(invite, now)
        else:
            call.session.receive_cancel(invite, now)

    def _request(self, request: Request, data: bytes, source: Address, now: float) -> None:
        layer = self._stack.layer
        if self._came_again(layer.server(request), data, source, now):
            return
        tag = request.to.tag
        session = self._stack.sessions.get((request.call_id, tag, request.from_.tag)) if tag else None
        if session is not None:
            self._in_dialog(session, request, data, source, now)
        elif not self._admit(source, request.method):
            self.counters.strangers += 1
        elif layer.is_own(request):
            self._stack.respond_statelessly(request, source, 482)
        elif (refusal := refusal_of_new(request)) is not None:
            self._stack.respond_statelessly(request, source, refusal[0], *refusal[1])
        elif request.method == "OPTIONS" and not tag:
            self._stack.respond_statelessly(request, source, 200, *CAPABILITIES)
        elif request.method == "INVITE" and not tag:
            self._invite(request, data, source, now)
        else:
            self._stack.respond_statelessly(request, source, 481)

    def _came_again(self, transaction: ServerTransaction | None, data: bytes, source: Address, now: float) -> bool:
        if transaction is None:
            return False
        self._transport.note(transaction.call, source, data)
        transaction.receive_again(now)
        return True

    def _in_dialog(self, session: Session, request: Request, data: bytes, source: Address, now: float) -> None:
        if self._stack.layer.is_full:
            self._overloaded(request, source)
            return
        self._transport.note(session.call, source, data)
        transaction = self._stack.layer.serve(request, source, session.call)
        session.receive(request, transaction, source, now)

    def _invite(self, invite: Request, data: bytes, source: Address, now: float) -> None:
        stack = self._stack
        if stack.layer.is_merged(invite):
            stack.respond_statelessly(invite, source, 482)
            return
        if carries_other(invite):
            stack.respond_statelessly(invite, source, 415)
            return
        if not takes_sdp(invite):
            stack.respond_statelessly(invite, source, 406)
            return
        waiting = stack.waiting.get(source[0], 0)
        if len(stack.calls) >= MAX_CALLS or stack.layer.is_full or waiting >= self._max_waiting:
            self._overloaded(invite, source)
            return
        call = stack.token(16)
        self._transport.note(call, source, data)
        transaction = stack.layer.serve(invite, source, call)
        stamp(invite, source)
        incoming = Incoming(stack, call, invite, transaction, source)
        stack.calls[call] = incoming
        incoming.start(now)
        users = user_of(invite.uri), user_of(invite.from_.uri)
        stack.tell(IncomingEvent(call, source, *users, sdp_of(invite), asserted_user(invite)))

    def _overloaded(self, request: Request, source: Address) -> None:
        self.counters.overloads += 1
        self._stack.respond_statelessly(request, source, 503, self._stack.later())
