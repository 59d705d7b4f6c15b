"""A hostile or clumsy network: copies, loops, floods, strangers, and messages written in every lawful way."""

import pytest
from tests.unit.wire.sip.far_side import ANSWER, OFFER, PEER, US, FarSide

from ringback.wire.sip.events import Abandoned, Confirmed, Ended, Incoming, Reoffered
from ringback.wire.sip.message import Request
from ringback.wire.sip.user_agent import MAX_WAITING, UserAgent

STRANGER = ("198.51.100.66", 5060)


@pytest.fixture
def far() -> FarSide:
    return FarSide()


def strict() -> FarSide:
    """Give a far side whose user agent knows nobody but the peer."""
    far = FarSide()
    far.agent = UserAgent(
        US, token=lambda octets: "a" * 2 * octets, product="ringback", admit=lambda source, _method: source == PEER
    )
    return far


# -- copies and loops


@pytest.mark.parametrize("ending", ["rejected", "answered", "cancelled"])
def test_a_copy_that_comes_another_way_after_the_end_rings_nobody(far: FarSide, ending: str) -> None:
    call, invite = far.incoming()
    if ending == "rejected":
        far.agent.reject(call, 486, far.now)
    elif ending == "answered":
        far.agent.answer(call, ANSWER, far.now)
    else:
        far.new_request("CANCEL", branch=invite.branch)
    far.sent()
    far.events()
    far.new_request("INVITE", body=OFFER)
    assert far.names() == ["482 INVITE"]
    assert far.events() == []


