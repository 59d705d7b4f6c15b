"""The reference engine: plain Python in a process of its own, on the other end of a socket pair.

A garbage collection or a burst of signalling in the server does not make its packets late. For some hundreds of calls.
"""

import asyncio
import contextlib
import errno
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping
from typing import Final

from ringback.media import frames
from ringback.media.interface import Address, Capability, Codec, EngineLost, Kept, MediaEvent, NoFreePort, Remote
from ringback.media.leg import check

START_SECONDS: Final = 20.0
"""How long the process may take to start."""
STOP_SECONDS: Final = 5.0
"""How long it may take to end; then it is killed."""
MAX_UNREAD: Final = 256 * 1024 * 1024
"""Bytes of commands that the process may leave unread; more, and it is killed."""

_READ: Final = 64 * 1024


class EngineGone(ConnectionError):
    """The engine is not running."""


class ReferenceEngine:
    """Implements `ringback.media.interface.MediaEngine`. Once lost it stays so: another one takes its place."""

    capabilities: frozenset[Capability] = frozenset({Capability.LISTEN})

    def __init__(self, host: str, ports: tuple[int, int]) -> None:
        """`host`: the IPv4 address to bind; `ports`: the RTP range, ends included, such as (20000, 29999)."""
        self._host = host
        self._ports = ports
        self._process: Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._on_event: Callable[[MediaEvent], None] = lambda _event: None
        self._ready: asyncio.Future[None] | None = None
        self._opening: dict[int, asyncio.Future[Address]] = {}
        self._started = self._stopping = False

    @property
    def pid(self) -> int | None:
        """The process; None before the start."""
        return self._process.pid if self._process is not None else None

    async def start(self, on_event: Callable[[MediaEvent], None]) -> None:
        """Start the process; `on_event` is called in the running event loop. Raises EngineGone if it does not run."""
        self._on_event = on_event
        ours, theirs = socket.socketpair()
        with theirs:
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "ringback.media.reference_process"),
                    *(self._host, str(self._ports[0]), str(self._ports[1])),
                    stdin=theirs.fileno(),
                    stdout=DEVNULL,
                )
            except BaseException:
                await self._close_writer()
                raise
        self._ready = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(reader))
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._ready
        except asyncio.CancelledError:
            await self.stop()
            raise
        except (TimeoutError, EngineGone) as fault:
            await self.stop()
            reason = "the media engine did not start; what it said is on standard error"
            raise EngineGone(errno.ECONNREFUSED, reason) from fault

    async def stop(self) -> None:
        """Close every leg and end the process."""
        self._stopping = True
        if self._process is None or self._reading is None:
            return
        self._post(frames.Stop())
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._kill()
            await self._process.wait()
        await self._reading

    async def open(self, leg: int, *, silence_after: float, beside: int | None = None) -> Address:  # noqa: ARG002 - it is one
        """Bind a port pair; see `MediaEngine.open`. Raises NoFreePort, or EngineGone where nobody can bind any."""
        if self._writer is None:
            reason = "the media engine is not running"
            raise EngineGone(errno.ENOTCONN, reason)
        opened: asyncio.Future[Address] = asyncio.get_running_loop().create_future()
        self._opening[leg] = opened
        self._post(frames.Open(leg, silence_after))
        try:
            return await opened
        except asyncio.CancelledError:
            self.close(leg)
            raise

    def connect(self, leg: int, remote: Remote) -> None:
        """See `MediaEngine.connect`. Raises ValueError for a codec or packet length that this engine does not have."""
        check(remote)
        self._post(frames.Connect(leg, remote))

    def register(self, prompt: int, encodings: Mapping[Codec, bytes]) -> None:
        """Keep a prompt; one in PCMU or PCMA alone can be played in both."""
        self._post(frames.Register(prompt))
        for codec, samples in encodings.items():
            for start in range(0, len(samples), frames.PIECE):
                self._post(frames.Samples(prompt, codec, samples[start : start + frames.PIECE]))

    def forget(self, prompt: int) -> None:
        """Free a prompt; a leg that plays it plays it to its end."""
        self._post(frames.Forget(prompt))

    def play(self, leg: int, play: int, prompt: int, repetition: int = 1) -> None:
        """Append a prompt to a leg's queue; one that is not known is over at once."""
        self._post(frames.Play(leg, play, prompt, repetition))

    def stop_play(self, leg: int) -> None:
        """Empty a leg's queue within one frame."""
        self._post(frames.StopPlay(leg))

    def press(self, leg: int, digits: str) -> None:
        """Send digits; what plays waits meanwhile."""
        self._post(frames.Press(leg, digits))

    def bridge(self, leg: int, other: int) -> None:
        """Relay between two legs."""
        self._post(frames.Bridge(leg, other))

    def unbridge(self, leg: int) -> None:
        """Part a bridged leg from its other."""
        self._post(frames.Unbridge(leg))

    def listen(self, leg: int, path: str) -> None:
        """Keep what comes from a leg, at most one hour."""
        self._post(frames.Listen(leg, path))

    def tap(self, leg: int, path: str, kept: Kept) -> None:
        """Raise ValueError: this engine has no RECORDING."""
        reason = f"the reference engine keeps no {kept.name.lower()} of leg {leg} in {path}: it has no taps"
        raise ValueError(reason)

    def close(self, leg: int) -> None:
        """Close a leg."""
        self._post(frames.Close(leg))

    # -- the process

    def _post(self, command: frames.Command) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return  # lost: every leg is gone, and the event that says so is told
        writer.write(frames.encode(command))
        if writer.transport.get_write_buffer_size() > MAX_UNREAD:
            self._kill()

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Hand on what the process says until it is gone."""
        incoming = frames.FrameReader(frames.REPORTS)
        reason = "its process ended"
        try:
            while data := await reader.read(_READ):
                for event in incoming.feed(data):
                    self._take(event)
        except (OSError, frames.BrokenFrame) as fault:
            reason = str(fault)
        self._kill()
        await self._close_writer()
        self._fail_waiting()
        if self._started and not self._stopping:
            self._tell(EngineLost(reason, time.monotonic_ns()))

    def _take(self, event: frames.Report) -> None:
        match event:
            case frames.Ready():
                self._started = True
                if self._ready is not None and not self._ready.done():
                    self._ready.set_result(None)
            case frames.Opened(leg, address):
                if (opened := self._opening.pop(leg, None)) is not None and not opened.done():
                    opened.set_result(address)
            case frames.NotOpened(leg, reason):
                if (opened := self._opening.pop(leg, None)) is not None and not opened.done():
                    opened.set_exception(NoFreePort(errno.EADDRINUSE, reason))
            case _:
                self._tell(event)

    def _tell(self, event: MediaEvent) -> None:
        """Call the handler in a turn of its own: its faults are the loop's to report, not the reader's end."""
        asyncio.get_running_loop().call_soon(self._on_event, event)

    async def _close_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _fail_waiting(self) -> None:
        gone = "the media engine is gone"
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(EngineGone(errno.ECONNRESET, gone))
        for opened in self._opening.values():
            if not opened.done():
                opened.set_exception(EngineGone(errno.ECONNRESET, gone))
        self._opening.clear()
