"""What the user agent does with what belongs to no call."""

from collections.abc import Callable

import pytest
from tests.unit.wire.sip.far_side import OFFER, PEER, US, FarSide

from ringback.wire.sip import transaction_layer
from ringback.wire.sip.message import Request, Response, parse, response_to
from ringback.wire.sip.user_agent import UserAgent


@pytest.fixture
def far() -> FarSide:
    return FarSide()


def test_options_says_what_is_understood(far: FarSide) -> None:
    far.new_request("OPTIONS")
    answer = far.response_sent(200)
    assert answer.headers.all("Allow") == ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE"]
    assert answer.headers.all("Accept") == [
        "application/sdp",
        "multipart/mixed",
        "application/dtmf-relay",
        "application/dtmf",
    ]
    assert answer.headers.first("Supported") == ""
    assert answer.headers.first("Server") == "ringback"
    assert answer.to.tag
    assert far.agent.is_idle


def test_a_request_that_comes_again_gets_the_same_answer(far: FarSide) -> None:
    options = far.new_request("OPTIONS")
    far.again(options)
    first, second = far.sent()
    assert first == second


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "INVITE", "OPTIONS"])
def test_a_dialog_that_nobody_knows(far: FarSide, method: str) -> None:
    far.new_request(method, to_tag="long-gone")
    assert far.names() == [f"481 {method}"]


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE"])
def test_what_belongs_in_a_dialog_and_is_in_none(far: FarSide, method: str) -> None:
    far.new_request(method)
    assert far.names() == [f"481 {method}"]