def test_a_caller_who_tries_again_with_the_next_number_rings(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.reject(call, 503, far.now)
    far.new_request("INVITE", cseq=2, body=OFFER)
    assert [type(event) for event in far.events()] == [Incoming]


@pytest.mark.parametrize("through_a_proxy", [True, False])
def test_a_request_of_ours_that_comes_back_is_a_loop(far: FarSide, *, through_a_proxy: bool) -> None:
    invite = far.call()
    if through_a_proxy:
        invite.headers.prepend("Via", "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKproxy")
    far.deliver(invite)
    assert far.names() == ["482 INVITE"]
    assert far.events() == []


def test_somebody_elses_branch_under_our_address_is_no_loop(far: FarSide) -> None:
    far.call()
    far.new_request("INVITE", ("Via", f"SIP/2.0/UDP {US[0]}:{US[1]};branch=z9hG4bKelse"), body=OFFER)
    assert [type(event) for event in far.events()] == [Incoming]


# -- floods and strangers


def test_a_flood_of_callers_is_bounded_for_each_source(far: FarSide) -> None:
    for number in range(MAX_WAITING + 5):
        far.new_request("INVITE", call_id=f"flood-{number}", body=OFFER)
    calls = [event.call for event in far.events()]
    assert len(calls) == MAX_WAITING
    answers = far.names()
    assert answers.count("503 INVITE") == 5
    assert far.agent.counters.overloads == 5
    other = far.new_request("OPTIONS", call_id="other")
    other.method, other.headers = "INVITE", other.headers
    other.headers.replace("CSeq", "1 INVITE")
    far.agent.receive(other.encode(), ("192.0.2.77", 5060), far.now)
    assert [type(event) for event in far.events()] == [Incoming], "others are served"
    far.agent.reject(calls[0], 486, far.now)
    far.new_request("INVITE", call_id="next", body=OFFER)
    assert [type(event) for event in far.events()] == [Incoming], "one left, one comes"


def test_a_caller_told_to_come_again_is_told_when(far: FarSide) -> None:
    for number in range(MAX_WAITING + 1):
        far.new_request("INVITE", call_id=f"flood-{number}", body=OFFER)
    assert int(far.response_sent(503).headers.first("Retry-After") or "-1") in range(11)


def test_a_scanner_gets_no_answer_and_takes_no_room() -> None:
    far = strict()
    answered = far.new_request("INVITE", call_id="known", body=OFFER)
    assert far.names() == ["100 INVITE"]
    state = far.agent._stack
    before = len(state.layer), len(state.calls), len(state.sessions), len(state.waiting), far.agent.next_timer()
    far.events()
    for number in range(3000):
        source = (f"198.51.{number % 250}.{number % 240}", 1024 + number)
        for method in ("OPTIONS", "REGISTER", "INVITE", "CANCEL", "BYE", "ACK", "FOO"):
            far.sent()
            request = Request(method, "sip:100@192.0.2.1", answered.headers, b"")
            data = request.encode().replace(b"CSeq: 1 INVITE", f"CSeq: 1 {method}".encode())
            far.agent.receive(data.replace(b"theirs", b"x").replace(b"bKpeer", f"bKscan{number}".encode()), source, 0.0)
    far.agent.receive(b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 1.2.3.4\r\n\r\n", STRANGER, far.now)
    assert far.sent() == []
    assert far.events() == []
    after = len(state.layer), len(state.calls), len(state.sessions), len(state.waiting), far.agent.next_timer()
    assert after == before
    assert far.agent.counters.strangers == 3000 * 6


def test_a_cancel_of_a_stranger_gets_no_answer() -> None:
    far = strict()
    cancel = far.new_request("CANCEL")
    assert far.names() == ["481 CANCEL"]
    far.agent.receive(cancel.encode(), STRANGER, far.now)
    assert far.sent() == []
    assert far.agent.counters.strangers == 1


# -- who calls


@pytest.mark.parametrize(
    ("rows", "asserted"),
    [
        ((), ""),
        ((("P-Asserted-Identity", '"Alice" <sip:+15550100111@carrier.example>'),), "+15550100111"),
        ((("P-Asserted-Identity", "<sip:+15550100111@carrier.example>, <tel:+15550100222>"),), "+15550100111"),
        ((("P-Asserted-Identity", "<tel:+15550100222>"),), "+15550100222"),
        ((("P-Asserted-Identity", "<sip:carrier.example>"), ("P-Asserted-Identity", "<tel:+1555>")), "+1555"),
        ((("P-Asserted-Identity", '"broken <'), ("P-Asserted-Identity", "<tel:+1555>")), "+1555"),
        ((("P-Asserted-Identity", "<http://x>"),), ""),
        ((("P-Asserted-Identity", "<tel:+1555>"), ("Privacy", "header; ID")), ""),
        ((("P-Asserted-Identity", "<tel:+1555>"), ("Privacy", "none")), "+1555"),
    ],
)
def test_the_caller_whom_the_network_asserts(far: FarSide, rows: tuple[tuple[str, str], ...], asserted: str) -> None:
    far.new_request("INVITE", *rows, body=OFFER)
    (incoming,) = far.events()
    assert isinstance(incoming, Incoming)
    assert (incoming.from_user, incoming.asserted_user) == ("caller", asserted)


def test_a_caller_who_withholds_the_number(far: FarSide) -> None:
    invite = far.new_request("OPTIONS")
    invite.method = "INVITE"
    invite.headers.replace("CSeq", "1 INVITE")
    invite.headers.replace("From", '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=x')
    far.deliver(invite)
    (incoming,) = far.events()
    assert isinstance(incoming, Incoming)
    assert (incoming.from_user, incoming.asserted_user) == ("anonymous", "")


# -- lawful ways to write the same

INVITE = (
    b"INVITE sip:6512345678@192.0.2.1:5060 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKtop;rport,\r\n"
    b"  SIP / 2.0 / TCP  proxy.example.com ;branch=z9hG4bKmiddle\r\n"
    b"VIA:\r\n\tSIP/2.0/TLS [2001:db8::9]:5061;branch=z9hG4bKlast\r\n"
    b'f: "Alice, or \\"Al\\""\r\n <sip:alice@192.0.2.9>\r\n ;tag=a\r\n'
    b"t: <sip:6512345678@192.0.2.1>\r\n"
    b"i: folded\r\n"
    b"CSEQ: 0007\r\n INVITE\r\n"
    b"m: <sip:alice@192.0.2.9:5070>\r\n"
    b"max-forwards: 70\r\n"
    b"c: application/sdp\r\n"
    b"l: %d\r\n\r\n" % len(OFFER)
) + OFFER


def test_compact_forms_folding_and_several_vias(far: FarSide) -> None:
    far.agent.receive(INVITE, PEER, far.now)
    (incoming,) = far.events()
    assert isinstance(incoming, Incoming)
    assert (incoming.from_user, incoming.request_user, incoming.offer) == ("alice", "6512345678", OFFER)
    far.agent.answer(incoming.call, ANSWER, far.now)
    ok = far.response_sent(200)
    vias = ok.headers.all("Via")
    assert vias[0] == "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKtop;rport=5070;received=192.0.2.9"
    assert [via.rpartition("=")[2] for via in vias[1:]] == ["z9hG4bKmiddle", "z9hG4bKlast"]
    assert ok.headers.first("CSeq") == "0007 INVITE"
    assert '"Alice, or \\"Al\\""' in (ok.headers.first("From") or "")


def test_an_answer_goes_back_through_an_address_translator(far: FarSide) -> None:
    outside = ("203.0.113.5", 40000)
    far.agent.receive(INVITE, outside, far.now)
    assert far.sent_where() == [("100 INVITE", outside)]


def test_a_call_of_a_caller_without_an_offer(far: FarSide) -> None:
    call, _ = far.incoming(body=b"")
    far.agent.answer(call, ANSWER, far.now)
    ok = far.response_sent(200)
    assert ok.body == ANSWER
    far.new_request("ACK", to_tag=ok.to.tag, body=OFFER)
    assert far.events() == [Confirmed(call, OFFER)]


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (("application/sdp",), "100"),
        (("text/html, Application/SDP;q=0.1",), "100"),
        (("*/*",), "100"),
        (("application/*",), "100"),
        (("text/html", "application/sdp"), "100"),
        (("text/html",), "406"),
        (("",), "406"),
    ],
)
def test_an_invite_whose_answer_may_not_say_where_sound_goes(
    far: FarSide, accept: tuple[str, ...], status: str
) -> None:
    far.new_request("INVITE", *(("Accept", value) for value in accept), body=OFFER)
    assert far.names() == [f"{status} INVITE"]


