"""Datagrams as a capture file that tshark and Wireshark dissect.

```
  file:    magic | version 2.4 | 0 | 0 | snap length | LINKTYPE_RAW
  packet:  seconds | nanoseconds | bytes kept | bytes on the wire | IPv4 header | UDP header | payload, perhaps cut off
```
"""

import heapq
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from typing import Final

from ringback.media.interface import Address
from ringback.service.ports import SipMessage

_MAGIC: Final = 0xA1B23C4D
"""Of files whose times are nanoseconds, in the byte order in which they are written."""
_RAW: Final = 101
"""LINKTYPE_RAW: a packet begins with its IP header."""
_SNAP: Final = 262_144
_FILE: Final = Struct("<IHHiIII")
_PACKET: Final = Struct("<IIII")
_IPV4: Final = Struct("!BBHHHBBH4s4s")
_UDP: Final = Struct("!HHHH")
_HEADERS: Final = _IPV4.size + _UDP.size
_LONGEST: Final = 65_535 - _HEADERS
_DO_NOT_FRAGMENT: Final = 0x4000


@dataclass(frozen=True, slots=True)
class Datagram:
    """A UDP datagram over IPv4."""

    at_ns: int
    """Since the epoch."""
    source: Address
    destination: Address
    payload: bytes
    size: int
    """Of the payload on the wire; more than there is where it was cut off."""


def signalling(messages: Iterable[SipMessage]) -> Iterator[Datagram]:
    """Give SIP messages as the datagrams that they were."""
    for each in messages:
        local, peer = _address(each.local), _address(each.peer)
        source, destination = (local, peer) if each.sent else (peer, local)
        yield Datagram(round(each.at * 1e9), source, destination, each.message, len(each.message))


def write_capture(path: Path, *streams: Iterable[Datagram]) -> int:
    """Write datagrams in the order of their times and give how many there were. Raises OSError.

    `streams`: each in that order already, for they may be longer than fits in memory.
    """
    count = 0
    with path.open("wb") as file:
        file.write(_FILE.pack(_MAGIC, 2, 4, 0, 0, _SNAP, _RAW))
        for datagram in heapq.merge(*streams, key=lambda each: each.at_ns):
            file.write(_packet(datagram, count))
            count += 1
    return count


def _packet(datagram: Datagram, number: int) -> bytes:
    payload, size = datagram.payload[:_LONGEST], min(max(datagram.size, len(datagram.payload)), _LONGEST)
    whole = _HEADERS + size
    source, destination = socket.inet_aton(datagram.source[0]), socket.inet_aton(datagram.destination[0])
    fields = (0x45, 0, whole, number & 0xFFFF, _DO_NOT_FRAGMENT, 64, socket.IPPROTO_UDP)
    checksum = _checksum(_IPV4.pack(*fields, 0, source, destination))
    seconds, nanoseconds = divmod(datagram.at_ns, 1_000_000_000)
    return (
        _PACKET.pack(seconds, nanoseconds, _HEADERS + len(payload), whole)
        + _IPV4.pack(*fields, checksum, source, destination)
        + _UDP.pack(datagram.source[1], datagram.destination[1], _UDP.size + size, 0)  # 0: no checksum was made
        + payload
    )


def _checksum(header: bytes) -> int:
    """Give the Internet checksum of an IPv4 header (RFC 791, section 3.1)."""
    total = sum(int.from_bytes(header[start : start + 2], "big") for start in range(0, len(header), 2))
    while total > 0xFFFF:  # noqa: PLR2004 - 16 bits
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)
