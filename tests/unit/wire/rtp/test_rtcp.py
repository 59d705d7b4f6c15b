import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.wire.rtp import rtcp
from ringback.wire.rtp.reception import Interval
from ringback.wire.rtp.rtcp import (
    Goodbye,
    MalformedRtcp,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
)

BLOCK = ReportBlock(0x11223344, 64, -2, 0x0001FFFF, 80, 0xB7052000, 0x54000)
COMPOUND = bytes.fromhex(
    "81c8000c 01020304 b44db70520000000 00000a00 00000005 00000320"
    "11223344 40fffffe 0001ffff 00000050 b7052000 00054000"
    "81ca0003 01020304 0103614062 000000"
    "81cb0001 01020304"
)


def test_a_compound_packet_is_written_as_drawn_in_the_rfc() -> None:
    report = SenderReport(0x01020304, 0xB44DB70520000000, 2560, 5, 800, (BLOCK,))
    name = SourceDescription(0x01020304, "a@b")
    assert rtcp.build([report, name, Goodbye((0x01020304,))]) == COMPOUND
    assert rtcp.parse(COMPOUND) == (report, name, Goodbye((0x01020304,)))


def test_the_middle_of_the_time_names_a_report() -> None:
    # RFC 3550, section 6.4.1, figure 2: the report of 0xb44db705:20000000 is named b705:2000
    assert SenderReport(1, 0xB44DB70520000000, 0, 0, 0).middle == 0xB7052000


def test_the_delay_is_told_in_65536ths_of_a_second() -> None:
    interval = Interval(9, 1, 2, 3, 4)
    assert ReportBlock.of(interval, 0xB7052000, 5.25).delay == 0x54000  # the same figure: 5.25 s
    assert ReportBlock.of(interval, 0, 5.25).delay == 0


def test_time_is_counted_from_1900() -> None:
    assert rtcp.ntp_time(0.5) == 2_208_988_800 << 32 | 1 << 31


def test_unknown_packets_and_items_are_passed_over() -> None:
    receiver = rtcp.build([ReceiverReport(7)])
    application = bytes.fromhex("80cc0002 00000007 6e616d65")
    items = bytes.fromhex("81ca0004 00000007 06036d6f62 0103614062 0000")
    assert rtcp.parse(receiver + application + items) == (ReceiverReport(7), SourceDescription(7, "a@b"))


@pytest.mark.parametrize("size", range(8))
def test_a_name_of_any_length_ends_at_a_word(size: int) -> None:
    name = SourceDescription(7, "n" * size)
    data = rtcp.build([ReceiverReport(7), name, Goodbye((7,))])
    assert rtcp.parse(data) == (ReceiverReport(7), name, Goodbye((7,)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes.fromhex("80c90000"),  # no room for a source
        bytes.fromhex("80cb0001 00000007"),  # begins with a goodbye
        bytes.fromhex("a0c90001 00000007"),  # padding in the first packet
        bytes.fromhex("40c90001 00000007"),  # version 1
        bytes.fromhex("80c90002 00000007"),  # longer than the datagram
        bytes.fromhex("81c90001 00000007"),  # a block that is not there
        bytes.fromhex("80c80001 00000007"),  # a sender report without its figures
        bytes.fromhex("80c90001 00000007 8100"),  # half a header
        bytes.fromhex("80c90001 00000007 82cb0001 00000007"),  # two sources announced, one there
        bytes.fromhex("80c90001 00000007 81ca0002 00000007 01ff6161"),  # an item beyond the end
        bytes(rtcp.MAX_BYTES + 4),
    ],
)
def test_what_is_no_compound_packet_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedRtcp):
        rtcp.parse(data)


@given(st.binary(max_size=60), st.sampled_from([b"", COMPOUND, bytes.fromhex("80c90001 00000007")]))
def test_any_bytes_are_rtcp_or_malformed(data: bytes, before: bytes) -> None:
    try:
        assert rtcp.parse(before + data)
    except MalformedRtcp:
        return
