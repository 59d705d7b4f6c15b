"""How many calls one core takes: both engines in one run, at growing numbers of calls that hear a prompt and speak."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import document
import uvloop
from gauge import LOAD_CORE, Figure, pinned
from media.plane import CORE, REFERENCE, measured, plane
from media.plot import Chart, Line, svg
from media.rtp_peer import rtp_peer

NAME = "media-sweep"
CALLS = (200, 500, 1000, 1500, 2000, 2500, 3000)
LARGEST = {CORE: 3000, REFERENCE: 1500}
WARM_UP_SECONDS = 2.0
SECONDS = 8.0
JITTER_MS = 5.0
"""The 99th percentile that a call may have."""
CPU_US = 350
ENOUGH = 2500
SMALL, GROWN = (200, 500), (1500, 2500)
"""Between which numbers of calls one more is counted."""
AT = 1000
"""Where the cost of a call is told."""
PLOT = Path(__file__).parents[2] / "docs" / "media-sweep.svg"

HEAD = (
    "| engine | calls | CPU a call and s, µs | core | jitter p50, ms | p99 | p99.9 | longest | worst call's p99 "
    "| lost from engine | lost to engine | peer overflowed |\n" + "| --- " + "| ---: " * 11 + "|\n"
)


@dataclass(frozen=True)
class Step:
    """What a number of calls came to."""

    engine: str
    calls: int
    cpu: float
    """Of the engine, in seconds a second: its share of the core."""
    peer: Mapping[str, Any]
    """What the peer says, see `peer/peer.c`."""
    lost: int | None
    """Packets of the peer that the engine missed; None where it does not say."""

    @property
    def cpu_us(self) -> float:
        """CPU per call and second."""
        return self.cpu / self.calls * 1e6

    @property
    def p99_ms(self) -> float:
        """Of the send jitter, all streams together."""
        return float(self.peer["jitter_us"][1]) / 1e3

    @property
    def holds(self) -> bool:
        """Whether the pace was kept and nothing was lost; what the peer itself was too slow for does not count."""
        lost = 0 if self.peer["overflowed"] else self.peer["lost"]
        return self.p99_ms < JITTER_MS and not lost and not self.lost

    @property
    def row(self) -> str:
        """A row of the table in the document."""
        jitter = " | ".join(f"{us / 1e3:.2f}" for us in self.peer["jitter_us"])
        worst = self.peer["stream_p99_ms"][1]
        missed = "?" if self.lost is None else self.lost
        lost = f"{self.peer['lost']} | {missed} | {self.peer['overflowed']}"
        return (
            f"| {self.engine} | {self.calls:,} | {self.cpu_us:.0f} | {self.cpu:.0%} | {jitter} | {worst:.1f} | {lost} |"
        )


def run() -> Sequence[Figure]:
    """Take all steps, draw them, and tell what the targets ask for."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        steps = [
            runner.run(step(engine, calls))
            for calls in CALLS
            for engine in (CORE, REFERENCE)
            if calls <= LARGEST[engine]
        ]
    document.replace("media sweep", HEAD + "".join(f"{each.row}\n" for each in steps))
    PLOT.write_text(_plot(steps), encoding="utf-8")
    return [figure for engine in (CORE, REFERENCE) for figure in _figures(engine, steps)]


async def step(engine: str, calls: int) -> Step:
    """Bring so many calls up on an engine of ours and measure."""
    async with rtp_peer(calls) as peer, plane(engine) as running:
        await running.up(calls, peer)
        running.play()
        await peer.hear(calls)
        await asyncio.sleep(WARM_UP_SECONDS)
        cpu, told = await measured(running, peer, SECONDS)
        await running.down()
    for fault in ("wrong", "silent", "misplaced", "foreign"):
        if told[fault]:
            message = f"{calls} calls, {engine}: {told[fault]} packets were {fault}"
            raise RuntimeError(message)
    lost = sum(each.packets_lost for each in running.statistics.values())
    return Step(engine, calls, cpu, told, lost)


def _figures(engine: str, steps: Sequence[Step]) -> Sequence[Figure]:
    own = [each for each in steps if each.engine == engine]
    held = max((each.calls for each in own if each.holds), default=0)
    cost = next(each for each in own if each.calls == AT)
    most = f"{own[-1].calls:,} were tried"
    core = engine == CORE
    more = _marginal(own, GROWN) / _marginal(own, SMALL) if core else 0.0
    growth = Figure("media, core engine: CPU of one call more at 2,000 calls, against at 200", more, "times", 1.2)
    return [
        *([growth] if core else []),
        Figure(
            f"media, {engine} engine: CPU per call and second, both directions, RTCP on",
            cost.cpu_us,
            "µs",
            CPU_US if core else None,
            note=f"{AT:,} calls; {own[-1].cpu_us:.0f} at {own[-1].calls:,}",
        ),
        Figure(
            f"media, {engine} engine: calls on one core, p99 send jitter < 5 ms, nothing lost",
            held,
            "calls",
            ENOUGH if core else None,
            at_least=True,
            note=most,
        ),
    ]


def _marginal(own: Sequence[Step], between: tuple[int, int]) -> float:
    few, many = (next(each for each in own if each.calls == calls) for calls in between)
    return (many.cpu - few.cpu) / (many.calls - few.calls)


def _plot(steps: Sequence[Step]) -> str:
    def lines(value: Callable[[Step], float]) -> Sequence[Line]:
        return [
            Line(engine, [(each.calls, value(each)) for each in steps if each.engine == engine])
            for engine in (CORE, REFERENCE)
        ]

    return svg(
        [
            Chart("share of the engine's core, %", lines(lambda each: each.cpu * 100), 100),
            Chart(
                "p99 send jitter, ms (at the top: 10 or more)",
                lines(lambda each: min(each.p99_ms, 2 * JITTER_MS)),
                2 * JITTER_MS,
                JITTER_MS,
            ),
        ]
    )
