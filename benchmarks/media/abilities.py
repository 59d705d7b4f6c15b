"""What the abilities of the engines cost with 1,000 calls, and whether they are exact.

Bridges, taps, keys, losses, and a busy event loop.

In each the peer sends and checks every packet of every call; RTCP is on.
"""

import asyncio
import dataclasses
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop
from gauge import LOAD_CORE, Figure, pinned
from media.plane import CORE, REFERENCE, Plane, expected, measured, plane
from media.rtp_peer import Peer, rtp_peer

from ringback.media.interface import DigitHeard, Kept, TapClosed

NAME = "media-abilities"
CALLS = 1000
WARM_UP_SECONDS = 2.0
SECONDS = 6.0
PRESSES = 8
PRESS_SECONDS = 0.5
GAP_EVERY = 50
BUSY_SECONDS = 0.025
"""How long the loop is held up at a time."""
JITTER_MS = 5.0


def run() -> Sequence[Figure]:
    """Try each ability of each engine."""
    scenes: Sequence[tuple[Callable[[Plane, Peer], Awaitable[Sequence[Figure]]], str]] = [
        (_relay, CORE),
        (_relay, REFERENCE),
        (_taps, CORE),
        (_digits, CORE),
        (_digits, REFERENCE),
        (_losses, CORE),
        (_losses, REFERENCE),
        (_busy, CORE),
        (_busy, REFERENCE),
    ]
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return [figure for scene, engine in scenes for figure in runner.run(_run(scene, engine))]


async def _run(scene: Callable[[Plane, Peer], Awaitable[Sequence[Figure]]], engine: str) -> Sequence[Figure]:
    async with rtp_peer(CALLS) as peer, plane(engine) as running:
        await running.up(CALLS, peer)
        await peer.hear(CALLS)
        figures = await scene(running, peer)
    return [
        dataclasses.replace(
            each, what=f"media, {engine} engine, {each.what}", target=each.target if engine == CORE else None
        )
        for each in figures
    ]


async def _relay(running: Plane, peer: Peer) -> Sequence[Figure]:
    """Bridge them in pairs: what one says the other hears, bit by bit."""
    for leg in range(0, CALLS, 2):
        running.engine.bridge(leg, leg + 1)
    await asyncio.sleep(WARM_UP_SECONDS)
    cpu, told = await measured(running, peer, SECONDS)
    _must(told["transit_us"][3] > 0, "nothing was relayed")
    faults = sum(told[fault] for fault in ("lost", "wrong", "silent", "misplaced"))
    p50, p99, _, longest = told["transit_us"]
    note = f"from sending to arrival p50 {p50 / 1e3:.2f}, p99 {p99 / 1e3:.2f}, longest {longest / 1e3:.1f} ms"
    return [
        Figure("bridged in pairs: CPU per call and second", cpu / CALLS * 1e6, "µs", note=note),
        Figure("bridged in pairs: packets lost or not bit-exact", faults, "packets", 0, note=_of(told["received"])),
    ]


async def _taps(running: Plane, peer: Peer) -> Sequence[Figure]:
    """Record every packet of every call, both ways."""
    running.play()
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        for leg in range(CALLS):
            running.engine.tap(leg, str(Path(folder) / f"{leg}.tap"), Kept.PACKETS)
        await asyncio.sleep(WARM_UP_SECONDS)
        cpu, told = await measured(running, peer, SECONDS)
        await running.down()
        await running.until(TapClosed, CALLS)
    dropped = sum(tap.dropped for tap in running.taps.values())
    packets = sum(tap.packets for tap in running.taps.values())
    fault = next((tap.fault for tap in running.taps.values() if tap.fault), "")
    _must(not fault, fault)
    note = f"without the writer thread; p99 send jitter {told['jitter_us'][1] / 1e3:.2f} ms, {told['lost']} lost"
    return [
        Figure("recorded: CPU of the media thread per call and second", cpu / CALLS * 1e6, "µs", note=note),
        Figure("recorded: packets not written", dropped, "packets", 0, note=_of(packets)),
    ]


async def _digits(running: Plane, peer: Peer) -> Sequence[Figure]:
    """Press keys on every call at the same time."""
    running.play()
    await peer.press(PRESSES)
    await running.until(DigitHeard, CALLS * PRESSES)
    await asyncio.sleep(PRESSES * PRESS_SECONDS / 4)  # what is told twice comes late
    legs = await peer.legs()
    wrong = sum(
        running.digits[running.legs[leg["port"]]] != expected(number, PRESSES) for number, leg in enumerate(legs)
    )
    note = f"{CALLS * PRESSES:,} pressed, {running.counts['DigitHeard']:,} heard"
    return [Figure("calls whose keys were not heard once each, in order", wrong, "calls", 0, note=note)]


async def _losses(running: Plane, peer: Peer) -> Sequence[Figure]:
    """Leave packets out and compare what the engine counted with what the peer did."""
    await peer.gaps(GAP_EVERY)
    await peer.measure(SECONDS)
    await peer.gaps(0)
    await peer.measure(WARM_UP_SECONDS)  # a gap is known by what comes after it
    legs = await peer.legs()
    await running.down()
    skipped = sum(leg["skipped"] for leg in legs)
    unlike = sum(running.statistics[running.legs[leg["port"]]].packets_lost != leg["skipped"] for leg in legs)
    return [Figure("calls whose losses were not counted exactly", unlike, "calls", 0, note=f"{skipped:,} left out")]


async def _busy(running: Plane, peer: Peer) -> Sequence[Figure]:
    """Hold up the event loop nearly always: Python code that does not give way."""
    running.play()
    await asyncio.sleep(WARM_UP_SECONDS)

    async def hold_up() -> None:
        while True:
            until = time.perf_counter() + BUSY_SECONDS
            while time.perf_counter() < until:
                sum(range(1000))
            await asyncio.sleep(0)

    busy = asyncio.create_task(hold_up())
    try:
        _, told = await measured(running, peer, SECONDS)
    finally:
        busy.cancel()
    p50, p99, _, longest = told["jitter_us"]
    note = f"p50 {p50 / 1e3:.2f}, longest {longest / 1e3:.1f} ms; {told['lost']} lost"
    return [Figure("p99 send jitter beside a busy event loop", p99 / 1e3, "ms", JITTER_MS, note=note)]


def _of(packets: int) -> str:
    return f"of {packets:,}"


def _must(condition: bool, message: str) -> None:  # noqa: FBT001 - what must be so
    if not condition:
        raise RuntimeError(message)
