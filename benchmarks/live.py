"""What live sessions hold: memory of the server, media engine included."""

import asyncio
from collections.abc import Sequence

import sessions
import uvloop
from gauge import LOAD_CORE, Figure, pinned, resident_bytes
from house import house
from http_load import paced
from program import program
from sipp import answering

NAME = "live"
WARM_UP = 50
CALLS = 200
RATE = 50.0
SECONDS = 60.0
LONG = " ".join([sessions.TEXT] * 8)
"""Longer than all calls take to get up."""


def run() -> Sequence[Figure]:
    """Bring calls up that hear a long prompt and send it back."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run())


async def _run() -> Sequence[Figure]:
    async with (
        program() as told,
        answering(echo=True) as peer,
        house(peer.address[1], channels=1000, calls_per_second=1000, webhooks=told.webhooks) as server,
    ):
        await paced(server, [sessions.body(number) for number in range(WARM_UP)], RATE)
        await paced(server, [sessions.body(WARM_UP, LONG)], RATE)  # renders the prompt
        await told.until("VSS", WARM_UP + 1, SECONDS)
        before = resident_bytes(server.pid)
        heard: list[bool] = []
        told.on_post = lambda _type, summary, _at: heard.append(b'"callQuality"' in summary)
        await paced(server, [sessions.body(WARM_UP + 1 + number, LONG) for number in range(CALLS)], RATE)
        await asyncio.sleep(1.0)  # the last of them are answered
        grown = resident_bytes(server.pid) - before
        ended = told.counts["VSS"] - WARM_UP - 1
        if ended:
            message = f"{ended} calls ended before they were measured"
            raise RuntimeError(message)
        await told.until("VSS", WARM_UP + 1 + CALLS, SECONDS)
    if told.completed != WARM_UP + 1 + CALLS or not all(heard):
        message = f"{told.completed} sessions were COMPLETED, {sum(heard)} of {CALLS} got their sound back"
        raise RuntimeError(message)
    return [Figure("memory per live session", grown / CALLS / 1000, "kB", 60, note=f"media and all; {CALLS} live")]
