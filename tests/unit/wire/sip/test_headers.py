import pytest

from ringback.wire.sip.headers import CSeq, NameAddr, Via


def test_a_via_with_what_the_next_hop_noted() -> None:
    via = Via.parse("SIP/2.0/udp 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff")
    assert (via.transport, via.host, via.port) == ("UDP", "10.1.1.1", 4540)
    assert (via.branch, via.received, via.rport) == ("z9hG4bKkjshdyff", "192.0.2.1", 9988)
    assert str(via) == "SIP/2.0/UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff"


@pytest.mark.parametrize("rport", [";rport", ";rport=", ";rport=0", ";rport=65536", ";rport=x", ";rport=²", ""])
def test_an_rport_that_is_no_port_is_none(rport: str) -> None:
    assert Via.parse(f"SIP/2.0/UDP h{rport}").rport is None


@pytest.mark.parametrize(
    "text",
    ["SIP/2.0/TLS [2001:db8::9:1]:5061;branch=b", "SIP/2.0/UDP h;rport;branch=b", "SIP/2.0/UNKNOWN t4.example.com"],
)
def test_a_via_is_written_as_it_came(text: str) -> None:
    assert str(Via.parse(text)) == text


def test_a_via_with_white_space_wherever_it_may_be() -> None:
    via = Via.parse('SIP  / 2.0  /\tTCP     spindle.example.com  :  5070  ;\tbranch  =   z9hG4bK9ikj8 ; ; x = "a;b" ')
    assert str(via) == 'SIP/2.0/TCP spindle.example.com:5070;branch=z9hG4bK9ikj8;x="a;b"'


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "SIP/2.0/UDP",
        "SIP/2.0 h",
        "SIP/2.0/UDP h:99999",
        "SIP/2.0/UDP h:0",
        "SIP/2.0/UDP h:",
        "SIP/2.0/UDP [x]",
        "SIP/2.0/UDP [1:2]",
        "SIP/2.0/UDP h i",
        "SIP/2.0/UDP h:-1",
        "HTTP/2.0/UDP h",
        "SIP/2.0/UDP hö",
        "SIP/2.0/UDP ;branch=b",
    ],
)
def test_what_is_no_via_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"Via|port|octet|address"):
        Via.parse(text)


@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("sip:+12125551212@phone2net.com;tag=887s", "", "sip:+12125551212@phone2net.com", {"tag": "887s"}),
        ('"A. G. Bell" <sip:agb@bell.com> ;tag=a48s', "A. G. Bell", "sip:agb@bell.com", {"tag": "a48s"}),
        ("Anonymous <sip:c8oq@a.com;lr?x=y>", "Anonymous", "sip:c8oq@a.com;lr?x=y", {}),
        ("caller<sip:c@a.com>;TAG=x;tag=y", "caller", "sip:c@a.com", {"tag": "x"}),
        (r'"q\"u<o>;te\\d" <sip:a>', 'q"u<o>;te\\d', "sip:a", {}),
        ('"" <sip:a>', "", "sip:a", {}),
        ("*", "", "*", {}),
        ("< sip:a > ;;;", "", "sip:a", {}),
        ('sip:a;x="<b>;c"', "", "sip:a", {"x": "<b>;c"}),
        ("isbn:2983792873", "", "isbn:2983792873", {}),
    ],
)
def test_an_address(text: str, display: str, uri: str, params: dict[str, str | None]) -> None:
    address = NameAddr.parse(text)
    assert (address.display, address.uri, address.params) == (display, uri, params)
    assert NameAddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";tag=1",
        "<>",
        "<sip:a",
        '"Bob <sip:a>',
        '"Bob" sip:a',
        '"Bob',
        "<sip:a> x",
        "<sip:a>, <sip:b>",
        "<sip:a b>",
        "a b",
        "sip:a>;tag=1",
        '<sip:"a">',
        '<sip:a>;x"y=1',
        "<sip:a>;x<y>=1",
        '"a\\" <sip:a>',
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|quote|URI"):
        NameAddr.parse(text)


def test_the_target_of_an_address_is_its_uri() -> None:
    assert NameAddr.parse("<sip:a@b:5070>;x").target.port == 5070
    with pytest.raises(ValueError, match="not a SIP"):
        _ = NameAddr.parse("<mailto:a@b>").target


def test_a_cseq_is_written_plainly() -> None:
    assert str(CSeq.parse(" 0009 \t INVITE ")) == "9 INVITE"
    assert CSeq.parse("0 ACK") == CSeq(0, "ACK")


@pytest.mark.parametrize(
    "text", ["", "1", "INVITE", "1INVITE", "-1 INVITE", "1 IN VITE", "4294967296 A", "1 ", "² ACK", "1.5 ACK"]
)
def test_what_is_no_cseq_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="CSeq"):
        CSeq.parse(text)
