import pytest
from tests.unit.wire.sip.far_side import ANSWER, OFFER, PEER, FarSide

from ringback.wire.sip.events import Abandoned, Confirmed, Ended, Incoming
from ringback.wire.sip.message import Request


@pytest.fixture
def far() -> FarSide:
    return FarSide()


def cancel_of(far: FarSide, invite: Request) -> Request:
    """Send the CANCEL of an INVITE."""
    return far.new_request("CANCEL", branch=invite.branch)


def test_a_call_from_invite_to_bye(far: FarSide) -> None:
    far.new_request("INVITE", body=OFFER)
    assert far.names() == ["100 INVITE"]
    (incoming,) = far.events()
    assert isinstance(incoming, Incoming)
    assert (incoming.source, incoming.request_user, incoming.from_user, incoming.offer) == (
        PEER,
        "6512345678",
        "caller",
        OFFER,
    )
    far.agent.ring(incoming.call, far.now)
    ringing = far.response_sent(180)
    far.agent.answer(incoming.call, ANSWER, far.now)
    answer = far.response_sent(200)
    assert (answer.body, answer.headers.first("Contact")) == (ANSWER, "<sip:192.0.2.1:5060>")
    assert answer.to.tag == ringing.to.tag != ""
    far.new_request("ACK", to_tag=answer.to.tag)
    assert far.events() == [Confirmed(incoming.call)]
    far.new_request("BYE", to_tag=answer.to.tag, cseq=2)
    assert far.names() == ["200 BYE"]
    assert far.events() == [Ended(incoming.call, by_peer=True)]
    far.wait(600)
    assert far.agent.is_idle


def test_a_retransmitted_invite_rings_once(far: FarSide) -> None:
    call, invite = far.incoming()
    far.agent.ring(call, far.now)
    far.sent()
    far.again(invite)
    assert far.names() == ["180 INVITE"]
    assert far.events() == []


def test_the_source_of_a_request_is_told_in_its_via(far: FarSide) -> None:
    far.new_request("INVITE", branch="z9hG4bKx;rport", body=OFFER)
    via = far.response_sent(100).top_via
    assert (via.received, via.rport, via.branch) == ("192.0.2.9", 5070, "z9hG4bKx")


def test_a_200_is_repeated_until_it_is_acknowledged(far: FarSide) -> None:
    call, invite = far.incoming()
    far.agent.answer(call, ANSWER, far.now)
    tag = far.response_sent(200).to.tag
    far.wait(12)  # after 0.5, 1.5, 3.5, 7.5 and 11.5 s
    assert far.names() == ["200 INVITE"] * 5
    far.again(invite)
    assert far.names() == []
    far.new_request("ACK", to_tag=tag)
    far.wait(60)
    assert far.names() == []
    assert far.events() == [Confirmed(call)]


