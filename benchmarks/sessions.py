"""Whole sessions over a real server: POST, disk, SIP, a prompt of two seconds from memory, BYE, summary posted."""

import asyncio
import json
from collections.abc import Sequence

import uvloop
from gauge import LOAD_CORE, Figure, cpu_seconds, pinned
from house import SOURCE, house
from http_load import paced
from program import program
from sipp import answering

NAME = "sessions"
WARM_UP = 20
COUNT = 300
RATE = 15.0
SECONDS = 60.0
TEXT = "This is a call about your appointment on Tuesday."
"""Two seconds."""


def body(number: int, text: str = TEXT) -> bytes:
    """Give a callflow that speaks and hangs up."""
    actions = [
        {"action": "makeCall", "params": {"source": SOURCE, "destination": f"+65{number:08d}"}},
        {"action": "say", "params": {"text": text, "voiceProfile": "en-US-Heart"}},
        {"action": "hangup"},
    ]
    return json.dumps({"clientRequestId": f"r-{number}", "callflow": actions}).encode()


def run() -> Sequence[Figure]:
    """Run sessions at an even rate."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run())


async def _run() -> Sequence[Figure]:
    async with (
        program() as told,
        answering() as peer,
        house(peer.address[1], channels=1000, calls_per_second=200, webhooks=told.webhooks) as server,
    ):
        await paced(server, [body(number) for number in range(WARM_UP)], RATE)
        await told.until("VSS", WARM_UP, SECONDS)
        before, media_before = cpu_seconds(server.pid), server.media_cpu
        await paced(server, [body(number) for number in range(WARM_UP, WARM_UP + COUNT)], RATE)
        await told.until("VSS", WARM_UP + COUNT, SECONDS)
        media = server.media_cpu - media_before
        cpu = cpu_seconds(server.pid) - before - media
        if told.completed != told.counts["VSS"]:
            message = f"only {told.completed} of {told.counts['VSS']} sessions were COMPLETED"
            raise RuntimeError(message)
    note = f"{COUNT} sessions, {RATE:g} a second; the media engine beside it took {media / COUNT * 1e3:.1f} ms each"
    return [Figure("whole session: CPU of the server each", cpu / COUNT * 1e3, "ms", 4, note=note)]
