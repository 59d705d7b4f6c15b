import pytest
from tests.unit.wire.sip.far_side import ANSWER, OFFER, PEER, FarSide

from ringback.wire.sip import user_agent
from ringback.wire.sip.events import Accepted, Ended, Progress, Refused, Unreachable
from ringback.wire.sip.message import Request
from ringback.wire.sip.outgoing import MAX_FORKS


@pytest.fixture
def far() -> FarSide:
    return FarSide()


def is_idle_later(far: FarSide) -> bool:
    far.wait(600)
    return far.agent.is_idle


def test_a_call_from_invite_to_bye(far: FarSide) -> None:
    invite = far.call()
    assert invite.uri == "sip:callee@192.0.2.9:5070"
    assert invite.body == OFFER
    assert invite.headers.first("Contact") == "<sip:192.0.2.1:5060>"
    assert invite.headers.first("Max-Forwards") == "70"
    assert invite.headers.first("User-Agent") == "ringback"
    assert invite.top_via.params["rport"] is None
    assert invite.branch.startswith("z9hG4bK")
    far.reply(invite, 100, tag="")
    far.reply(invite, 180)
    far.reply(invite, 200, body=ANSWER)
    assert far.events() == [Progress("call", 180), Accepted("call", ANSWER)]
    ack = far.request_sent("ACK")
    assert (ack.cseq.number, ack.to.tag, ack.branch != invite.branch) == (1, "callee", True)
    far.hang_up()
    bye = far.request_sent("BYE")
    assert (bye.uri, bye.cseq.number, bye.to.tag) == ("sip:callee@192.0.2.9:5070", 2, "callee")
    assert far.events() == []
    far.reply(bye, 200, tag="")
    assert far.events() == [Ended("call", by_peer=False)]
    assert is_idle_later(far)


def test_nobody_answers_at_all(far: FarSide) -> None:
    far.call()
    far.wait(31.9)
    assert far.names() == ["INVITE"] * 6
    assert far.agent.counters.retransmissions == 6
    assert far.events() == []
    far.wait(0.2)
    assert far.events() == [Unreachable("call", "no response within 32 s")]
    assert is_idle_later(far)


def test_the_network_says_that_nobody_is_there(far: FarSide) -> None:
    far.call()
    far.agent.receive_error(PEER, far.now)
    assert far.events() == [Unreachable("call", "the network says that nobody is there")]
    assert is_idle_later(far)


def test_an_error_about_a_call_that_rings_is_passed_over(far: FarSide) -> None:
    far.reply(far.call(), 180)
    far.agent.receive_error(PEER, far.now)
    assert far.events() == [Progress("call", 180)]


@pytest.mark.parametrize("next_hop", [("192.0.2.9", 0), ("192.0.2.9", 70000), ("224.0.0.1", 5060), ("carrier", 5060)])
def test_an_address_that_cannot_be_sent_to(far: FarSide, next_hop: tuple[str, int]) -> None:
    far.agent.invite(
        "call", to="sip:a@b", next_hop=next_hop, from_uri="sip:c@d", offer=None, credentials=None, now=far.now
    )
    assert far.sent() == []
    assert far.events() == [Unreachable("call", "the next hop is not the address of a host")]
    assert far.agent.is_idle


def test_more_calls_than_there_is_room_for(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_agent, "MAX_CALLS", 1)
    far.call()
    far.agent.invite(
        "second", to="sip:a@b", next_hop=PEER, from_uri="sip:c@d", offer=None, credentials=None, now=far.now
    )
    assert far.events() == [Unreachable("second", "there are 1 calls already")]
    far.new_request("INVITE", body=OFFER)
    assert far.response_sent(503).headers.first("Retry-After") is not None
    assert far.agent.counters.overloads == 1


@pytest.mark.parametrize(
    ("to", "from_uri"), [("nobody", "sip:a@b"), ("sip:a@b", "sip:a b"), ("sip:a@b\r\n", "sip:a@b")]
)
def test_what_is_no_uri_is_our_own_fault(far: FarSide, to: str, from_uri: str) -> None:
    with pytest.raises(ValueError, match="URI"):
        far.agent.invite("call", to=to, next_hop=PEER, from_uri=from_uri, offer=None, credentials=None, now=far.now)


def test_a_name_that_is_taken_is_our_own_fault(far: FarSide) -> None:
    far.call()
    with pytest.raises(ValueError, match="already"):
        far.call()


