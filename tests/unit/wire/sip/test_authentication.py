import hashlib
import re

import pytest
from tests.unit.wire.sip.far_side import ANSWER, FarSide

from ringback.wire.sip.authentication import MAX_REALMS, Authentication
from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import Accepted, Refused
from ringback.wire.sip.message import Headers, Request, Response

ALICE = Credentials("alice", "open sesame")
MUFASA = Credentials("Mufasa", "Circle of Life")


@pytest.fixture
def far() -> FarSide:
    return FarSide()


def challenge(nonce: str, *, realm: str = "carrier", algorithm: str = "MD5", more: str = "") -> tuple[str, str]:
    return (
        "WWW-Authenticate",
        f'Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"{more}',
    )


def by_proxy(row: tuple[str, str]) -> tuple[str, str]:
    return "Proxy-Authenticate", row[1]


def said(request: Request, header: str = "Authorization") -> dict[str, str]:
    return dict(re.findall(r'(\w+)="?([^",]*)"?', request.headers.first(header) or ""))


def test_a_challenge_is_answered_with_a_new_invite(far: FarSide) -> None:
    invite = far.call(credentials=ALICE)
    far.reply(invite, 401, challenge("n1"))
    ack, second = far.sent()
    assert isinstance(second, Request)
    assert ack.cseq.method == "ACK"
    assert (second.cseq.number, second.call_id, second.from_.tag) == (2, invite.call_id, invite.from_.tag)
    assert second.branch != invite.branch
    assert second.to.tag == ""
    assert second.body == invite.body
    assert said(second)["nc"] == "00000001"
    far.reply(second, 200, body=ANSWER)
    assert far.events() == [Accepted("call", ANSWER)]


def test_the_ack_has_the_credentials_of_the_invite_and_the_bye_its_own(far: FarSide) -> None:
    far.reply(far.call(credentials=ALICE), 401, challenge("n1"))
    second = far.request_sent("INVITE")
    far.reply(second, 200, body=ANSWER)
    assert far.request_sent("ACK").headers.first("Authorization") == second.headers.first("Authorization")
    far.hang_up()
    bye = said(far.request_sent("BYE"))
    assert (bye["nonce"], bye["nc"]) == ("n1", "00000002")


def test_credentials_that_were_refused_are_not_sent_again(far: FarSide) -> None:
    far.reply(far.call(credentials=ALICE), 401, challenge("n1"))
    far.reply(far.request_sent("INVITE"), 401, challenge("n2"))
    assert far.names() == ["ACK"]
    assert far.events() == [Refused("call", 401, "Unauthorized")]


def test_the_same_nonce_is_not_answered_twice_whatever_it_says(far: FarSide) -> None:
    far.reply(far.call(credentials=ALICE), 401, challenge("n1"))
    far.reply(far.request_sent("INVITE"), 401, challenge("n1", more=", stale=true"))
    assert far.events() == [Refused("call", 401, "Unauthorized")]


def test_a_stale_nonce_is_replaced_once(far: FarSide) -> None:
    far.reply(far.call(credentials=ALICE), 401, challenge("n1"))
    far.reply(far.request_sent("INVITE"), 401, challenge("n2", more=", stale=TRUE"))
    third = far.request_sent("INVITE")
    assert (said(third)["nonce"], said(third)["nc"]) == ("n2", "00000001")
    far.reply(third, 401, challenge("n3", more=", stale=true"))
    assert far.events() == [Refused("call", 401, "Unauthorized")]


def test_callee_and_proxy_both_ask(far: FarSide) -> None:
    far.reply(far.call(credentials=ALICE), 407, by_proxy(challenge("p1")))
    far.reply(far.request_sent("INVITE"), 401, challenge("n1"))
    third = far.request_sent("INVITE")
    assert said(third, "Proxy-Authorization")["nc"] == "00000002"
    assert said(third)["nc"] == "00000001"


def test_the_strongest_of_several_challenges_is_answered(far: FarSide) -> None:
    far.reply(
        far.call(credentials=ALICE),
        407,
        by_proxy(challenge("weak")),
        by_proxy(challenge("strong", algorithm="SHA-256")),
    )
    assert said(far.request_sent("INVITE"), "Proxy-Authorization")["nonce"] == "strong"


