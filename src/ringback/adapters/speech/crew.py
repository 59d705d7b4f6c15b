"""Worker processes that speak: started, fed one job at a time, replaced when they die or take too long."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from ringback.adapters.speech.jobs import LENGTH, LONGEST, Job, Outcome, frame
from ringback.service.ports import Pcm, SynthesisFailed

LIMIT: Final = 60.0
"""Seconds that a worker has for a sentence."""
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""onnxruntime's own threads are an argument of the engine."""
_STOPPED: Final = "the voices are not running"

_log = structlog.get_logger(__name__)


class Crew:
    """Some workers of one engine, and the jobs that wait for them."""

    def __init__(self, engine: str, workers: int, *, eager: bool, limit: float = LIMIT) -> None:
        """`eager`: start the processes with the crew, not with the first job; `limit`: seconds for a job."""
        self._command = module_command("worker", engine)
        self._engine = engine
        self._workers = workers
        self._eager = eager
        self._limit = limit
        self._jobs: asyncio.Queue[tuple[Job, asyncio.Future[Pcm]]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up work; returns before the processes are ready."""
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]

    async def stop(self) -> None:
        """End the processes; jobs that are not done fail."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while not self._jobs.empty():
            _, spoken = self._jobs.get_nowait()
            _fail(spoken, _STOPPED)

    async def speak(self, job: Job) -> Pcm:
        """Have a job done. Raises SynthesisFailed."""
        if not self._tasks:
            raise SynthesisFailed(_STOPPED)
        spoken: asyncio.Future[Pcm] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait((job, spoken))
        return await spoken

    async def _work(self) -> None:
        worker: _Worker | None = None
        try:
            while True:
                if worker is None and self._eager:
                    worker = await self._launch()
                job, spoken = await self._jobs.get()
                if spoken.done():  # nobody waits for it any more
                    continue
                if worker is not None and not worker.alive:
                    await worker.end()
                    worker = None
                try:
                    worker = worker or await self._launch()
                    if worker is None:
                        _fail(spoken, "the voice's process cannot be started")
                        continue
                    worker = await self._do(worker, job, spoken)
                finally:
                    _fail(spoken, _STOPPED)
        finally:
            if worker is not None:
                await worker.end()

    async def _do(self, worker: "_Worker", job: Job, spoken: asyncio.Future[Pcm]) -> "_Worker | None":
        """Give the worker back if it can do another job."""
        try:
            async with asyncio.timeout(self._limit):
                outcome = await worker.do(job)
        except TimeoutError:
            reason = f"the voice took longer than {self._limit:g} s"
        except (OSError, EOFError, msgspec.MsgspecError, ValueError):
            reason = "the voice's process died"
        else:
            if outcome.fault is not None:
                _fail(spoken, outcome.fault)
            elif not spoken.done():
                spoken.set_result(Pcm(outcome.samples, outcome.rate))
            return worker
        _log.warning("speech-worker-lost", engine=self._engine, reason=reason)
        _fail(spoken, reason)
        await worker.end()
        return None

    async def _launch(self) -> "_Worker | None":
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, env=os.environ | _ONE_THREAD
            )
        except OSError as fault:
            _log.warning("speech-worker-not-started", engine=self._engine, reason=str(fault))
            return None
        return _Worker(process)


class _Worker:
    """A process and its two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            reason = "a worker has two pipes"
            raise ValueError(reason)
        self._process = process
        self._jobs = process.stdin
        self._outcomes = process.stdout

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._outcomes.at_eof()

    async def do(self, job: Job) -> Outcome:
        """Have a job done. Raises OSError, EOFError, or what a broken outcome raises."""
        self._jobs.write(frame(job))
        await self._jobs.drain()
        length = int.from_bytes(await self._outcomes.readexactly(LENGTH), "big")
        if length > LONGEST:
            reason = f"an outcome of {length} bytes"
            raise ValueError(reason)
        return msgspec.msgpack.decode(await self._outcomes.readexactly(length), type=Outcome)

    async def end(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        self._jobs.close()
        await self._process.wait()


def module_command(module: str, *arguments: str) -> Sequence[str]:
    """Give the command that runs a module of this package in a process of its own."""
    return (sys.executable, "-P", "-m", f"ringback.adapters.speech.{module}", *arguments)


def _fail(spoken: asyncio.Future[Pcm], reason: str) -> None:
    if not spoken.done():
        spoken.set_exception(SynthesisFailed(reason))
