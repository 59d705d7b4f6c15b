"""Whatever comes and whatever is commanded: nothing is raised, a call ends once, and nothing is left behind."""

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.unit.wire.sip.far_side import ANSWER, OFFER, PEER, US, FarSide

from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import (
    Abandoned,
    Accepted,
    Confirmed,
    DigitReceived,
    Ended,
    Incoming,
    Progress,
    Refused,
    Reoffered,
    Unreachable,
)
from ringback.wire.sip.message import Malformed, Request, Response, parse, response_to

SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "golden" / "sip").glob("*.dat"))]
FINAL = (Refused, Unreachable, Ended, Abandoned)
TAGS = st.sampled_from(["", "one", "two"])
STATUSES = st.sampled_from([100, 180, 183, 200, 202, 302, 401, 407, 408, 481, 486, 487, 491, 500, 603])
BODIES = st.sampled_from([b"", OFFER, b"5", b"Signal=5"])
TYPES = st.sampled_from(["application/sdp", "application/dtmf", "application/dtmf-relay", "text/plain"])
METHODS = st.sampled_from(["INVITE", "ACK", "BYE", "CANCEL", "INFO", "OPTIONS", "UPDATE", "REFER"])
ROUTES = st.sampled_from(["", "<sip:192.0.2.20;lr>", "<sip:192.0.2.20>", "<sip:224.0.0.1;lr>, <sip:a@b>", "<tel:1>, x"])
CONTACTS = st.sampled_from(["", "<sip:a@192.0.2.9>", "*", "<sip:a@b:0>", "<sip:a@[::1]>", "<>"])
NONCES = st.sampled_from(["n1", "n2", "n3"])
PIECES = st.one_of(
    st.binary(max_size=8),
    st.sampled_from([b"\r\n", b'"', b"<", b">", b",", b";", b":", b"Via:", b";tag=x", b"99999", b"\xff", b"INVITE"]),
)


def read(data: bytes) -> Request | Response | None:
    """Read what the agent sent; only the answer to what was malformed may be malformed, for it repeats it."""
    try:
        return parse(data)
    except Malformed:
        assert data.startswith((b"SIP/2.0 400 ", b"SIP/2.0 505 "))
        return None


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.sampled_from([0, 1, 5, 30]))
        data = data[:start] + draw(PIECES) + data[end:]
    return data


@given(st.data(), st.lists(st.sampled_from(SEEDS) | st.binary(max_size=300), max_size=8))
def test_any_bytes_are_taken(data: st.DataObject, datagrams: list[bytes]) -> None:
    far = FarSide()
    far.call(credentials=Credentials("alice", "open sesame"))
    for datagram in datagrams:
        far.agent.receive(data.draw(mutated(datagram)), PEER, far.now)
        for answer, _ in far.agent.datagrams_to_send(far.now):
            sent = read(answer)
            if isinstance(sent, Request):
                far.agent.receive(data.draw(mutated(response_to(sent, 200, to_tag="x").encode())), PEER, far.now)
        far.wait(1)
    assert far.agent.counters.received >= len(datagrams)


