"""The media plane as the telephone sees it: one interface, several engines.

Commands never block and never wait for the engine; what happens comes back as events, whose times are CLOCK_MONOTONIC
nanoseconds. Digits, the end of a playback and the end of a leg are never dropped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol, TypeAlias

Address: TypeAlias = tuple[str, int]
"""An IPv4 address as text and a UDP port."""


class Codec(IntEnum):
    """Codecs by their static RTP payload type (RFC 3551, section 6)."""

    PCMU = 0
    PCMA = 8
    G722 = 9


class Capability(StrEnum):
    """What an engine may or may not be able to do beyond playing, hearing RFC 4733 digits and bridging."""

    LISTEN = "listen"
    G722 = "g722"
    INBAND_DIGITS = "inband_digits"
    SRTP = "srtp"
    RECORDING = "recording"
    """Taps: `MediaEngine.tap`."""


class SrtpSuite(StrEnum):
    """Ciphers of SRTP, by their names in SDP (RFC 4568, section 6.2)."""

    SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    SHA1_32 = "AES_CM_128_HMAC_SHA1_32"


@dataclass(frozen=True, slots=True)
class Srtp:
    """The keys of an encrypted leg; master key and salt, 30 bytes, each way (RFC 4568, section 6.1)."""

    suite: SrtpSuite
    send_key: bytes
    receive_key: bytes


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a leg's packets go and how they are encoded: the outcome of an SDP offer and answer."""

    address: Address
    codec: Codec
    payload_type: int
    event_payload_type: int | None = None
    """RFC 4733 telephone-event; None where the far end does not take it."""
    send: bool = True
    """False while the far end holds the call (`sendonly` or `inactive` seen from there)."""
    packet_ms: int = 20
    srtp: Srtp | None = None
    """None: plain RTP."""
    inband_digits: bool = False
    """Hear DTMF tones in the audio, too."""


@dataclass(frozen=True, slots=True)
class LegStatistics:
    """What a leg sent and received (RFC 3550, section 6.4)."""

    packets_sent: int = 0
    octets_sent: int = 0
    packets_received: int = 0
    octets_received: int = 0
    packets_lost: int = 0
    """Expected minus received, never below 0."""
    packets_out_of_order: int = 0
    packets_foreign: int = 0
    """Dropped because they came from another address than the latched one."""
    packets_malformed: int = 0
    jitter_ms: float = 0.0
    largest_gap_ms: float = 0.0
    first_packet_sent_ns: int = 0
    first_packet_received_ns: int = 0
    last_packet_sent_ns: int = 0
    last_packet_received_ns: int = 0
    round_trip_ms: float = 0.0
    """Of RTCP (RFC 3550, section 6.4.1), the last one measured; 0 where none was."""
    reported_lost: int = 0
    """Packets of ours that the far end says it lost; 0 where it never reported."""
    reported_jitter_ms: float = 0.0
    """Jitter of our packets as the far end last reported it."""


@dataclass(frozen=True, slots=True)
class DigitHeard:
    """A key was pressed at the far end; told once for each press, when it is known to be over (or its end was lost)."""

    leg: int
    digit: str
    at: int


@dataclass(frozen=True, slots=True)
class PlayDone:
    """A playback ran to its end; never told for one that was stopped."""

    leg: int
    play: int
    at: int


@dataclass(frozen=True, slots=True)
class Latched:
    """The first valid packet came; packets now go to, and are only taken from, this source."""

    leg: int
    source: Address
    at: int


@dataclass(frozen=True, slots=True)
class Silence:
    """No packet came for the configured time."""

    leg: int
    at: int


@dataclass(frozen=True, slots=True)
class Paused:
    """What was heard of a leg that is listened to was followed by a second of quiet; told once for each such pause."""

    leg: int
    at: int


@dataclass(frozen=True, slots=True)
class LegClosed:
    """A leg is gone and its port is free again; the last event of a leg."""

    leg: int
    statistics: LegStatistics
    at: int


@dataclass(frozen=True, slots=True)
class TapClosed:
    """A tap's file is complete, or as far as it came; told once for each tap, also after its leg is closed."""

    leg: int
    path: str
    packets: int
    """Written."""
    dropped: int
    """Not written: the disk was too slow or full."""
    fault: str
    """Why it is not complete; empty where it is."""
    at: int


class Kept(IntEnum):
    """What a tap keeps of every packet."""

    HEADERS = 0
    PACKETS = 1


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The engine died; every leg that it had is gone without a LegClosed."""

    reason: str
    at: int


MediaEvent: TypeAlias = DigitHeard | PlayDone | Latched | Silence | Paused | LegClosed | TapClosed | EngineLost


class NoFreePort(OSError):
    """No free RTP port is left in [rtp] ports."""


class MediaEngine(Protocol):
    """A media plane. Legs, prompts and plays are numbered by the caller (32 bits); a closed leg's may be used again.

    A command for a leg that is not open is ignored: it may have been closed while the command was under way.
    """

    capabilities: frozenset[Capability]

    async def start(self, on_event: Callable[[MediaEvent], None]) -> None:
        """Start the engine; `on_event` is called in the running event loop."""

    async def stop(self) -> None:
        """Close every leg and end the engine."""

    async def open(self, leg: int, *, silence_after: float, beside: int | None = None) -> Address:
        """Bind an even RTP port and the odd RTCP port above it for a leg and give the RTP address.

        `silence_after`: seconds without a packet after `connect` until Silence is told; 0 never tells it.
        `beside`: the open leg that it may later be bridged with; an engine of many threads puts both in one.
        Raises NoFreePort.
        """

    def connect(self, leg: int, remote: Remote) -> None:
        """Give, or after a re-INVITE change, where a leg's packets go. A change of address latches anew."""

    def register(self, prompt: int, encodings: Mapping[Codec, bytes]) -> None:
        """Keep a prompt: its samples at 8 kHz, encoded once for every codec that it may be played in."""

    def forget(self, prompt: int) -> None:
        """Free a prompt once no leg plays it any more."""

    def play(self, leg: int, play: int, prompt: int, repetition: int = 1) -> None:
        """Append a prompt to a leg's queue, gapless; 0 repetitions play until they are stopped."""

    def stop_play(self, leg: int) -> None:
        """Empty a leg's queue within one frame."""

    def press(self, leg: int, digits: str) -> None:
        """Send digits as RFC 4733 events, 100 ms each with 100 ms between."""

    def bridge(self, leg: int, other: int) -> None:
        """Relay audio and telephone-events between two legs, transcoding PCMU and PCMA; their playbacks are stopped."""

    def unbridge(self, leg: int) -> None:
        """Part a bridged leg from its other."""

    def listen(self, leg: int, path: str) -> None:
        """Keep what comes from a leg, from now on, as a mono 8 kHz WAV file written when the leg is closed.

        Also tells Paused from then on.
        """

    def tap(self, leg: int, path: str, kept: Kept) -> None:
        """Write every packet of a leg, both ways, from now on, to a file that `ringback.media.tap` reads.

        Answered by TapClosed once the leg is closed and the file is written. A leg has at most one tap of
        each kind.
        """

    def close(self, leg: int) -> None:
        """Close a leg; answered by LegClosed."""
