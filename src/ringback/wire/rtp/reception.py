"""What is known of a received RTP stream: losses, order and jitter (RFC 3550, sections 6.4.1, A.1, A.3 and A.8)."""

from dataclasses import dataclass
from typing import Final

RATE: Final = 8000
"""Hz of the timestamps."""
MAX_DROPOUT: Final = 3000
"""Sequence numbers that may be missing before the stream counts as begun anew."""
MAX_MISORDER: Final = 100
"""How much older than the newest a packet may be."""

_SEQUENCES: Final = 1 << 16
_TIMESTAMPS: Final = 1 << 32
_MAX_TRANSIT_STEP: Final = 10 * RATE  # more than 10 s is a new clock, not jitter


@dataclass(frozen=True, slots=True)
class Interval:
    """What a report block says of the time since the last one (section 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """0..255, of 256."""
    lost: int
    """Since the beginning; may be negative where packets came twice (24 bits, signed)."""
    highest_sequence: int
    """Extended: cycles and sequence number."""
    jitter: int
    """In timestamp units."""


class Reception:
    """The statistics of one received stream; a new SSRC begins the sequence anew and keeps the sums.

    Another SSRC takes the place of the present one with its second packet in sequence, where none of the present one
    came between them (RFC 3550, section A.1): two sources in turns do not replace each other with every packet.
    """

    def __init__(self) -> None:
        """Nothing has been received."""
        self.ssrc: int | None = None
        self.packets = 0
        self.octets = 0
        """Of payload."""
        self.out_of_order = 0
        self.duplicates = 0
        self.largest_gap = 0.0
        """Seconds between two packets."""
        self.is_newest = False
        """Whether the packet counted last is the newest so far."""
        self._jitter = 0.0
        self._transit: int | None = None
        self._arrival = 0.0
        self._base = 0
        self._highest = 0
        self._received = 0
        self._lost_before = 0
        self._restart_at: int | None = None
        self._probed: tuple[int, int] | None = None
        self._expected_prior = 0
        self._received_prior = 0

    def receive(self, ssrc: int, sequence: int, timestamp: int, octets: int, now: float, *, timed: bool = True) -> bool:
        """Count a packet that came at `now` (seconds); False where it is of another source than the present one.

        `timed`: False for packets whose timestamp does not say when they were sent (telephone-events); some far ends
        send these as a source of their own beside the sound, which never takes its place.
        """
        if self.packets and now - self._arrival > self.largest_gap:
            self.largest_gap = now - self._arrival
        self._arrival = now
        self.packets += 1
        self.octets += octets
        if ssrc == self.ssrc:
            self._probed = None
            self._place(sequence)
        elif self.ssrc is None or (timed and self._proves(ssrc, sequence)):
            self._begin(ssrc, sequence)
        else:
            return False
        self._received += 1
        if timed:
            self._time(timestamp, now)
        return True

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter in milliseconds."""
        return self._jitter * 1000 / RATE

    @property
    def lost(self) -> int:
        """Packets expected minus received over all streams, never below 0."""
        return self._lost_before + max(0, self._expected - self._received)

    def interval(self) -> Interval:
        """Give the report block for the time since the last call; something must have been received."""
        expected, received = self._expected, self._received
        missing = expected - self._expected_prior - (received - self._received_prior)
        fraction = (missing << 8) // (expected - self._expected_prior) if missing > 0 else 0
        self._expected_prior, self._received_prior = expected, received
        lost = max(-(1 << 23), min((1 << 23) - 1, expected - received))
        return Interval(self.ssrc or 0, min(fraction, 255), lost, self._highest % _TIMESTAMPS, int(self._jitter))

    @property
    def _expected(self) -> int:
        return self._highest - self._base + 1 if self.ssrc is not None else 0

    def _begin(self, ssrc: int, sequence: int) -> None:
        if self.ssrc is not None:
            self._lost_before = self.lost
        self.ssrc = ssrc
        self._base = self._highest = sequence
        self._received = self._expected_prior = self._received_prior = 0
        self._transit = None
        self._restart_at = self._probed = None
        self.is_newest = True

    def _proves(self, ssrc: int, sequence: int) -> bool:
        proven = self._probed == (ssrc, sequence)
        self._probed = (ssrc, (sequence + 1) % _SEQUENCES)
        return proven

    def _place(self, sequence: int) -> None:
        step = (sequence - self._highest) % _SEQUENCES
        self.is_newest = False
        if step == 0:
            self.duplicates += 1
        elif step < MAX_DROPOUT:
            self._highest += step
            self.is_newest = True
        elif step > _SEQUENCES - MAX_MISORDER:
            self.out_of_order += 1
        elif sequence == self._restart_at:  # two in a row far away: the sender began anew
            self._begin(self.ssrc or 0, sequence)
        else:
            self._restart_at = (sequence + 1) % _SEQUENCES

    def _time(self, timestamp: int, now: float) -> None:
        transit = int(now * RATE) - timestamp
        if self._transit is not None:
            step = (transit - self._transit) % _TIMESTAMPS
            step = min(step, _TIMESTAMPS - step)
            if step < _MAX_TRANSIT_STEP:
                self._jitter += (step - self._jitter) / 16
        self._transit = transit
