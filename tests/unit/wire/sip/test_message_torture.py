"""The torture messages of RFC 4475, all 49, as files: what we read, what we refuse, and how it can be answered."""

from pathlib import Path

import pytest

from ringback.wire.sip.message import Malformed, Request, Response, parse, response_to
from ringback.wire.sip.uri import Uri

MESSAGES = Path(__file__).parents[3] / "golden" / "sip"

# The RFC lets an element refuse some of these: lwsstart, trws, escruri, baddate, regbadct, badaspec, baddn. What
# is wrong with others is for the user agent to say: badbranch, unkscm, novelsc, unksm2, bext01, invut, regaut01, bcast,
# zeromf, sdp01.
READ = [
    "wsinv",
    "intmeth",
    "esc01",
    "escnull",
    "esc02",
    "lwsdisp",
    "longreq",
    "dblreq",
    "semiuri",
    "transports",
    "mpart01",
    "unreason",
    "noreason",
    "lwsstart",
    "trws",
    "escruri",
    "baddate",
    "regbadct",
    "badaspec",
    "baddn",
    "badbranch",
    "unkscm",
    "novelsc",
    "unksm2",
    "bext01",
    "invut",
    "regaut01",
    "bcast",
    "zeromf",
    "cparam01",
    "cparam02",
    "regescrt",
    "sdp01",
    "inv2543",
]
ANSWERED_400 = [
    "badinv01",
    "insuf",
    "clerr",
    "ncl",
    "scalar02",
    "quotbal",
    "ltgtruri",
    "lwsruri",
    "mismatch01",
    "mismatch02",
    "multi01",
    "mcl01",
]
ANSWERED_505 = ["badvers"]
DROPPED = ["scalarlg", "bigcode"]


def message(name: str) -> Request | Response:
    return parse((MESSAGES / f"{name}.dat").read_bytes())


def request(name: str) -> Request:
    read = message(name)
    assert isinstance(read, Request)
    return read


def test_every_message_of_the_rfc_has_an_expectation() -> None:
    expected = [*READ, *ANSWERED_400, *ANSWERED_505, *DROPPED]
    assert sorted(expected) == sorted(path.stem for path in MESSAGES.glob("*.dat"))
    assert len(expected) == 49


@pytest.mark.parametrize("name", READ)
def test_it_is_read_and_survives_being_written(name: str) -> None:
    read = message(name)
    again = parse(read.encode())
    read.headers.remove("Content-Length")
    again.headers.remove("Content-Length")
    assert again == read


@pytest.mark.parametrize(
    ("name", "status"), [*((name, 400) for name in ANSWERED_400), *((name, 505) for name in ANSWERED_505)]
)
def test_it_is_refused_and_can_be_told_so(name: str, status: int) -> None:
    with pytest.raises(Malformed) as caught:
        message(name)
    assert caught.value.status == status
    assert caught.value.request is not None
    assert response_to(caught.value.request, status, to_tag="x").encode().startswith(b"SIP/2.0 %d " % status)


@pytest.mark.parametrize("name", DROPPED)
def test_it_is_dropped(name: str) -> None:
    with pytest.raises(Malformed) as caught:
        message(name)
    assert caught.value.request is None


def test_wsinv_a_short_tortuous_invite() -> None:
    invite = request("wsinv")
    assert (invite.to.uri, invite.to.tag) == ("sip:vivekg@chair-dnrc.example.com", "1918181833n")
    assert (invite.from_.display, invite.from_.tag) == ('J Rosenberg \\"', "98asjd8")
    assert (invite.cseq.number, invite.headers.first("Max-Forwards")) == (9, "0068")
    assert (invite.top_via.transport, invite.top_via.host, invite.branch) == ("UDP", "192.0.2.2", "390skdjuw")
    assert len(invite.headers.all("Via")) == 3
    assert invite.headers.first("Subject") == ""
    assert invite.headers.first("Newfangledheader") == "newfangled value continued newfangled value"
    assert invite.headers.first("Unknownheaderwithunusualvalue") == ";;,,;;,;"
    assert invite.contact is not None
    assert invite.contact.display == 'Quoted string ""'
    assert invite.contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert len(invite.body) == 150


def test_intmeth_a_wide_range_of_characters() -> None:
    strange = request("intmeth")
    assert strange.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert strange.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert strange.from_.display == "token1~` token2'+_ token3*%!.-"
    assert strange.from_.params["fromparam''~+*_!.-%"] == "работающий"
    assert strange.from_.tag == "_token~1'+`*%!-."
    assert strange.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    uri = Uri.parse(strange.uri)
    assert (uri.user, uri.password, uri.host) == (
        "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
        "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
        "example.com",
    )


def test_esc01_escapes_in_uris() -> None:
    invite = request("esc01")
    assert Uri.parse(invite.uri).user == "sips:user@example.com"
    assert invite.to.target == Uri.parse("sip:user@example.com")
    assert invite.contact is not None
    assert invite.contact.target.params == {"lr": None, "name": "value%41"}


def test_escnull_escaped_nuls() -> None:
    register = request("escnull")
    assert register.to.target.user == "null-\x00-null"
    assert register.headers.all("Contact") == ["<sip:%00@host5.example.com>", "<sip:%00%00@host5.example.com>"]


def test_esc02_a_percent_sign_that_is_no_escape() -> None:
    strange = request("esc02")
    assert (strange.method, strange.to.display) == ("RE%47IST%45R", "%Z%45")
    assert len(strange.headers.all("Contact")) == 2


def test_lwsdisp_no_space_before_the_bracket() -> None:
    assert request("lwsdisp").from_.display == "caller"


def test_longreq_has_34_vias() -> None:
    invite = request("longreq")
    assert len(invite.headers.all("Via")) == 34
    assert invite.top_via.host == "sip33.example.com"


def test_dblreq_ignores_the_octets_behind_the_request() -> None:
    register = request("dblreq")
    assert (register.method, register.body) == ("REGISTER", b"")


def test_semiuri_parameters_in_the_user_part() -> None:
    assert Uri.parse(request("semiuri").uri).user == "user;par=u@example.net"


def test_mpart01_a_body_with_nuls() -> None:
    assert len(request("mpart01").body) == 553


def test_badspec_and_baddn_are_read_with_good_will() -> None:
    assert request("badaspec").to.uri == "sip:t.watson@example.org"
    assert request("baddn").from_.display == "Bell, Alexander"


def test_inv2543_has_no_branch_and_no_tag() -> None:
    invite = request("inv2543")
    assert (invite.branch, invite.from_.tag) == ("", "")
    assert invite.to.params == {"user": "phone"}
    assert len(invite.body) == 105


def test_cparam_belongs_to_the_contact_or_to_its_uri() -> None:
    first, second = request("cparam01").contact, request("cparam02").contact
    assert first is not None
    assert second is not None
    assert (first.uri, first.params) == ("sip:+19725552222@gw1.example.net", {"unknownparam": None})
    assert (second.target.params, second.params) == ({"unknownparam": None}, {})
