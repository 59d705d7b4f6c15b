"""Exports over HTTP."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.contract.stores import new
from tests.contract.test_store import summary
from tests.unit.adapters.http.asgi import BASE, Door, Reply, ask, open_door
from tests.unit.service.house import BOUND

EXPORTS = f"{BASE}/messages/exports"
UNFINISHED = {"queued", "running"}


@pytest.fixture
async def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.chdir(tmp_path)
    return await open_door()


async def request(door: Door, body: bytes = b"{}") -> str:
    reply = await door.ask("POST", EXPORTS, body)
    assert (reply.http, list(reply.json)) == (202, ["jobId"])
    job_id: str = reply.json["jobId"]
    assert len(job_id) == 64
    return job_id


async def shown(door: Door, job_id: str) -> Reply:
    return await door.ask("GET", f"{EXPORTS}/{job_id}")


async def done(door: Door, job_id: str) -> Reply:
    """Let it be written."""
    task = asyncio.create_task(door.exports.run())
    async with asyncio.timeout(BOUND):
        while (reply := await shown(door, job_id)).json["status"] in UNFINISHED:  # noqa: ASYNC110 - a program asks, too
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return reply


async def test_a_job_is_taken_done_and_its_file_is_open_to_the_link(door: Door) -> None:
    job_id = await request(door)
    waiting = await shown(door, job_id)
    assert (waiting.http, waiting.json) == (200, {"status": "queued"})
    assert (await done(door, job_id)).json == {"status": "empty"}


async def test_the_file_needs_no_key_and_is_nobodys_to_keep(door: Door) -> None:
    house = door.house
    await house.store.begin_session(new("session-1", created=house.clock.now() - 1), "me", house.clock.now())
    await house.store.end_session(summary("session-1"), [], [])
    reply = await done(door, await request(door))
    assert list(reply.json) == ["status", "data", "expires"]
    path = urlsplit(reply.json["data"][0]).path
    file = await ask(door.app, "GET", path)
    assert file.http == 200
    assert b"\r\nsession-1," in file.body
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["cache-control"] == "private, no-store"
    assert file.headers["content-disposition"].startswith('attachment; filename="calls-')
    for wrong in (path.replace("/exports/", "/exports/0"), path.replace(".csv", "0.csv"), "/exports/a/b.csv"):
        assert (await ask(door.app, "GET", wrong)).http == 404
    refused = await ask(door.app, "DELETE", path)
    assert (refused.http, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_what_is_no_job_of_the_subaccount_is_4018(door: Door) -> None:
    await door.house.store.add_subaccount("beta")
    key = await door.house.store.create_key("beta")
    job_id = await request(door)
    for method in ("GET", "DELETE"):
        for path, headers in (
            (f"{EXPORTS}/nobody", {}),
            (f"{EXPORTS.replace('acme', 'beta')}/{job_id}", {"authorization": f"Bearer {key}"}),
        ):
            reply = await door.ask(method, path, **headers)
            assert reply.http == 404
            assert reply.json["code"] == 4018
            assert reply.json["message"] == "Invalid jobId"
            assert set(reply.json) == {"code", "message", "errorId", "timestamp"}
            assert reply.json["timestamp"].endswith("Z")


async def test_a_job_is_cancelled(door: Door) -> None:
    job_id = await request(door)
    reply = await door.ask("DELETE", f"{EXPORTS}/{job_id}")
    assert (reply.http, reply.body) == (204, b"")
    assert (await shown(door, job_id)).json == {"status": "cancelled"}


@pytest.mark.parametrize("body", [b"[]", b'{"from": "x"}', b'{"limit": -1}', b"{", b"x" * 300_000])
async def test_a_bad_parameter_is_422(door: Door, body: bytes) -> None:
    reply = await door.ask("POST", EXPORTS, body)
    assert (reply.http, reply.json["statusCode"]) == (422, "1001")
    assert set(reply.json) == {"errorId", "statusCode", "statusMessage", "timestamp"}


async def test_an_empty_body_asks_for_the_last_week(door: Door) -> None:
    await request(door, b"")


async def test_too_many_jobs_are_429(door: Door) -> None:
    for _ in range(5):
        await request(door)
    reply = await door.ask("POST", EXPORTS, b"{}")
    assert (reply.http, reply.headers["retry-after"]) == (429, "1")


async def test_without_a_key_there_is_nothing(door: Door) -> None:
    assert (await door.ask("POST", EXPORTS, b"{}", authorization=None)).http == 401
    assert (await door.ask("GET", f"{EXPORTS}/x", authorization=None)).http == 401
    assert (await door.ask("PUT", EXPORTS, b"{}")).http == 405
