import pytest

from ringback.wire.sip.destination import Scope, is_sendable, of_response, of_uri, scope, stamped
from ringback.wire.sip.headers import Via


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", Scope.LOOPBACK),
        ("10.1.2.3", Scope.PRIVATE),
        ("192.168.0.1", Scope.PRIVATE),
        ("8.8.8.8", Scope.PUBLIC),
        ("0.0.0.0", None),
        ("0.1.2.3", None),
        ("224.0.0.1", None),
        ("255.255.255.255", None),
        ("240.0.0.1", None),
        ("carrier.example", None),
        ("[::1]", None),
        ("1.2.3", None),
        ("", None),
    ],
)
def test_how_far_an_address_reaches(host: str, expected: Scope | None) -> None:
    assert scope(host) is expected


@pytest.mark.parametrize(("port", "expected"), [(1, True), (65535, True), (0, False), (65536, False), (-1, False)])
def test_a_port_is_one_of_65535(port: int, *, expected: bool) -> None:
    assert is_sendable(("127.0.0.1", port)) is expected


@pytest.mark.parametrize(
    ("via", "expected"),
    [
        ("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKx", ("203.0.113.9", 5070)),
        ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx", ("203.0.113.9", 5060)),
        ("SIP/2.0/UDP 192.0.2.1:5070;rport", ("203.0.113.9", 40000)),
        ("SIP/2.0/UDP 192.0.2.1:5070;maddr=198.51.100.1;received=198.51.100.2", ("203.0.113.9", 5070)),
    ],
)
def test_a_response_goes_back_to_the_host_that_asked(via: str, expected: tuple[str, int]) -> None:
    assert of_response(Via.parse(via), ("203.0.113.9", 40000)) == expected


@pytest.mark.parametrize(
    ("vias", "expected"),
    [
        (
            "SIP/2.0/UDP a:5070;rport;branch=x, SIP/2.0/UDP b",
            "SIP/2.0/UDP a:5070;rport=40000;branch=x;received=203.0.113.9, SIP/2.0/UDP b",
        ),
        ("SIP/2.0/UDP a;received=1.2.3.4;BRANCH=X", "SIP/2.0/UDP a;BRANCH=X;received=203.0.113.9"),
        ('SIP/2.0/UDP a;x="1;rport,2"', 'SIP/2.0/UDP a;x="1;rport,2";received=203.0.113.9'),
    ],
)
def test_where_a_request_came_from_is_written_into_its_via(vias: str, expected: str) -> None:
    assert stamped(vias, ("203.0.113.9", 40000)) == expected


@pytest.mark.parametrize(
    ("uri", "peer", "expected"),
    [
        ("sip:a@203.0.113.7:5080", ("203.0.113.9", 5060), ("203.0.113.7", 5080)),
        ("sip:a@8.8.8.8", ("8.8.4.4", 5070), ("8.8.8.8", 5060)),
        ("sip:a@10.0.0.1:5080", ("8.8.4.4", 5060), ("8.8.4.4", 5060)),
        ("sip:a@127.0.0.1:5080", ("10.0.0.1", 5060), ("10.0.0.1", 5060)),
        ("sip:a@8.8.8.8:5080", ("10.0.0.1", 5060), ("8.8.8.8", 5080)),
        ("sip:a@name.example", ("10.0.0.1", 5090), ("10.0.0.1", 5090)),
        ("sip:a@224.0.0.1", ("10.0.0.1", 5090), ("10.0.0.1", 5090)),
        ("sips:a@10.0.0.2", ("10.0.0.1", 5090), ("10.0.0.1", 5090)),
        ("tel:+1", ("10.0.0.1", 5090), ("10.0.0.1", 5090)),
        ("rubbish", ("10.0.0.1", 5090), ("10.0.0.1", 5090)),
    ],
)
def test_a_target_that_cannot_be_reached_is_reached_by_the_peer(
    uri: str, peer: tuple[str, int], expected: tuple[str, int]
) -> None:
    assert of_uri(uri, peer) == expected
