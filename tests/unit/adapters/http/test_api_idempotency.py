"""The same request twice, and a request for nothing but an opinion."""

import asyncio

import pytest
from tests.unit.adapters.http.asgi import BASE, Door, Reply, open_door
from tests.unit.domain.bodies import body, call, say

from ringback.adapters.http.callflows import MAX_KEY
from ringback.adapters.store.receipts import LIFETIME

CALL = body(call(), say())
OTHER = body(call(), say(text="Something else."))


async def post(door: Door, content: bytes, key: str) -> Reply:
    return await door.ask("POST", f"{BASE}/callflows", content, idempotency_key=key)


async def test_the_same_key_and_body_get_the_first_receipt_and_start_nothing() -> None:
    door = await open_door()
    first, again = await post(door, CALL, "order-7"), await post(door, CALL, "order-7")
    assert (first.http, first.json["sessionStatus"]) == (200, "CREATED")
    assert (again.http, again.body) == (first.http, first.body)
    assert len(door.house.store.sessions) == 1


async def test_two_at_once_with_one_key_are_one_session() -> None:
    door = await open_door()
    one, other = await asyncio.gather(post(door, CALL, "order-7"), post(door, CALL, "order-7"))
    assert one.body == other.body
    assert len(door.house.store.sessions) == 1


async def test_another_body_under_a_used_key_is_refused() -> None:
    door = await open_door()
    await post(door, CALL, "order-7")
    reply = await post(door, OTHER, "order-7")
    assert reply.http == 422
    assert reply.json == {
        "sessionStatus": "NOT_CREATED",
        "callFlowRequestId": reply.json["callFlowRequestId"],
        "statusCode": 422,
        "statusMessage": "Idempotency-Key was used with another request",
    }
    assert len(door.house.store.sessions) == 1


async def test_a_rejection_is_given_again_too() -> None:
    door = await open_door()
    broken = body(call(), say(text=""))
    first, again = await post(door, broken, "order-7"), await post(door, broken, "order-7")
    assert (first.http, again.body) == (400, first.body)
    assert (await post(door, CALL, "order-7")).http == 422


async def test_a_key_is_free_again_after_a_day() -> None:
    door = await open_door()
    await post(door, CALL, "order-7")
    door.house.clock.advance(LIFETIME)
    assert (await post(door, OTHER, "order-7")).json["sessionStatus"] == "CREATED"
    assert len(door.house.store.sessions) == 2


async def test_other_keys_are_other_requests() -> None:
    door = await open_door()
    await post(door, CALL, "order-7")
    await post(door, CALL, "order-8")
    await door.post(CALL)
    assert len(door.house.store.sessions) == 3


@pytest.mark.parametrize("key", ["", "a b", "x" * (MAX_KEY + 1), "\xe9"])
async def test_a_key_that_cannot_be_one_is_named(key: str) -> None:
    door = await open_door()
    reply = await post(door, CALL, key)
    assert reply.http == 422
    assert reply.json["statusMessage"] == "Idempotency-Key should be 1..255 printable ASCII characters"
    assert not door.house.store.sessions


async def test_a_dry_run_says_which_trunk_and_voices_would_serve_and_starts_nothing() -> None:
    door = await open_door()
    reply = await door.ask("POST", f"{BASE}/callflows?dryRun=true", CALL)
    assert reply.http == 200
    assert reply.json == {
        "sessionStatus": "VALID",
        "callFlowRequestId": reply.json["callFlowRequestId"],
        "statusCode": 1,
        "statusMessage": "Valid",
        "voices": ["en-US-Heart"],
        "trunk": "carrier",
    }
    assert not door.house.store.sessions


async def test_a_dry_run_without_a_route_says_so() -> None:
    door = await open_door()
    reply = await door.ask("POST", f"{BASE}/callflows?dryRun=true", body(call(destination="+12025550123"), say()))
    assert (reply.json["sessionStatus"], reply.json["trunk"]) == ("VALID", None)
    (warning,) = reply.json["warnings"]
    assert warning == {
        "path": "$.callflow[0].params.destination",
        "message": "the session would end with -2004: No coverage available for requested area",
    }


async def test_a_dry_run_tells_of_a_second_call_that_is_not_covered() -> None:
    door = await open_door()
    await door.house.store.change_settings("acme", {"blockedDestinations": "6587"})
    reply = await door.ask("POST", f"{BASE}/callflows?dryRun=true", body(call(), call(destination="+6587654321")))
    assert reply.json["trunk"] == "carrier"
    assert [warning["path"] for warning in reply.json["warnings"]] == ["$.callflow[1].params.destination"]


async def test_a_dry_run_of_an_invalid_callflow_is_its_rejection() -> None:
    door = await open_door()
    reply = await door.ask("POST", f"{BASE}/callflows?dryRun=true", body(call(), say(text="")))
    assert (reply.http, reply.json["statusCode"]) == (400, -1009)


@pytest.mark.parametrize("value", ["", "1", "yes", "tru e", "true "])
@pytest.mark.parametrize("path", ["/callflows", "/callflows/batch"])
async def test_a_dry_run_that_is_not_clear_starts_nothing(path: str, value: str) -> None:
    door = await open_door()
    reply = await door.ask("POST", f"{BASE}{path}?dryRun={value}", CALL)
    assert (reply.http, reply.json["statusMessage"]) == (422, "dryRun should be true or false")
    assert not door.house.store.sessions


@pytest.mark.parametrize(("value", "started"), [("TRUE", 0), ("True", 0), ("false", 1), ("False", 1)])
async def test_a_dry_run_is_asked_for_in_any_case(value: str, started: int) -> None:
    door = await open_door()
    assert (await door.ask("POST", f"{BASE}/callflows?dryRun={value}", CALL)).http == 200
    assert len(door.house.store.sessions) == started