@pytest.mark.parametrize("status", [302, 404, 486, 503, 603])
def test_a_refusal_is_acknowledged_and_told_once(far: FarSide, status: int) -> None:
    invite = far.call()
    for _ in range(3):
        far.reply(invite, status)
    (event,) = far.events()
    assert isinstance(event, Refused)
    assert event.status == status
    acks = far.sent()
    assert [ack.branch for ack in acks] == [invite.branch] * 3
    assert {ack.to.tag for ack in acks} == {"callee"}
    assert is_idle_later(far)


def test_an_offer_is_left_to_the_peer(far: FarSide) -> None:
    invite = far.call(offer=None)
    assert invite.body == b""
    assert invite.headers.first("Content-Type") is None
    far.reply(invite, 200, body=OFFER)
    assert far.events() == [Accepted("call", OFFER)]


def test_an_answer_of_another_kind_is_no_description(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 183, ("Content-Type", "text/plain"), body=ANSWER)
    far.reply(invite, 200)
    assert far.events() == [Progress("call", 183), Accepted("call")]


def test_early_media_is_told(far: FarSide) -> None:
    far.reply(far.call(), 183, body=ANSWER)
    assert far.events() == [Progress("call", 183, ANSWER)]


def test_a_retransmitted_200_is_acknowledged_again(far: FarSide) -> None:
    invite = far.answered_call()
    first = far.request_sent("ACK")
    far.wait(1)
    far.reply(invite, 200, body=ANSWER)
    assert far.request_sent("ACK") == first
    assert far.events() == [Accepted("call", ANSWER)]


def test_a_200_that_comes_again_after_the_call_is_acknowledged_still(far: FarSide) -> None:
    invite = far.answered_call()
    far.hang_up()
    far.reply(far.request_sent("BYE"), 200, tag="")
    far.reply(invite, 200, body=ANSWER)
    assert far.names() == ["ACK"]
    assert far.events() == [Accepted("call", ANSWER), Ended("call", by_peer=False)]
    far.wait(33)
    far.reply(invite, 200, body=ANSWER)
    assert far.sent() == []
    assert far.agent.counters.stray_responses == 1


# -- hanging up


def test_a_call_that_rings_is_cancelled(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 180)
    far.hang_up()
    far.hang_up()
    (cancel,) = far.sent()
    assert isinstance(cancel, Request)
    assert (cancel.branch, cancel.cseq.number, cancel.to.tag) == (invite.branch, 1, "")
    assert cancel.from_.tag == invite.from_.tag
    far.reply(cancel, 200)
    far.reply(invite, 487)
    assert far.names() == ["ACK"]
    assert far.events() == [Progress("call", 180), Refused("call", 487, "Request Terminated")]
    assert is_idle_later(far)


def test_a_cancel_waits_for_the_first_response(far: FarSide) -> None:
    invite = far.call()
    far.hang_up()
    assert far.sent() == []
    far.reply(invite, 100, tag="")
    assert far.names() == ["CANCEL"]
    far.reply(invite, 180)
    assert far.names() == []
    far.reply(invite, 487)
    assert far.events() == [Refused("call", 487, "Request Terminated")]


def test_a_call_that_nothing_ever_answers_is_unreachable_though_hung_up(far: FarSide) -> None:
    far.call()
    far.hang_up()
    far.wait(33)
    assert far.names() == ["INVITE"] * 6
    assert far.events() == [Unreachable("call", "no response within 32 s")]


def test_a_200_that_crosses_the_cancel(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 180)
    far.hang_up()
    far.sent()
    far.reply(invite, 200, body=ANSWER)
    assert far.names() == ["ACK", "BYE"]
    far.events()
    far.wait(33)
    assert far.events() == [Refused("call", 487, "Request Terminated")]
    assert is_idle_later(far)


def test_a_refusal_that_crosses_the_cancel_is_told_as_it_is(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 180)
    far.hang_up()
    far.reply(invite, 486)
    assert far.events()[-1] == Refused("call", 486, "Busy Here")


def test_a_cancelled_call_that_never_ends_is_ended(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 180)
    far.hang_up()
    far.wait(31.9)
    assert far.events() == [Progress("call", 180)]
    far.wait(0.2)
    assert far.events() == [Refused("call", 487, "Request Terminated")]
    far.reply(invite, 487)
    assert far.agent.counters.stray_responses == 1
    assert is_idle_later(far)


@pytest.mark.parametrize("status", [200, 408, 481, 500])
def test_whatever_a_bye_is_answered_the_call_is_over(far: FarSide, status: int) -> None:
    far.answered_call()
    far.hang_up()
    far.reply(far.request_sent("BYE"), status, tag="")
    assert far.events()[-1] == Ended("call", by_peer=False)


