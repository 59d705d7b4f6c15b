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
        self.target: Address | None = None
        """Where packets go; None: nowhere just now."""
        self.packets = 0
        self.octets = 0
        self.first_ns = 0
        """When the first packet went out; 0 before."""
        self.last_ns = 0
        """When the last one did."""
        self._sent = False
        self._buffer = bytearray(HEADER_SIZE + MAX_BYTES)
        self._view = memoryview(self._buffer)
        self.renew(random)

    def renew(self, random: Random) -> None:
        """Go on under another SSRC, begun at random numbers like the first."""
        self.ssrc = random.getrandbits(32)
        self.timestamp = random.getrandbits(32)
        """Of the packet that is due."""
        self._sequence = random.getrandbits(16)
        self.packets_before, self.octets_before = self.packets, self.octets
        """Sent under other SSRCs."""
        self._paused = True
        self._anchor: tuple[int, int, int] | None = None

    def aim(self, target: Address | None) -> None:
        """Send there from now on."""
        self.target = target

    def advance(self, samples: int) -> None:
        """Let the clock go on, whether or not anything was sent."""
        self._paused = self._paused or not self._sent
        self._sent = False
        self.timestamp = (self.timestamp + samples) % _TIMESTAMPS

    def send(
        self, payload_type: int, payload: bytes | bytearray, now_ns: int, *, marker: bool = False, earlier: int = 0
    ) -> None:
        """Send a packet of our own; `earlier`: how many samples before now its timestamp is.

        It is marked after a pause in sending (RFC 3551, section 4.1), and where `marker` says so.
        """
        self._anchor = None
        target = self.target
        if target is None:
            return
        self._sequence = (self._sequence + 1) % _SEQUENCES
        timestamp = (self.timestamp - earlier) % _TIMESTAMPS
        self._put(target, payload_type, self._sequence, timestamp, payload, now_ns, marker=marker or self._paused)

    def relay(self, payload_type: int, heard: Packet, payload: bytes, now_ns: int, *, audio: bool) -> None:
        """Send on a packet of another stream, its losses and its order kept.

        The stream is fitted to this one's numbers at its first packet, after every packet of our own, and when its
        clock leaps. From then on this one's clock follows it, whatever the drift between them; but not that of
        telephone-events (`audio` False), which stands still while a key is held.
        """
        target = self.target
        if target is None:
            self._anchor = None
            return
        if self._anchor is None or self._anchor[0] != heard.ssrc or (audio and self._leaps(heard, self._anchor[2])):
            sequences = (self._sequence + 1 - heard.sequence) % _SEQUENCES
            self._anchor = (heard.ssrc, sequences, (self.timestamp - heard.timestamp) % _TIMESTAMPS)
        _, sequences, timestamps = self._anchor
        sequence = (heard.sequence + sequences) % _SEQUENCES
        timestamp = (heard.timestamp + timestamps) % _TIMESTAMPS
        if (sequence - self._sequence) % _SEQUENCES < _SEQUENCES // 2:
            self._sequence = sequence
            if audio:
                self.timestamp = (timestamp + len(payload)) % _TIMESTAMPS
        self._put(target, payload_type, sequence, timestamp, payload, now_ns, marker=heard.marker)

    def _leaps(self, heard: Packet, timestamps: int) -> bool:
        off = (heard.timestamp + timestamps - self.timestamp) % _TIMESTAMPS
        return min(off, _TIMESTAMPS - off) > _MAX_STEP

    def unanchor(self) -> None:
        """Fit the next relayed packet anew."""
        self._anchor = None

    def _put(
        self,
        target: Address,
        payload_type: int,
        sequence: int,
        timestamp: int,
        payload: bytes | bytearray,
        now_ns: int,
        *,
        marker: bool,
    ) -> None:
        self._sent = True
        self._paused = False
        size = HEADER_SIZE + len(payload)
        second = payload_type | MARKER_BIT if marker else payload_type
        HEADER.pack_into(self._buffer, 0, VERSION_BITS, second, sequence, timestamp, self.ssrc)
        self._view[HEADER_SIZE:size] = payload
        try:
            self._socket.sendto(self._view[:size], target)
        except OSError:
            return  # full or unreachable: lost like any other packet
        if not self.packets:
            self.first_ns = now_ns
        self.last_ns = now_ns
        self.packets += 1
        self.octets += len(payload)
