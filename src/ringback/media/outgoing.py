"""The RTP stream that a leg sends: one SSRC, one clock and one count, whatever it carries."""

import socket
from random import Random
from typing import Final

from ringback.media.interface import Address
from ringback.wire.rtp.packet import HEADER, HEADER_SIZE, MARKER_BIT, MAX_BYTES, VERSION_BITS, Packet

_SEQUENCES: Final = 1 << 16
_TIMESTAMPS: Final = 1 << 32
_MAX_STEP: Final = 8000
"""Of a relayed stream's timestamps against the clock here; beyond it began anew."""


class Outgoing:
    """Numbers and sends packets."""

    def __init__(self, rtp: socket.socket, random: Random) -> None:
        """Begin at random numbers (RFC 3550, section 5.1)."""
        self._socket = rtp
        self.ssrc = random.getrandbits(32)
        self.target: Address | None = None
        """Where packets go; None: nowhere just now."""
        self.timestamp = random.getrandbits(32)
        """Of the packet that is due."""
        self.packets = 0
        self.octets = 0
        self.first_ns = 0
        """When the first packet went out; 0 before."""
        self._sequence = random.getrandbits(16)
        self._buffer = bytearray(HEADER_SIZE + MAX_BYTES)
        self._view = memoryview(self._buffer)
        self._anchor: tuple[int, int, int] | None = None

    def aim(self, target: Address | None) -> None:
        """Send there from now on."""
        self.target = target

    def advance(self, samples: int) -> None:
        """Let the clock go on, whether or not anything was sent."""
        self.timestamp = (self.timestamp + samples) % _TIMESTAMPS

    def send(
        self, payload_type: int, payload: bytes | bytearray, now_ns: int, *, marker: bool = False, earlier: int = 0
    ) -> None:
        """Send a packet of our own; `earlier`: how many samples before now its timestamp is."""
        self._anchor = None
        self._sequence = (self._sequence + 1) % _SEQUENCES
        timestamp = (self.timestamp - earlier) % _TIMESTAMPS
        self._put(payload_type, self._sequence, timestamp, payload, now_ns, marker=marker)

    def relay(self, payload_type: int, heard: Packet, payload: bytes, now_ns: int) -> bool:
        """Send on a packet of another stream, its losses and its order kept; False for one that is too old.

        The stream is fitted to this one's numbers at its first packet, after every packet of our own, and when it
        begins anew.
        """
        anchor = self._anchor
        if anchor is not None:
            ssrc, sequences, timestamps = anchor
            timestamp = (heard.timestamp + timestamps) % _TIMESTAMPS
            off = (timestamp - self.timestamp) % _TIMESTAMPS
            if ssrc != heard.ssrc or min(off, _TIMESTAMPS - off) > _MAX_STEP:
                anchor = None
        if anchor is None:
            sequences = (self._sequence + 1 - heard.sequence) % _SEQUENCES
            timestamps = (self.timestamp - heard.timestamp) % _TIMESTAMPS
            timestamp = self.timestamp
            self._anchor = (heard.ssrc, sequences, timestamps)
        sequence = (heard.sequence + sequences) % _SEQUENCES
        ahead = (sequence - self._sequence) % _SEQUENCES
        if ahead < _SEQUENCES // 2:
            self._sequence = sequence
        self._put(payload_type, sequence, timestamp, payload, now_ns, marker=heard.marker)
        return True

    def unanchor(self) -> None:
        """Fit the next relayed packet anew."""
        self._anchor = None

    def _put(
        self, payload_type: int, sequence: int, timestamp: int, payload: bytes | bytearray, now_ns: int, *, marker: bool
    ) -> None:
        if self.target is None:
            return
        size = HEADER_SIZE + len(payload)
        second = payload_type | MARKER_BIT if marker else payload_type
        HEADER.pack_into(self._buffer, 0, VERSION_BITS, second, sequence, timestamp, self.ssrc)
        self._view[HEADER_SIZE:size] = payload
        try:
            self._socket.sendto(self._view[:size], self.target)
        except OSError:
            return  # full or unreachable: lost like any other packet
        if not self.packets:
            self.first_ns = now_ns
        self.packets += 1
        self.octets += len(payload)
