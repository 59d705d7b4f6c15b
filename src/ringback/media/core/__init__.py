"""The engine in C: media threads in this process that the interpreter does not hold up.

```
  CoreEngine --commands, a ring--> Core: a thread of C --RTP--> far ends
             <--events, a ring with an eventfd--
```

Importing this fails with ImportError where the extension was not built: there was no compiler.
"""

import asyncio
import errno
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final, cast

from ringback.media.core._core import CommandsFull, Core
from ringback.media.interface import (
    Address,
    Capability,
    Codec,
    DigitHeard,
    Kept,
    Latched,
    LegClosed,
    LegStatistics,
    MediaEvent,
    NoFreePort,
    PlayDone,
    Remote,
    Silence,
    Srtp,
    SrtpSuite,
    TapClosed,
)
from ringback.media.port_range import PortRange
from ringback.media.wheel import LENGTHS

if TYPE_CHECKING:
    from ringback.media.core._core import Event, Figures

__all__ = ["CommandsFull", "CoreEngine"]

MAX_PRESS: Final = 1024
"""Digits of one `press`."""

_SECOND_NS: Final = 1_000_000_000
_SUITES: Final = {SrtpSuite.SHA1_80: 0, SrtpSuite.SHA1_32: 1}


class _Kind(IntEnum):
    """Of an event, as in ring.h."""

    DIGIT = 0
    PLAY_DONE = 1
    LATCHED = 2
    SILENCE = 3
    LEG_CLOSED = 4


@dataclass(slots=True)
class _Thread:
    """A media thread and what it carries."""

    core: Core
    legs: int = 0


@dataclass(slots=True)
class _Leg:
    """A leg that is open."""

    thread: _Thread
    port: int
    srtp: Srtp | None = None
    taps: set[Kept] = field(default_factory=set)


