"""The load peer (`peer/`, C11), compiled when a benchmark runs: any number of calls, measured by the kernel's clock."""

import asyncio
import contextlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gauge import LOAD_CORE, pinned

SOURCES = Path(__file__).parent / "peer"
PROGRAM = Path(__file__).parents[2] / "build" / "bench" / "rtp_peer"
FRAMES = 500
"""Of the prompt that the peer knows."""
EVENTS = "0123456789*#"
"""The digits that it presses, by their event code."""
SOCKETS = 8
GRACE_SECONDS = 20.0


class Peer:
    """A running peer."""

    def __init__(self, process: asyncio.subprocess.Process, ports: Sequence[int]) -> None:
        """Made by `rtp_peer`."""
        self._process = process
        self.ports = ports
        """Of RTP: what SDP may name; it sends back to whoever sends there."""

    async def hear(self, legs: int) -> None:
        """Wait until so many legs were heard."""
        await self._ask(f"hear {legs}", legs / 10 + GRACE_SECONDS)

    async def measure(self, seconds: float) -> Mapping[str, Any]:
        """Give what came in so many seconds; see `peer/peer.c`."""
        return dict(await self._ask(f"measure {seconds}", seconds + GRACE_SECONDS))

    async def press(self, count: int) -> None:
        """Press `count` keys on every leg, two a second; the n-th of leg i is event (i + n) modulo 12."""
        await self._ask(f"press {count}", GRACE_SECONDS)

    async def gaps(self, every: int) -> None:
        """Leave out one sequence number in `every` on each leg; 0 none."""
        await self._ask(f"gaps {every}", GRACE_SECONDS)

    async def legs(self) -> Sequence[Mapping[str, int]]:
        """Give what each leg did so far, in the order in which they were first heard; `port`: of the engine."""
        return list(await self._ask("legs", GRACE_SECONDS))

    async def _ask(self, line: str, seconds: float) -> Any:  # noqa: ANN401 - it is JSON
        if self._process.stdin is None or self._process.stdout is None:
            message = "the peer was started without pipes"
            raise RuntimeError(message)
        self._process.stdin.write(f"{line}\n".encode())
        async with asyncio.timeout(seconds):
            return json.loads(await self._process.stdout.readline())


@contextlib.asynccontextmanager
async def rtp_peer(legs: int, core: int = LOAD_CORE) -> AsyncIterator[Peer]:
    """Run it, for at most so many legs."""
    compiled()
    with pinned(core):
        process = await asyncio.create_subprocess_exec(
            *(str(PROGRAM), str(SOCKETS), str(legs)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=64 * 1024 * 1024,
        )
    try:
        if process.stdout is None:
            message = "the peer was started without pipes"
            raise RuntimeError(message)
        yield Peer(process, json.loads(await process.stdout.readline()))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def compiled() -> None:
    """Compile it, if it is not there or a source is newer. Raises RuntimeError where there is no compiler."""
    sources = sorted(SOURCES.glob("*.[ch]"))
    if PROGRAM.exists() and all(source.stat().st_mtime <= PROGRAM.stat().st_mtime for source in sources):
        return
    if shutil.which("cc") is None:
        message = "no C compiler: sudo apt-get install gcc"
        raise RuntimeError(message)
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    flags = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror")
    inputs = [str(source) for source in sources if source.suffix == ".c"]
    subprocess.run(("cc", *flags, *inputs, "-o", str(PROGRAM)), check=True)


def prompt() -> bytes:
    """Give the samples that the peer checks; PCMU, ten seconds that may be repeated."""
    return b"".join(_frame(number) for number in range(FRAMES))


def _frame(number: int) -> bytes:
    """Give 20 ms of it; see `peer/payload.h`."""
    row = ((number * 7 + at * 13) & 0xFF for at in range(15, 160))
    return bytes((number >> 8, number & 0xFF, 0xA5, *(0,) * 12, *row))
