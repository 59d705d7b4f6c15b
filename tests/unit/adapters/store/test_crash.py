"""CREATED is durable: what was told as written is on disk, whatever moment the process is killed at."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from ringback.adapters.store import open_store

CREATOR = """
import asyncio, sys, uuid
from ringback.adapters.store import open_store
from ringback.domain.callflow import Callflow, Hangup
from ringback.service.ports import NewSession

async def create(store):
    while True:
        session_id = str(uuid.uuid4())
        await store.create_session(
            NewSession(session_id=session_id, sub_account_id="acme", request_id="r", created=1.0, trunk="t",
                       callflow=Callflow(actions=(Hangup(),)))
        )
        sys.stdout.write(session_id + "\\n")
        sys.stdout.flush()

async def main():
    store = open_store(sys.argv[1], exclusive=True)
    await asyncio.gather(*(create(store) for _ in range(50)))

asyncio.run(main())
"""


@pytest.mark.parametrize("seed", range(3))
def test_every_session_that_was_told_as_created_survives_a_kill(tmp_path: Path, seed: int) -> None:
    url = f"sqlite:///{tmp_path}/s.db"
    lines = random.Random(seed).randrange(20, 2000)  # noqa: S311 - when to kill is no secret
    with subprocess.Popen([sys.executable, "-c", CREATOR, url], stdout=subprocess.PIPE, text=True) as creator:
        assert creator.stdout is not None
        told = [creator.stdout.readline() for _ in range(lines)]
        creator.kill()
        told += creator.stdout.readlines()
    created = {line.strip() for line in told if line.endswith("\n")}
    assert len(created) >= lines
    assert created <= asyncio.run(queued(url))


async def queued(url: str) -> set[str]:
    async with open_store(url, exclusive=True) as store:
        return {session.session_id for session in await store.claim_sessions("t", {"acme": 1_000_000}, "me", 2.0)}
