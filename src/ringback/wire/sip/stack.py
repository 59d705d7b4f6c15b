"""What every call of a user agent stands on, and how its messages are made."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from ringback.wire.sip import destination as destinations
from ringback.wire.sip.content import ACCEPT
from ringback.wire.sip.dialog import Dialog, DialogKey
from ringback.wire.sip.events import Address, Event
from ringback.wire.sip.message import Request, Response, response_to
from ringback.wire.sip.timers import Timers
from ringback.wire.sip.transaction import COOKIE, ServerTransaction
from ringback.wire.sip.transaction_layer import TransactionLayer
from ringback.wire.sip.transport import Transport

if TYPE_CHECKING:
    from ringback.wire.sip.incoming import Incoming
    from ringback.wire.sip.outgoing import Outgoing
    from ringback.wire.sip.session import Session

ALLOW: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"
SUPPORTED: Final = ""
"""No extension that has a name; an empty header says so (RFC 3261, section 20.37)."""
_MAX_RETRY_AFTER: Final = 10
_OK: Final = 200

Row: TypeAlias = tuple[str, str]
CAPABILITIES: Final[tuple[Row, ...]] = (("Allow", ALLOW), ("Accept", ACCEPT), ("Supported", SUPPORTED))
"""What OPTIONS is answered with (section 11.2)."""
_EXPLAINED: Final[dict[int, tuple[Row, ...]]] = {
    405: (("Allow", ALLOW),),
    415: (("Accept", ACCEPT), ("Accept-Encoding", "identity")),
}
"""Responses that have to say what would have been right."""


@dataclass(slots=True)
class Stack:
    """Timers, transactions, dialogs, and who we are."""

    local: Address
    """Our address, as peers are told."""
    token: Callable[[int], str]
    product: str
    timers: Timers
    transport: Transport
    layer: TransactionLayer = field(init=False)
    contact: str = field(init=False)
    sessions: "dict[DialogKey, Session]" = field(default_factory=dict, init=False)
    """Every dialog that the peer may send a request in."""
    calls: "dict[str, Incoming | Outgoing]" = field(default_factory=dict, init=False)
    """Every call that has not had its last event."""
    waiting: Counter[str] = field(default_factory=Counter, init=False)
    """How many callers wait for our final response, by the address that they call from."""
    _secret: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Make what follows from the rest."""
        self.layer = TransactionLayer(self.timers, self.transport)
        self.contact = f"<sip:{self.local[0]}:{self.local[1]}>"
        self._secret = self.token(16).encode()

    def tell(self, event: Event) -> None:
        """Tell the owner."""
        self.transport.events.append(event)

    def end(self, call: str, event: Event | None) -> None:
        """Forget a call; `event`: its last one."""
        if event is not None:
            self.tell(event)
        self.calls.pop(call, None)

    # -- requests

    def via(self) -> str:
        """Make the Via of a new transaction."""
        host, port = self.local
        return f"SIP/2.0/UDP {host}:{port};branch={COOKIE}{self.token(12)};rport"

    def request_in(self, dialog: Dialog, method: str, number: int) -> tuple[Request, Address]:
        """Make a request in a dialog."""
        request, destination = dialog.request(method, number, self.via())
        request.headers.add("User-Agent", self.product)
        return request, destination

    # -- responses

    def respond(
        self,
        transaction: ServerTransaction,
        request: Request,
        status: int,
        now: float,
        *,
        to_tag: str | None = None,
        rows: tuple[Row, ...] = (),
        body: bytes = b"",
    ) -> bytes:
        """Answer a request by its transaction; gives the datagram. `body`: a session description."""
        response = self._response(request, status, to_tag, rows)
        if body:
            response.headers.add("Content-Type", "application/sdp")
            response.body = body
        return transaction.respond(response, now)

    def respond_statelessly(self, request: Request, source: Address, status: int, *rows: Row) -> None:
        """Answer a request that no dialog knows, and forget it (RFC 3261, section 8.2.7); an ACK is never answered."""
        if request.method == "ACK":
            return
        destination = destinations.of_response(request.top_via, source)
        stamp(request, source)
        response = self._response(request, status, self._stateless_tag(request), rows)
        self.transport.send(response.encode(), destination, "")

    def later(self) -> Row:
        """Say when to try again: at random within 0..10 seconds (section 14.2)."""
        return "Retry-After", str(int(self.token(1), 16) % (_MAX_RETRY_AFTER + 1))

    def _response(self, request: Request, status: int, to_tag: str | None, rows: tuple[Row, ...]) -> Response:
        response = response_to(request, status, to_tag=to_tag)
        response.headers.rows += [*rows, *_EXPLAINED.get(status, ())]
        response.headers.add("Server", self.product)
        return response

    def _stateless_tag(self, request: Request) -> str:
        """Make a tag that is the same whenever the request comes again."""
        via = (request.headers.first("Via") or "") + request.call_id
        data = via.encode("utf-8", "surrogateescape")
        return hashlib.blake2b(data, key=self._secret, digest_size=8).hexdigest()


def stamp(request: Request, source: Address) -> None:
    """Write where a request came from into its topmost Via, for the responses to repeat."""
    rows = request.headers.rows
    for index, (name, value) in enumerate(rows):
        if name == "Via":
            rows[index] = name, destinations.stamped(value, source)
            return
