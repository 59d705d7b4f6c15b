"""One leg of the reference engine: its sockets, what it sends and what it hears."""

import socket
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from ringback.media.frames import LegEvent
from ringback.media.interface import (
    Address,
    Codec,
    DigitHeard,
    Latched,
    LegClosed,
    LegStatistics,
    Paused,
    PlayDone,
    Remote,
    Silence,
)
from ringback.media.outgoing import Outgoing
from ringback.media.playback import CONVERSIONS, SILENCE, EncodedPrompt, Playback
from ringback.media.recording import Recording
from ringback.media.reporting import Reporting
from ringback.media.wheel import LENGTHS, SLOT_NS
from ringback.wire.rtp import packet
from ringback.wire.rtp.reception import RATE, Reception
from ringback.wire.rtp.telephone_event import DigitReceiver, DigitSender

OFFERED_EVENTS: Final = 101
"""The payload type by which we offer telephone-event: heard whatever the far end calls its own."""
COMFORT_NOISE: Final = 13
"""RFC 3389; sent by some without being asked: it shows that the far end lives, no more."""
RELATCH_NS: Final = 3_000_000_000
"""Of quiet after which another source is taken: an address translator gave the far end another port."""
RELAY_QUIET_NS: Final = 100_000_000
"""How long a bridged leg is sent nothing before it is sent silence."""

_SECOND_NS: Final = 1_000_000_000
_NOWHERE: Final = "0.0.0.0"  # noqa: S104 - compared, not bound