def test_a_200_that_is_never_acknowledged_is_given_up(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.answer(call, ANSWER, far.now)
    far.sent()
    far.wait(31.9)
    assert set(far.names()) == {"200 INVITE"}
    far.wait(0.2)
    assert far.names() == ["BYE"]
    assert far.events() == [Abandoned(call)]
    far.wait(33)
    assert far.events() == []
    assert far.agent.is_idle


def test_our_answer_carries_the_offer_and_the_ack_the_answer(far: FarSide) -> None:
    call, _ = far.incoming(body=b"")
    far.agent.answer(call, OFFER, far.now)
    tag = far.response_sent(200).to.tag
    far.new_request("ACK", to_tag=tag, body=ANSWER)
    assert far.events() == [Confirmed(call, ANSWER)]


def test_it_rings_again_each_minute(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.ring(call, far.now)
    far.sent()
    far.wait(121)
    assert far.names() == ["180 INVITE"] * 2
    far.agent.reject(call, 486, far.now)
    far.sent()
    far.wait(121)
    assert "180 INVITE" not in far.names()


def test_the_caller_gives_up(far: FarSide) -> None:
    call, invite = far.incoming()
    far.agent.ring(call, far.now)
    far.sent()
    cancel = cancel_of(far, invite)
    first, second = far.sent()
    assert [f"{first.cseq}", f"{second.cseq}"] == ["1 CANCEL", "1 INVITE"]
    assert first.to.tag == second.to.tag != ""
    assert far.events() == [Abandoned(call)]
    far.again(cancel)
    assert far.names() == ["200 CANCEL"]
    far.new_request("ACK", to_tag=second.to.tag, branch=invite.branch)
    far.wait(600)
    assert far.names() == []
    assert far.agent.is_idle


def test_a_cancel_after_the_answer_changes_nothing(far: FarSide) -> None:
    call, invite = far.incoming()
    far.agent.answer(call, ANSWER, far.now)
    far.sent()
    cancel_of(far, invite)
    assert far.names() == ["200 CANCEL"]
    assert far.events() == []


def test_a_cancel_after_a_refusal_is_answered(far: FarSide) -> None:
    call, invite = far.incoming()
    far.agent.reject(call, 486, far.now)
    far.sent()
    cancel_of(far, invite)
    assert far.names() == ["200 CANCEL"]


def test_a_cancel_of_nothing(far: FarSide) -> None:
    far.new_request("CANCEL")
    assert far.names() == ["481 CANCEL"]


def test_a_refusal_is_repeated_until_it_is_acknowledged(far: FarSide) -> None:
    call, invite = far.incoming()
    far.agent.reject(call, 486, far.now)
    tag = far.response_sent(486).to.tag
    far.wait(2)
    assert far.names() == ["486 INVITE"] * 2
    far.new_request("ACK", to_tag=tag, branch=invite.branch)
    far.wait(600)
    assert far.names() == []
    assert far.events() == []
    assert far.agent.is_idle


@pytest.mark.parametrize("status", [180, 200, 700])
def test_only_a_failure_rejects(far: FarSide, status: int) -> None:
    call, _ = far.incoming()
    with pytest.raises(ValueError, match=r"300\.\.699"):
        far.agent.reject(call, status, far.now)


def test_hanging_up_on_a_caller_who_waits(far: FarSide) -> None:
    call, _ = far.incoming()
    far.sent()
    far.hang_up(call)
    assert far.names() == ["480 INVITE"]
    assert far.events() == [Ended(call, by_peer=False)]


def test_a_bye_of_ours_waits_for_the_ack(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.answer(call, ANSWER, far.now)
    tag = far.response_sent(200).to.tag
    far.hang_up(call)
    assert far.names() == []
    far.new_request("ACK", to_tag=tag)
    bye = far.request_sent("BYE")
    assert (bye.uri, bye.from_.tag, bye.to.tag) == ("sip:caller@192.0.2.9:5070", tag, "caller")
    far.reply(bye, 200)
    assert far.events() == [Ended(call, by_peer=False)]


def test_a_caller_who_says_bye_instead_of_cancel(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.ring(call, far.now)
    tag = far.response_sent(180).to.tag
    far.new_request("BYE", to_tag=tag, cseq=2)
    assert far.names() == ["200 BYE", "487 INVITE"]
    assert far.events() == [Abandoned(call)]


def test_a_bye_that_overtakes_the_ack(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.answer(call, ANSWER, far.now)
    tag = far.response_sent(200).to.tag
    far.new_request("BYE", to_tag=tag, cseq=2)
    assert far.names() == ["200 BYE"]
    assert far.events() == [Ended(call, by_peer=True)]
    far.new_request("ACK", to_tag=tag)
    far.wait(600)
    assert far.names() == []
    assert far.agent.counters.stray_acks == 1


def test_an_offer_before_the_answer_has_to_wait(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.ring(call, far.now)
    tag = far.response_sent(180).to.tag
    far.new_request("UPDATE", to_tag=tag, cseq=2, body=OFFER)
    assert far.response_sent(500).headers.first("Retry-After") is not None


def test_the_recorded_route_is_taken_in_order(far: FarSide) -> None:
    call, _ = far.incoming(("Record-Route", "<sip:192.0.2.20;lr>, <sip:192.0.2.21;lr>"))
    far.agent.answer(call, ANSWER, far.now)
    answer = far.response_sent(200)
    assert answer.headers.all("Record-Route") == ["<sip:192.0.2.20;lr>", "<sip:192.0.2.21;lr>"]
    far.new_request("ACK", to_tag=answer.to.tag)
    far.hang_up(call)
    ((_, destination),) = far.sent_where()
    assert destination == ("192.0.2.20", 5060)
    far.wait(0.5)
    assert far.request_sent("BYE").headers.all("Route") == ["<sip:192.0.2.20;lr>", "<sip:192.0.2.21;lr>"]


def test_commands_for_a_call_of_ours_or_for_none_are_passed_over(far: FarSide) -> None:
    far.call()
    for call in ("call", "none"):
        far.agent.ring(call, far.now)
        far.agent.answer(call, ANSWER, far.now)
        far.agent.reject(call, 486, far.now)
        far.agent.reanswer(call, ANSWER, far.now)
        far.agent.rereject(call, 488, far.now)
    far.hang_up("none")
    assert far.names() == []


def test_an_answer_is_given_once(far: FarSide) -> None:
    call, _ = far.incoming()
    far.agent.answer(call, ANSWER, far.now)
    far.agent.answer(call, ANSWER, far.now)
    far.agent.ring(call, far.now)
    far.agent.reject(call, 486, far.now)
    assert far.names() == ["100 INVITE", "200 INVITE"]
