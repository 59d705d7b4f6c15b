"""Retries over HTTP: asked for, shown, and nobody else's."""

import pytest
from tests.unit.adapters.http.asgi import BASE, Door, open_door
from tests.unit.domain.bodies import body, call, say

from ringback.engine import events

RETRY = {"attempts": 2, "delaySeconds": 60, "on": ["BUSY"]}


async def busy(door: Door) -> str:
    """Have a callflow with a retry end BUSY; give the id of its session."""
    door.house.telephone.behave = lambda leg: leg.tell(events.LegRefused(leg.call_id, 486))
    session_id: str = (await door.post(body(call(), say(), retry=RETRY))).json["sessionId"]
    await door.house.dispatch._pass()
    await door.house.over()
    return session_id


async def test_a_session_and_the_one_that_tries_again_show_each_other() -> None:
    door = await open_door("VSS")
    first = await busy(door)
    shown = (await door.ask("GET", f"{BASE}/sessions/{first}")).json
    assert (shown["sessionStatus"], "retryOf" in shown, "attempt" in shown) == ("BUSY", False, False)
    assert shown["summary"]["retriedBy"] == shown["retriedBy"]
    again = (await door.ask("GET", f"{BASE}/sessions/{shown['retriedBy']}")).json
    assert (again["sessionStatus"], again["retryOf"], again["attempt"]) == ("QUEUED", first, 1)
    assert "retriedBy" not in again
    assert again["dueAt"] == "2027-01-15T08:01:00.000Z"
    listed = (await door.ask("GET", f"{BASE}/sessions")).json["sessions"]
    assert [row["sessionId"] for row in listed] == [shown["retriedBy"], first]


async def test_a_session_that_waits_to_try_again_is_another_tenants_secret() -> None:
    door = await open_door()
    first = await busy(door)
    retry = (await door.ask("GET", f"{BASE}/sessions/{first}")).json["retriedBy"]
    other = await door.house.store.bootstrap("beta", [], [], [])
    beta = BASE.replace("acme", "beta")
    for method in ("GET", "DELETE"):
        reply = await door.ask(method, f"{beta}/sessions/{retry}", authorization=f"Bearer {other}")
        assert (reply.http, reply.json["statusCode"]) == (404, 404)
    assert (await door.house.record(retry)).state == "QUEUED"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (2, "$.retry"),
        ({}, "$.retry.attempts"),
        ({"attempts": 6}, "$.retry.attempts"),
        ({"attempts": 1, "delaySeconds": 59}, "$.retry.delaySeconds"),
        ({"attempts": 1, "delaySeconds": 86_401}, "$.retry.delaySeconds"),
        ({"attempts": 1, "on": ["FAILED"]}, "$.retry.on"),
    ],
)
async def test_a_malformed_one_is_rejected_with_its_path(value: object, path: str) -> None:
    door = await open_door()
    reply = await door.post(body(call(), say(), retry=value))
    assert (reply.http, reply.json["statusCode"]) == (400, -1009)
    assert [row["path"] for row in reply.json["errors"]] == [path]
    assert not door.house.store.sessions
