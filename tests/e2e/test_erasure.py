"""What a real call said leaves the disk: when its time is over, and when somebody asks for it."""

import asyncio
from pathlib import Path

import aiohttp
from tests.peers.house import (
    ACCOUNT,
    CALLED,
    HANGUP,
    House,
    capture,
    dial,
    free_tcp_port,
    house,
    run_ringback,
    say,
    serving,
)
from tests.peers.program import HOST, Program, running
from tests.peers.sipp import free_port

from ringback.app.config import Retention

SAID = "Your code is 4711"
BOUND = 20.0
"""Seconds in which what is to go must be gone."""


def holders(folder: Path) -> list[str]:
    """Name the files of the database that hold the secret."""
    return [file.name for file in folder.glob("ringback.db*") if SAID.encode() in file.read_bytes()]


async def shown(server: House, session_id: str) -> str:
    """Give everything that the API tells of a session, as text."""
    status, answer = await server.ask("GET", f"sessions/{session_id}")
    assert status == 200
    return str(answer)


async def test_what_a_call_said_goes_when_its_time_is_over(tmp_path: Path) -> None:
    flow = (dial("6512345611"), capture(SAID), HANGUP)  # the handset presses 1
    async with house(tmp_path, sandbox=True) as server:
        server.program.answers.append({"callflow": [HANGUP]})
        summary = await server.run(*flow)
        session_id = summary["sessionId"]
        told = await shown(server, session_id)
        assert SAID in told
        assert "'digit': '1'" in told
    assert holders(tmp_path)
    # a ten-thousandth of a second
    async with house(tmp_path, sandbox=True, retention=Retention(texts_days=1e-9)) as server:
        async with asyncio.timeout(BOUND):
            while holders(tmp_path):  # noqa: ASYNC110 - of the server, which tells nobody
                await asyncio.sleep(0.05)
        told = await shown(server, session_id)
        assert SAID not in told
        assert "'digit': ''" in told
        assert "COMPLETED" in told


async def test_what_is_about_a_number_is_erased_while_the_server_runs(tmp_path: Path) -> None:
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
"""
    async with (
        running(Program()) as program,
        serving(tmp_path, config, sandbox=True) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.start()
        url = f"{server.url}/api/v1/subaccounts/{ACCOUNT}"
        headers = {"Authorization": f"Bearer {key}"}
        body = {"callflow": [dial(), say(SAID), HANGUP]}
        async with http.post(f"{url}/callflows", json=body, headers=headers) as answer:
            session_id = (await answer.json())["sessionId"]
        await program.summary(session_id)
        erase = ("admin", "erase", "--subaccount", ACCOUNT, "--number", CALLED, "--config", f"{tmp_path}/ringback.toml")
        async with asyncio.timeout(BOUND):
            # the program has its summary a moment before the server knows that
            while (await run_ringback(*erase, folder=tmp_path))[:2] != (0, "1 sessions erased\n"):
                pass
        async with http.get(f"{url}/sessions/{session_id}", headers=headers) as answer:
            assert answer.status == 404
        assert holders(tmp_path) == []
