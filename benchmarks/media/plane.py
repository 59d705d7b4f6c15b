"""A media engine with calls up, as the telephone would have it, and the CPU that it takes."""

import asyncio
import contextlib
import functools
import os
import resource
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from gauge import SERVER_CORE, cpu_seconds, media_thread, pin, thread_seconds
from house import HOST
from media.rtp_peer import EVENTS, Peer, prompt

from ringback.media.core import CoreEngine
from ringback.media.interface import (
    Codec,
    DigitHeard,
    EngineLost,
    LegClosed,
    LegStatistics,
    MediaEngine,
    MediaEvent,
    Remote,
    TapClosed,
)
from ringback.media.reference import ReferenceEngine

CORE, REFERENCE = "core", "reference"
PORTS = (10000, 29999)
PROMPT = 1
EVENT_PAYLOAD_TYPE = 101
AT_A_TIME = 100
SECONDS = 60.0


class Plane:
    """A running engine and its legs, numbered from 0."""

    def __init__(self, engine: MediaEngine) -> None:
        """Made by `plane`."""
        self.engine = engine
        self.legs: dict[int, int] = {}
        """By the engine's port."""
        self.digits: defaultdict[int, str] = defaultdict(str)
        self.statistics: dict[int, LegStatistics] = {}
        """Of the legs that were closed."""
        self.taps: dict[int, TapClosed] = {}
        self.counts: Counter[str] = Counter()
        self.cpu: Callable[[], float] = lambda: 0.0
        """Gives the seconds of CPU that the engine's process, or its media thread, took so far."""
        self._changed = asyncio.Event()

    def take(self, event: MediaEvent) -> None:
        """Note an event."""
        self.counts[type(event).__name__] += 1
        match event:
            case DigitHeard(leg, digit):
                self.digits[leg] += digit
            case LegClosed(leg, statistics):
                self.statistics[leg] = statistics
            case TapClosed(leg):
                self.taps[leg] = event
            case EngineLost(reason):
                message = f"the engine was lost: {reason}"
                raise RuntimeError(message)
        self._changed.set()

    async def until(self, kind: type[MediaEvent], count: int) -> None:
        """Wait until so many events of a kind came."""
        async with asyncio.timeout(SECONDS):
            while self.counts[kind.__name__] < count:
                self._changed.clear()
                await self._changed.wait()

    async def up(self, calls: int, peer: Peer) -> None:
        """Open legs and connect each with one of the peer's ports."""
        for first in range(0, calls, AT_A_TIME):
            some = range(first, min(first + AT_A_TIME, calls))
            opened = await asyncio.gather(*(self.engine.open(leg, silence_after=0) for leg in some))
            for leg, (_, port) in zip(some, opened, strict=True):
                self.legs[port] = leg
                to = (HOST, peer.ports[leg % len(peer.ports)])
                self.engine.connect(leg, Remote(to, Codec.PCMU, Codec.PCMU, EVENT_PAYLOAD_TYPE))

    def play(self) -> None:
        """Play the prompt that the peer knows on every leg, over and over."""
        self.engine.register(PROMPT, {Codec.PCMU: prompt()})
        for leg in self.legs.values():
            self.engine.play(leg, leg, PROMPT, repetition=0)

    async def down(self) -> None:
        """Close all legs and wait for their figures."""
        for leg in self.legs.values():
            self.engine.close(leg)
        await self.until(LegClosed, len(self.legs))


@contextlib.asynccontextmanager
async def plane(kind: str, ports: tuple[int, int] = PORTS) -> AsyncIterator[Plane]:
    """Run an engine, CORE or REFERENCE, whose media thread or process is held to the server's core."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    engine: MediaEngine = CoreEngine(HOST, ports) if kind == CORE else ReferenceEngine(HOST, ports)
    running = Plane(engine)
    await engine.start(running.take)
    try:
        if isinstance(engine, ReferenceEngine) and engine.pid is not None:
            pin(engine.pid, SERVER_CORE)
            running.cpu = functools.partial(cpu_seconds, engine.pid)
        else:
            thread = media_thread(os.getpid())
            os.sched_setaffinity(thread, {SERVER_CORE})
            running.cpu = functools.partial(thread_seconds, os.getpid(), thread)
        yield running
    finally:
        await engine.stop()


def expected(leg: int, presses: int) -> str:
    """Give the digits that the peer pressed on its leg."""
    return "".join(EVENTS[(leg + press) % len(EVENTS)] for press in range(presses))


async def measured(plane: Plane, peer: Peer, seconds: float) -> tuple[float, Mapping[str, Any]]:
    """Give the share of its core that the engine took meanwhile, and what the peer says."""
    began, cpu = time.monotonic(), plane.cpu()
    told = await peer.measure(seconds)
    return (plane.cpu() - cpu) / (time.monotonic() - began), told
