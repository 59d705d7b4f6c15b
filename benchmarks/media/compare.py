"""The same load against a SIP server that somebody else wrote, and our core engine in the same run.

`python benchmarks/media/compare.py HOST:PORT PID [CALLS...]`: SIPp places so many calls at a time with the server there
(on this machine, since its packets are told apart by their ports), whose process PID is; whatever it plays is measured
as that of our own engine is. Run it with the server pinned to core 0: `taskset -c 0 ...`.

`python benchmarks/media/compare.py baresip [CALLS...]` starts Debian's baresip (`apt-get install baresip-core`), which
answers every call and plays a file, as an example of such a server.
"""

import asyncio
import contextlib
import shutil
import socket
import struct
import sys
import tempfile
import time
import wave
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import document
from gauge import LOAD_CORE, SERVER_CORE, cpu_seconds, pinned
from house import HOST, free_port
from media.plane import CORE
from media.rtp_peer import prompt, rtp_peer
from media.sweep import HEAD, Step, step

from ringback.wire.rtp import g711

CALLS = (50, 100, 200, 400)
BARESIP = "baresip"
SET_UP_RATE = 20
SECONDS = 8.0
WARM_UP_SECONDS = 2.0
SCENARIO = Path(__file__).parents[1] / "scenarios" / "places.xml"
START_SECONDS = 20.0


async def _compare(arguments: Sequence[str]) -> None:
    if arguments[0] == BARESIP:
        calls = [int(each) for each in arguments[1:]] or list(CALLS)
        async with baresip() as (port, pid):
            steps = await _steps(BARESIP, (HOST, port), pid, calls)
    else:
        host, _, port_text = arguments[0].rpartition(":")
        calls = [int(each) for each in arguments[2:]] or list(CALLS)
        steps = await _steps(f"server at {arguments[0]}", (host, int(port_text)), int(arguments[1]), calls)
    rows = "".join(f"{each.row}\n" for each in steps)
    print(HEAD + rows)
    document.replace("media comparison", HEAD + rows)


async def _steps(name: str, address: tuple[str, int], pid: int, calls: Sequence[int]) -> Sequence[Step]:
    steps = []
    for count in calls:
        steps.append(await _theirs(name, address, pid, count))
        steps.append(await step(CORE, count))
    return steps


async def _theirs(name: str, address: tuple[str, int], pid: int, calls: int) -> Step:
    hold = calls / SET_UP_RATE + WARM_UP_SECONDS + SECONDS + START_SECONDS / 4
    async with rtp_peer(calls) as peer, _placing(address, calls, peer.ports[0], hold):
        await peer.hear(calls)
        await asyncio.sleep(WARM_UP_SECONDS)
        began, cpu = time.monotonic(), cpu_seconds(pid)
        told = await peer.measure(SECONDS)
        cpu = (cpu_seconds(pid) - cpu) / (time.monotonic() - began)
    if told["legs"] < calls:
        message = f"of {calls} calls only {told['legs']} were heard while they were measured"
        raise RuntimeError(message)
    return Step(name, calls, cpu, told, lost=None)


@contextlib.asynccontextmanager
async def _placing(address: tuple[str, int], calls: int, media: int, hold: float) -> AsyncIterator[None]:
    """Let SIPp place calls and end with them; raises RuntimeError if one of them did not go as it should."""
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        scenario = Path(folder) / "places.xml"
        scenario.write_text(
            SCENARIO.read_text().replace("[media]", str(media)).replace("[hold]", str(int(hold * 1000)))
        )
        with pinned(LOAD_CORE), (Path(folder) / "screen").open("wb") as screen:
            process = await asyncio.create_subprocess_exec(
                *("sipp", f"{address[0]}:{address[1]}", "-sf", str(scenario), "-i", HOST, "-s", "bench", "-nostdin"),
                *("-p", str(free_port(socket.SOCK_DGRAM)), "-m", str(calls), "-l", str(calls), "-r", str(SET_UP_RATE)),
                *("-timeout", f"{hold + calls / SET_UP_RATE + START_SECONDS:.0f}s"),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
            )
        try:
            yield
            if await process.wait():
                message = f"SIPp: {(Path(folder) / 'screen').read_text(errors='replace')[-1500:]}"
                raise RuntimeError(message)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def baresip() -> AsyncIterator[tuple[int, int]]:
    """Run baresip on the server's core, answering all calls with a file; give its SIP port and its process."""
    if shutil.which(BARESIP) is None:
        message = "baresip is missing: sudo apt-get install baresip-core"
        raise RuntimeError(message)
    port = free_port(socket.SOCK_DGRAM)
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as name:
        folder = Path(name)
        _sound(folder / "prompt.wav")
        (folder / "accounts").write_text(f"<sip:bench@{HOST}:{port}>;regint=0;answermode=auto;audio_codecs=pcmu\n")
        (folder / "config").write_text(
            f"sip_listen {HOST}:{port}\ncall_max_calls 4000\n"
            f"audio_source aufile,{folder}/prompt.wav\nrtp_ports 10000-29999\n"
            "module_path /usr/lib/baresip/modules\n"
            "module g711.so\nmodule aufile.so\nmodule_app account.so\nmodule_app menu.so\n"
        )
        with pinned(SERVER_CORE), (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                BARESIP, "-f", str(folder), stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log
            )
        try:
            await asyncio.sleep(2.0)
            yield port, process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _sound(path: Path) -> None:
    sound = [g711.PCMU_LINEAR[byte] for byte in prompt()] * 30
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack(f"<{len(sound)}h", *sound))


if __name__ == "__main__":
    asyncio.run(_compare(sys.argv[1:]))