def test_an_algorithm_that_nobody_knows_is_a_refusal(far: FarSide) -> None:
    far.reply(far.call(credentials=ALICE), 401, challenge("n1", algorithm="ROT13"))
    assert far.events() == [Refused("call", 401, "Unauthorized")]


@pytest.mark.parametrize("value", ["", "Digest", 'Basic realm="carrier"', 'Digest realm="carrier"'])
def test_a_challenge_that_cannot_be_read_is_a_refusal(far: FarSide, value: str) -> None:
    far.reply(far.call(credentials=ALICE), 401, ("WWW-Authenticate", value))
    assert far.events() == [Refused("call", 401, "Unauthorized")]


def test_without_credentials_a_challenge_is_a_refusal(far: FarSide) -> None:
    far.reply(far.call(), 407, by_proxy(challenge("p1")))
    assert far.events() == [Refused("call", 407, "Proxy Authentication Required")]


def test_a_call_that_was_hung_up_is_not_tried_again(far: FarSide) -> None:
    invite = far.call(credentials=ALICE)
    far.hang_up()
    far.reply(invite, 401, challenge("n1"))
    assert far.names() == ["ACK"]
    assert far.events() == [Refused("call", 487, "Request Terminated")]


def test_a_bye_with_an_old_nonce_is_sent_again_with_the_new_one(far: FarSide) -> None:
    far.reply(far.call(credentials=ALICE), 401, challenge("n1"))
    far.reply(far.request_sent("INVITE"), 200, body=ANSWER)
    far.hang_up()
    far.reply(far.request_sent("BYE"), 401, challenge("n2"), tag="")
    second = far.request_sent("BYE")
    assert (second.cseq.number, said(second)["nonce"], said(second)["nc"]) == (4, "n2", "00000001")
    far.reply(second, 401, challenge("n3"), tag="")
    assert far.names() == []
    assert far.agent.is_idle is False  # the transactions die down
    far.wait(40)
    assert far.agent.is_idle


def test_a_bye_is_challenged_for_the_first_time(far: FarSide) -> None:
    far.answered_call(credentials=ALICE)
    far.hang_up()
    far.reply(far.request_sent("BYE"), 407, by_proxy(challenge("p1")), tag="")
    assert said(far.request_sent("BYE"), "Proxy-Authorization")["nc"] == "00000001"


def test_realms_are_bounded() -> None:
    authentication = Authentication(ALICE, lambda octets: "0" * 2 * octets)
    rows = [challenge("n", realm=str(number)) for number in range(MAX_REALMS + 1)]
    assert authentication.learn(Response(401, "", Headers(rows[:MAX_REALMS])), {})
    assert not authentication.learn(Response(401, "", Headers(rows[MAX_REALMS:])), {})
    assert len(authentication.rows("BYE", "sip:a@b", b"")) == MAX_REALMS


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, response: str) -> None:
    """Section 3.9.1."""
    authentication = Authentication(MUFASA, lambda _octets: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    asked = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", '
        f"algorithm={algorithm}, "
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert authentication.learn(Response(401, "", Headers([("WWW-Authenticate", asked)])), {})
    ((name, value),) = authentication.rows("GET", "/dir/index.html", b"")
    assert name == "Authorization"
    assert f'response="{response}"' in value
    assert 'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"' in value


def test_sha_512_256_is_answered() -> None:
    authentication = Authentication(ALICE, lambda octets: "0" * 2 * octets)
    assert authentication.learn(Response(401, "", Headers([challenge("n", algorithm="SHA-512-256")])), {})

    def hashed(text: str) -> str:
        return hashlib.new("sha512_256", text.encode()).hexdigest()

    ((_, value),) = authentication.rows("BYE", "sip:a@b", b"")
    proof = f"{hashed('alice:carrier:open sesame')}:n:00000001:{'0' * 16}:auth:{hashed('BYE:sip:a@b')}"
    assert f'response="{hashed(proof)}"' in value
