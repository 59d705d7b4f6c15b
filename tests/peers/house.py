"""A whole server: in the test's own loop, or as the process that a user starts."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from tests.contract import document
from tests.peers.program import HOST, Payload, Program, running
from tests.peers.sipp import free_port

from ringback.app.config import (
    Config,
    Exports,
    Http,
    Limits,
    Recorder,
    Recordings,
    Retention,
    Sip,
    StoreConfig,
    Trunk,
    Voices,
    Webhooks,
)
from ringback.app.server import Server
from ringback.service.ports import WebhookType

ACCOUNT = "acme"
SOURCE = "15550100100"
CALLED = "6512345678"
VOICE = "en-US-Heart"
WEBHOOKS = ("VCA", "VCS", "VSS")
START_SECONDS = 30.0
_ANSWERS = re.compile(r"ringback answers on http://[^:]*:(\d+), SIP on udp:[^:]*:(\d+)")
_STARTS = count(1)
_RINGBACK = (sys.executable, "-W", "error", "-m", "ringback")

Action = dict[str, Any]


def dial(destination: str = CALLED, source: str = SOURCE) -> Action:
    return {"action": "makeCall", "params": {"source": source, "destination": destination}}


def say(text: str, **params: object) -> Action:
    return {"action": "say", "params": {"text": text, "voiceProfile": VOICE, **params}}


def capture(text: str, digits: int = 1, **params: object) -> Action:
    """Ask for exactly so many digits, once."""
    asked = {"promptMessage": text, "voiceProfile": VOICE, "minDigits": digits, "maxDigits": digits, "noOfTries": 1}
    return {"action": "sayAndCapture", "params": {**asked, **params}}


def play_file(url: str) -> Action:
    return {"action": "playFile", "params": {"fileUrl": url}}


HANGUP: Action = {"action": "hangup"}


def trunk_to(address: tuple[str, int], name: str = "carrier", **settings: Any) -> Trunk:  # noqa: ANN401 - of Trunk
    """Give a trunk that leads to a peer; fast enough not to be what a test waits for."""
    return Trunk(name=name, uri=f"sip:{address[0]}:{address[1]}", **{"calls_per_second": 1000.0, **settings})


def recording_config(folder: Path, address: tuple[str, int]) -> str:
    """Give the configuration of a server that records the calls of a peer to a folder; its ports stay at a restart."""
    return f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
recordings.folder = "{folder}"
[[trunk]]
name = "carrier"
uri = "sip:{address[0]}:{address[1]}"
"""


class Client:
    """What a program does with the API."""

    def __init__(
        self, http: aiohttp.ClientSession, url: str, key: str, program: Program, account: str = ACCOUNT
    ) -> None:
        """`url`: of the server, `program`: where its webhooks lead."""
        self.http = http
        self.url = url
        self.key = key
        self.account = account
        self.program = program

    async def post(self, body: Mapping[str, object]) -> dict[str, Any]:
        """POST a callflow and give the receipt. Raises ClientError."""
        return (await self.ask("POST", "callflows", body))[1]

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Send a request and give status and answer, which is as the OpenAPI document says. Raises ClientError."""
        below = f"/api/v1/subaccounts/{self.account}/{path}"
        headers = {"Authorization": f"Bearer {self.key}"}
        async with self.http.request(method, self.url + below, json=body, headers=headers) as answer:
            content = await answer.read()
            document.check(method, below, answer.status, answer.headers.get("content-type"), content)
            return answer.status, await answer.json()

    async def call(self, *actions: Action, **fields: object) -> str:
        """POST a callflow that is accepted and give the session's id."""
        receipt = await self.post({**fields, "callflow": list(actions)})
        assert (receipt["statusCode"], receipt["statusMessage"]) == (1, "Created"), receipt
        return str(receipt["sessionId"])

    async def run(self, *actions: Action, **fields: object) -> Payload:
        """POST a callflow and give the summary of its session."""
        return await self.program.summary(await self.call(*actions, **fields))


class House(Client):
    """A server in this loop."""

    def __init__(self, server: Server, http: aiohttp.ClientSession, key: str, program: Program) -> None:
        """`server`: started."""
        super().__init__(http, f"http://{HOST}:{server.http.port}", key, program)
        self.server = server


