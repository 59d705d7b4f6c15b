"""The far side of a user agent, as a test plays it: time stands still until it is moved."""

from itertools import count

from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import Address, Event, Incoming, Traced
from ringback.wire.sip.message import Headers, Request, Response, parse, response_to
from ringback.wire.sip.user_agent import UserAgent

US: Address = ("192.0.2.1", 5060)
PEER: Address = ("192.0.2.9", 5070)
OFFER = b"v=0\r\ns=offer\r\n"
ANSWER = b"v=0\r\ns=answer\r\n"


class FarSide:
    """A user agent, the clock that it sees, and the peer that it talks to."""

    def __init__(self) -> None:
        """Start at second 1000, with random numbers that are none."""
        numbers = count(1)
        self.agent = UserAgent(US, token=lambda octets: f"{next(numbers):0{2 * octets}x}", product="ringback")
        self.now = 1000.0
        self.traced: list[Traced] = []
        self._branches = count(1)

    # -- what the agent did

    def sent(self) -> list[Request | Response]:
        """Give what it sent since the last look."""
        return [parse(data) for data, _ in self.agent.datagrams_to_send(self.now)]

    def sent_where(self) -> list[tuple[str, Address]]:
        """Give method or status of what it sent since the last look, and where it went."""
        return [(name_of(parse(data)), address) for data, address in self.agent.datagrams_to_send(self.now)]

    def names(self) -> list[str]:
        """Give method or status of what it sent since the last look."""
        return [name_of(message) for message in self.sent()]

    def request_sent(self, method: str) -> Request:
        """Give the last request of a method that it sent since the last look."""
        found = [message for message in self.sent() if isinstance(message, Request) and message.method == method]
        return found[-1]

    def response_sent(self, status: int) -> Response:
        """Give the last response of a status that it sent since the last look."""
        found = [message for message in self.sent() if isinstance(message, Response) and message.status == status]
        return found[-1]

    def events(self) -> list[Event]:
        """Give what it told since the last look; traces are kept apart."""
        events: list[Event] = []
        while (event := self.agent.next_event()) is not None:
            if isinstance(event, Traced):
                self.traced.append(event)
            else:
                events.append(event)
        return events

    # -- what happens to it

    def wait(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        end = self.now + seconds
        while (due := self.agent.next_timer()) is not None and due <= end:
            self.now = max(self.now, due)
            self.agent.handle_timer(self.now)
        self.now = end

    def call(self, *, offer: bytes | None = OFFER, credentials: Credentials | None = None, to: str = "") -> Request:
        """Let it call the peer; gives the INVITE."""
        self.agent.invite(
            "call",
            to=to or f"sip:callee@{PEER[0]}:{PEER[1]}",
            next_hop=PEER,
            from_uri="sip:caller@192.0.2.1",
            offer=offer,
            credentials=credentials,
            now=self.now,
        )
        return self.request_sent("INVITE")

    def hang_up(self, call: str = "call") -> None:
        """Let it end a call."""
        self.agent.hang_up(call, self.now)

    def reply(
        self,
        request: Request,
        status: int,
        *rows: tuple[str, str],
        tag: str = "callee",
        body: bytes = b"",
        contact: str = "<sip:callee@192.0.2.9:5070>",
    ) -> None:
        """Answer a request of its."""
        response = response_to(request, status, to_tag=tag or None)
        response.headers.rows += rows
        if contact and status > 100:
            response.headers.add("Contact", contact)
        if body:
            response.headers.add("Content-Type", "application/sdp")
            response.body = body
        self.deliver(response)

    def answered_call(self, *rows: tuple[str, str], credentials: Credentials | None = None) -> Request:
        """Let it call and be answered; gives the INVITE."""
        invite = self.call(credentials=credentials)
        self.reply(invite, 200, *rows, body=ANSWER)
        return invite

    def request_in(
        self,
        method: str,
        invite: Request,
        *rows: tuple[str, str],
        cseq: int = 1,
        body: bytes = b"",
        tag: str = "callee",
        branch: str = "",
    ) -> Request:
        """Send it a request in the dialog of a call of its own; gives the request."""
        headers = Headers(
            [
                ("Via", f"SIP/2.0/UDP 192.0.2.9:5070;branch={branch or self.branch()}"),
                ("From", f"{invite.headers.first('To')};tag={tag}"),
                ("To", invite.headers.first("From") or ""),
                ("Call-ID", invite.call_id),
                ("CSeq", f"{cseq} {method}"),
                ("Contact", "<sip:callee@192.0.2.9:5070>"),
                *rows,
            ]
        )
        if body and headers.first("Content-Type") is None:
            headers.add("Content-Type", "application/sdp")
        request = Request(method, "sip:192.0.2.1:5060", headers, body)
        self.deliver(request)
        return request

    def new_request(
        self,
        method: str,
        *rows: tuple[str, str],
        uri: str = "sip:6512345678@192.0.2.1:5060",
        cseq: int = 1,
        to_tag: str = "",
        body: bytes = b"",
        call_id: str = "theirs",
        branch: str = "",
    ) -> Request:
        """Send it a request of the peer's; gives the request."""
        headers = Headers(
            [
                ("Via", f"SIP/2.0/UDP 192.0.2.9:5070;branch={branch or self.branch()}"),
                ("From", "<sip:caller@192.0.2.9>;tag=caller"),
                ("To", "<sip:6512345678@192.0.2.1>" + (f";tag={to_tag}" if to_tag else "")),
                ("Call-ID", call_id),
                ("CSeq", f"{cseq} {method}"),
                ("Contact", "<sip:caller@192.0.2.9:5070>"),
                *rows,
            ]
        )
        if body and headers.first("Content-Type") is None:
            headers.add("Content-Type", "application/sdp")
        request = Request(method, uri, headers, body)
        self.deliver(request)
        return request

    def incoming(self, *rows: tuple[str, str], body: bytes = OFFER) -> tuple[str, Request]:
        """Let the peer call; gives the name of the call and the INVITE."""
        invite = self.new_request("INVITE", *rows, body=body)
        (event,) = self.events()
        assert isinstance(event, Incoming)
        return event.call, invite

    def confirmed(self, *, body: bytes = OFFER) -> tuple[str, str]:
        """Let the peer call, be answered and acknowledge; gives the name of the call and our tag."""
        call, _ = self.incoming(body=body)
        self.agent.answer(call, ANSWER, self.now)
        tag = self.response_sent(200).to.tag
        self.new_request("ACK", to_tag=tag)
        self.events()
        return call, tag

    def again(self, message: Request) -> None:
        """Send it a message once more."""
        self.deliver(message)

    def deliver(self, message: Request | Response) -> None:
        """Hand it a message."""
        self.agent.receive(message.encode(), PEER, self.now)

    def branch(self) -> str:
        """Make the branch of a new transaction."""
        return f"z9hG4bKpeer{next(self._branches)}"


def name_of(message: Request | Response) -> str:
    """Name a message by its method or its status."""
    return message.method if isinstance(message, Request) else f"{message.status} {message.cseq.method}"
