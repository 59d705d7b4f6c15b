"""What a newcomer runs: a sandbox, the examples, and `ringback call`."""

import asyncio
import os
import re
import signal
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


@dataclass
class Sandbox:
    """A sandbox server, and the program that its sessions are summed up to."""

    server: Serving
    program: Program
    key: str
    folder: Path

    @property
    def sip(self) -> str:
        """Where it listens to SIP."""
        return f"udp:{HOST}:{self.server.sip_port}"

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
        return await self.program.summary(out.strip())

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


async def test_whoever_presses_nine_gets_no_second_message(sandbox: Sandbox) -> None:
    await sandbox.server.command("admin", "scenario", "grant", "voice-message-optout", "--subaccount", "sandbox")
    message, presses_nine = "The shop is closed on Monday.", "+6512345619"
    first = await sandbox.example("voice_message.py", message, presses_nine)
    assert (first["sessionStatus"], first["lastAction"]) == ("COMPLETED_UNSUBSCRIBED", "EXECUTE_SCENARIO")
    again = await sandbox.example("voice_message.py", message, presses_nine)
    assert (again["sessionStatus"], again["callCount"]) == ("UNSUBSCRIBED_CONTACT", 0)
    listed = await sandbox.server.command("admin", "optout", "list", "--subaccount", "sandbox")
    assert listed.split()[::2] == [presses_nine, first["sessionId"]]


@asynccontextmanager
async def _ivr_webhook(port: int, secret: str) -> AsyncIterator[None]:
    """Run the webhook app of the IVR as a script."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / "ivr_webhook.py")),
        env={**os.environ, "PORT": str(port), "RINGBACK_WEBHOOK_SECRET": secret},
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ivr(sandbox: Sandbox) -> AsyncIterator[str]:
    """Give a number at which the example answers, as it answers for calls of the sandbox."""
    port, number = free_tcp_port(), "+15550100199"
    for what, value in (("webhook", f"VCA=http://{HOST}:{port}/"), ("number", number)):
        await sandbox.server.command("admin", what, "add", "--subaccount", "sandbox", value)
    secret = await sandbox.server.command("admin", "webhook", "secret", "VCA", "--subaccount", "sandbox")
    async with _ivr_webhook(port, secret.strip()):
        async with aiohttp.ClientSession() as http, http.post(f"http://{HOST}:{port}/", data=b"{}") as answer:
            assert answer.status == 400, "nobody else than the server is answered"
        yield number


@pytest.mark.usefixtures("ivr")
async def test_the_ivr_has_two_levels(sandbox: Sandbox) -> None:
    summary = await sandbox.example("ivr_call.py", "+6512345612")
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    told = sandbox.program.of_type("VCS", summary["sessionId"])
    pressed = [each.payload["dtmf"] for each in told if each.payload["callStatus"] == "DTMF_RECEIVED"]
    assert pressed[:2] == ["2", "2"], "2 in the main menu is the order, 2 there is the end"
    assert _loud(await sandbox.heard("6512345612")) > 5


async def test_a_handset_calls_into_the_ivr(sandbox: Sandbox, ivr: str, tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    before = len(sandbox.program.of_type("VSS"))
    arguments = ("--call", ivr, "--to", sandbox.sip, "--press", "1@2", "--record", str(heard))
    status, out, err = await run_ringback("handset", *arguments, folder=tmp_path)
    await sandbox.program.until(lambda: len(sandbox.program.of_type("VSS")) > before)
    assert (status, err) == (0, "")
    told = [line.rpartition(": ")[2] for line in out.splitlines()]
    assert told == ["ringing", "answered", "pressed 1", "over"]
    summary = sandbox.program.of_type("VSS")[-1].payload
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    assert summary["details"]["callA"]["source"] == "+4915112345678"
    assert _loud(heard) > 2, "the menu, and the opening hours"


@pytest.mark.parametrize(("port", "said"), [(None, "refused with 404"), (9, "nobody there")])
async def test_a_handset_that_reaches_nobody_says_so(
    sandbox: Sandbox, tmp_path: Path, port: int | None, said: str
) -> None:
    to = f"udp:{HOST}:{port}" if port else sandbox.sip
    status, out, err = await run_ringback("handset", "--call", "+15550100198", "--to", to, folder=tmp_path)
    assert status == 1
    assert "Traceback" not in err
    assert out.splitlines() == [f"+4915112345678 -> +15550100198: {said}"]


async def test_a_handset_that_is_interrupted_hangs_up(sandbox: Sandbox, ivr: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ringback", "handset", "--call", ivr, "--to", sandbox.sip),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readuntil(b"answered\n")
    process.send_signal(signal.SIGINT)
    rest, _ = await process.communicate()
    assert (process.returncode, rest) == (0, f"+4915112345678 -> {ivr}: over\n".encode())


async def test_a_handset_that_is_given_no_number_says_so(tmp_path: Path) -> None:
    status, _, err = await run_ringback("handset", "--call", "reception", folder=tmp_path)
    assert status == 1
    assert "'reception' is no number" in err


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


async def test_a_call_leaves_no_key_behind(sandbox: Sandbox) -> None:
    before = await sandbox.server.command("admin", "key", "list")
    await sandbox.call("6512345601", "--say", "Hello.")
    assert [row.split()[0] for row in (await sandbox.server.command("admin", "key", "list")).splitlines()] == [
        row.split()[0] for row in before.splitlines()
    ]


async def test_a_call_that_the_server_rejects_says_why(sandbox: Sandbox) -> None:
    config = str(sandbox.folder / "ringback.toml")
    status, out, err = await run_ringback(
        *("call", "6512345678", "--from", "4930123456", "--say", "Hello.", "--config", config), folder=sandbox.folder
    )
    assert status == 1
    assert "-1014 Source or caller ID is not allowed" in out + err
