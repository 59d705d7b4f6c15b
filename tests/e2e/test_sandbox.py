"""What a newcomer runs: a sandbox, the examples, and `ringback call`."""

import asyncio
import os
import re
import sys
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
from tests.peers.carrier import loud_seconds
from tests.peers.house import Serving, free_tcp_port, run_python, run_ringback, serving
from tests.peers.program import HOST, Payload, Program, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCE = "+15550100100"
_KEY = re.compile(r"a subaccount was made: sandbox; its API key \(shown only now\): (\S+)")
_RECEIPT = re.compile(r"'sessionId': '([0-9a-f-]{36})'")


@dataclass
class Sandbox:
    """A sandbox server, and the program that its sessions are summed up to."""

    server: Serving
    program: Program
    key: str
    folder: Path

    async def heard(self, number: str) -> Path:
        """Wait for the file of what the handset of a number heard, which is kept once its leg is closed."""
        file = self.folder / "cache" / "heard" / f"{number}.wav"
        async with asyncio.timeout(10):
            while not await asyncio.to_thread(file.exists):  # noqa: ASYNC110 - a file tells nothing
                await asyncio.sleep(0.02)
        return file

    async def example(self, name: str, *arguments: str) -> Payload:
        """Run an example as a script and give the summary of the session that it started."""
        environment = {"RINGBACK_URL": self.server.url, "RINGBACK_API_KEY": self.key}
        status, out, err = await run_python(
            str(EXAMPLES / name), *arguments, folder=self.folder, environment=environment
        )
        assert status == 0, out + err
        receipt = _RECEIPT.search(out)
        assert receipt is not None, out
        return await self.program.summary(receipt[1])

    async def call(self, number: str, *arguments: str) -> tuple[int, str, str]:
        """Run `ringback call`."""
        config = str(self.folder / "ringback.toml")
        return await run_ringback("call", number, "--from", SOURCE, *arguments, "--config", config, folder=self.folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    config = f'http.port = {free_tcp_port()}\nsip.listen = ["udp:{HOST}:0"]\n'
    async with running(Program()) as program, serving(folder, config, sandbox=True) as server:
        await server.start()
        async with asyncio.timeout(10):
            while (key := _KEY.search(server.log)) is None:  # noqa: ASYNC110 - a file tells nothing
                await asyncio.sleep(0.02)
        for name in ("VCS", "VSS"):
            await server.command("admin", "webhook", "add", "--subaccount", "sandbox", f"{name}={program.url(name)}")
        yield Sandbox(server, program, key[1], folder)


def _loud(path: Path) -> float:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return loud_seconds(np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16))


async def test_the_reminder_and_the_code_are_told(sandbox: Sandbox) -> None:
    reminder, code = await asyncio.gather(
        sandbox.example("appointment_reminder.py", "+6512345678", "at ten"),
        sandbox.example("code_by_voice.py", "+6512345679", "42"),
    )
    assert (reminder["sessionStatus"], reminder["clientRequestId"]) == ("COMPLETED", "reminder-1")
    assert code["sessionStatus"] == "COMPLETED"
    assert reminder["lastAction"] == code["lastAction"] == "HANGUP"
    assert _loud(await sandbox.heard("6512345678")) > 4
    assert _loud(await sandbox.heard("6512345679")) > 2


@asynccontextmanager
async def _ivr_webhook(port: int) -> AsyncIterator[None]:
    """Run the webhook app of the IVR as a script."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / "ivr_webhook.py")),
        env={**os.environ, "PORT": str(port)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(10), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(f"http://{HOST}:{port}/") as answer:
                        assert answer.status == 501, "it answers POST alone"
                        break
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.05)
        yield
    finally:
        process.kill()
        await process.wait()


async def test_the_ivr_has_two_levels(sandbox: Sandbox) -> None:
    port = free_tcp_port()
    vca = f"VCA=http://{HOST}:{port}/"
    await sandbox.server.command("admin", "webhook", "add", "--subaccount", "sandbox", vca)
    async with _ivr_webhook(port):
        summary = await sandbox.example("ivr_call.py", "+6512345612")
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    told = sandbox.program.of_type("VCS", summary["sessionId"])
    pressed = [each.payload["dtmf"] for each in told if each.payload["callStatus"] == "DTMF_RECEIVED"]
    assert pressed[:2] == ["2", "2"], "2 in the main menu is the order, 2 there is the end"
    assert _loud(await sandbox.heard("6512345612")) > 5


async def test_a_call_from_the_command_line_is_heard(sandbox: Sandbox, tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    loud = []
    for text in ("Hello, world.", "Hello, world. This is a second call, and much more is said in it."):
        status, out, err = await sandbox.call("+6512345690", "--say", text, "--listen", str(heard))
        assert status == 0, out + err
        assert "session-ended status=COMPLETED" in out
        loud.append(_loud(heard))
    assert loud[0] > 0.3
    assert loud[1] > loud[0] + 1, "the second file is the second call's"


async def test_markup_from_the_command_line_is_heeded_or_warned_of(sandbox: Sandbox, tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    text = "<speak>Hello.<break time='2s'/>World.</speak>"
    status, out, err = await sandbox.call("+6512345690", "--say", text, "--listen", str(heard))
    assert (status, "warning" in out) == (0, False), out + err
    assert "prompt-played seconds=" in out
    assert 0.5 < _loud(heard) < 2
    status, out, err = await sandbox.call("+6512345690", "--say", text + "!")
    assert (status, "warning $.callflow[1].params: " in out) == (0, True), out + err


@pytest.mark.parametrize(
    ("number", "ended"),
    [
        ("6512345601", "session-ended status=BUSY"),
        ("6512345603", "session-ended status=FAILED"),
        ("6512345604", "session-ended status=ERROR errorCode=-2002"),
    ],
)
async def test_the_last_digits_choose_how_it_ends(sandbox: Sandbox, number: str, ended: str) -> None:
    status, out, err = await sandbox.call(number, "--say", "Hello.")
    assert status == 1, out + err
    assert out.rstrip().endswith(ended)


async def test_a_call_that_the_server_rejects_says_why(sandbox: Sandbox) -> None:
    config = str(sandbox.folder / "ringback.toml")
    status, out, err = await run_ringback(
        *("call", "6512345678", "--from", "4930123456", "--say", "Hello.", "--config", config), folder=sandbox.folder
    )
    assert status == 1
    assert "-1014 Source or caller ID is not allowed" in out + err
