"""Recordings beyond the life of a server: what a kill leaves, and what is too old."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, answers, carrier, ear, waits
from tests.peers.house import HANGUP, Action, Client, dial, house, recording_config, say, serving, trunk_to
from tests.peers.program import Program, running
from tests.peers.sipp import free_port

from ringback.app.config import Recordings, Retention

TEXT = "This call is recorded, from its first word to its last one, on both sides."
ENOUGH = 60_000
"""Bytes of packets: some three seconds."""


def recorded() -> Action:
    action = dial()
    return {**action, "params": {**action["params"], "callRecording": True}}


async def until(happened: Callable[[], Any]) -> None:
    """Wait for something on the disk, which tells nobody. Raises TimeoutError."""
    async with asyncio.timeout(30):
        while not happened():  # noqa: ASYNC110 - files tell nothing
            await asyncio.sleep(0.02)


async def test_a_recording_that_a_kill_cut_is_made_at_the_next_start_and_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    options = ("-mp", str(free_port()), "-rtp_echo")
    async with (
        running(Program()) as program,
        carrier(tmp_path, INVITE, answers("[media_port]"), ACK, waits(60_000), options=options) as peer,
        serving(
            tmp_path,
            recording_config(folder, peer.address),
        ) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.start()
        client = Client(http, server.url, key, program)
        assert (await client.ask("POST", "webhooks", {"type": "VRU", "url": program.url("VRU")}))[0] == 200
        session = await client.call(recorded(), *[say(TEXT)] * 3, HANGUP)
        await until(lambda: any(tap.stat().st_size > ENOUGH for tap in folder.glob("*/*.tap")))
        _, shown = await client.ask("GET", f"recordings/{session}")
        assert [row["status"] for row in shown["recordings"]] == ["PROCESSING"]
        await server.kill()
        assert program.of_type("VRU") == []
        await server.start()
        await program.until(lambda: program.of_type("VRU", session))
        _, after = await client.ask("GET", f"recordings/{session}")
        await server.kill()
        await server.start()  # once more: there is nothing left to be told
        _, last = await client.ask("GET", f"recordings/{session}")
        async with http.get(after["recordings"][0]["externalFileUrl"]) as answer:
            assert (answer.status, answer.content_type) == (200, "audio/mpeg"), "a link outlives a restart"
    assert [row["recordingId"] for row in after["recordings"]] == [row["recordingId"] for row in shown["recordings"]]
    assert after["recordings"][0]["status"] == "UPLOAD_COMPLETED"
    assert 1 <= after["recordings"][0]["duration"] <= 15
    assert last["recordings"][0]["status"] == "UPLOAD_COMPLETED"
    assert len(program.of_type("VRU")) == 1
    assert [file.suffix for file in folder.glob("*/*")] == [".mp3"]


@pytest.mark.parametrize(("days", "left"), [({"recordings": 1e-9}, 200), ({"sessions": 1e-9}, 404)])
async def test_recordings_that_are_too_old_are_removed_with_their_rows(
    tmp_path: Path, days: dict[str, float], left: int
) -> None:
    """`left`: the status of a session of which the recording, or all, is too old."""
    folder = tmp_path / "recordings"
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address), recordings=Recordings(folder=str(folder))) as there,
    ):
        session = await there.call(recorded(), say("Hello."), HANGUP)
        await there.program.summary(session)
        await until(lambda: list(folder.glob("*/*.mp3")) and not list(folder.glob("*/*.tap")))
        assert (await there.ask("GET", f"recordings/{session}"))[0] == 200
        await peer.succeed()
    kept = Recordings(folder=str(folder), days=days.get("recordings", 0.0))
    async with house(tmp_path, recordings=kept, retention=Retention(sessions_days=days.get("sessions", 0.0))) as there:
        await until(lambda: not list(folder.iterdir()))
        async with asyncio.timeout(10):
            while (await there.ask("GET", f"recordings/{session}"))[0] != 404:  # noqa: ASYNC110 - files go first, and rows tell nothing
                await asyncio.sleep(0.02)
        assert (await there.ask("GET", f"sessions/{session}"))[0] == left
