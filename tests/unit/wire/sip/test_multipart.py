"""Bodies of several parts: the session description is taken out, whatever stands beside it."""

import pytest
from tests.unit.wire.sip.far_side import OFFER, FarSide

from ringback.wire.sip.content import carries_other, sdp_of
from ringback.wire.sip.message import Headers, Request
from ringback.wire.sip.multipart import MAX_PARTS, parts

SDP = b"v=0\r\ns=-"
ISUP = b"--x\r\nContent-Type: application/isup\r\n\r\n\x00\x01\xff\r\n"


def carrying(body: bytes, kind: str = "multipart/mixed;boundary=x", *rows: tuple[str, str]) -> Request:
    return Request("INVITE", "sip:a@b", Headers([("Content-Type", kind), *rows]), body)


@pytest.mark.parametrize(
    "body",
    [
        b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n--x--\r\n",
        b"preamble\r\n--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n--x--",
        ISUP + b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n--x--",
        b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n" + ISUP + b"--x--",
        b"--x \t\r\nX: x\r\nc: Application/SDP; q=1\r\n\r\n" + SDP + b"\r\n--x--",
        b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n--x",
        b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP,
        b"--x\nContent-Type: application/sdp\n\n" + SDP + b"\n--x--",
        b"--x\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + SDP + b"\r\n--x--",
    ],
)
def test_the_session_description_is_found(body: bytes) -> None:
    request = carrying(body)
    assert sdp_of(request) == SDP
    assert not carries_other(request)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ISUP + b"--x--", "multipart/mixed;boundary=x"),
        (b"--x\r\n\r\n" + SDP + b"\r\n--x--", "multipart/mixed;boundary=x"),
        (b"--x--\r\nContent-Type: application/sdp\r\n\r\n" + SDP, "multipart/mixed;boundary=x"),
        (b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP, "multipart/mixed"),
        (b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP, "multipart/mixed;boundary="),
        (b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP, 'multipart/mixed;"=x'),
        (b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP, "multipart/mixed;boundary=" + "x" * 71),
        (b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP, "multipart/related;boundary=x"),
        (b"--x\r\nContent-Type: application/sdp\r\nContent-Encoding: gzip\r\n\r\n" + SDP, "multipart/mixed;boundary=x"),
        (
            b"--x\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\n" + SDP,
            "multipart/mixed;boundary=x",
        ),
        (b"--x\r\nContent-Type: application/sdp\r\n\r\n\r\n--x--", "multipart/mixed;boundary=x"),
        (b"--x\r\nContent-Type: application/sdp", "multipart/mixed;boundary=x"),
    ],
)
def test_there_is_no_session_description(body: bytes, kind: str) -> None:
    request = carrying(body, kind)
    assert sdp_of(request) is None
    assert carries_other(request)


def test_only_so_many_parts_are_looked_at() -> None:
    late = b"--x\r\nContent-Type: application/sdp\r\n\r\n" + SDP + b"\r\n"
    assert sdp_of(carrying(ISUP * (MAX_PARTS - 1) + late + b"--x--")) == SDP
    assert sdp_of(carrying(ISUP * MAX_PARTS + late + b"--x--")) is None
    assert len(list(parts("multipart/mixed;boundary=x", ISUP * 1000))) == MAX_PARTS


def test_a_body_that_the_sender_calls_optional_is_passed_over() -> None:
    assert not carries_other(carrying(b"?", "image/png", ("Content-Disposition", "icon;handling=optional")))
    assert carries_other(carrying(b"?", "image/png", ("Content-Disposition", "icon;handling=required")))
    assert carries_other(carrying(b"?", "image/png", ("Content-Disposition", 'icon;"=optional')))


def test_an_invite_with_parts_is_a_call_with_an_offer() -> None:
    far = FarSide()
    body = ISUP + b"--x\r\nContent-Type: application/sdp\r\n\r\n" + OFFER + b"\r\n--x--\r\n"
    far.new_request("INVITE", ("Content-Type", "multipart/mixed;boundary=x"), body=body)
    (incoming,) = far.events()
    assert getattr(incoming, "offer", None) == OFFER


def test_an_invite_with_other_parts_alone_is_refused() -> None:
    far = FarSide()
    far.new_request("INVITE", ("Content-Type", "multipart/mixed;boundary=x"), body=ISUP + b"--x--")
    assert "application/sdp" in far.response_sent(415).headers.all("Accept")
    assert far.agent.is_idle
