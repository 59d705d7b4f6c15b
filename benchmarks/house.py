"""A real server as a process of its own, on the server's core, and everything that it leaves in a temporary folder."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gauge import LOAD_CORE, SERVER_CORE, children, media_thread, pin, pinned, thread_seconds

HOST = "127.0.0.1"
SUBACCOUNT = "bench"
SOURCE = "15550100100"
START_SECONDS = 30.0
STOP_SECONDS = 60.0


@dataclass(frozen=True)
class House:
    """A running server."""

    pid: int
    port: int
    """Of the API."""
    key: str
    """The API key."""

    @property
    def path(self) -> str:
        """Where callflows are posted."""
        return f"/api/v1/subaccounts/{SUBACCOUNT}/callflows"

    @property
    def media_thread(self) -> int:
        """The thread of the media engine."""
        return media_thread(self.pid)

    @property
    def media_cpu(self) -> float:
        """Seconds of CPU that this thread took so far."""
        return thread_seconds(self.pid, self.media_thread)


def free_port(kind: socket.SocketKind) -> int:
    """Give a port of the loopback address that nobody has at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def house(
    trunk_port: int,
    *,
    channels: int,
    calls_per_second: float,
    webhooks: Sequence[str] = (),
) -> AsyncIterator[House]:
    """Run `ringback serve` with one trunk that leads to `trunk_port`; `webhooks`: each `TYPE=URL`.

    The media engine and the voices run beside the load, not on the server's core.
    """
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as name:
        folder = Path(name)
        port = free_port(socket.SOCK_STREAM)
        config = _configure(folder, port, trunk_port, channels, calls_per_second)
        key = _bootstrap(config, webhooks)
        with (folder / "log").open("wb") as log:
            with pinned(SERVER_CORE):
                process = subprocess.Popen(_command("serve", "--config", str(config)), stderr=log, cwd=folder)  # noqa: ASYNC220 - before anything is measured
            async with _ended(process):
                await _until_ready(process, port, folder / "log")
                for pid in children(process.pid):
                    pin(pid, LOAD_CORE)
                running = House(process.pid, port, key)
                os.sched_setaffinity(running.media_thread, {LOAD_CORE})
                yield running


def _command(*arguments: str) -> Sequence[str]:
    return (sys.executable, "-m", "ringback", *arguments)


def _configure(folder: Path, port: int, trunk_port: int, channels: int, calls_per_second: float) -> Path:
    config = folder / "ringback.toml"
    config.write_text(
        f"""
[http]
port = {port}
[sip]
listen = ["udp:{HOST}:{free_port(socket.SOCK_DGRAM)}"]
[rtp]
engine = "core"
[store]
url = "sqlite:///{folder}/ringback.db"
[voices]
cache = "{folder}/cache"
[webhooks]
allow_private_addresses = true
[limits]
drain_seconds = 0
[[trunk]]
name = "bench"
uri = "sip:{HOST}:{trunk_port}"
channels = {channels}
calls_per_second = {calls_per_second}
""",
        encoding="utf-8",
    )
    return config


def _bootstrap(config: Path, webhooks: Sequence[str]) -> str:
    hooks = [part for webhook in webhooks for part in ("--webhook", webhook)]
    done = subprocess.run(
        _command(
            *("admin", "bootstrap", "--subaccount", SUBACCOUNT, "--caller-id", SOURCE, *hooks), "--config", str(config)
        ),
        check=True,
        capture_output=True,
    )
    return str(json.loads(done.stdout)["apiKey"])


@contextlib.asynccontextmanager
async def _ended(process: subprocess.Popen[bytes]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            # in a thread: what the server says at its end is answered by this loop
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.poll() is None:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(HOST, port)
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                answer = await reader.read()
                writer.close()
                if b" 200 " in answer.partition(b"\r\n")[0]:
                    return
            await asyncio.sleep(0.02)
    message = f"the server ended:\n{log.read_text(errors='replace')[-2000:]}"  # noqa: ASYNC240 - it failed: nothing waits
    raise RuntimeError(message)
