"""The other end of a media leg: two plain UDP sockets and what came over them."""

import asyncio
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ringback.media.interface import Address, Codec, EngineLost, LegClosed, MediaEvent, Remote
from ringback.wire.rtp import packet, rtcp

BOUND = 20.0
"""Seconds after which a test that waits has failed."""


class Signal:
    """Something that can be waited for: told whenever it may have come true."""

    def __init__(self) -> None:
        """Nothing came true yet."""
        self._changed = asyncio.Event()

    def tell(self) -> None:
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(BOUND):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


class Diary:
    """The events of an engine, in order."""

    def __init__(self) -> None:
        """Begin empty."""
        self.events: list[MediaEvent] = []
        self._signal = Signal()

    def write(self, event: MediaEvent) -> None:
        self.events.append(event)
        self._signal.tell()

    def of(self, kind: type[MediaEvent], leg: int | None = None) -> list[MediaEvent]:
        return [
            event
            for event in self.events
            if isinstance(event, kind) and (leg is None or isinstance(event, EngineLost) or event.leg == leg)
        ]

    async def wait(self, kind: type[MediaEvent], count: int = 1, leg: int | None = None) -> list[MediaEvent]:
        await self._signal.until(lambda: len(self.of(kind, leg)) >= count)
        return self.of(kind, leg)

    async def closed(self, leg: int) -> LegClosed:
        event = (await self.wait(LegClosed, leg=leg))[-1]
        assert isinstance(event, LegClosed)
        return event


class FarEnd:
    """Hears and sends RTP on an even port and RTCP on the odd one above it."""

    def __init__(self) -> None:
        """Bind the sockets."""
        self.rtp, self.rtcp = _pair()
        self.address: Address = self.rtp.getsockname()
        self.packets: list[packet.Packet] = []
        self.sources: list[Address] = []
        self.reports: list[tuple[rtcp.RtcpPacket, ...]] = []
        self.sequence = 100
        self.timestamp = 5000
        self.ssrc = 0xFACE
        self._signal = Signal()

    def __enter__(self) -> Self:
        """Begin to hear."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.rtp, self._read)
        loop.add_reader(self.rtcp, self._read_report)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hear no more."""
        loop = asyncio.get_running_loop()
        for opened in (self.rtp, self.rtcp):
            loop.remove_reader(opened)
            opened.close()

    def remote(self, codec: Codec = Codec.PCMU, events: int | None = 101, *, send: bool = True) -> Remote:
        """Give what an engine must know to send here."""
        return Remote(self.address, codec, codec.value, events, send=send)

    def send(
        self,
        target: Address,
        payload: bytes = b"\xff" * 160,
        payload_type: int = 0,
        *,
        marker: bool = False,
        timestamp: int | None = None,
        step: int | None = None,
    ) -> None:
        """Send the next packet of the stream; `timestamp`: of an event, which does not move the stream's own."""
        stamp = self.timestamp if timestamp is None else timestamp
        data = packet.build(payload_type, self.sequence, stamp, self.ssrc, payload, marker=marker)
        self.rtp.sendto(self.seal(data), target)
        self.sequence = (self.sequence + 1) % 65536
        if timestamp is None:
            self.timestamp = (self.timestamp + (len(payload) if step is None else step)) % 2**32

    async def hear(self, count: int) -> list[packet.Packet]:
        """Wait until so many packets came in all, and give them."""
        await self.until(lambda: len(self.packets) >= count)
        return self.packets[:count]

    async def until(self, condition: Callable[[], bool]) -> None:
        await self._signal.until(condition)

    def seal(self, data: bytes) -> bytes:
        """Give what goes over the wire for a packet."""
        return data

    def unseal(self, data: bytes) -> bytes:
        """Give the packet that came over the wire."""
        return data

    def unseal_report(self, data: bytes) -> bytes:
        """Give the report that came over the wire."""
        return data

    def audio(self) -> bytes:
        """Give the payloads of the audio so far, one after the other."""
        return b"".join(heard.payload for heard in self.packets if heard.payload_type < 96)

    def _read(self) -> None:
        data, source = self.rtp.recvfrom(4096)
        self.packets.append(packet.parse(self.unseal(data)))
        self.sources.append(source)
        self._signal.tell()

    def _read_report(self) -> None:
        self.reports.append(rtcp.parse(self.unseal_report(self.rtcp.recv(4096))))
        self._signal.tell()


def free_range(pairs: int) -> tuple[int, int]:
    """Find a range of ports that has just been free."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        low = port + port % 2
        if low + 2 * pairs < 65000 and all(_is_free(low + offset) for offset in range(2 * pairs)):
            return low, low + 2 * pairs - 1


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _pair() -> tuple[socket.socket, socket.socket]:
    low, _ = free_range(1)
    pair = []
    for port in (low, low + 1):
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setblocking(False)  # noqa: FBT003 - the standard library's signature
        opened.bind(("127.0.0.1", port))
        pair.append(opened)
    return pair[0], pair[1]
