"""How many prompts a worker of the neural voice speaks a second; no sentence is said twice."""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop
from gauge import LOAD_CORE, SERVER_CORE, Figure, children, cpu_seconds, pin, pinned

from ringback.adapters.speech import open_voices

NAME = "speech"
COUNT = 150
PROMPT_SECONDS = 9.0
VOICE = "en-US-Heart"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_STREETS = ("Station Road", "Market Street", "Harbour Lane", "Mill Hill", "Church Walk", "Park Avenue", "Castle Street")


def text(number: int) -> str:
    """Give a text of about nine seconds."""
    return (
        f"Hello, this is a reminder of appointment {number} on {_DAYS[number % 5]} at {number % 12 + 1} o'clock "
        f"in {_STREETS[number % 7]}. Please bring letter {number + 1000} with you, and call us if you cannot come."
    )


def run() -> Sequence[Figure]:
    """Speak unique prompts, two at a time, so that the worker never waits."""
    with pinned(LOAD_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run())


async def _run() -> Sequence[Figure]:
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        voices = open_voices(cache=Path(folder), cache_bytes=1_000_000_000, workers=1)
        await voices.start()
        try:
            await voices.synthesize("Ready.", VOICE, 1.0)
            worker = next(pid for pid, command in children(os.getpid()).items() if "worker" in command)
            pin(worker, SERVER_CORE)
            left = iter(range(COUNT))
            audio = 0.0

            async def ask() -> None:
                nonlocal audio
                for number in left:
                    spoken = await voices.synthesize(text(number), VOICE, 1.0)
                    audio += len(spoken.samples) / 2 / spoken.rate

            began, cpu = time.perf_counter(), cpu_seconds(worker)
            await asyncio.gather(ask(), ask())
            seconds, cpu = time.perf_counter() - began, cpu_seconds(worker) - cpu
        finally:
            await voices.stop()
    note = f"{COUNT} prompts of {audio / COUNT:.1f} s on average, counted in nines; worker {100 * cpu / seconds:.0f} %"
    rate = audio / PROMPT_SECONDS / cpu
    return [Figure("unique 9 s prompts, neural voice, one worker", rate, "a second", 15, at_least=True, note=note)]
