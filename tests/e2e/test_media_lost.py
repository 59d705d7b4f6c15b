"""The media engine dies under a live call: that call ends with -2001, the next one is as any other."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp

from ringback.app.config import Config, Http, Rtp, Sip, StoreConfig, Voices
from ringback.app.server import Server
from ringback.domain.session import Session, SessionStatus
from ringback.domain.status import INTERNAL

BOUND = 20.0
SOURCE = "15550100100"
BODY = {
    "callflow": [
        {"action": "makeCall", "params": {"source": SOURCE, "destination": "+6512345678"}},
        {"action": "say", "params": {"text": "Hello there.", "language": "en"}},
        {"action": "hangup"},
    ]
}


async def call(server: Server, key: str) -> str:
    url = f"http://127.0.0.1:{server.http.port}/api/v1/subaccounts/sandbox/callflows"
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession() as client, client.post(url, json=BODY, headers=headers) as answer:
        return str((await answer.json())["sessionId"])


async def summary_of(server: Server, session_id: str) -> Session:
    async with asyncio.timeout(BOUND):
        while True:
            record = await server.store.session(session_id)
            if record is not None and record.summary is not None:
                return record.summary
            await asyncio.sleep(0.05)


async def test_a_dead_media_engine_ends_its_calls_and_is_replaced(tmp_path: Path) -> None:
    config = Config(
        http=Http(port=0),
        rtp=Rtp(engine="reference"),  # the one that can die alone
        sip=Sip(listen=("udp:127.0.0.1:0",)),
        store=StoreConfig(url=f"sqlite:///{tmp_path}/ringback.db"),
        voices=Voices(cache=str(tmp_path / "cache")),
    )
    server = Server(config, sandbox=True)
    await server.start()
    try:
        key = await server.store.bootstrap("sandbox", [SOURCE], [], [])
        playing = asyncio.Event()
        server.desk.on_timeline = lambda _account, _session, entry: (
            playing.set() if entry.name == "prompt-played" else None
        )
        first = await call(server, key)
        async with asyncio.timeout(BOUND):
            await playing.wait()
        pid = server.telephone.media_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        lost = await summary_of(server, first)
        assert lost.status is SessionStatus.ERROR
        assert lost.error is not None
        assert lost.error.code == INTERNAL
        assert (await summary_of(server, await call(server, key))).status is SessionStatus.COMPLETED
        assert server.telephone.media_pid not in (None, pid)
    finally:
        await server.stop(0.0)
