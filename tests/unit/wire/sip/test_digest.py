import hashlib

import pytest

from ringback.wire.sip.digest import Challenge, Credentials, authorize, strongest
from ringback.wire.sip.text import split_outside

MUFASA = Credentials("Mufasa", "Circle of Life")
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def fields(value: str | None) -> dict[str, str]:
    assert value is not None
    scheme, _, rest = value.partition(" ")
    assert scheme == "Digest"
    pairs = (part.strip().partition("=") for part in split_outside(rest, ","))
    return {name: text.strip('"') for name, _, text in pairs}


def answer(value: str, *, body: bytes = b"", cnonce: str = "0a4f113b", count: int = 1) -> dict[str, str]:
    return fields(authorize([Challenge.parse(value)], MUFASA, "GET", "/dir/index.html", body, cnonce, count))


def test_the_example_of_rfc_2617() -> None:
    challenge = (
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    credentials = Credentials("Mufasa", "Circle Of Life")
    value = authorize([Challenge.parse(challenge)], credentials, "GET", "/dir/index.html", b"", "0a4f113b", 1)
    assert value == (
        'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'uri="/dir/index.html", algorithm=MD5, qop=auth, nc=00000001, cnonce="0a4f113b", '
        'response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    told = answer(RFC_7616.format(algorithm), cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    assert (told["response"], told["algorithm"], told["qop"]) == (response, algorithm, "auth")


def test_a_challenge_without_qop_is_that_of_rfc_2069() -> None:
    """The example of RFC 2069, section 2.4, with the response that its erratum gives."""
    value = authorize(
        [Challenge.parse('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')],
        Credentials("Mufasa", "CircleOfLife"),
        "GET",
        "/dir/index.html",
        b"",
        "unused",
        1,
    )
    assert fields(value)["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert fields(value).keys() == {"username", "realm", "nonce", "uri", "algorithm", "response"}


def test_sha_512_256() -> None:
    def hashed(text: str) -> str:
        return hashlib.new("sha512_256", text.encode()).hexdigest()

    told = answer('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-512-256', cnonce="c", count=17)
    expected = hashed(f"{hashed('Mufasa:r:Circle of Life')}:n:00000011:c:auth:{hashed('GET:/dir/index.html')}")
    assert (told["response"], told["nc"]) == (expected, "00000011")


def test_a_session_algorithm_mixes_both_nonces_into_the_secret() -> None:
    def hashed(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    secret = hashed(f"{hashed('Mufasa:r:Circle of Life')}:n:c")
    request = hashed("GET:/dir/index.html")
    told = answer('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256-sess', cnonce="c")
    assert told["response"] == hashed(f"{secret}:n:00000001:c:auth:{request}")
    plain = answer('Digest realm="r", nonce="n", algorithm=SHA-256-sess', cnonce="c")
    assert (plain["response"], plain["cnonce"]) == (hashed(f"{secret}:n:{request}"), "c")


def test_a_body_is_covered_where_only_that_is_offered() -> None:
    def hashed(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    told = answer('Digest realm="r", nonce="n", qop="auth-int", algorithm=SHA-256', cnonce="c", body=b"v=0")
    request = hashed(f"GET:/dir/index.html:{hashed('v=0')}")
    assert told["response"] == hashed(f"{hashed('Mufasa:r:Circle of Life')}:n:00000001:c:auth-int:{request}")


def test_the_strongest_of_several_challenges_is_answered() -> None:
    challenges = [
        Challenge("r", "n", algorithm) for algorithm in ("MD5", "SHA-256", "SHA-512-256", "SHA3-9", "MD5-sess")
    ]
    assert fields(authorize(challenges, MUFASA, "GET", "/", b"", "c", 1))["algorithm"] == "SHA-512-256"
    assert fields(authorize(challenges[:2], MUFASA, "GET", "/", b"", "c", 1))["algorithm"] == "SHA-256"
    assert fields(authorize(challenges[:1], MUFASA, "GET", "/", b"", "c", 1))["algorithm"] == "MD5"


@pytest.mark.parametrize("challenges", [[], [Challenge("r", "n", "SHA3-9")], [Challenge("r", "n", qop=("token",))]])
def test_a_challenge_that_cannot_be_answered_is_not(challenges: list[Challenge]) -> None:
    assert authorize(challenges, MUFASA, "GET", "/", b"", "c", 1) is None
    assert strongest(challenges) == []


def test_each_realm_gets_its_own_answer() -> None:
    challenges = [
        Challenge("proxy", "1"),
        Challenge("home", "2"),
        Challenge("proxy", "3", "SHA-256"),
        Challenge("x", "4", "?"),
    ]
    assert [challenge.nonce for challenge in strongest(challenges)] == ["3", "2"]


def test_a_challenge_is_read_whatever_its_form() -> None:
    challenge = Challenge.parse(
        'dIGEST realm="a, b=\\"c\\"" ,NONCE = "n,1", opaque="",\tstale=TRUE, algorithm="md5", '
        'qop="auth , AUTH-INT", x, ="y"'
    )
    assert (challenge.realm, challenge.nonce, challenge.opaque) == ('a, b=\\"c\\"', "n,1", "")
    assert (challenge.stale, challenge.algorithm, challenge.qop) == (True, "md5", ("auth", "auth-int"))
    told = answer('Digest realm="a \\"c\\"", nonce=bare, opaque=""')
    assert told["nonce"] == "bare"
    assert told["opaque"] == ""


def test_a_realm_is_given_back_as_it_came() -> None:
    value = authorize([Challenge.parse('Digest realm="a \\"c\\" \udcff", nonce="n"')], MUFASA, "GET", "/", b"", "c", 1)
    assert value is not None
    assert 'realm="a \\"c\\" \udcff"' in value


def test_a_name_with_a_quote_is_escaped() -> None:
    value = authorize([Challenge("r", "n")], Credentials('Mu"fasa', "x"), "GET", "/", b"", "c", 1)
    assert value is not None
    assert 'username="Mu\\"fasa"' in value


@pytest.mark.parametrize(
    "value",
    ["", "Digest", 'Basic realm="r"', 'Digest realm="r"', 'Digest nonce="n"', 'realm="r", nonce="n"', "Digest ,,,=,"],
)
def test_what_is_no_challenge_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="Digest"):
        Challenge.parse(value)
