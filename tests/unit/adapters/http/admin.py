"""An operator at the admin API of a house."""

from pathlib import Path
from typing import Any

import msgspec
from tests.contract import document
from tests.unit.adapters.http.asgi import Door, Reply, ask, open_door
from tests.unit.service.house import House

from ringback.service.admin_keys import AdminScope, new_admin_key
from ringback.service.audit import AuditFilter
from ringback.service.key_store import hash_key
from ringback.testing.store import InMemoryStore

SUBACCOUNT = "/subaccounts/acme"


class Office:
    """The admin API, and a key that opens it."""

    def __init__(self, door: Door, secret: str) -> None:
        """`secret`: of a key that may write."""
        self.door = door
        self.secret = secret

    @property
    def store(self) -> InMemoryStore:
        return self.door.house.store

    async def ask(self, method: str, path: str, body: object = None, **headers: str | None) -> Reply:
        """Send a request with the key, and a body as JSON, or as CSV where it is text; check the answer's form."""
        is_csv = isinstance(body, str)
        named: dict[str, str | None] = {
            "authorization": f"Bearer {self.secret}",
            "content_type": "text/csv" if is_csv else "application/json",
        }
        given = {name.replace("_", "-"): value for name, value in (named | headers).items() if value is not None}
        content = b"" if body is None else body.encode() if isinstance(body, str) else _written(body)
        url = f"/admin/v1{path}"
        reply = await ask(self.door.app, method, url, (content,), given)
        document.check(method, url, reply.http, reply.headers.get("content-type"), reply.body)
        return reply

    async def do(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send a request that is done; give the answer, without what says so."""
        reply = await self.ask(method, path, body)
        assert reply.http in {200, 201}, reply.body
        answer: dict[str, Any] = reply.json
        assert (answer.pop("statusCode"), answer.pop("statusMessage")) == (0, "ok")
        return answer

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Send a request that is not done; give the status, and why."""
        before = await self.done()
        reply = await self.ask(method, path, body)
        assert reply.http >= 400, reply.body
        assert await self.done() == before
        return reply.http, reply.json["statusMessage"]

    async def done(self) -> int:
        """Tell how many changes there were."""
        entries = await self.store.audit(AuditFilter(limit=10_000))
        return sum(each.outcome == "DONE" for each in entries)


async def open_office(folder: Path | None = None, house: House | None = None) -> Office:
    """Open the admin API of a house with the subaccounts acme and beta."""
    door = await open_door("VSS", house=house, folder=folder)
    await door.house.store.bootstrap("beta", [], ["4930123456"], [])
    return Office(door, await admin_key(door))


async def admin_key(door: Door, scope: AdminScope = "write", expires: float | None = None) -> str:
    """Make an admin key and give its secret; `expires`: seconds from now."""
    now = door.house.clock.now()
    key, secret = new_admin_key("ops", scope, now, None if expires is None else now + expires)
    await door.house.store.add_admin_key(key, hash_key(secret))
    return secret


def _written(body: object) -> bytes:
    return body if isinstance(body, bytes) else msgspec.json.encode(body)
