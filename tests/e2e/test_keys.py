"""API keys against the server that a user starts, made and changed by the command line while it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from tests.peers.house import ACCOUNT, HANGUP, Serving, dial, free_tcp_port, serving
from tests.peers.program import HOST, Program, running
from tests.peers.sipp import free_port

OF_ACME = ("--subaccount", ACCOUNT)
CALL = {"callflow": [dial(), HANGUP]}
UNAUTHORIZED = "Authentication header not found or token invalid"
BOUND = 10.0
"""Seconds in which a key is refused that was revoked."""


class Caller:
    """Asks a server with one key or another."""

    def __init__(self, server: Serving, http: aiohttp.ClientSession) -> None:
        """`server`: started."""
        self.server = server
        self._http = http

    async def ask(self, method: str, path: str, key: str, body: object = None) -> tuple[int, dict[str, Any]]:
        url = f"{self.server.url}/api/v1/subaccounts/{ACCOUNT}/{path}"
        async with self._http.request(method, url, json=body, headers={"Authorization": f"Bearer {key}"}) as answer:
            return answer.status, await answer.json()

    async def until_refused(self, key: str) -> str:
        """Ask until the key opens nothing; give what is said then."""
        async with asyncio.timeout(BOUND):
            while (answer := await self.ask("GET", "webhooks", key))[0] == 200:  # noqa: ASYNC110 - the server is another process
                await asyncio.sleep(0.05)
        assert answer[0] == 401
        return str(answer[1]["statusMessage"])

    async def key(self, *words: str) -> str:
        """Make or rotate a key; give its secret."""
        return (await self.server.command("admin", "key", *words)).strip()

    async def key_id(self, name: str) -> str:
        rows = (await self.server.command("admin", "key", "list", *OF_ACME)).splitlines()
        return next(row.split()[0] for row in rows if row.endswith(f" {name}"))


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Caller]:
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
"""
    async with running(Program()) as program, serving(folder, config) as server, aiohttp.ClientSession() as http:
        await server.bootstrap(program)
        await server.start()
        yield Caller(server, http)


async def test_a_key_that_may_read_starts_no_call(tmp_path: Path) -> None:
    async with started(tmp_path) as caller:
        reader = await caller.key("add", *OF_ACME, "--scope", "read")
        status, answer = await caller.ask("POST", "callflows", reader, CALL)
        assert (status, answer["statusCode"], answer["sessionStatus"]) == (403, 403, "NOT_CREATED")
        assert answer["statusMessage"] == "The API key does not have the scope calls"
        assert (await caller.ask("GET", "sessions", reader))[1]["sessions"] == []
        dialler = await caller.key("add", *OF_ACME, "--scope", "calls")
        assert (await caller.ask("POST", "callflows", dialler, CALL))[1]["statusCode"] == 1
        assert (await caller.ask("GET", "sessions", dialler))[0] == 403
        assert len((await caller.ask("GET", "sessions", reader))[1]["sessions"]) == 1


async def test_keys_expire_are_rotated_and_revoked_while_the_server_runs(tmp_path: Path) -> None:
    async with started(tmp_path) as caller:
        short = await caller.key("add", *OF_ACME, "--expires", "5s")
        assert (await caller.ask("GET", "webhooks", short))[0] == 200
        old = await caller.key("add", *OF_ACME, "--name", "till")
        key_id = await caller.key_id("till")
        new = await caller.key("rotate", key_id, "--grace", "1h")
        for secret in (old, new):
            assert (await caller.ask("GET", "webhooks", secret))[0] == 200
        newest = await caller.key("rotate", key_id, "--grace", "0")
        assert await caller.until_refused(new) == UNAUTHORIZED
        assert await caller.until_refused(old) == UNAUTHORIZED
        assert (await caller.ask("GET", "webhooks", newest))[0] == 200
        await caller.server.command("admin", "key", "revoke", key_id)
        assert await caller.until_refused(newest) == UNAUTHORIZED
        assert await caller.until_refused(short) == UNAUTHORIZED
