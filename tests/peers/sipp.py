"""SIPp as a peer: a scenario in `scenarios/`, so many calls, so many seconds, and then it is gone."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parent / "scenarios"
HOST = "127.0.0.1"
START_SECONDS = 10.0
"""How long SIPp may take to bind its port."""
SPARE_SECONDS = 10.0
"""How long it may take to end after its own time limit."""


def path_of_sipp() -> str:
    """Give the program; where it is missing the test fails, for without it nothing would be shown."""
    found = shutil.which("sipp")
    if found is None:
        pytest.fail("SIPp is missing: sudo apt-get install sip-tester")
    return found


def free_port(host: str = HOST) -> int:
    """Give a UDP port of a loopback address that nobody has at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


class Sipp:
    """A running SIPp."""

    def __init__(
        self, process: asyncio.subprocess.Process, address: tuple[str, int], folder: Path, seconds: float
    ) -> None:
        """Made by `sipp`."""
        self._process = process
        self._folder = folder
        self._seconds = seconds
        self.address = address

    async def succeed(self) -> None:
        """Wait until its calls are over; fails with what it saw where one of them was not as the scenario says."""
        if status := await self.over():
            pytest.fail(f"SIPp ended with {status}\n{self.errors}\n{self.messages[-6000:]}")

    async def over(self) -> int:
        """Wait until its calls are over, well or not, and give its exit code. Raises TimeoutError."""
        async with asyncio.timeout(self._seconds + SPARE_SECONDS):
            return await self._process.wait()

    @property
    def messages(self) -> str:
        """All that it sent and received, as it wrote it down."""
        return self._read("messages.log")

    @property
    def errors(self) -> str:
        """What it did not expect."""
        return self._read("errors.log") + self._read("screen.log")[-1000:]

    def _read(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    async def wait_until_bound(self) -> None:
        """Wait until its port is taken: an INVITE before that would come back as an ICMP error."""
        async with asyncio.timeout(START_SECONDS):
            while self._process.returncode is None:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    try:
                        probe.bind(self.address)
                    except OSError:
                        return
                await asyncio.sleep(0.01)
        pytest.fail(f"SIPp did not start: {self.errors}")

    async def end(self) -> None:
        """Kill it, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


@contextlib.asynccontextmanager
async def sipp(
    scenario: str,
    folder: Path,
    *arguments: str,
    towards: tuple[str, int] | None = None,
    host: str = HOST,
    calls: int = 1,
    seconds: int = 20,
) -> AsyncIterator[Sipp]:
    """Run a scenario `calls` times within `seconds`, as a caller where there is somebody to call.

    `folder`: for its logs; `arguments`: further ones of its command line; `host`: the loopback address that it has.
    """
    port = free_port(host)
    target = [f"{towards[0]}:{towards[1]}"] if towards is not None else []
    with (folder / "screen.log").open("wb") as screen:
        process = await asyncio.create_subprocess_exec(
            *(path_of_sipp(), *target, "-sf", str(SCENARIOS / f"{scenario}.xml")),
            *("-i", host, "-p", str(port), "-m", str(calls), "-timeout", f"{seconds}s", "-timeout_error", "-nostdin"),
            *("-watchdog_interval", "0"),  # else it gives up on a machine that is busy
            *("-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"),
            *arguments,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=screen,
            stderr=screen,
        )
    peer = Sipp(process, (host, port), folder, seconds)
    try:
        if towards is None:
            await peer.wait_until_bound()
        yield peer
    finally:
        await peer.end()
