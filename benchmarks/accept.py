"""Callflows that are on disk when they are answered, over HTTP, by a server process that dials nobody meanwhile."""

import asyncio
from collections.abc import Sequence

import uvloop
import validation
from gauge import LOAD_CORE, Figure, cpu_seconds, percentile, pinned
from house import house
from http_load import flat_out, paced

NAME = "accept"
WARM_UP = 1_000
FULL = 20_000
HALF_SECONDS = 6.0
BATCH = 1_000
BATCHES = 20
TARGET = 3_000
WEBHOOK = "VCA=http://127.0.0.1:9/"
"""A callflow that asks for digits needs one; it is never posted to."""
NOWHERE = 9
"""The discard port; at a call in ten thousand seconds nobody gets there."""


def run() -> Sequence[Figure]:
    """Post as fast as it goes, then at half the target's rate and at half of what was reached."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run())


async def _run() -> Sequence[Figure]:
    async with house(NOWHERE, channels=1, calls_per_second=0.0001, webhooks=[WEBHOOK]) as server:
        await flat_out(server, [validation.body(index) for index in range(WARM_UP)])
        before = cpu_seconds(server.pid)
        full = await flat_out(server, [validation.body(index) for index in range(FULL)])
        cpu = cpu_seconds(server.pid) - before
        before_batches = cpu_seconds(server.pid)
        batches = await flat_out(server, [_batch(index) for index in range(BATCHES)], 1, "/batch")
        batch_cpu = cpu_seconds(server.pid) - before_batches
        half = full.rate / 2
        paced_half = await paced(server, [validation.body(index) for index in range(int(half * HALF_SECONDS))], half)
        due = TARGET / 2
        paced_target = await paced(server, [validation.body(index) for index in range(int(due * HALF_SECONDS))], due)
    share = f"the load generator took {100 * full.cpu / full.seconds:.0f} % of its core"
    cost = "callflows accepted, durable, over HTTP"
    return [
        Figure(cost, full.rate, "a second", TARGET, at_least=True, note=f"64 connections; {share}"),
        Figure(
            f"{cost}: CPU of the server each",
            cpu / FULL * 1e6,
            "µs",
            note=f"its core was busy {100 * cpu / full.seconds:.0f} %",
        ),
        Figure(
            f"{cost}, {BATCH:,} in a request",
            batches.rate * BATCH,
            "a second",
            note=f"one connection; each request took {percentile(batches.latencies, 50) * 1e3:.0f} ms",
        ),
        Figure(f"{cost}, {BATCH:,} in a request: CPU of the server each", batch_cpu / BATCH / BATCHES * 1e6, "µs"),
        Figure(f"{cost}: p50 at full rate", percentile(full.latencies, 50) * 1e3, "ms"),
        Figure(f"{cost}: p99 at full rate", percentile(full.latencies, 99) * 1e3, "ms"),
        Figure(
            f"{cost}: p50 at half of it", percentile(paced_half.latencies, 50) * 1e3, "ms", note=f"{half:,.0f} a second"
        ),
        Figure(f"{cost}: p99 at half of it", percentile(paced_half.latencies, 99) * 1e3, "ms", 50),
        Figure(f"{cost}: p99 at 1,500 a second", percentile(paced_target.latencies, 99) * 1e3, "ms", 50),
    ]


def _batch(number: int) -> bytes:
    return b'{"callflows":[%s]}' % b",".join(validation.body(number * BATCH + index) for index in range(BATCH))