class Conversation(RuleBasedStateMachine):
    """Commands, messages and time, in any order."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.far = FarSide()
        self.calls: list[str] = ["none"]
        self.received: list[Request] = []
        """Requests that the peer got."""
        self.tags: list[str] = [""]
        """Tags that the agent gave itself."""
        self.sent: list[bytes] = []
        """What the peer sent."""
        self.ends: Counter[str] = Counter()
        self.made = 0

    def collect(self) -> None:
        """Look at what the agent did."""
        for data, destination in self.far.agent.datagrams_to_send(self.far.now):
            assert 0 < destination[1] < 65536
            message = read(data)
            if message is None:
                continue
            if isinstance(message, Request):
                self.received.append(message)
            elif message.to.tag:
                self.tags.append(message.to.tag)
        for event in self.far.events():
            assert not self.ends[event.call], event
            if isinstance(event, Incoming):
                self.calls.append(event.call)
            elif isinstance(event, FINAL):
                self.ends[event.call] += 1
            else:
                assert isinstance(event, Progress | Accepted | Confirmed | Reoffered | DigitReceived)

    def deliver(self, message: Request | Response) -> None:
        """Send the agent a message."""
        self.sent.append(message.encode())
        self.far.agent.receive(self.sent[-1], PEER, self.far.now)

    @invariant()
    def ends_once(self) -> None:
        """Hold the agent to one last event for each call."""
        self.collect()

    @rule(offer=st.sampled_from([None, OFFER]), known=st.booleans(), port=st.sampled_from([5070, 0]))
    def invite(self, *, offer: bytes | None, known: bool, port: int) -> None:
        """Call the peer."""
        self.made += 1
        self.calls.append(f"ours{self.made}")
        self.far.agent.invite(
            self.calls[-1],
            to="sip:callee@192.0.2.9:5070",
            next_hop=(PEER[0], port),
            from_uri=f"sip:caller@{US[0]}",
            offer=offer,
            credentials=Credentials("alice", "open sesame") if known else None,
            now=self.far.now,
        )

    @rule(data=st.data(), command=st.sampled_from(["hang_up", "ring", "answer", "reject", "reanswer", "rereject"]))
    def command(self, data: st.DataObject, command: str) -> None:
        """Give a command for any call, fitting or not."""
        call, agent, now = data.draw(st.sampled_from(self.calls)), self.far.agent, self.far.now
        if command == "hang_up":
            agent.hang_up(call, now)
        elif command == "ring":
            agent.ring(call, now)
        elif command in {"answer", "reanswer"}:
            getattr(agent, command)(call, ANSWER, now)
        else:
            getattr(agent, command)(call, 488, now)

    @rule(data=st.data(), status=STATUSES, tag=TAGS, body=BODIES, route=ROUTES, contact=CONTACTS, nonce=NONCES)
    def respond(
        self, data: st.DataObject, status: int, tag: str, body: bytes, route: str, contact: str, nonce: str
    ) -> None:
        """Answer any request of the agent's, also long after."""
        if not self.received:
            return
        request = data.draw(st.sampled_from(self.received[-6:]))
        response = response_to(request, status, to_tag=tag or None)
        asks = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        response.headers.rows += [("Record-Route", route), ("Contact", contact)]
        response.headers.rows.append((asks, f'Digest realm="r", nonce="{nonce}", qop="auth", stale=true'))
        response.headers.rows.append(("Content-Type", data.draw(TYPES)))
        response.body = body
        self.deliver(response)

    @rule(data=st.data(), method=METHODS, cseq=st.integers(0, 3), tag=TAGS, body=BODIES, route=ROUTES)
    def request(self, data: st.DataObject, method: str, cseq: int, tag: str, body: bytes, route: str) -> None:
        """Ask something, in a dialog or not."""
        rows = (("Content-Type", data.draw(TYPES)), ("Record-Route", route))
        branch = data.draw(st.sampled_from(["", "z9hG4bKsame", "old"]))
        invite = data.draw(st.sampled_from([None, *self.received]))
        if invite is not None:
            request = self.far.request_in(method, invite, *rows, cseq=cseq, body=body, tag=tag, branch=branch)
        else:
            to_tag = data.draw(st.sampled_from(self.tags))
            request = self.far.new_request(method, *rows, cseq=cseq, body=body, to_tag=to_tag, branch=branch)
        self.sent.append(request.encode())

    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Send something again, a little changed."""
        if self.sent:
            again = data.draw(mutated(data.draw(st.sampled_from(self.sent))))
            self.far.agent.receive(again, PEER, self.far.now)

    @rule()
    def error(self) -> None:
        """Let the network say that the peer is not there."""
        self.far.agent.receive_error(PEER, self.far.now)

    @rule(seconds=st.sampled_from([0.1, 0.6, 5.0, 33.0, 61.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.far.wait(seconds)

    def teardown(self) -> None:
        """Hang up everything; ten minutes later nothing is left."""
        self.collect()
        for call in self.calls:
            self.far.hang_up(call)
        for _ in range(60):
            self.far.wait(10)
            self.collect()
            for call in self.calls:  # calls that a late INVITE made
                self.far.hang_up(call)
        self.far.wait(600)
        self.collect()
        assert all(self.ends[call] == 1 for call in self.calls if call.startswith("ours"))
        assert self.far.agent.is_idle
        assert self.far.agent.next_timer() is None


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
