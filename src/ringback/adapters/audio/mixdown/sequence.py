"""Puts the packets of one direction into the order in which they were sent."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final, NamedTuple

from ringback.wire.rtp.packet import Packet

PATIENCE_NS: Final = 1_000_000_000
"""How long packets wait for one before them."""
MOST: Final = 64
"""Packets that wait at most."""
DROPOUT: Final = 3000
MISORDER: Final = 100
"""A longer jump of the sequence number, forwards or backwards, is a new start (RFC 3550, appendix A.1)."""


class Ordered(NamedTuple):
    """A packet in its order."""

    stream: int
    """Counts the streams: a new SSRC begins a new one."""
    at: int
    """When it passed, nanoseconds since the tap's first packet."""
    ticks: int
    """Its timestamp, 1/8000 s, without wrapping within a stream."""
    packet: Packet


class Sequence:
    """Holds packets until those before them came or are given up; leaves out what is late or comes twice."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.dropped = 0
        """Packets that came twice, or after those behind them were given on."""
        self._stream = 0
        self._ssrc: int | None = None
        self._newest = 0
        self._given = -1
        self._ticks = 0
        self._began = False
        self._waiting: list[tuple[int, int, Packet]] = []

    def push(self, at: int, packet: Packet) -> Iterator[Ordered]:
        """Take a packet and give those whose turn it is; to be iterated to its end."""
        if packet.ssrc != self._ssrc:
            yield from self.finish()
            self._ssrc = packet.ssrc
            self._stream += 1
            self._began = False
            self._start(packet)
        number = self._newest + _signed(packet.sequence - self._newest, 16)
        if not -MISORDER <= number - self._newest <= DROPOUT:
            yield from self.finish()
            number = self._start(packet)
        if number <= self._given:
            self.dropped += 1
            return
        self._newest = max(self._newest, number)
        # where two have one number, the time of arrival decides which is the copy
        heappush(self._waiting, (number, at, packet))
        yield from self.due(at)

    def due(self, now: int) -> Iterator[Ordered]:
        """Give the packets that need not, or will not, wait any longer."""
        waiting = self._waiting
        while waiting and (
            waiting[0][0] <= self._given + 1 or len(waiting) > MOST or waiting[0][1] <= now - PATIENCE_NS
        ):
            yield from self._next()

    def finish(self) -> Iterator[Ordered]:
        """Give all that waits."""
        while self._waiting:
            yield from self._next()

    def _start(self, packet: Packet) -> int:
        self._newest = packet.sequence + (1 << 16)  # so that those which it overtook have numbers, too
        self._given = 0
        return self._newest

    def _next(self) -> Iterator[Ordered]:
        number, at, packet = heappop(self._waiting)
        if number <= self._given:
            self.dropped += 1
            return
        self._given = number
        self._ticks = self._ticks + _signed(packet.timestamp - self._ticks, 32) if self._began else packet.timestamp
        self._began = True
        yield Ordered(self._stream, at, self._ticks, packet)


def _signed(difference: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (difference + half) % (1 << bits) - half
