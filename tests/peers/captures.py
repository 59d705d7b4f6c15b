"""Reads capture files, by the description of the format (draft-ietf-opsawg-pcap) and nothing of ours."""

import socket
import struct
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Captured:
    """A UDP datagram over IPv4."""

    at_ns: int
    source: tuple[str, int]
    destination: tuple[str, int]
    payload: bytes
    size: int
    """Of the payload on the wire."""


def read_capture(path: Path) -> list[Captured]:
    """Read a little-endian capture with nanoseconds, whose packets begin with IPv4 headers."""
    data = path.read_bytes()
    magic, major, minor, _, _, snap, link = struct.unpack_from("<IHHiIII", data)
    assert (magic, major, minor, link) == (0xA1B23C4D, 2, 4, 101)
    found, start = [], 24
    while start < len(data):
        seconds, nanoseconds, kept, whole = struct.unpack_from("<IIII", data, start)
        packet = data[start + 16 : start + 16 + kept]
        assert len(packet) == kept <= min(whole, snap)
        assert packet[0] == 0x45
        assert packet[9] == socket.IPPROTO_UDP
        length = struct.unpack_from("!H", packet, 2)[0]
        source, destination, size, _ = struct.unpack_from("!HHHH", packet, 20)
        assert (length, size) == (whole, whole - 20)
        found.append(
            Captured(
                seconds * 1_000_000_000 + nanoseconds,
                (socket.inet_ntoa(packet[12:16]), source),
                (socket.inet_ntoa(packet[16:20]), destination),
                packet[28:],
                size - 8,
            )
        )
        start += 16 + kept
    return found