class CoreEngine:
    """Implements `ringback.media.interface.MediaEngine`.

    Its threads end with `stop` and not before: they have no state in which they could fail. So EngineLost is never
    told; what can fail, does so in `start` (OSError: no descriptor, no thread).

    A command raises CommandsFull where 16,384 of them wait already: the thread got no time for long.
    """

    capabilities: frozenset[Capability] = frozenset(
        {Capability.G722, Capability.INBAND_DIGITS, Capability.SRTP, Capability.RECORDING}
    )

    def __init__(self, host: str, ports: tuple[int, int], cores: int = 1) -> None:
        """`host`: the IPv4 address to bind; `ports`: the RTP range, ends included; `cores`: threads.

        Raises ValueError where the range has no pair of ports.
        """
        self._ports = PortRange(host, *ports)
        self._cores = cores
        self._threads: list[_Thread] = []
        self._legs: dict[int, _Leg] = {}
        self._on_event: Callable[[MediaEvent], None] = lambda _event: None

    async def start(self, on_event: Callable[[MediaEvent], None]) -> None:
        """Start the threads; `on_event` is called in the running event loop. Raises OSError."""
        self._on_event = on_event
        loop = asyncio.get_running_loop()
        try:
            for _ in range(self._cores):
                thread = _Thread(Core())
                thread.core.start()
                self._threads.append(thread)
                loop.add_reader(thread.core.fileno(), self._read, thread)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every leg and end the threads."""
        threads, self._threads = self._threads, []
        loop = asyncio.get_running_loop()
        for thread in threads:
            loop.remove_reader(thread.core.fileno())
            await asyncio.to_thread(thread.core.stop)
            while self._read(thread):
                pass
        await asyncio.sleep(0)  # what was told last is handled before this returns

    async def open(self, leg: int, *, silence_after: float, beside: int | None = None) -> Address:
        """Bind a port pair; see `MediaEngine.open`. Raises NoFreePort, also where the leg is open or nothing runs."""
        if leg in self._legs:
            raise NoFreePort(errno.EADDRINUSE, f"leg {leg} is open")
        if not self._threads:
            raise NoFreePort(errno.ENOTCONN, "the media engine is not running")
        near = self._legs.get(beside) if beside is not None else None
        thread = near.thread if near is not None else min(self._threads, key=lambda each: each.legs)
        rtp, rtcp = self._ports.bind()
        with rtp, rtcp:
            host, port = rtp.getsockname()
            try:
                thread.core.open(leg, rtp.fileno(), rtcp.fileno(), int(silence_after * _SECOND_NS))
            except CommandsFull:
                self._ports.release(port)
                raise
            rtp.detach()
            rtcp.detach()
        self._legs[leg] = _Leg(thread, port)
        thread.legs += 1
        return host, port

    def connect(self, leg: int, remote: Remote) -> None:
        """See `MediaEngine.connect`. Raises ValueError for an address or packet length that cannot be."""
        if remote.packet_ms not in LENGTHS:
            reason = f"packets of {remote.packet_ms} ms; possible are {LENGTHS}"
            raise ValueError(reason)
        if (known := self._legs.get(leg)) is None:
            return
        core = known.thread.core
        if remote.srtp != known.srtp:  # else the rollover counter and the replay window go on
            if remote.srtp is None:
                core.unsecure(leg)
            else:
                core.secure(leg, _SUITES[remote.srtp.suite], remote.srtp.send_key, remote.srtp.receive_key)
            known.srtp = remote.srtp
        core.connect(
            leg,
            *remote.address,
            remote.codec,
            remote.payload_type,
            -1 if remote.event_payload_type is None else remote.event_payload_type,
            remote.packet_ms,
            remote.send,
            remote.inband_digits,
        )

    def register(self, prompt: int, encodings: Mapping[Codec, bytes]) -> None:
        """Keep a prompt; one in PCMU or PCMA alone can be played in both."""
        samples = (encodings.get(Codec.PCMU), encodings.get(Codec.PCMA), encodings.get(Codec.G722))
        for thread in self._threads:
            thread.core.register(prompt, *samples)

    def forget(self, prompt: int) -> None:
        """Free a prompt; a leg that plays it plays it to its end."""
        for thread in self._threads:
            thread.core.forget(prompt)

    def play(self, leg: int, play: int, prompt: int, repetition: int = 1) -> None:
        """Append a prompt to a leg's queue; one that is not known, or not in the leg's codec, is over at once."""
        if (core := self._core_of(leg)) is not None:
            core.play(leg, play, prompt, max(repetition, 0))

    def stop_play(self, leg: int) -> None:
        """Empty a leg's queue within one frame."""
        if (core := self._core_of(leg)) is not None:
            core.stop_play(leg)

    def press(self, leg: int, digits: str) -> None:
        """Send digits; what plays waits meanwhile."""
        if (core := self._core_of(leg)) is not None:
            core.press(leg, digits[:MAX_PRESS])

    def bridge(self, leg: int, other: int) -> None:
        """Relay between two legs. Raises ValueError where they are in two threads: open one beside the other."""
        one, two = self._legs.get(leg), self._legs.get(other)
        if one is None or two is None:
            return
        if one.thread is not two.thread:
            reason = f"legs {leg} and {other} are in two threads: one was not opened beside the other"
            raise ValueError(reason)
        one.thread.core.bridge(leg, other)

    def unbridge(self, leg: int) -> None:
        """Part a bridged leg from its other."""
        if (core := self._core_of(leg)) is not None:
            core.unbridge(leg)

    def listen(self, leg: int, path: str) -> None:
        """Raise ValueError: this engine has no LISTEN."""
        reason = f"the engine in C keeps nothing of leg {leg} in {path}: it does not listen"
        raise ValueError(reason)

    def tap(self, leg: int, path: str, kept: Kept) -> None:
        """Write every packet of a leg to a new file (mode 0600); see `MediaEngine.tap`. Raises MemoryError.

        What is there already is not overwritten: that, and a second tap of a kind, is told as a fault of TapClosed.
        """
        if (known := self._legs.get(leg)) is None:
            return
        if kept in known.taps:
            told = TapClosed(leg, path, 0, 0, "the leg has such a tap already", time.monotonic_ns())
            asyncio.get_running_loop().call_soon(self._on_event, told)
            return
        known.thread.core.tap(leg, os.fsencode(path), kept is Kept.PACKETS)
        known.taps.add(kept)

    def close(self, leg: int) -> None:
        """Close a leg."""
        if (core := self._core_of(leg)) is not None:
            core.close(leg)

    # -- the threads

    def _core_of(self, leg: int) -> Core | None:
        """Give the thread of a leg; None where it is not open."""
        known = self._legs.get(leg)
        return known.thread.core if known is not None else None

    def _read(self, thread: _Thread) -> bool:
        """Hand on what a thread told; each in a turn of its own: the handler's faults are the loop's to report."""
        loop = asyncio.get_running_loop()
        events = thread.core.take()
        for event in events:
            loop.call_soon(self._on_event, self._event(event))
        while (end := thread.core.take_tap()) is not None:
            leg, path, packets, dropped, fault, at = end
            loop.call_soon(self._on_event, TapClosed(leg, os.fsdecode(path), packets, dropped, fault, at))
        return bool(events)

    def _event(self, event: "Event") -> MediaEvent:
        kind, leg, at, what = event
        match kind:
            case _Kind.DIGIT:
                return DigitHeard(leg, cast("str", what), at)
            case _Kind.PLAY_DONE:
                return PlayDone(leg, cast("int", what), at)
            case _Kind.LATCHED:
                return Latched(leg, cast("Address", what), at)
            case _Kind.SILENCE:
                return Silence(leg, at)
            case _:
                return self._closed(leg, cast("Figures | None", what), at)

    def _closed(self, leg: int, figures: "Figures | None", at: int) -> LegClosed:
        closed = self._legs.pop(leg)
        closed.thread.legs -= 1
        self._ports.release(closed.port)
        return LegClosed(leg, LegStatistics() if figures is None else LegStatistics(*figures), at)
