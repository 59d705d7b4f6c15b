import socket
from pathlib import Path

from tests.peers.captures import read_capture

from ringback.adapters.telephone.pcap import Datagram, signalling, write_capture
from ringback.service.ports import SipMessage

US, THEM = ("192.0.2.1", 5060), ("198.51.100.7", 5070)


def message(at: float, content: bytes, *, sent: bool) -> SipMessage:
    return SipMessage("c", at, sent=sent, local="192.0.2.1:5060", peer="198.51.100.7:5070", message=content)


def test_messages_are_read_back_with_their_times_and_directions(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    messages = [message(1.5, b"INVITE", sent=True), message(2.25, b"SIP/2.0 200 OK", sent=False)]
    assert write_capture(path, signalling(messages)) == 2
    one, two = read_capture(path)
    assert (one.at_ns, one.source, one.destination, one.payload) == (1_500_000_000, US, THEM, b"INVITE")
    assert (two.at_ns, two.source, two.destination, two.payload) == (2_250_000_000, THEM, US, b"SIP/2.0 200 OK")


def test_a_packet_that_was_cut_off_says_how_long_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    write_capture(path, [Datagram(1, US, THEM, b"header", 172)])
    (one,) = read_capture(path)
    assert (one.payload, one.size) == (b"header", 172)


def test_datagrams_are_written_in_the_order_of_their_times(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    streams = [[Datagram(at, US, THEM, b"", 0) for at in times] for times in ((2, 5), (1, 3), ())]
    assert write_capture(path, *streams) == 4
    assert [each.at_ns for each in read_capture(path)] == [1, 2, 3, 5]


def test_the_checksum_of_a_header_is_that_of_the_internet(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    write_capture(path, [Datagram(1, US, THEM, b"x" * 1999, 1999)])
    header = path.read_bytes()[40:60]
    words = [int.from_bytes(header[start : start + 2], "big") for start in range(0, 20, 2)]
    total = sum(words)
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF
    assert socket.inet_ntoa(header[12:16]) == US[0]


def test_no_messages_are_a_capture_without_packets(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    assert write_capture(path, ()) == 0
    assert read_capture(path) == []


def test_a_datagram_longer_than_ip_can_carry_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    write_capture(path, [Datagram(1, US, THEM, bytes(70_000), 70_000)])
    assert len(read_capture(path)[0].payload) == 65_507
