"""OPTIONS outside a dialog."""

from tests.unit.wire.sip.far_side import PEER, FarSide

from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import Address, OptionsAnswered, Unreachable
from ringback.wire.sip.message import Request, response_to

ACME = Credentials("acme", "open sesame")
CHALLENGE = 'Digest realm="carrier", nonce="{}", algorithm=SHA-256, qop="auth"'


def ask(far: FarSide, credentials: Credentials | None = None, next_hop: Address = PEER) -> None:
    far.agent.ask_options(
        "probe",
        to="sip:192.0.2.9:5070",
        next_hop=next_hop,
        from_uri="sip:acme@192.0.2.1",
        credentials=credentials,
        now=far.now,
    )


def asked(far: FarSide, credentials: Credentials | None = None) -> Request:
    ask(far, credentials)
    return far.request_sent("OPTIONS")


def answered(far: FarSide) -> OptionsAnswered:
    (event,) = far.events()
    assert isinstance(event, OptionsAnswered)
    return event


def test_what_the_peer_says_of_itself_is_told() -> None:
    far = FarSide()
    options = asked(far)
    assert (options.uri, options.cseq.number) == ("sip:192.0.2.9:5070", 1)
    assert options.headers.first("Contact") == "<sip:192.0.2.1:5060>"
    assert not options.to.tag
    far.reply(
        options,
        200,
        ("Allow", "INVITE, ACK"),
        ("Allow", "BYE"),
        ("Accept", "application/sdp;level=1, text/plain"),
        ("Date", "Mon, 12 Jan 2026 08:00:00 GMT"),
        body=b"v=0\r\n",
    )
    assert answered(far) == OptionsAnswered(
        "probe",
        200,
        "OK",
        allow=("INVITE", "ACK", "BYE"),
        accept=("application/sdp", "text/plain"),
        date="Mon, 12 Jan 2026 08:00:00 GMT",
        sdp=b"v=0\r\n",
    )


def test_where_the_peer_sees_us_is_told() -> None:
    far = FarSide()
    response = response_to(asked(far), 200, to_tag="x")
    via = (response.headers.first("Via") or "").replace(";rport", ";rport=4711;received=203.0.113.7")
    response.headers.replace("Via", via)
    far.deliver(response)
    assert answered(far).seen_as == ("203.0.113.7", 4711)


def test_a_challenge_is_answered_once_and_the_answer_told() -> None:
    far = FarSide()
    far.reply(asked(far, ACME), 401, ("WWW-Authenticate", CHALLENGE.format("a")))
    again = far.request_sent("OPTIONS")
    assert (again.headers.first("Authorization") or "").startswith('Digest username="acme"')
    assert again.cseq.number == 2
    assert far.events() == []
    far.reply(again, 200)
    assert (answered(far).status, far.events()) == (200, [])


def test_credentials_that_are_refused_are_not_sent_for_ever() -> None:
    far = FarSide()
    far.reply(asked(far, ACME), 407, ("Proxy-Authenticate", CHALLENGE.format("a")))
    far.reply(far.request_sent("OPTIONS"), 407, ("Proxy-Authenticate", CHALLENGE.format("b")))
    event = answered(far)
    assert (event.status, event.answered_challenge) == (407, 407)
    assert far.names() == []


def test_a_challenge_without_credentials_is_the_answer() -> None:
    far = FarSide()
    far.reply(asked(far), 401, ("WWW-Authenticate", CHALLENGE.format("a")))
    event = answered(far)
    assert (event.status, event.answered_challenge) == (401, 0)


def test_a_provisional_response_is_waited_past() -> None:
    far = FarSide()
    options = asked(far)
    far.reply(options, 100)
    assert far.events() == []
    far.reply(options, 404)
    assert answered(far).status == 404


def test_a_lost_question_is_asked_again_and_given_up_after_32_seconds() -> None:
    far = FarSide()
    ask(far)
    far.wait(31.9)
    assert far.names().count("OPTIONS") > 5
    assert far.events() == []
    far.wait(0.2)
    assert far.events() == [Unreachable("probe", "no response within 32 s")]
    assert far.agent.is_idle


def test_a_closed_port_is_told_at_once() -> None:
    far = FarSide()
    ask(far)
    far.agent.receive_error(PEER, far.now)
    assert far.events() == [Unreachable("probe", "the network says that nobody is there")]


def test_nothing_is_sent_to_what_is_no_host() -> None:
    far = FarSide()
    ask(far, next_hop=("0.0.0.0", 5060))
    assert far.events() == [Unreachable("probe", "the next hop is not the address of a host")]
    assert far.names() == []


def test_an_answered_question_leaves_nothing_behind() -> None:
    far = FarSide()
    far.reply(asked(far), 200)
    far.events()
    far.wait(6.0)
    assert far.agent.is_idle