@pytest.mark.parametrize("method", ["REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "PRACK", "FOO"])
def test_a_method_that_nobody_knows(far: FarSide, method: str) -> None:
    far.new_request(method)
    assert "INVITE" in far.response_sent(405).headers.all("Allow")


@pytest.mark.parametrize(
    ("rows", "uri", "status"),
    [
        ((("Require", "100rel"),), "sip:1@192.0.2.1", 420),
        ((("Max-Forwards", "0"),), "sip:1@192.0.2.1", 483),
        ((("Max-Forwards", "many"),), "sip:1@192.0.2.1", 400),
        ((), "http://192.0.2.1", 416),
        ((), "sip:1@192.0.2.1:99999", 400),
        ((("Content-Type", "text/plain"),), "sip:1@192.0.2.1", 415),
        ((("Content-Type", "application/sdp"), ("Content-Encoding", "gzip")), "sip:1@192.0.2.1", 415),
    ],
)
def test_an_invite_that_is_not_taken(far: FarSide, rows: tuple[tuple[str, str], ...], uri: str, status: int) -> None:
    invite = far.new_request("INVITE", *rows, uri=uri, body=OFFER)
    refusal = far.response_sent(status)
    assert far.events() == []
    far.new_request("ACK", to_tag=refusal.to.tag, branch=invite.branch)
    assert far.names() == []
    assert far.agent.is_idle


def test_options_with_no_hop_left_is_answered(far: FarSide) -> None:
    far.new_request("OPTIONS", ("Max-Forwards", "0"))
    assert far.names() == ["200 OPTIONS"]


def test_a_number_may_be_called_by_a_tel_uri(far: FarSide) -> None:
    far.new_request("INVITE", uri="tel:+6512345678", body=OFFER)
    (incoming,) = far.events()
    assert getattr(incoming, "request_user", "") == "+6512345678"


def test_an_invite_that_came_two_ways(far: FarSide) -> None:
    far.incoming()
    far.sent()
    far.new_request("INVITE", body=OFFER)
    assert far.names() == ["482 INVITE"]
    assert far.events() == []


def test_a_from_that_cannot_be_read_is_a_caller_without_a_name(far: FarSide) -> None:
    invite = far.new_request("OPTIONS")
    invite.method = "INVITE"
    invite.headers.replace("CSeq", "1 INVITE")
    invite.headers.replace("From", "<nobody>;tag=x")
    far.deliver(invite)
    (incoming,) = far.events()
    assert getattr(incoming, "from_user", None) == ""


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda data: data.replace(b"CSeq: 1 INVITE", b"CSeq: x INVITE"), "400"),
        (lambda data: data.replace(b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia"), "505"),
        (lambda data: data.replace(b"Call-ID:", b"No-Call-ID:"), "400"),
        (lambda data: data.replace(b"Via:", b"No-Via:"), ""),
        (lambda data: data[:40], ""),
        (lambda _data: b"\r\n\r\n", ""),
        (lambda _data: b"", ""),
    ],
)
def test_what_is_malformed_is_answered_where_it_can_be(
    far: FarSide, change: Callable[[bytes], bytes], status: str
) -> None:
    data = far.new_request("INVITE", call_id="good", body=OFFER).encode()
    far.sent()
    far.agent.receive(change(data), PEER, far.now)
    answers = [data for data, _ in far.agent.datagrams_to_send(far.now)]
    assert [answer.split()[1].decode() for answer in answers] == ([status] if status else [])
    assert far.agent.counters.malformed == 1


def test_a_malformed_ack_is_not_answered(far: FarSide) -> None:
    ack = far.new_request("ACK").encode().replace(b"CSeq: 1 ACK", b"CSeq: x ACK")
    far.agent.receive(ack, PEER, far.now)
    assert far.names() == []


def test_an_ack_of_nothing_is_counted(far: FarSide) -> None:
    far.new_request("ACK")
    assert far.agent.counters.stray_acks == 1
    assert far.names() == []


def test_a_response_to_nothing_is_counted(far: FarSide) -> None:
    far.reply(Request("INVITE", "sip:a", far.new_request("OPTIONS").headers), 200)
    assert far.agent.counters.stray_responses == 1


def test_a_response_with_a_second_via_is_not_for_us(far: FarSide) -> None:
    response = response_to(far.call(), 486)
    via = response.headers.first("Via") or ""
    response.headers.replace("Via", f"{via}, SIP/2.0/UDP 192.0.2.50")
    far.deliver(response)
    assert far.events() == []
    assert far.agent.counters.stray_responses == 1


def test_a_flood_of_requests_in_a_call_is_bounded(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    invite = far.answered_call()
    far.sent()
    monkeypatch.setattr(transaction_layer, "MAX_SERVER_TRANSACTIONS", 2)
    for number in range(1, 4):
        far.request_in("INFO", invite, cseq=number)
    assert far.names() == ["200 INFO", "200 INFO", "503 INFO"]
    assert far.agent.counters.overloads == 1


def test_a_cancel_for_which_there_is_no_room(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    _, invite = far.incoming()
    far.sent()
    monkeypatch.setattr(transaction_layer, "MAX_SERVER_TRANSACTIONS", 1)
    far.new_request("CANCEL", branch=invite.branch)
    assert far.names() == ["503 CANCEL"]
    assert far.events() == []


def test_an_answer_goes_to_the_port_of_the_via_unless_rport_asks_otherwise(far: FarSide) -> None:
    data = far.new_request("OPTIONS").encode().replace(b"192.0.2.9:5070;", b"192.0.2.200:6000;")
    far.sent()
    far.agent.receive(data, PEER, far.now)
    assert far.sent_where() == [("200 OPTIONS", (PEER[0], 6000))]
    far.agent.receive(data.replace(b"branch=", b"rport;branch="), PEER, far.now)
    assert far.sent_where() == [("200 OPTIONS", PEER)]


def test_an_answer_to_an_impossible_port_is_not_sent(far: FarSide) -> None:
    data = far.new_request("OPTIONS", branch="z9hG4bKx;rport").encode()
    far.sent()
    far.agent.receive(data, (PEER[0], 0), far.now)
    assert far.sent() == []
    assert far.agent.counters.unsendable == 1


def test_a_client_older_than_rfc_3261_is_served() -> None:
    far = FarSide()
    invite = far.new_request("INVITE", branch="1", body=OFFER)
    (incoming,) = far.events()
    far.again(invite)
    assert far.names() == ["100 INVITE"] * 2
    call = str(getattr(incoming, "call", ""))
    far.agent.answer(call, OFFER, far.now)
    tag = far.response_sent(200).to.tag
    far.new_request("ACK", to_tag=tag, branch="1")
    far.wait(5)
    assert far.names() == []


def test_traces_can_be_left_out() -> None:
    agent = UserAgent(US, token=lambda octets: "0" * 2 * octets, product="ringback", trace=False)
    agent.invite("call", to="sip:a@b", next_hop=PEER, from_uri="sip:c@d", offer=None, credentials=None, now=0.0)
    ((data, _),) = agent.datagrams_to_send(0.0)
    invite = parse(data)
    assert isinstance(invite, Request)
    refusal: Response = response_to(invite, 486)
    agent.receive(refusal.encode(), PEER, 0.0)
    assert type(agent.next_event()).__name__ == "Refused"
    assert agent.next_event() is None