@asynccontextmanager
async def house(  # noqa: PLR0913 - a section of the configuration each
    folder: Path,
    *trunks: Trunk,
    program: Program | None = None,
    webhooks: Sequence[WebhookType] | None = None,
    numbers: Sequence[str] = (),
    limits: Limits | None = None,
    recorder: Recorder | None = None,
    recordings: Recordings | None = None,
    retention: Retention | None = None,
    sandbox: bool = False,
) -> AsyncIterator[House]:
    """Start a server and a program; `program`: one that runs already, `webhooks`: others than VCA, VCS and VSS."""
    config = Config(
        http=Http(host=HOST, port=0),
        sip=Sip(listen=(f"udp:{HOST}:0",)),
        store=StoreConfig(url=f"sqlite:///{folder}/ringback.db"),
        voices=Voices(cache=str(folder / "cache")),
        webhooks=Webhooks(allow_private_addresses=True, vca_timeout=5.0),
        limits=limits or Limits(),
        recorder=recorder or Recorder(),
        recordings=recordings or Recordings(),
        retention=retention or Retention(),
        exports=Exports(folder=str(folder / "exports")),
        trunk=trunks,
    )
    async with AsyncExitStack() as open_:
        there = await open_.enter_async_context(running(Program())) if program is None else program
        server = Server(config, sandbox=sandbox)
        await server.start()
        open_.push_async_callback(server.stop, 0.0)
        hooks = webhooks if webhooks is not None else [WebhookType(name, there.url(name)) for name in WEBHOOKS]
        key = await server.store.bootstrap(ACCOUNT, caller_ids=[SOURCE], numbers=numbers, webhooks=hooks)
        http = await open_.enter_async_context(aiohttp.ClientSession())
        yield House(server, http, str(key), there)


def free_tcp_port() -> int:
    """Give a TCP port of the loopback address that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Serving:
    """`ringback serve` as a process, started anew as often as a test likes on the same configuration and store."""

    def __init__(self, folder: Path, config: str, *, sandbox: bool = False) -> None:
        """`config`: TOML beside `[store]` and `[voices]`, which lie in `folder`."""
        self._folder = folder
        self._file = folder / "ringback.toml"
        self._file.write_text(
            f'store.url = "sqlite:///{folder}/ringback.db"\nvoices.cache = "{folder}/cache"\n{config}'
        )
        self._sandbox = sandbox
        self._process: asyncio.subprocess.Process | None = None
        self._log = folder / "not-started.log"
        self.http_port = 0
        self.sip_port = 0

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.http_port}"

    @property
    def pid(self) -> int:
        """Of the latest start; the processes that it starts are in its session."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What the latest start wrote to standard error."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def spawn(self) -> asyncio.subprocess.Process:
        """Start the process and do not wait for it."""
        self._log = self._folder / f"serve-{next(_STARTS)}.log"
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*_RINGBACK, "serve", "--config", str(self._file), *(("--sandbox",) if self._sandbox else ())),
                cwd=self._folder,
                env=_environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        process = await self.spawn()
        async with asyncio.timeout(START_SECONDS):
            while (found := _ANSWERS.search(self.log)) is None:
                assert process.returncode is None, self.log
                await asyncio.sleep(0.02)
        self.http_port, self.sip_port = int(found[1]), int(found[2])

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self, bound: float = START_SECONDS) -> int:
        """Wait until the process is over and give its exit code. Raises TimeoutError."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), bound)

    async def kill(self) -> None:
        """Kill it, if it still runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def command(self, *arguments: str) -> str:
        """Run `ringback ARGUMENTS --config FILE` and give what it printed; fails where it fails."""
        status, out, err = await run_ringback(*arguments, "--config", str(self._file), folder=self._folder)
        assert status == 0, out + err
        return out

    async def bootstrap(self, program: Program) -> str:
        """Make the subaccount with its webhooks and give the API key."""
        hooks = [f"{name}={program.url(name)}" for name in WEBHOOKS]
        out = await self.command(
            *("admin", "bootstrap", "--subaccount", ACCOUNT, "--caller-id", SOURCE, "--webhook", *hooks)
        )
        return str(json.loads(out)["apiKey"])


@asynccontextmanager
async def serving(folder: Path, config: str, *, sandbox: bool = False) -> AsyncIterator[Serving]:
    """Give a server that is not started yet, and see to its end."""
    server = Serving(folder, config, sandbox=sandbox)
    try:
        yield server
    finally:
        await server.kill()


async def run_ringback(*arguments: str, folder: Path, bound: float = 60.0) -> tuple[int, str, str]:
    """Run the command line; give its exit code, standard output and standard error."""
    return await run_python("-m", "ringback", *arguments, folder=folder, bound=bound)


async def run_python(
    *arguments: str, folder: Path, bound: float = 60.0, environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Run a Python of ours; give its exit code, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *arguments),
        cwd=folder,
        env={**_environment(), **(environment or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), bound)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, out.decode(), err.decode()


def _environment() -> dict[str, str]:
    """Give our environment without what would configure a server behind the test's back."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")} | {"COLUMNS": "200"}
