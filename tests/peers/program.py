"""A customer's program on this machine: a web app that keeps what is posted to it, and says what comes next."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from tests.contract import document

HOST = "127.0.0.1"
BOUND = 60.0
"""Seconds; nothing that a program waits for takes longer."""

Payload = dict[str, Any]
Said = int | str | Mapping[str, Any]
"""An HTTP status, a body that is no JSON, or a JSON body."""
Answer = Said | Callable[[Payload], Said]
"""What a VCA is answered with, perhaps made of its payload."""


@dataclass(frozen=True)
class Posted:
    """One request of the server."""

    type: str
    """VCA, VCS, VSS: the webhook's own path."""
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float
    """Of the loop's clock."""

    @property
    def payload(self) -> Payload:
        payload: Payload = self.body["payload"]
        return payload


class Program:
    """What was posted, and what will be answered."""

    def __init__(self) -> None:
        """Nothing was posted yet; every VCA is answered with hangup."""
        self.port = 0
        self.posted: list[Posted] = []
        self.answers: deque[Answer] = deque()
        """For the VCAs to come, in order; when they run out: hangup."""
        self.refusals: dict[str, deque[int]] = {"VSS": deque(), "VCS": deque()}
        """Statuses for the deliveries to come, in order; when they run out: 200."""
        self._more = asyncio.Condition()

    def url(self, type_: str) -> str:
        """Give the webhook of a type."""
        return f"http://{HOST}:{self.port}/{type_}"

    def of_type(self, type_: str, session_id: str | None = None) -> list[Posted]:
        """Give what was posted to a webhook, of one session or of all."""
        return [
            each
            for each in self.posted
            if each.type == type_ and session_id in {None, each.body["payload"].get("sessionId")}
        ]

    def statuses(self, session_id: str) -> list[str]:
        """Give the callStatus of every VCS of a session, in the order of arrival."""
        return [each.payload["callStatus"] for each in self.of_type("VCS", session_id)]

    @property
    def holds(self) -> list[str]:
        """Give `hold` and `resumed` as VCS told them."""
        told = [(vcs.payload.get("eventData") or {}).get("event") for vcs in self.of_type("VCS")]
        return [event for event in told if event in {"hold", "resumed"}]

    async def until(self, happened: Callable[[], object], bound: float = BOUND) -> None:
        """Wait until something holds; it is asked after every request. Raises TimeoutError."""
        async with asyncio.timeout(bound), self._more:
            await self._more.wait_for(lambda: bool(happened()))

    async def asked(self, count: int, bound: float = BOUND) -> list[Payload]:
        """Wait for so many VCAs and give them."""
        await self.until(lambda: len(self.of_type("VCA")) >= count, bound)
        return [each.payload for each in self.of_type("VCA")]

    async def told(self, session_id: str, status: str, bound: float = BOUND) -> Payload:
        """Wait for the first VCS of a session with this callStatus and give it."""
        await self.until(lambda: status in self.statuses(session_id), bound)
        return next(each.payload for each in self.of_type("VCS", session_id) if each.payload["callStatus"] == status)

    async def summary(self, session_id: str, bound: float = BOUND) -> Payload:
        """Wait for the VSS of a session and give it."""
        await self.until(lambda: self.of_type("VSS", session_id), bound)
        return self.of_type("VSS", session_id)[0].payload

    async def take(self, request: web.Request) -> web.Response:
        """Keep a request and answer it."""
        type_ = request.match_info["type"]
        body = await request.json()
        self.posted.append(Posted(type_, dict(request.headers), body, asyncio.get_running_loop().time()))
        try:
            if type_ == "VCA":
                return self._answer(body["payload"])
            refusals = self.refusals.get(type_)
            return web.Response(status=refusals.popleft() if refusals else 200)
        finally:
            async with self._more:
                self._more.notify_all()

    def _answer(self, payload: Payload) -> web.Response:
        answer: Answer = self.answers.popleft() if self.answers else {"callflow": [{"action": "hangup"}]}
        said = answer(payload) if callable(answer) else answer
        match said:
            case int():
                return web.Response(status=said)
            case str():
                return web.Response(text=said)
            case _:
                return web.json_response(dict(said))


@asynccontextmanager
async def running(program: Program) -> AsyncIterator[Program]:
    """Let a program take requests, on the port that it had before where it had one."""
    app = web.Application()
    app.router.add_post("/{type}", program.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, program.port, reuse_address=True).start()
        program.port = runner.addresses[0][1]
        yield program
    finally:
        await runner.cleanup()
    for posted in program.posted:  # not while it lasts: a call waits for nobody
        document.check_post(json.dumps(posted.body).encode())
