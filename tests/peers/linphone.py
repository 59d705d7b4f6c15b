"""A phone that nobody here wrote, of another family than baresip: Linphone on a terminal (Debian's linphone-cli)."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.peers.sipp import HOST, free_port

BOUND = 20.0
"""Seconds; nothing that is waited for takes longer."""
_SETTINGS = """[sip]
sip_port={port}
sip_tcp_port=0
sip_tls_port=0
bind_address={host}
contact="{user}" <sip:{user}@{host}:{port}>
guess_hostname=0
use_info={info}
use_rfc2833={events}
incoming_calls_early_media={early}
sdp_200_ack={offerless}
verify_server_certs=0
[rtp]
audio_rtp_port={rtp}
[net]
mtu=1300
"""


class Terminal:
    """A Linphone that listens at an address."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        """Made by `linphone`."""
        self._process = process
        self.address = (HOST, port)
        self.said = ""
        """All that it printed."""
        self._more = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(4096):
            self.said += data.decode(errors="replace")
            self._more.set()

    async def types(self, line: str) -> None:
        """Give it a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def says(self, pattern: str, bound: float = BOUND) -> None:
        """Wait until it printed something. Raises TimeoutError."""
        async with asyncio.timeout(bound):
            while not re.search(pattern, self.said):
                self._more.clear()
                await self._more.wait()

    async def end(self) -> None:
        """Kill it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._reading


@asynccontextmanager
async def linphone(
    folder: Path, *, user: str = "phone", info: bool = False, early: bool = False, offerless: bool = False
) -> AsyncIterator[Terminal]:
    """Run Linphone, with a folder for its files.

    `info`: press keys by INFO; `early`: send sound before the answer; `offerless`: call without an offer.
    """
    program = shutil.which("linphonec")
    if program is None:
        pytest.fail("Linphone is missing: sudo apt-get install linphone-cli")
    port = free_port()
    settings = _SETTINGS.format(
        host=HOST,
        port=port,
        user=user,
        rtp=free_port() & ~1,
        info=int(info),
        events=int(not info),
        early=int(early),
        offerless=int(offerless),
    )
    home = folder / "linphone"
    (home / ".local" / "share" / "linphone").mkdir(parents=True)
    (home / "linphonerc").write_text(settings)
    process = await asyncio.create_subprocess_exec(
        *(program, "-c", str(home / "linphonerc"), "-l", str(home / "log"), "-d", "6"),
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    made = Terminal(process, port)
    try:
        await made.says("linphonec>")
        await made.types("soundcard use files")
        await made.types("ipv6 disable")
        yield made
    finally:
        await made.end()