class Leg:
    """Speaks RTP with one far end.

    From `connect` on a packet goes out every `packet_ms`: what plays, else silence. So the far end, and every address
    translator on the way, sees a stream that never stops, and their timers for a dead line do not run out.
    While the far end holds the call nothing is sent, and what plays goes on unheard.
    """

    def __init__(
        self,
        number: int,
        sockets: tuple[socket.socket, socket.socket],
        silence_after: float,
        random: Random,
        tell: Callable[[LegEvent], None],
    ) -> None:
        """`sockets`: for RTP and RTCP, bound and not blocking; `tell`: takes the events."""
        self.number = number
        self.rtp, self.rtcp = sockets
        self.bridged: Leg | None = None
        self.playback = Playback()
        self.keys = DigitSender()
        self._silence_after_ns = int(silence_after * _SECOND_NS)
        self._tell = tell
        self._remote: Remote | None = None
        self._random = random
        self._outgoing = Outgoing(self.rtp, random)
        self._reporting = Reporting(self.rtcp, self._outgoing, random)
        self._latched: Address | None = None
        self._collided = False
        self._codecs: dict[int, Codec] = {}
        self._events: frozenset[int] = frozenset()
        self._samples = 160
        self._silence = b""
        self._reception = Reception()
        self._digits = DigitReceiver()
        self._keys_source: int | None = None
        self._recording: Recording | None = None
        self._last_heard_ns = 0
        self._silent = True
        self._last_relayed_ns = 0
        self._foreign = 0
        self._malformed = 0
        self._first_received_ns = 0
        self._last_received_ns = 0

    @property
    def address(self) -> Address:
        """Where the leg hears RTP."""
        host, port = self.rtp.getsockname()
        return host, port

    @property
    def packet_ms(self) -> int:
        """The length of what it sends; 20 before it is connected."""
        return self._remote.packet_ms if self._remote is not None else 20

    @property
    def codec(self) -> Codec | None:
        """What the far end is sent; None before it is connected."""
        return self._remote.codec if self._remote is not None else None

    # -- commands

    def connect(self, remote: Remote, now_ns: int) -> None:
        """Send there from now on; a changed address is latched anew."""
        known = self._remote
        held = known is not None and not known.send
        self._remote = remote
        if known is None or known.address != remote.address:
            self._latched = None
        self._codecs = {Codec.PCMU.value: Codec.PCMU, Codec.PCMA.value: Codec.PCMA, remote.payload_type: remote.codec}
        told = () if remote.event_payload_type is None else (remote.event_payload_type,)
        self._events = frozenset((OFFERED_EVENTS, *told)) - {remote.payload_type}
        self._samples = RATE * remote.packet_ms // 1000
        self._silence = bytes((SILENCE[remote.codec],)) * self._samples
        reachable = remote.send and remote.address[1] > 0 and remote.address[0] != _NOWHERE
        self._outgoing.aim(self._latched or remote.address if reachable else None)
        if known is None or (held and remote.send):
            self._last_heard_ns = now_ns
            self._silent = False
        if known is None:
            self._reporting.begin(now_ns)

    def play(self, play: int, prompt: EncodedPrompt, repetition: int, now_ns: int) -> None:
        """Append to the queue; where that is full the play is over at once."""
        if not self.playback.append(play, prompt, repetition):
            self._tell(PlayDone(self.number, play, now_ns))

    def bridge(self, other: "Leg") -> None:
        """Relay what comes from the other leg; the other does the same."""
        self.playback.stop()
        self.bridged = other
        self._outgoing.unanchor()

    def unbridge(self) -> None:
        """Part from the other leg."""
        self.bridged = None
        self._outgoing.unanchor()

    def listen(self, path: Path) -> None:
        """Keep what comes from now on."""
        self._recording = Recording(path, self.codec or Codec.PCMU)

    def close(self, now_ns: int) -> tuple[LegClosed, Recording | None]:
        """Say goodbye and free the ports."""
        for digit in self._digits.restart():
            self._tell(DigitHeard(self.number, digit, now_ns))
        self._reporting.leave(self._reception, now_ns)
        self.rtp.close()
        self.rtcp.close()
        return LegClosed(self.number, self._statistics(), now_ns), self._recording

    # -- sending

    def tick(self, now_ns: int) -> None:
        """Send the packet that is due. See `ringback.media.wheel`."""
        remote = self._remote
        if remote is None:
            return
        outgoing, samples = self._outgoing, self._samples
        if self.keys.busy and self._press(remote, now_ns):
            outgoing.advance(samples)
            return
        if self.bridged is not None:
            if now_ns - self._last_relayed_ns > RELAY_QUIET_NS:
                outgoing.send(remote.payload_type, self._silence, now_ns)
        elif self.playback.idle:
            outgoing.send(remote.payload_type, self._silence, now_ns)
        else:
            frame, ended = self.playback.frame(remote.codec, samples)
            outgoing.send(remote.payload_type, frame, now_ns)
            for play in ended:
                self._tell(PlayDone(self.number, play, now_ns))
        outgoing.advance(samples)

    def skip(self, slots: int) -> None:
        """Let the timestamps pass over time in which nothing could be sent."""
        self._outgoing.advance(slots * SLOT_NS * RATE // _SECOND_NS)

    def _press(self, remote: Remote, now_ns: int) -> bool:
        """Send a packet of a digit; False where there is none to be sent just now."""
        event = self.keys.next(self._samples)
        if event is None or remote.event_payload_type is None:
            return False
        self._outgoing.send(
            remote.event_payload_type, event.payload, now_ns, marker=event.marker, earlier=event.elapsed
        )
        return True

    # -- hearing

    def receive(self, now_ns: int) -> None:
        """Read a packet that came for RTP; the selector tells again where there are more."""
        try:
            data, source = self.rtp.recvfrom(packet.MAX_BYTES + 1)
        except OSError:
            return
        if self._remote is not None:
            self._take(data, source, now_ns)

    def receive_report(self, now_ns: int) -> None:
        """Read a packet that came for RTCP."""
        try:
            data, source = self.rtcp.recvfrom(packet.MAX_BYTES + 1)
        except OSError:
            return
        if self._latched is not None and source[0] == self._latched[0]:
            self._reporting.receive(data, source, now_ns)

    def _admits(self, source: Address, now_ns: int) -> bool:
        """Tell whether a source's packets are looked at: any until one is latched, and after a long quiet.

        That of the session description always is.
        """
        told = self._remote.address if self._remote is not None else None
        return self._latched in {None, source} or source == told or now_ns - self._last_heard_ns >= RELATCH_NS

    def _take(self, data: bytes, source: Address, now_ns: int) -> None:
        if not self._admits(source, now_ns):
            self._foreign += 1
            return
        try:
            heard = packet.parse(data)
        except packet.MalformedPacket:
            self._malformed += 1
            return
        kind = heard.payload_type
        is_event = kind in self._events
        codec = self._codecs.get(kind)
        if codec is None and not is_event and kind != COMFORT_NOISE:
            self._malformed += 1
            return
        if source != self._latched:
            self._latch(source, now_ns)
        if heard.ssrc == self._outgoing.ssrc:
            self._collide(now_ns)
        now = now_ns / _SECOND_NS
        counted = self._reception.receive(
            heard.ssrc, heard.sequence, heard.timestamp, len(heard.payload), now, timed=not is_event
        )
        self._last_heard_ns = self._last_received_ns = now_ns
        self._silent = False
        if is_event:
            self._hear_key(heard, now_ns)
        elif not counted:
            return  # of a source that may be nobody's: the sound of one at a time is heard
        elif codec is not None and self._recording is not None:
            self._recording.hear(heard.payload, codec, heard.ssrc, heard.timestamp, now)
        if self.bridged is not None:
            self.bridged.relay(heard, codec, now_ns)

    def _hear_key(self, heard: packet.Packet, now_ns: int) -> None:
        # some far ends send keys as a source of their own beside the sound: only another source of keys starts anew
        if self._keys_source not in {None, heard.ssrc}:
            self._tell_digits(self._digits.restart(), now_ns)
        self._keys_source = heard.ssrc
        self._tell_digits(self._digits.receive(heard.payload, heard.timestamp, now_ns / _SECOND_NS), now_ns)

    def relay(self, heard: packet.Packet, codec: Codec | None, now_ns: int) -> None:
        """Send on a packet that the other leg heard; `codec` is None for a telephone-event."""
        remote = self._remote
        if remote is None or self.keys.busy:
            return
        payload: bytes = heard.payload
        payload_type = remote.payload_type
        if codec is None:
            if remote.event_payload_type is None or heard.payload_type == COMFORT_NOISE:
                return
            payload_type = remote.event_payload_type
        elif codec is not remote.codec:
            payload = payload.translate(CONVERSIONS[codec, remote.codec])
        self._outgoing.relay(payload_type, heard, payload, now_ns, audio=codec is not None)
        self._last_relayed_ns = now_ns

    def _latch(self, source: Address, now_ns: int) -> None:
        self._latched = source
        self._collided = False
        self._first_received_ns = self._first_received_ns or now_ns
        if self._outgoing.target is not None:
            self._outgoing.aim(source)
        self._tell(Latched(self.number, source, now_ns))

    def _collide(self, now_ns: int) -> None:
        """Take another SSRC, for the far end took ours; what comes after that is our own, sent back.

        See RFC 3550, section 8.2.
        """
        if not self._collided:
            self._collided = True
            self._reporting.leave(self._reception, now_ns)
            self._outgoing.renew(self._random)

    # -- the time between

    def housekeep(self, now_ns: int) -> None:
        """Notice what did not come; to be called about every 100 ms."""
        remote = self._remote
        if remote is None:
            return
        now = now_ns / _SECOND_NS
        self._tell_digits(self._digits.expire(now), now_ns)
        if self._recording is not None and self._recording.paused(now):
            self._tell(Paused(self.number, now_ns))
        waited = now_ns - self._last_heard_ns
        if not self._silent and remote.send and 0 < self._silence_after_ns <= waited:
            self._silent = True
            self._tell(Silence(self.number, now_ns))
        self._reporting.report(self._reception, now_ns)

    def _tell_digits(self, digits: str, now_ns: int) -> None:
        for digit in digits:
            self._tell(DigitHeard(self.number, digit, now_ns))

    def _statistics(self) -> LegStatistics:
        reception, outgoing, reporting = self._reception, self._outgoing, self._reporting
        return LegStatistics(
            packets_sent=outgoing.packets,
            octets_sent=outgoing.octets,
            packets_received=reception.packets,
            octets_received=reception.octets,
            packets_lost=reception.lost,
            packets_out_of_order=reception.out_of_order,
            packets_foreign=self._foreign,
            packets_malformed=self._malformed,
            jitter_ms=reception.jitter_ms,
            largest_gap_ms=reception.largest_gap * 1000,
            first_packet_sent_ns=outgoing.first_ns,
            first_packet_received_ns=self._first_received_ns,
            last_packet_sent_ns=outgoing.last_ns,
            last_packet_received_ns=self._last_received_ns,
            round_trip_ms=reporting.round_trip_ms,
            reported_lost=reporting.reported_lost,
            reported_jitter_ms=reporting.reported_jitter_ms,
        )


def check(remote: Remote) -> None:
    """Raise ValueError for what this engine cannot send."""
    if remote.codec not in SILENCE:
        reason = f"the reference engine does not speak {remote.codec.name}"
        raise ValueError(reason)
    if remote.packet_ms not in LENGTHS:
        reason = f"packets of {remote.packet_ms} ms; possible are {LENGTHS}"
        raise ValueError(reason)
    try:
        socket.inet_pton(socket.AF_INET, remote.address[0])
    except OSError:
        reason = f"{remote.address[0]} is no IPv4 address"
        raise ValueError(reason) from None
