"""The live transactions: which message belongs to which (RFC 3261, sections 17.1.3 and 17.2.3)."""

from collections.abc import Callable
from typing import Final, TypeAlias

from ringback.wire.sip import destination as destinations
from ringback.wire.sip.events import Address
from ringback.wire.sip.headers import Via
from ringback.wire.sip.message import Request, Response
from ringback.wire.sip.timers import Timers
from ringback.wire.sip.transaction import (
    COOKIE,
    Below,
    ClientTransaction,
    InviteClientTransaction,
    InviteServerTransaction,
    Key,
    NonInviteClientTransaction,
    NonInviteServerTransaction,
    Outcome,
    ServerTransaction,
    Transaction,
)
from ringback.wire.sip.transport import Transport

MAX_SERVER_TRANSACTIONS: Final = 100_000
"""Live at one time. Only an INVITE and what is asked in a call make one; each lasts 32 s after its final response."""

Identity: TypeAlias = tuple[str, str, int]
"""Call-ID, tag of the From, number of the CSeq."""


class TransactionLayer:
    """Makes transactions, finds them, and forgets those that are over."""

    def __init__(self, timers: Timers, transport: Transport) -> None:
        """Start with none."""
        self._below = Below(timers, transport)
        self._clients: dict[Key, ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._invited: set[Identity] = set()
        """The INVITEs outside of all dialogs that are being answered, by what their copies have in common."""
        self._towards: dict[Address, dict[Key, ClientTransaction]] = {}
        """Clients by destination, at least those that nothing came back to."""

    def __len__(self) -> int:
        """Count the live transactions."""
        return len(self._clients) + len(self._servers)

    @property
    def is_full(self) -> bool:
        """Tell whether a peer's request finds no room."""
        return len(self._servers) >= MAX_SERVER_TRANSACTIONS

    # -- ours

    def request(
        self,
        request: Request,
        destination: Address,
        call: str,
        tell: Callable[[ClientTransaction, Outcome, float], None],
        now: float,
    ) -> ClientTransaction:
        """Send a request (never an ACK) whose Via has a branch of its own."""
        kind = InviteClientTransaction if request.method == "INVITE" else NonInviteClientTransaction
        transaction = kind(request, destination, call, tell, self._below, self._client_over)
        self._clients[transaction.key] = transaction
        self._towards.setdefault(destination, {})[transaction.key] = transaction
        transaction.start(now)
        return transaction

    def client(self, response: Response) -> ClientTransaction | None:
        """Find what a response answers; None also where it has a second Via, which is not for us (section 8.1.3.3)."""
        transaction = self._clients.get((response.branch, response.cseq.method))
        return None if transaction is None or len(response.headers.all("Via")) > 1 else transaction

    def unreachable(self, destination: Address, now: float) -> None:
        """Fail every request to a destination that nothing came back to yet."""
        for transaction in list(self._towards.get(destination, {}).values()):
            if transaction.is_unanswered:
                transaction.fail(now)

    def answered(self, transaction: ClientTransaction) -> None:
        """Note that something came back."""
        towards = self._towards.get(transaction.destination)
        if towards is not None and towards.pop(transaction.key, None) is not None and not towards:
            del self._towards[transaction.destination]

    def _client_over(self, transaction: Transaction) -> None:
        if (client := self._clients.pop(transaction.key, None)) is not None:
            self.answered(client)

    # -- theirs

    def serve(self, request: Request, source: Address, call: str) -> ServerTransaction:
        """Begin to answer a request that no live transaction knows."""
        kind = InviteServerTransaction if request.method == "INVITE" else NonInviteServerTransaction
        destination = destinations.of_response(request.top_via, source)
        transaction = kind(key_of(request, request.method), destination, call, self._below, self._server_over)
        self._servers[transaction.key] = transaction
        if request.method == "INVITE" and not request.to.tag:
            transaction.identity = identity_of(request)
            self._invited.add(transaction.identity)
        return transaction

    def is_merged(self, invite: Request) -> bool:
        """Tell whether an INVITE is a copy, come another way, of one that is being answered (section 8.2.2.2)."""
        return identity_of(invite) in self._invited

    def is_own(self, request: Request) -> bool:
        """Tell whether a request is one of ours that came back: a Via of it is that of a live transaction of ours."""
        host, port = self._below.transport.local
        for text in request.headers.all("Via"):
            via = Via.parse(text)
            mine = via.host == host and (via.port or destinations.DEFAULT_PORT) == port
            if mine and (via.branch, request.method) in self._clients:
                return True
        return False

    def server(self, request: Request) -> ServerTransaction | None:
        """Find the transaction of a request that came again, of an ACK for a 300..699."""
        return self._servers.get(key_of(request, "INVITE" if request.method == "ACK" else request.method))

    def cancelled(self, cancel: Request) -> ServerTransaction | None:
        """Find the INVITE that a CANCEL is about (section 9.2)."""
        return self._servers.get(key_of(cancel, "INVITE"))

    def _server_over(self, transaction: Transaction) -> None:
        self._servers.pop(transaction.key, None)
        if isinstance(transaction, ServerTransaction) and transaction.identity is not None:
            self._invited.discard(transaction.identity)


def identity_of(request: Request) -> Identity:
    """Give what a request has in common with its copies that came another way (section 8.2.2.2)."""
    return request.call_id, request.from_.tag, request.cseq.number


def key_of(request: Request, method: str) -> Key:
    """Give what the messages of a server transaction have in common (section 17.2.3).

    Clients older than RFC 3261 have no branch that is unique: theirs is known by everything that identifies it.
    """
    via = request.top_via
    if via.branch.startswith(COOKIE) and via.branch != COOKIE:
        return via.branch, via.host, str(via.port), method
    return (
        request.uri,
        request.from_.tag,
        request.call_id,
        str(request.cseq.number),
        f"{via.host}:{via.port};{via.branch}",
        method,
    )
