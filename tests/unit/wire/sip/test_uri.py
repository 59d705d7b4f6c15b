import pytest

from ringback.wire.sip.uri import Uri


def test_a_sip_uri_with_all_its_parts() -> None:
    uri = Uri.parse("SIPS:alice:secret@Atlanta.example:5061;Transport=TCP;lr?subject=hi&priority=urgent")
    assert (uri.scheme, uri.user, uri.host, uri.port) == ("sips", "alice", "atlanta.example", 5061)
    assert uri.params == {"transport": "TCP", "lr": None}
    assert uri.headers == "subject=hi&priority=urgent"
    assert str(uri) == "sips:alice:secret@atlanta.example:5061;transport=TCP;lr?subject=hi&priority=urgent"


@pytest.mark.parametrize(
    "text",
    [
        "sip:192.0.2.1",
        "sip:+4930123456@192.0.2.1:5070;user=phone",
        "sip:a_host.example.",
        "sip:[2001:db8::9:1]:5061;lr",
        "sip:user@[::ffff:192.0.2.1]",
        "sip:user;par=1/2?x=y@example.com",
        "sip:a:b:c@example.com",
        "sip:example.com;maddr=239.255.255.1;ttl=15",
        "sip:example.com?to=sip%3Abob%40b",
        "tel:+1-201-555-0123",
        "tel:7042;phone-context=example.com",
    ],
)
def test_what_is_read_is_written_again(text: str) -> None:
    uri = Uri.parse(text)
    assert Uri.parse(str(uri)) == uri
    assert str(uri).replace("%3A", ":") == text.replace("%3A", ":")


def test_an_ipv6_reference_keeps_its_brackets() -> None:
    assert (Uri.parse("sip:u@[2001:DB8::1]:5070").host, Uri.parse("sip:u@[2001:DB8::1]:5070").port) == (
        "[2001:db8::1]",
        5070,
    )


def test_escapes_are_resolved_and_made_again() -> None:
    uri = Uri.parse("sip:I%20have%20sp%61ces%00%0D%0A%22%3C@example.net;n%61me=v%3B1")
    assert uri.user == 'I have spaces\x00\r\n"<'
    assert uri.params == {"name": "v;1"}
    assert str(uri) == "sip:I%20have%20spaces%00%0D%0A%22%3C@example.net;name=v%3B1"


def test_bytes_that_are_no_utf_8_survive() -> None:
    assert str(Uri.parse("sip:%FF%e9@h")) == "sip:%FF%E9@h"
    assert str(Uri.parse("sip:\udcff@h")) == "sip:%FF@h"


def test_a_percent_sign_that_is_no_escape_is_itself() -> None:
    assert Uri.parse("sip:100%@h").user == "100%"
    assert Uri.parse("sip:%Zz@h").user == "%Zz"


def test_a_user_may_have_no_name_but_a_password() -> None:
    assert str(Uri.parse("sip::secret@h")) == "sip::secret@h"


@pytest.mark.parametrize("port", ["0", "65536", "99999", "1234567890", "12345678901", "-1", "x", ""])
def test_an_impossible_port_is_refused(port: str) -> None:
    with pytest.raises(ValueError, match=r"port|not a SIP"):
        Uri.parse(f"sip:u@h:{port}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:@",
        "sip:u@",
        "example.com",
        "http://example.com",
        "sip:u@h@i",
        "sip:u@[::1",
        "sip:u@[::1%25eth0]",
        "sip:u@[1:2]",
        "sip:u@[.]",
        "sip:u@h h",
        "sip:u @h",
        "<sip:u@h>",
        "sip:u@h\r\nEvil: 1",
        'sip:"u"@h',
        "sip:u@h\x00",
        "sip:u@hö",
        "sip:u@h;p@q",
        "sip:u@" + "h" * 256,
        "tel:",
        "tel:;x",
    ],
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"URI|address|octet|character"):
        Uri.parse(text)


# RFC 3261, section 19.1.4: its own examples.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
    ],
)
def test_uris_that_are_the_same(one: str, other: str) -> None:
    assert Uri.parse(one).is_same(Uri.parse(other))
    assert Uri.parse(other).is_same(Uri.parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:carol@chicago.com", "sips:carol@chicago.com"),
    ],
)
def test_uris_that_are_not_the_same(one: str, other: str) -> None:
    assert not Uri.parse(one).is_same(Uri.parse(other))
    assert not Uri.parse(other).is_same(Uri.parse(one))
