"""The API without a socket: a request goes into the ASGI application, an answer comes out."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from tests.contract import document
from tests.unit.service.house import ACME, FakeSpeech, House

from ringback.adapters import http
from ringback.service.erasure import Eraser
from ringback.service.exports import Exports
from ringback.service.feed import Feed
from ringback.service.links import Links
from ringback.service.sessions import Sessions

PUBLIC = "http://voice.example"
LINK_SECONDS = 60.0
ADMIN_RATE = 50.0
"""Requests a second that an admin key may send."""
BASE = f"/api/v1/subaccounts/{ACME}"


class Reply(msgspec.Struct, frozen=True):
    """An answer of the API."""

    http: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return msgspec.json.decode(self.body)


async def ask(
    app: Starlette,
    method: str,
    path: str,
    chunks: Sequence[bytes | None] = (b"",),
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Send a request whose body comes in chunks (None: the client is gone); give the answer, held to the document."""
    incoming = [
        {"type": "http.disconnect"}
        if chunk is None
        else {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    sent: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401 - ASGI has no type of its own
        if not incoming:
            await asyncio.Event().wait()  # a client that waits for the answer
        return incoming.pop(0)

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI has no type of its own
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(),
        "query_string": path.partition("?")[2].encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
    }
    await app(scope, receive, send)
    start, *rest = sent
    reply = Reply(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in rest),
    )
    if None not in chunks:  # an answer to nobody is no answer
        document.check(method, path, reply.http, reply.headers.get("content-type"), reply.body)
    return reply


class Door:
    """The API of a house, and the key of its subaccount."""

    def __init__(self, house: House, key: str, folder: Path) -> None:
        """`key`: opens the subaccount acme; `folder`: of the recordings."""
        self.house = house
        self.key = key
        self.state = "ready"
        self.feed = Feed(house.clock)
        self.exports = Exports(
            house.store,
            house.clock,
            folder=Path("exports"),
            public_url="http://127.0.0.1:8080",
            new_token=lambda: secrets.token_hex(32),
        )
        exports = http.ExportEndpoints(self.exports, house.clock, house.rulebook.body_bytes)
        links = Links(PUBLIC, b"k" * 32, house.clock, LINK_SECONDS)
        self.endpoints: list[http.Endpoints] = [
            http.CallflowEndpoints(house.accept, house.batch, house.rulebook),
            http.WebhookEndpoints(house.store, house.rulebook.body_bytes),
            http.SessionEndpoints(
                Sessions(house.store, house.runner, house.rulebook, house.clock, "me"), house.rulebook.body_bytes
            ),
            http.EventEndpoints(self.feed, house.store, house.gate),
            http.DeliveryEndpoints(house.store, house.clock),
            http.NumberEndpoints(house.store, house.clock, "https://voice.example"),
            http.ScenarioEndpoints(),
            http.OptOutEndpoints(house.store, house.clock, house.rulebook.body_bytes),
            exports,
            http.RecordingEndpoints(house.store, links),
            http.RecordingPushEndpoints(house.store, house.clock, house.rulebook.body_bytes, allow_http=False),
        ]
        door = http.Door(house.gate, house.clock, house.new_id)
        files = [
            http.OpenApi(http.OPERATIONS, PUBLIC).route(),
            exports.file_route(),
            http.RecordingFiles(links, folder).route(),
            http.metrics_route(lambda: asyncio.sleep(0, b"# figures\n"), "text/plain"),
        ]
        files += http.admin_routes(
            house.store,
            house.rulebook,
            Eraser(house.store, self.exports, recordings=folder, forget_packets=lambda _call, _begun: None),
            house.clock,
            house.new_id,
            http.admin_rooms(house.clock, FakeSpeech().voices, allow_http=False),
            requests_per_second=ADMIN_RATE,
        )
        self.app = http.Api(door, self.endpoints, lambda: self.state, open_routes=files).app()

    async def ask(self, method: str, path: str, *chunks: bytes | None, **headers: str | None) -> Reply:
        """Send a request with the key and as JSON, unless the headers say otherwise (None: left out)."""
        named = {"authorization": f"Bearer {self.key}", "content_type": "application/json"} | headers
        given = {name.replace("_", "-"): value for name, value in named.items() if value is not None}
        return await ask(self.app, method, path, chunks or (b"",), given)

    async def post(self, content: bytes) -> Reply:
        """Post a callflow."""
        return await self.ask("POST", f"{BASE}/callflows", content)


async def open_door(*types: str, house: House | None = None, folder: Path | None = None) -> Door:
    """Open the API to the subaccount acme, which has webhooks of these types; `folder`: of the recordings."""
    house = house or House()
    return Door(house, await house.tenant(*types), folder or Path("recordings"))
