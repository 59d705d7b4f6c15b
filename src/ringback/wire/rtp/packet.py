"""RTP packets (RFC 3550, section 5.1).

```
   0                   1                   2                   3
  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
  |                           timestamp                           |
  |                             SSRC                              |
  |                        CSRC (CC times)                        |
  |  extension: profile (16)      |  length in words (16)         |   where X is set
```
"""

from struct import Struct
from typing import Final, NamedTuple

HEADER: Final = Struct("!BBHII")
"""Version and flags, marker and payload type, sequence number, timestamp, SSRC."""
HEADER_SIZE: Final = HEADER.size
VERSION_BITS: Final = 0x80
"""The first byte of a packet without padding, extension and CSRC."""
MARKER_BIT: Final = 0x80
MAX_BYTES: Final = 2048
"""Of a packet that is read: 200 ms of G.711 and room to spare."""

_PADDING_BIT: Final = 0x20
_EXTENSION_BIT: Final = 0x10
_COUNT_BITS: Final = 0x0F
_RTCP_TYPES: Final = range(64, 96)


class MalformedPacket(ValueError):
    """The datagram is no RTP packet (the peer's fault)."""


class Packet(NamedTuple):
    """A packet that was received; all numbers as on the wire."""

    payload_type: int
    """0..127."""
    marker: bool
    sequence: int
    """16 bits."""
    timestamp: int
    """32 bits."""
    ssrc: int
    """32 bits."""
    payload: bytes
    """Without padding; may be empty."""


def parse(data: bytes) -> Packet:
    """Read a datagram. Raises MalformedPacket."""
    size = len(data)
    if not HEADER_SIZE <= size <= MAX_BYTES:
        reason = f"{size} bytes"
        raise MalformedPacket(reason)
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    payload_type = second & 0x7F
    if first & 0xC0 != VERSION_BITS or payload_type in _RTCP_TYPES:  # RFC 5761, section 4: these are RTCP
        reason = "not RTP version 2"
        raise MalformedPacket(reason)
    payload = data[HEADER_SIZE:] if first == VERSION_BITS else _payload(data, first)
    return Packet(payload_type, second >= MARKER_BIT, sequence, timestamp, ssrc, payload)


def _payload(data: bytes, first: int) -> bytes:
    start = HEADER_SIZE + 4 * (first & _COUNT_BITS)
    end = len(data)
    if first & _EXTENSION_BIT:
        if end < start + 4:
            reason = "the header extension is cut off"
            raise MalformedPacket(reason)
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & _PADDING_BIT:
        if not data[-1]:
            reason = "padding of 0 bytes"
            raise MalformedPacket(reason)
        end -= data[-1]
    if end < start:
        reason = "header and padding are longer than the packet"
        raise MalformedPacket(reason)
    return data[start:end]


def build(
    payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, *, marker: bool = False
) -> bytes:
    """Write a packet without padding, extension and CSRC; numbers in their ranges."""
    second = payload_type | MARKER_BIT if marker else payload_type
    return HEADER.pack(VERSION_BITS, second, sequence, timestamp, ssrc) + payload