# -- in a call


def test_a_request_with_a_lower_number_is_refused_and_the_call_goes_on(far: FarSide) -> None:
    call, tag = far.confirmed()
    far.new_request("INFO", ("Content-Type", "application/dtmf"), cseq=9, to_tag=tag, body=b"5")
    far.events()
    far.sent()
    far.new_request("INFO", ("Content-Type", "application/dtmf"), cseq=8, to_tag=tag, body=b"6")
    assert far.names() == ["500 INFO"]
    assert far.events() == []
    far.new_request("BYE", cseq=10, to_tag=tag)
    assert far.events() == [Ended(call, by_peer=True)]


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_caller_holds_and_takes_back(far: FarSide, method: str) -> None:
    call, tag = far.confirmed()
    for number, offer in ((2, b"v=0\r\na=sendonly\r\n"), (3, b"v=0\r\na=sendrecv\r\n")):
        far.new_request(method, cseq=number, to_tag=tag, body=offer)
        assert far.events() == [Reoffered(call, offer)]
        far.agent.reanswer(call, ANSWER, far.now)
        assert far.response_sent(200).body == ANSWER
        if method == "INVITE":
            far.new_request("ACK", cseq=number, to_tag=tag)
    far.wait(40)
    assert far.names() == []


def test_an_offer_that_crosses_ours_is_pending(far: FarSide) -> None:
    call, _ = far.incoming(body=b"")
    far.agent.answer(call, ANSWER, far.now)
    tag = far.response_sent(200).to.tag
    far.new_request("UPDATE", cseq=2, to_tag=tag, body=OFFER)
    assert far.names() == ["491 UPDATE"], "our offer in the 200 is not answered yet"
    assert far.events() == []


def test_a_200_that_nobody_acknowledges_ends_in_a_bye(far: FarSide) -> None:
    call, _ = far.incoming()
    far.sent()
    far.agent.answer(call, ANSWER, far.now)
    far.wait(32)
    names = far.names()
    assert names[0] == "200 INVITE"
    assert names.count("200 INVITE") == 11, "after 0.5, 1, 2, 4, 4, ... seconds"
    assert names[-1] == "BYE"
    assert far.events() == [Abandoned(call)]
