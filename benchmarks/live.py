"""What live sessions hold: memory of server and media engine, and the CPU of the media engine, both directions."""

import asyncio
from collections.abc import Sequence

import sessions
import uvloop
from gauge import LOAD_CORE, SERVER_CORE, Figure, cpu_seconds, datagrams, pin, pinned, resident_bytes
from house import house
from http_load import paced
from program import program
from sipp import answering

NAME = "live"
WARM_UP = 50
CALLS = 200
RATE = 50.0
SECONDS = 60.0
MEASURED_SECONDS = 6.0
LONG = " ".join([sessions.TEXT] * 8)
"""Longer than all calls take to get up and to be measured."""


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
        media_pid = server.media_pid
        pin(media_pid, SERVER_CORE)  # SIPp sends every packet back: it needs the other core
        await paced(server, [sessions.body(number) for number in range(WARM_UP)], RATE)
        await paced(server, [sessions.body(WARM_UP, LONG)], RATE)  # renders the prompt
        await told.until("VSS", WARM_UP + 1, SECONDS)
        before, media_before = resident_bytes(server.pid), resident_bytes(media_pid)
        heard: list[bool] = []
        told.on_post = lambda _type, summary, _at: heard.append(b'"callQuality"' in summary)
        await paced(server, [sessions.body(WARM_UP + 1 + number, LONG) for number in range(CALLS)], RATE)
        await asyncio.sleep(1.0)  # the last of them are answered; checked below by what the engine sends
        cpu, (taken, dropped) = cpu_seconds(media_pid), datagrams()
        await asyncio.sleep(MEASURED_SECONDS)
        cpu, (taken_then, dropped_then) = cpu_seconds(media_pid) - cpu, datagrams()
        after, media_after = resident_bytes(server.pid), resident_bytes(media_pid)
        ended = told.counts["VSS"] - WARM_UP - 1
        if ended:
            message = f"{ended} calls ended before they were measured"
            raise RuntimeError(message)
        await told.until("VSS", WARM_UP + 1 + CALLS, SECONDS)
    if told.completed != WARM_UP + 1 + CALLS or not all(heard):
        message = f"{told.completed} sessions were COMPLETED, {sum(heard)} of {CALLS} got their sound back"
        raise RuntimeError(message)
    kilobytes = (after - before + media_after - media_before) / CALLS / 1000
    note = f"of that {(media_after - media_before) / CALLS / 1000:.0f} kB in the media engine; {CALLS} live"
    packets = (taken_then - taken) / CALLS / MEASURED_SECONDS
    return [
        Figure("memory per live session", kilobytes, "kB", 60, note=note),
        Figure(
            "media, reference engine: CPU per call and second, both directions",
            cpu / CALLS / MEASURED_SECONDS * 1e6,
            "µs",
            note=f"{CALLS} calls, {packets:.0f} packets each (100 is all), {dropped_then - dropped} dropped;"
            " the target of 350 is the C engine's",
        ),
    ]
