import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.wire.rtp import packet
from ringback.wire.rtp.packet import MalformedPacket, Packet

PLAIN = bytes.fromhex("80 80 fffe 00000a00 deadbeef") + b"sound"


def test_a_plain_packet_is_read_field_by_field() -> None:
    assert packet.parse(PLAIN) == Packet(
        0, marker=True, sequence=0xFFFE, timestamp=2560, ssrc=0xDEADBEEF, payload=b"sound"
    )


def test_what_is_written_is_what_was_drawn() -> None:
    assert packet.build(0, 0xFFFE, 2560, 0xDEADBEEF, b"sound", marker=True) == PLAIN


def test_sources_extension_and_padding_are_cut_off() -> None:
    header = bytes.fromhex("b2 08 0001 00000002 00000003")
    sources = bytes(8)
    extension = bytes.fromhex("bede 0002") + bytes(8)
    heard = packet.parse(header + sources + extension + b"sound" + bytes.fromhex("000003"))
    assert heard == Packet(8, marker=False, sequence=1, timestamp=2, ssrc=3, payload=b"sound")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PLAIN[:11],
        b"\x40" + PLAIN[1:],
        b"\x8f" + PLAIN[1:],  # 15 sources that are not there
        b"\x90" + PLAIN[1:12],  # an extension that is not there
        b"\x90" + PLAIN[1:12] + bytes.fromhex("bede 0001"),  # one that is cut off
        b"\xa0" + PLAIN[1:12] + b"\x00",  # padding of nothing
        b"\xa0" + PLAIN[1:12] + b"\x02",  # padding longer than the payload
        b"\x80\xc8" + PLAIN[2:],  # an RTCP sender report on the wrong port
        PLAIN + bytes(packet.MAX_BYTES),
    ],
)
def test_what_is_no_packet_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedPacket):
        packet.parse(data)


def test_a_packet_may_be_as_long_as_the_bound_and_empty() -> None:
    assert len(packet.parse(PLAIN.ljust(packet.MAX_BYTES)).payload) == packet.MAX_BYTES - 12
    assert packet.parse(PLAIN[:12]).payload == b""


WORDS = st.integers(0, 0xFFFFFFFF)


@given(st.integers(0, 63), st.integers(0, 0xFFFF), WORDS, WORDS, st.binary(max_size=200))
def test_what_is_built_is_parsed(payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> None:
    data = packet.build(payload_type, sequence, timestamp, ssrc, payload)
    assert packet.parse(data) == (payload_type, False, sequence, timestamp, ssrc, payload)


@given(st.integers(0, 255), st.binary(max_size=120))
def test_any_bytes_are_a_packet_or_malformed(first: int, rest: bytes) -> None:
    try:
        heard = packet.parse(bytes((first,)) + rest)
    except MalformedPacket:
        return
    assert len(heard.payload) <= len(rest) - 11
