import pytest
from tests.unit.wire.sip.far_side import ANSWER, OFFER, FarSide

from ringback.wire.sip.events import Accepted, Confirmed, DigitReceived, Ended, Reoffered
from ringback.wire.sip.message import Request

RELAY = ("Content-Type", "application/dtmf-relay")
DTMF = ("Content-Type", "application/dtmf")


@pytest.fixture
def far() -> FarSide:
    return FarSide()


@pytest.fixture
def invite(far: FarSide) -> Request:
    """Give the INVITE of a call of ours that stands."""
    invite = far.answered_call()
    far.sent()
    assert far.events() == [Accepted("call", ANSWER)]
    return invite


# -- the end


def test_the_far_end_hangs_up(far: FarSide, invite: Request) -> None:
    bye = far.request_in("BYE", invite)
    far.again(bye)
    assert far.names() == ["200 BYE"] * 2
    assert far.events() == [Ended("call", by_peer=True)]
    far.hang_up()
    assert far.names() == []
    far.wait(600)
    assert far.agent.is_idle


def test_what_comes_after_the_end_finds_no_dialog(far: FarSide, invite: Request) -> None:
    far.request_in("BYE", invite)
    far.sent()
    far.request_in("BYE", invite, cseq=2)
    assert far.names() == ["481 BYE"]


@pytest.mark.parametrize("method", ["INFO", "INVITE", "OPTIONS", "UPDATE"])
def test_what_comes_after_our_bye_finds_no_dialog(far: FarSide, invite: Request, method: str) -> None:
    far.hang_up()
    far.sent()
    far.request_in(method, invite)
    assert far.names() == [f"481 {method}"]
    assert far.events() == []


def test_a_tag_of_somebody_else_finds_no_dialog(far: FarSide, invite: Request) -> None:
    far.request_in("BYE", invite, tag="stranger")
    assert far.names() == ["481 BYE"]


# -- the order


def test_a_request_that_is_late_is_refused(far: FarSide, invite: Request) -> None:
    far.request_in("OPTIONS", invite, cseq=5)
    far.sent()
    for number in (4, 5):
        far.request_in("INFO", invite, cseq=number)
        late = far.response_sent(500)
        assert 0 <= int(late.headers.first("Retry-After") or "-1") <= 10


# -- offers


def test_a_reinvite_is_answered(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite, body=OFFER)
    assert far.names() == ["100 INVITE"]
    assert far.events() == [Reoffered("call", OFFER)]
    far.agent.reanswer("call", ANSWER, far.now)
    answer = far.response_sent(200)
    assert (answer.body, answer.headers.first("Contact")) == (ANSWER, "<sip:192.0.2.1:5060>")
    far.wait(1)
    assert far.names() == ["200 INVITE"]
    far.request_in("ACK", invite)
    far.wait(60)
    assert far.names() == []
    assert far.events() == []


def test_a_reinvite_moves_the_target(far: FarSide, invite: Request) -> None:
    request = far.request_in("INVITE", invite, body=OFFER)
    request.headers.replace("Contact", "<sip:moved@192.0.2.77>")
    request.headers.replace("CSeq", "2 INVITE")
    request.headers.replace("Via", "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bKmoved")
    far.agent.reanswer("call", ANSWER, far.now)
    far.request_in("ACK", invite)
    far.deliver(request)
    far.agent.reanswer("call", ANSWER, far.now)
    far.request_in("ACK", invite, cseq=2)
    far.sent()
    far.hang_up()
    assert far.sent_where() == [("BYE", ("192.0.2.77", 5060))]


def test_a_reinvite_is_refused_and_the_call_goes_on(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite, body=OFFER)
    far.agent.rereject("call", 488, far.now)
    far.agent.reanswer("call", ANSWER, far.now)
    assert far.names() == ["100 INVITE", "488 INVITE"]
    far.hang_up()
    assert far.names() == ["BYE"]


def test_only_a_failure_refuses_an_offer(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite, body=OFFER)
    with pytest.raises(ValueError, match=r"300\.\.699"):
        far.agent.rereject("call", 200, far.now)


def test_a_reinvite_without_an_offer_gets_one(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite)
    assert far.events() == [Reoffered("call", None)]
    far.agent.reanswer("call", OFFER, far.now)
    far.sent()
    far.request_in("UPDATE", invite, cseq=2, body=OFFER)
    assert far.names() == ["491 UPDATE"]
    far.request_in("ACK", invite, body=ANSWER)
    assert far.events() == [Confirmed("call", ANSWER)]


def test_a_second_offer_while_one_waits(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite, body=OFFER)
    far.sent()
    far.request_in("INVITE", invite, cseq=2, body=OFFER)
    assert far.response_sent(500).headers.first("Retry-After") is not None
    far.request_in("UPDATE", invite, cseq=3, body=OFFER)
    assert far.response_sent(500).headers.first("Retry-After") is not None
    assert far.events() == [Reoffered("call", OFFER)]


def test_a_reinvite_before_the_ack_of_the_last(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite, body=OFFER)
    far.agent.reanswer("call", ANSWER, far.now)
    far.sent()
    far.request_in("INVITE", invite, cseq=2, body=OFFER)
    assert far.names() == ["491 INVITE"]


