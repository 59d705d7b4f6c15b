"""What an API key may do, and until when."""

import asyncio
from collections.abc import Iterable

import pytest
from tests.unit.adapters.http.asgi import BASE, Door, open_door
from tests.unit.domain.bodies import body, call, say
from tests.unit.service.house import ACME

from ringback.adapters.http.scopes import scope_of
from ringback.domain.scope import Scope
from ringback.service.keys import Keys

CALLS = [
    ("POST", "/callflows"),
    ("POST", "/callflows?dryRun=true"),
    ("POST", "/callflows/batch"),
    ("DELETE", "/sessions/s1"),
    ("POST", "/sessions/s1/callflows"),
]
READ = [
    ("GET", "/speech-profiles"),
    ("GET", "/webhooks"),
    ("GET", "/sessions"),
    ("GET", "/sessions/s1"),
    ("GET", "/sessions/s1/events"),
    ("GET", "/deliveries"),
    ("GET", "/numbers"),
    ("GET", "/recordings/s1"),
    ("GET", "/recording-push-config"),
    ("GET", "/messages/exports/j1"),
]
MANAGE = [
    ("POST", "/webhooks"),
    ("DELETE", "/webhooks/VSS"),
    ("POST", "/recording-push-config"),
    ("DELETE", "/recording-push-config"),
    ("POST", "/messages/exports"),
    ("POST", "/deliveries/d1/redeliver"),
]
ENDPOINTS = [
    *((Scope.CALLS, *each) for each in CALLS),
    *((Scope.READ, *each) for each in READ),
    *((Scope.MANAGE, *each) for each in MANAGE),
]


async def narrow(scopes: Iterable[Scope], expires: float | None = None) -> Door:
    """Open the API with a key of these scopes alone."""
    door = await open_door("VSS")
    keys = Keys(door.house.store, door.house.clock)
    door.key = (await keys.create(ACME, scopes=scopes, expires=expires)).secret
    return door


@pytest.mark.parametrize(("scope", "method", "path"), ENDPOINTS)
async def test_a_key_that_lacks_the_scope_is_403_before_the_body_is_read(scope: Scope, method: str, path: str) -> None:
    door = await narrow(set(Scope) - {scope})
    reply = await door.ask(method, BASE + path, None)  # a client that is gone: reading its body would fail
    assert reply.http == 403
    said = {"statusCode": 403, "statusMessage": f"The API key does not have the scope {scope}"}
    assert said.items() <= reply.json.items()
    assert reply.json.keys() - said.keys() in (set(), {"sessionStatus", "callFlowRequestId"})


@pytest.mark.parametrize(("scope", "method", "path"), ENDPOINTS)
async def test_a_key_that_has_the_scope_alone_comes_in(scope: Scope, method: str, path: str) -> None:
    door = await narrow({scope})
    reply = await door.ask(method, BASE + path, b"{}")
    assert reply.http not in {401, 403, 405}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
async def test_what_is_not_there_needs_no_scope(method: str) -> None:
    door = await narrow({Scope.READ})
    assert (await door.ask(method, f"{BASE}/nothing")).http == 404


@pytest.mark.parametrize("scope", Scope)
async def test_a_method_that_is_not_there_needs_no_scope(scope: Scope) -> None:
    assert (await (await narrow({scope})).ask("PUT", f"{BASE}/callflows")).http == 405


async def test_no_key_opens_another_subaccount_whatever_its_scopes() -> None:
    door = await narrow({Scope.READ})
    await door.house.store.add_subaccount("beta")
    for method in ("GET", "POST"):
        assert (await door.ask(method, "/api/v1/subaccounts/beta/webhooks", b"{}")).http == 404


async def test_a_key_may_do_what_it_was_made_for_until_it_expires() -> None:
    door = await narrow({Scope.CALLS}, expires=1_800_000_000.0 + 1e9)
    clock = door.house.clock
    assert (await door.post(body(call(), say()))).json["statusCode"] == 1
    clock.advance(1_800_000_000.0 + 1e9 - clock.now() - 1)
    assert (await door.post(body(call(), say()))).json["statusCode"] == 1
    clock.advance(1)
    reply = await door.post(body(call(), say()))
    unknown = await door.ask("POST", f"{BASE}/callflows", authorization="Bearer rb_unknown")
    assert (reply.http, reply.json["statusCode"]) == (401, 401)
    assert reply.json["statusMessage"] == unknown.json["statusMessage"]


async def test_a_rotated_key_opens_with_its_old_secret_until_the_grace_is_over() -> None:
    door = await open_door()
    house = door.house
    keys = Keys(house.store, house.clock)
    issued = await keys.create(ACME)
    rotated = await keys.rotate(issued.key.key_id, grace=60)
    assert rotated is not None
    status = {issued.secret: 200, rotated.secret: 200}
    for _ in range(2):
        for secret, expected in status.items():
            reply = await door.ask("GET", f"{BASE}/webhooks", authorization=f"Bearer {secret}")
            assert reply.http == expected
        house.clock.advance(60)
        status[issued.secret] = 401


async def test_the_use_of_a_key_is_noted_without_a_statement_for_each_request() -> None:
    door = await narrow({Scope.READ})
    (_, key) = await door.house.store.list_keys(ACME)
    await asyncio.gather(*(door.ask("GET", f"{BASE}/webhooks") for _ in range(10)))
    door.house.clock.advance(5)
    await door.post(b"")  # refused, and used all the same
    assert (await door.house.store.list_keys(ACME))[1] == key
    await door.house.gate.use.flush()
    assert (await door.house.store.list_keys(ACME))[1].last_used == door.house.clock.now()


@pytest.mark.parametrize(
    ("path", "method", "scope"),
    [
        ("/callflows/batch", "POST", Scope.CALLS),
        ("/recording-push-config", "PUT", Scope.MANAGE),
        ("/recording-push-config", "HEAD", Scope.READ),
    ],
)
def test_an_endpoint_has_its_scope_by_path_and_method(path: str, method: str, scope: Scope) -> None:
    assert scope_of(path, method) == scope
