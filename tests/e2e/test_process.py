"""`ringback serve` as a process: how it starts, how it refuses to, and how it drains."""

import asyncio
import re
import signal
import socket
from pathlib import Path

import aiohttp
import pytest
from tests.peers.carrier import ACK, BYE, CANCELLED, INVITE, RINGING, answers, carrier, ear
from tests.peers.house import HANGUP, Client, Serving, dial, free_tcp_port, run_ringback, say, serving
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port

LONG = "This is a long message that goes on and on, so that there is time for something to happen in the middle of it."


def _config(address: tuple[str, int], drain: float = 10.0) -> str:
    return f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
limits.drain_seconds = {drain}
[[trunk]]
name = "carrier"
uri = "sip:{address[0]}:{address[1]}"
"""


async def _client(server: Serving, http: aiohttp.ClientSession, program: Program) -> Client:
    key = await server.bootstrap(program)
    await server.start()
    return Client(http, server.url, key, program)


async def test_a_live_call_is_finished_before_the_server_ends(tmp_path: Path) -> None:
    async with (
        running(Program()) as program,
        ear() as heard,
        carrier(tmp_path, INVITE, RINGING, answers(heard.port), ACK, BYE) as peer,
        serving(tmp_path, _config(peer.address)) as server,
        aiohttp.ClientSession() as http,
    ):
        client = await _client(server, http, program)
        session = await client.call(dial(), say("Hello there."), HANGUP)
        await heard.until(lambda: len(heard.packets) > 5)
        server.signal(signal.SIGTERM)
        assert await server.ended() == 0, server.log
        await peer.succeed()
        (vss,) = program.of_type("VSS", session)
        assert "draining: 1 live sessions" in server.log
    assert (vss.payload["sessionStatus"], vss.payload["lastAction"]) == ("COMPLETED", "HANGUP")
    assert heard.loud_seconds > 0.3


async def test_a_call_that_lasts_too_long_is_hung_up_when_the_server_ends(tmp_path: Path) -> None:
    async with (
        running(Program()) as program,
        ear() as heard,
        carrier(tmp_path, INVITE, RINGING, answers(heard.port), ACK, BYE) as peer,
        serving(tmp_path, _config(peer.address, drain=0.3)) as server,
        aiohttp.ClientSession() as http,
    ):
        client = await _client(server, http, program)
        session = await client.call(dial(), say(LONG, repetition=3), HANGUP)
        await heard.until(lambda: len(heard.packets) > 5)
        server.signal(signal.SIGTERM)
        assert await server.ended() == 0, server.log
        await peer.succeed()
        said = peer.messages
        (vss,) = program.of_type("VSS", session)
    assert len(re.findall(r"^BYE sip:", said, re.MULTILINE)) == 1
    assert (vss.payload["sessionStatus"], vss.payload["lastAction"]) == ("COMPLETED", "SAY")


async def test_a_second_signal_cuts_the_drain_short(tmp_path: Path) -> None:
    async with (
        running(Program()) as program,
        carrier(tmp_path, INVITE, RINGING, CANCELLED) as peer,
        serving(tmp_path, _config(peer.address, drain=60)) as server,
        aiohttp.ClientSession() as http,
    ):
        client = await _client(server, http, program)
        session = await client.call(dial(), HANGUP)
        await program.told(session, "CALL_UPDATED")
        server.signal(signal.SIGTERM)
        await _logged(server, "draining")
        server.signal(signal.SIGINT)
        assert await server.ended(15) == 0, server.log
        await peer.succeed()
        (vss,) = program.of_type("VSS", session)
    assert vss.payload["sessionStatus"] == "CANCELED"


async def test_a_summary_that_nobody_took_is_delivered_after_the_next_start(tmp_path: Path) -> None:
    program = Program()
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        serving(tmp_path, _config(peer.address)) as server,
        aiohttp.ClientSession() as http,
    ):
        async with running(program):
            pass  # it has a port now, and is dead
        client = await _client(server, http, program)
        session = await client.call(dial(), HANGUP)
        await peer.succeed()
        server.signal(signal.SIGTERM)
        assert await server.ended() == 0, server.log
        assert program.posted == []
        async with running(program):
            await server.start()
            assert (await program.summary(session))["sessionStatus"] == "COMPLETED"


async def test_a_callflow_that_waits_is_dialled_after_the_next_start(tmp_path: Path) -> None:
    async with (
        running(Program()) as program,
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE, calls=2) as peer,
        serving(tmp_path, _config(peer.address) + "channels = 1\n") as server,
        aiohttp.ClientSession() as http,
    ):
        client = await _client(server, http, program)
        first = await client.call(dial(), say("Hello there."), HANGUP)
        second = await client.call(dial(), HANGUP)
        await heard.until(lambda: len(heard.packets) > 5)
        server.signal(signal.SIGTERM)
        assert await server.ended() == 0, server.log
        assert [each.payload["sessionId"] for each in program.of_type("VSS")] == [first]
        await server.start()
        assert (await program.summary(second))["sessionStatus"] == "COMPLETED"
        await peer.succeed()


async def _logged(server: Serving, text: str) -> None:
    async with asyncio.timeout(10):
        while text not in server.log:  # noqa: ASYNC110 - a file tells nothing
            await asyncio.sleep(0.02)


async def _refuses_to_start(folder: Path, config: str) -> str:
    async with serving(folder, config) as server:
        await server.spawn()
        assert await server.ended() == 1
        return server.log


async def test_the_port_of_sip_is_taken(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        said = await _refuses_to_start(tmp_path, f'http.port = 0\nsip.listen = ["udp:{HOST}:{port}"]\n')
    assert said == f"ringback: udp:{HOST}:{port} is in use by another process: change [sip] listen\n"


async def test_the_port_of_http_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = await _refuses_to_start(tmp_path, f'http.port = {port}\nsip.listen = ["udp:{HOST}:0"]\n')
    assert said == f"ringback: {HOST}:{port} is in use by another process: change [http] port\n"


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("http.prot = 8080\n", "[http] prot"),
        ("[webhook]\nurl = 1\n", "webhook"),
        ('[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1"\nchanels = 3\n', "chanels"),
        ('http.port = "many"\n', "[http] port"),
        ("http.port = 99999\n", "[http] port"),
        ("http = [\n", "ringback.toml"),
    ],
)
async def test_the_configuration_has_a_mistake(tmp_path: Path, config: str, named: str) -> None:
    said = await _refuses_to_start(tmp_path, config)
    assert named in said
    assert said.count("\n") == 1, "one line, no traceback"


async def test_two_servers_want_the_same_store(tmp_path: Path) -> None:
    config = f'http.port = 0\nsip.listen = ["udp:{HOST}:0"]\n'
    async with serving(tmp_path, config) as first:
        await first.start()
        said = await _refuses_to_start(tmp_path, config)
    assert "ringback.db" in said
    assert said.count("\n") == 1


async def test_the_demonstration_leaves_its_evidence(tmp_path: Path) -> None:
    out = tmp_path / "out"
    status, said, err = await run_ringback("demo", "--out", str(out), folder=tmp_path)
    assert status == 0, said + err
    assert "NO " not in said
    assert {path.name for path in out.iterdir()} == {
        *("heard-by-the-first-handset.wav", "heard-by-the-second-handset.wav"),
        *("ladder.txt", "ladder.svg", "timeline.txt", "webhooks.json"),
    }
    assert all(path.stat().st_size > 100 for path in out.iterdir())
