"""What leaves the user agent: datagrams for the network, events for the owner; and what is counted on the way."""

from collections import deque
from dataclasses import dataclass

from ringback.wire.sip.destination import is_sendable
from ringback.wire.sip.events import Address, Event, Traced


@dataclass(slots=True)
class Counters:
    """What happened since the start."""

    received: int = 0
    """Datagrams, of any kind."""
    sent: int = 0
    """Datagrams."""
    malformed: int = 0
    """Datagrams that are no SIP message, answered with 400 or dropped."""
    stray_responses: int = 0
    """Responses to nothing that we asked."""
    strangers: int = 0
    """Requests from addresses that nobody is known at, dropped without an answer."""
    stray_acks: int = 0
    """ACKs of nothing that we answered."""
    retransmissions: int = 0
    """Messages that we sent again because nothing came back, or because we were asked again."""
    unsendable: int = 0
    """Messages whose destination is no address of one host."""
    overloads: int = 0
    """Requests refused with 503 because a bound was reached."""


class Transport:
    """The way out."""

    def __init__(self, local: Address, *, trace: bool) -> None:
        """`local`: what is told to peers as our address."""
        self.local = local
        self.counters = Counters()
        self.events: deque[Event] = deque()
        self._outbox: list[tuple[bytes, Address]] = []
        self._trace = trace

    def send(self, data: bytes, destination: Address, call: str) -> None:
        """Put a datagram out, unless its destination is none; `call`: empty where it belongs to none."""
        if not is_sendable(destination):
            self.counters.unsendable += 1
            return
        self.counters.sent += 1
        self._outbox.append((data, destination))
        if self._trace and call:
            self.events.append(Traced(call, sent=True, peer=destination, data=data))

    def note(self, call: str, source: Address, data: bytes) -> None:
        """Tell the owner of a datagram that came for a call, before what it brings about is told."""
        if self._trace and call:
            self.events.append(Traced(call, sent=False, peer=source, data=data))

    def drain(self) -> list[tuple[bytes, Address]]:
        """Give what is to be sent, once."""
        outbox, self._outbox = self._outbox, []
        return outbox