def test_a_bye_that_nobody_answers_is_repeated_and_given_up(far: FarSide) -> None:
    far.answered_call()
    far.hang_up()
    far.sent()
    far.wait(33)
    assert far.names() == ["BYE"] * 10
    assert far.events()[-1] == Ended("call", by_peer=False)
    assert is_idle_later(far)


def test_two_byes_that_cross(far: FarSide) -> None:
    invite = far.answered_call()
    far.hang_up()
    bye = far.request_sent("BYE")
    far.request_in("BYE", invite)
    assert far.names() == ["200 BYE"]
    far.reply(bye, 481, tag="")
    assert far.events() == [Accepted("call", ANSWER), Ended("call", by_peer=False)]
    assert is_idle_later(far)


# -- forks


def test_a_second_200_from_elsewhere_is_acknowledged_and_ended(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 180, tag="one")
    far.reply(invite, 180, tag="two")
    far.reply(invite, 200, tag="two", body=ANSWER)
    far.sent()
    far.reply(invite, 200, tag="one", body=ANSWER, contact="<sip:other@192.0.2.10>")
    ack, bye = far.sent()
    assert (ack.cseq.method, ack.to.tag, bye.cseq.method, bye.to.tag) == ("ACK", "one", "BYE", "one")
    far.reply(invite, 200, tag="one", body=ANSWER)
    assert far.names() == ["ACK"]
    assert far.events() == [Progress("call", 180), Progress("call", 180), Accepted("call", ANSWER)]
    far.hang_up()
    assert far.request_sent("BYE").to.tag == "two"
    assert is_idle_later(far)


def test_forks_are_bounded(far: FarSide) -> None:
    invite = far.call()
    for number in range(MAX_FORKS + 5):
        far.reply(invite, 180, tag=f"early{number}")
    for number in range(MAX_FORKS + 5):
        far.reply(invite, 200, tag=f"fork{number}")
    assert far.agent.counters.stray_responses == 5
    assert is_idle_later(far) is False  # the call stands
    far.hang_up()
    assert is_idle_later(far)


def test_a_digit_in_an_early_dialog_is_heard_and_an_offer_waits(far: FarSide) -> None:
    invite = far.call()
    far.reply(invite, 183, body=ANSWER)
    far.request_in("INFO", invite, ("Content-Type", "application/dtmf"), cseq=1, body=b"5")
    far.request_in("UPDATE", invite, cseq=2, body=OFFER)
    far.request_in("UPDATE", invite, cseq=3)
    far.request_in("BYE", invite, cseq=4)
    assert far.names() == ["200 INFO", "491 UPDATE", "200 UPDATE", "481 BYE"]


# -- routes


def test_the_route_is_that_of_the_200_in_reverse(far: FarSide) -> None:
    far.answered_call(("Record-Route", "<sip:192.0.2.20;lr>, <sip:192.0.2.21:5090;lr>"))
    ((_, destination),) = [sent for sent in far.sent_where() if sent[0] == "ACK"]
    assert destination == ("192.0.2.21", 5090)
    far.hang_up()
    bye = far.request_sent("BYE")
    assert bye.uri == "sip:callee@192.0.2.9:5070"
    assert bye.headers.all("Route") == ["<sip:192.0.2.21:5090;lr>", "<sip:192.0.2.20;lr>"]


def test_a_strict_router_gets_its_own_uri(far: FarSide) -> None:
    far.answered_call(("Record-Route", "<sip:192.0.2.20;lr>"), ("Record-Route", "<sip:strict@192.0.2.21>"))
    far.sent()
    far.hang_up()
    ((_, destination),) = [sent for sent in far.sent_where() if sent[0] == "BYE"]
    assert destination == ("192.0.2.21", 5060)
    far.wait(0.5)
    bye = far.request_sent("BYE")
    assert bye.uri == "sip:strict@192.0.2.21"
    assert bye.headers.all("Route") == ["<sip:192.0.2.20;lr>", "<sip:callee@192.0.2.9:5070>"]


@pytest.mark.parametrize("contact", ["", "*", "<tel:+1>", "<http://a>", "<sip:a@b:99999>"])
def test_a_contact_that_leads_nowhere_is_passed_over(far: FarSide, contact: str) -> None:
    far.reply(far.call(), 200, contact=contact)
    assert far.request_sent("ACK").uri == "sip:callee@192.0.2.9:5070"


def test_nothing_is_sent_to_a_multicast_group(far: FarSide) -> None:
    far.reply(far.call(), 200, contact="<sip:callee@224.0.0.1:5060>")
    assert far.sent_where() == [("ACK", PEER)]