def test_a_reinvite_that_is_never_acknowledged_ends_the_call(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite, body=OFFER)
    far.agent.reanswer("call", ANSWER, far.now)
    far.events()
    far.wait(32)
    far.reply(far.request_sent("BYE"), 200, tag="")
    assert far.events() == [Ended("call", by_peer=False)]


def test_a_reinvite_is_cancelled(far: FarSide, invite: Request) -> None:
    again = far.request_in("INVITE", invite, body=OFFER)
    far.sent()
    far.request_in("CANCEL", invite, branch=again.branch)
    assert far.names() == ["200 CANCEL", "487 INVITE"]
    far.agent.reanswer("call", ANSWER, far.now)
    assert far.names() == []


@pytest.mark.parametrize("by_peer", [True, False])
def test_a_call_that_ends_while_an_offer_waits(far: FarSide, invite: Request, *, by_peer: bool) -> None:
    far.request_in("INVITE", invite, body=OFFER)
    far.sent()
    if by_peer:
        far.request_in("BYE", invite, cseq=2)
    else:
        far.hang_up()
    assert "487 INVITE" in far.names()
    far.wait(600)
    assert far.agent.is_idle


def test_an_update_is_answered(far: FarSide, invite: Request) -> None:
    far.request_in("UPDATE", invite, body=OFFER)
    assert far.events() == [Reoffered("call", OFFER)]
    far.agent.reanswer("call", ANSWER, far.now)
    assert far.response_sent(200).body == ANSWER
    far.wait(5)
    assert far.names() == []


def test_an_update_without_an_offer_is_no_ones_business(far: FarSide, invite: Request) -> None:
    far.request_in("UPDATE", invite)
    assert far.names() == ["200 UPDATE"]
    assert far.events() == []


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_an_offer_of_another_kind(far: FarSide, invite: Request, method: str) -> None:
    far.request_in(method, invite, ("Content-Type", "text/plain"), body=OFFER)
    assert "application/sdp" in (far.response_sent(415).headers.first("Accept") or "")


# -- digits


@pytest.mark.parametrize(
    ("row", "body", "digit"),
    [
        (RELAY, b"Signal=5\r\nDuration=160\r\n", "5"),
        (RELAY, b"Signal= *\r\nDuration= 250", "*"),
        (RELAY, b"Duration=160\r\nsignal=#\r\n", "#"),
        (RELAY, b"Signal=11\r\n", "#"),
        (RELAY, b"Signal=d\r\n", "D"),
        (DTMF, b"7", "7"),
        (DTMF, b" 0\r\n", "0"),
        (("Content-Type", "Application/DTMF; charset=utf-8"), b"1", "1"),
    ],
)
def test_a_digit_by_info(far: FarSide, invite: Request, row: tuple[str, str], body: bytes, digit: str) -> None:
    info = far.request_in("INFO", invite, row, body=body)
    far.again(info)
    assert far.names() == ["200 INFO"] * 2
    assert far.events() == [DigitReceived("call", digit)]


@pytest.mark.parametrize(
    ("row", "body"), [(RELAY, b"Signal=hf\r\n"), (RELAY, b"Signal=16"), (DTMF, b"55x"), (RELAY, b"\xff"), (DTMF, b"")]
)
def test_an_info_without_a_digit_is_answered(far: FarSide, invite: Request, row: tuple[str, str], body: bytes) -> None:
    far.request_in("INFO", invite, row, body=body)
    assert far.names() == ["200 INFO"]
    assert far.events() == []


@pytest.mark.parametrize(
    "rows",
    [(("Content-Type", "application/media_control+xml"),), (DTMF, ("Content-Encoding", "gzip"))],
)
def test_an_info_of_another_kind(far: FarSide, invite: Request, rows: tuple[tuple[str, str], ...]) -> None:
    far.request_in("INFO", invite, *rows, body=b"5")
    assert far.names() == ["415 INFO"]
    assert far.events() == []


# -- everything else


def test_options_in_a_call(far: FarSide, invite: Request) -> None:
    far.request_in("OPTIONS", invite)
    assert "INVITE" in far.response_sent(200).headers.all("Allow")


def test_a_method_that_nobody_knows(far: FarSide, invite: Request) -> None:
    far.request_in("REFER", invite)
    assert "BYE" in far.response_sent(405).headers.all("Allow")


def test_an_extension_that_nobody_knows(far: FarSide, invite: Request) -> None:
    far.request_in("INVITE", invite, ("Require", "100rel, timer"), body=OFFER)
    assert far.response_sent(420).headers.all("Unsupported") == ["100rel", "timer"]
    assert far.events() == []


def test_every_message_of_a_call_is_traced(far: FarSide, invite: Request) -> None:
    far.request_in("BYE", invite)
    far.events()
    assert [(trace.sent, trace.data.split()[0]) for trace in far.traced] == [
        (True, b"INVITE"),
        (False, b"SIP/2.0"),
        (True, b"ACK"),
        (False, b"BYE"),
        (True, b"SIP/2.0"),
    ]
    assert {trace.call for trace in far.traced} == {"call"}
