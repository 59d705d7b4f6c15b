"""The pace of 2,500 live calls while API and signalling take 20 new ones a second in the same process.

```
  this --POST--> ringback serve --INVITE--> SIPp        answers with the address of the load peer
                 core 1: API, SIP, store
                 core 0: its media thread ---RTP---> load peer   sends on every leg, measures; core 1, as all else
```
"""

import asyncio
import json
import os
import time
from collections.abc import Sequence

import sessions
import uvloop
from gauge import LOAD_CORE, SERVER_CORE, Figure, cpu_seconds, media_thread, percentile, pin, pinned, thread_seconds
from house import SOURCE, house
from http_load import paced
from media.rtp_peer import rtp_peer
from program import program
from sipp import answering

NAME = "media-serving"
CALLS = 2500
SET_UP_RATE = 25.0
RATE = 20.0
SECONDS = 15.0
PACKETS = 50
"""Of a call in a second; so the short calls count for as long as they last."""
ROOM = 4000
"""Legs of the peer: the long calls and every short one."""
WAIT_SECONDS = 60.0
JITTER_MS = 5.0
LONG = [{"text": " ".join([sessions.TEXT] * 8), "voiceProfile": "en-US-Heart", "repetition": 3}] * 6
"""Minutes."""


def run() -> Sequence[Figure]:
    """Bring the long calls up, then measure while short ones come and go."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run())


async def _run() -> Sequence[Figure]:
    async with (
        program() as told,
        rtp_peer(ROOM) as peer,
        answering(media=peer.ports) as phone,
        house(phone.address[1], channels=10_000, calls_per_second=1000, webhooks=told.webhooks) as server,
    ):
        thread = media_thread(server.pid)
        pin(server.pid, LOAD_CORE)
        os.sched_setaffinity(thread, {SERVER_CORE})
        await paced(server, [sessions.body(0), _long(0)], RATE)  # renders the prompts
        await told.until("VSS", 1, WAIT_SECONDS)
        await paced(server, [_long(number) for number in range(1, CALLS)], SET_UP_RATE)
        await peer.hear(CALLS + 1)
        began, media, whole = time.monotonic(), thread_seconds(server.pid, thread), cpu_seconds(server.pid)
        posted, measured = await asyncio.gather(
            paced(server, [sessions.body(number) for number in range(int(RATE * SECONDS))], RATE),
            peer.measure(SECONDS),
        )
        took = time.monotonic() - began
        media, whole = (thread_seconds(server.pid, thread) - media) / took, (cpu_seconds(server.pid) - whole) / took
        await told.until("VSS", 1 + len(posted.latencies), WAIT_SECONDS)
        if told.counts["VSS"] != 1 + len(posted.latencies) or told.completed != told.counts["VSS"]:
            message = f"{told.counts['VSS']} calls ended, {told.completed} as they should"
            raise RuntimeError(message)
    if measured["overflowed"]:
        message = f"the load peer got no time: it left {measured['overflowed']} packets unread, and sent as few"
        raise RuntimeError(message)
    p50, p99, p999, longest = (us / 1e3 for us in measured["jitter_us"])
    shares = [100 * each for each in (media, whole - media, measured["cpu_seconds"] / measured["seconds"])]
    live = measured["received"] / measured["seconds"] / PACKETS
    what = f"{CALLS:,} live calls, {RATE:g} new ones a second, one server process"
    return [
        Figure(
            f"{what}: p99 send jitter",
            p99,
            "ms",
            JITTER_MS,
            note=f"p50 {p50:.2f}, p99.9 {p999:.1f}, longest {longest:.1f} ms",
        ),
        Figure(
            f"{what}: packets lost",
            measured["lost"],
            "packets",
            0,
            note=f"of {measured['received']:,}; the peer's own overflow is 0",
        ),
        Figure(
            f"{what}: CPU of the media thread per call and second",
            media / live * 1e6,
            "µs",
            350,
            note="{:.0f} % of its core; of the other its process {:.0f} %, the peer {:.0f} %".format(*shares),
        ),
        Figure(f"{what}: accepted, p99", percentile(posted.latencies, 99) * 1e3, "ms"),
    ]


def _long(number: int) -> bytes:
    """Give a callflow that speaks for minutes."""
    call = {"action": "makeCall", "params": {"source": SOURCE, "destination": f"+66{number:08d}"}}
    return json.dumps(
        {"clientRequestId": f"l-{number}", "callflow": [call, *({"action": "say", "params": say} for say in LONG)]}
    ).encode()
