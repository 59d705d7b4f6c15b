"""Has taps mixed by a process of its own, nicer than the server, one after the other."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ringback.adapters.audio.mixdown.jobs import Job, Outcome
from ringback.adapters.audio.mixdown.mixdown import STEREO, part_of
from ringback.service.ports import MixdownFailed, Mixed

LIMIT: Final = 1800.0
"""Seconds for a tap: an hour of sound takes about ten."""
IDLE: Final = 10.0
"""Seconds without a job after which the process is ended."""
MOST: Final = 10_000
"""Jobs that wait at most."""

_COMMAND: Final = (sys.executable, "-P", "-m", "ringback.adapters.audio.mixdown.worker")
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_STOPPED: Final = "recordings are not made any more"
_Waiting = tuple[Job, asyncio.Future[Mixed]]

_log = structlog.get_logger(__name__)


class Mixer:
    """Implements `ringback.service.ports.Mixdown`; the process lives while there is work."""

    def __init__(self, limit: float = LIMIT, idle: float = IDLE) -> None:
        """`limit`: seconds for a tap; `idle`: seconds without a job after which the process is ended."""
        self._limit = limit
        self._idle = idle
        self._jobs: asyncio.Queue[_Waiting] = asyncio.Queue(MOST)
        self._task: asyncio.Task[None] | None = None
        self._process: Process | None = None

    async def start(self) -> None:
        """Take up work."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End the process; jobs that are not done fail, and leave no file."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        while not self._jobs.empty():
            _fail(self._jobs.get_nowait()[1], _STOPPED)

    async def mix(self, tap: Path, sound: Path, channels: int = STEREO) -> Mixed:
        """Make a sound file, wav or mp3 by its suffix, of a tap; see `mix`. Raises MixdownFailed."""
        if self._task is None:
            raise MixdownFailed(_STOPPED)
        mixed: asyncio.Future[Mixed] = asyncio.get_running_loop().create_future()
        try:
            self._jobs.put_nowait((Job(str(tap), str(sound), channels), mixed))
        except asyncio.QueueFull:
            reason = f"{MOST} recordings are waiting"
            raise MixdownFailed(reason) from None
        return await mixed

    async def _work(self) -> None:
        try:
            while True:
                job, mixed = await self._next()
                try:
                    await self._do(job, mixed)
                except asyncio.CancelledError:
                    await self._end()
                    _discard(job)
                    raise
                finally:
                    _fail(mixed, _STOPPED)
        finally:
            await self._end()

    async def _next(self) -> _Waiting:
        while True:
            try:
                async with asyncio.timeout(None if self._process is None else self._idle):
                    return await self._jobs.get()
            except TimeoutError:
                await self._end()

    async def _do(self, job: Job, mixed: asyncio.Future[Mixed]) -> None:
        if mixed.done():  # nobody waits for it any more
            return
        try:
            async with asyncio.timeout(self._limit):
                outcome = await self._ask(job)
        except TimeoutError:
            reason = f"mixing took longer than {self._limit:g} s"
        except (OSError, EOFError, ValueError) as fault:  # a broken outcome is a ValueError, too
            reason = f"the process that mixes died: {fault}"
        else:
            if outcome.mixed is None:
                _fail(mixed, outcome.fault)
            elif not mixed.done():
                mixed.set_result(outcome.mixed)
            return
        _log.warning("mixdown-lost", tap=job.tap, reason=reason)
        await self._end()
        _discard(job)
        _fail(mixed, reason)

    async def _ask(self, job: Job) -> Outcome:
        if self._process is None or self._process.returncode is not None:
            await self._end()
            self._process = await asyncio.create_subprocess_exec(
                *_COMMAND, stdin=PIPE, stdout=PIPE, env=os.environ | _ONE_THREAD
            )
        jobs, outcomes = self._process.stdin, self._process.stdout
        if jobs is None or outcomes is None:
            reason = "a worker has two pipes"
            raise ValueError(reason)
        jobs.write(msgspec.json.encode(job) + b"\n")
        await jobs.drain()
        return msgspec.json.decode(await outcomes.readuntil(b"\n"), type=Outcome)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def _discard(job: Job) -> None:
    """Remove what a process that was killed left."""
    part_of(Path(job.sound)).unlink(missing_ok=True)


def _fail(mixed: asyncio.Future[Mixed], reason: str) -> None:
    if not mixed.done():
        mixed.set_exception(MixdownFailed(reason))
