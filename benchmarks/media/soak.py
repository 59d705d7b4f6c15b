"""A million legs, opened and closed beside calls that go on: `python benchmarks/media/soak.py [LEGS]`.

Memory must stay flat, every descriptor and port must come back, and the calls that go on must not lose a packet. Legs
play, press keys, are bridged, encrypted and recorded in turn, and some are closed before they were connected.
"""

import asyncio
import contextlib
import itertools
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import uvloop
from gauge import LOAD_CORE, pinned, resident_bytes
from house import HOST
from media.plane import CORE, PROMPT, Plane, plane
from media.rtp_peer import rtp_peer

from ringback.media.interface import Codec, Kept, LegClosed, NoFreePort, Remote, Srtp, SrtpSuite, TapClosed

LEGS = 1_000_000
STEADY = 50
"""Calls that go on meanwhile."""
AT_A_TIME = 200
PORTS = (61000, 61999)
"""Beyond those that the kernel gives away; so few that every one is used thousands of times."""
WARM_UP = 0.1
"""Share of the legs after which memory is taken for the first time."""
GROWTH_BYTES = 2_000_000
"""What memory may grow by over the rest: two bytes a leg."""
SOUND = b"\xff" * 800
KEY = bytes(range(30))
OWN_PROMPT = 2
REMEMBERED = 1000


async def _soak(legs: int) -> None:
    async with rtp_peer(STEADY) as peer, plane(CORE, PORTS) as running:
        await running.up(STEADY, peer)
        running.play()
        await peer.hear(STEADY)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink, tempfile.TemporaryDirectory() as folder:
            sink.bind((HOST, 0))
            churn = _Churn(running, sink.getsockname(), Path(folder))
            await churn.through(int(legs * WARM_UP))
            free = await _free(running)
            files, memory, began = _files(), resident_bytes(os.getpid()), time.monotonic()
            measured = asyncio.create_task(peer.measure(max(1.0, legs / 100_000)))
            await churn.through(legs - int(legs * WARM_UP))
            seconds, grown = time.monotonic() - began, resident_bytes(os.getpid()) - memory
            told = await measured
            left, taken = _files() - files, free - await _free(running)
    print(f"{legs:,} legs, {legs * (1 - WARM_UP) / seconds:,.0f} a second; memory grew by {grown:,} bytes")
    print(f"{left} descriptors and {taken} of {free} ports were left; {running.counts['TapClosed']:,} taps were closed")
    print(
        f"{STEADY} calls meanwhile: {told['lost']} packets of {told['received']:,} lost, jitter {told['jitter_us']} us"
    )
    if grown > GROWTH_BYTES or left or taken or told["lost"] or told["wrong"]:
        sys.exit("that is not flat")


class _Churn:
    """Opens and closes legs; each lives for as long as its batch takes."""

    def __init__(self, running: Plane, sink: tuple[str, int], folder: Path) -> None:
        """`sink`: takes what the legs send."""
        self._running = running
        self._sink = sink
        self._folder = folder
        self._plain = Remote(sink, Codec.PCMU, 0, 101)
        self._secret = Remote(sink, Codec.PCMA, 8, 101, srtp=Srtp(SrtpSuite.SHA1_80, KEY, KEY))
        self._done = 0

    async def through(self, legs: int) -> None:
        """Open and close so many."""
        engine, counts = self._running.engine, self._running.counts
        for _ in range(0, legs, AT_A_TIME):
            batch = range(STEADY, STEADY + AT_A_TIME)
            await asyncio.gather(*(engine.open(leg, silence_after=60) for leg in batch))
            engine.register(OWN_PROMPT, {Codec.PCMU: SOUND, Codec.PCMA: SOUND})
            taps = sum(self._use(leg, self._done + leg) for leg in batch)
            engine.forget(OWN_PROMPT)
            closed, tapped = counts["LegClosed"], counts["TapClosed"]
            for leg in batch:
                engine.close(leg)
            await self._running.until(LegClosed, closed + AT_A_TIME)
            await self._running.until(TapClosed, tapped + taps)
            self._done += AT_A_TIME
            self._running.digits.clear()

    def _use(self, leg: int, number: int) -> int:
        """Do something with a leg; give how many taps it has."""
        engine = self._running.engine
        if number % 10 == 0:
            return 0
        engine.connect(leg, self._secret if number % 5 == 0 else self._plain)
        engine.play(leg, leg, OWN_PROMPT if number % 3 else PROMPT)
        if number % 4 == 0:
            engine.press(leg, "12#")
        if number % 7 == 0 and leg > STEADY:
            engine.bridge(leg, leg - 1)
        if number % 100 == 1:
            engine.tap(leg, str(self._folder / f"{number}.tap"), Kept.HEADERS)
            return 1
        return 0


def _files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def _free(running: Plane) -> int:
    """Open legs until there is no port left; give how many there were."""
    opened = itertools.count(LEGS)
    count = 0
    with contextlib.suppress(NoFreePort):
        while True:
            await running.engine.open(next(opened), silence_after=0)
            count += 1
    closed = running.counts["LegClosed"]
    for leg in range(LEGS, LEGS + count):
        running.engine.close(leg)
    await running.until(LegClosed, closed + count)
    return count


if __name__ == "__main__":
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_soak(int(sys.argv[1]) if sys.argv[1:] else LEGS))
