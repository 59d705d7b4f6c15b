"""SIPp, which answers: a carrier that nobody here wrote, on the load's core."""

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from gauge import LOAD_CORE, cpu_seconds, pinned
from house import HOST, free_port

_SCENARIO = Path(__file__).parent / "scenarios" / "answers.xml"
START_SECONDS = 10.0
LINGER = '<timewait milliseconds="100"/>'


class Sipp:
    """A running SIPp."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, media_port: int) -> None:
        """Made by `answering`."""
        self._process = process
        self.address = (HOST, port)
        self.media_port = media_port
        """Where its answers ask for media."""

    @property
    def cpu(self) -> float:
        """Seconds of CPU that it took so far."""
        return cpu_seconds(self._process.pid)


@contextlib.asynccontextmanager
async def answering(*, lost_percent: int = 0, echo: bool = False, media: Sequence[int] = ()) -> AsyncIterator[Sipp]:
    """Run SIPp as the called party of any number of calls.

    `lost_percent`: of the messages that it sends and receives; it then waits for repetitions after a BYE; `echo`: send
    all RTP back where it came from, else it goes to a socket that nobody reads; `media`: or to those
    ports in turn.
    """
    program = shutil.which("sipp")
    if program is None:
        message = "SIPp is missing: sudo apt-get install sip-tester"
        raise RuntimeError(message)
    port, media_port = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM) & ~1
    with (
        tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder,
        contextlib.ExitStack() as sink,
    ):
        scenario = Path(folder) / "answers.xml"
        linger = LINGER.replace("100", "8000") if lost_percent else LINGER
        scenario.write_text(_SCENARIO.read_text().replace(LINGER, linger).replace("[media]", "[field0]"))
        (Path(folder) / "media").write_text("SEQUENTIAL\n" + "".join(f"{each}\n" for each in media or [media_port]))
        if not echo and not media:
            sink.enter_context(_sink(media_port))
        arguments = ["-rtp_echo", "-mi", HOST, "-mp", str(media_port)] if echo else []
        if lost_percent:
            arguments += ["-lost", str(lost_percent)]
        with pinned(LOAD_CORE), (Path(folder) / "screen").open("wb") as screen:
            process = await asyncio.create_subprocess_exec(
                *(program, "-sf", str(scenario), "-inf", "media", "-i", HOST, "-p", str(port), "-nostdin", "-nd"),
                *arguments,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
            )
        try:
            await _until_bound(process, (HOST, port), Path(folder) / "screen")
            yield Sipp(process, port, media_port)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _sink(port: int) -> socket.socket:
    """Take what is sent to a port, so that nobody is told that it is closed."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind((HOST, port))
    return taken


async def _until_bound(process: asyncio.subprocess.Process, address: tuple[str, int], screen: Path) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind(address)
                except OSError:
                    return
            await asyncio.sleep(0.01)
    message = f"SIPp did not start: {screen.read_text(errors='replace')[-2000:]}"  # noqa: ASYNC240 - it failed: nothing waits
    raise RuntimeError(message)
