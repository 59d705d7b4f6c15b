"""What holds for every endpoint of operators that is declared: who is let in, and what a body may be."""

import re
from collections.abc import Mapping

import msgspec
import pytest
from tests.unit.adapters.http.admin import Office, admin_key, open_office
from tests.unit.adapters.http.asgi import Reply

from ringback.adapters.http import OPERATIONS
from ringback.adapters.http.operation import Entrance, Operation
from ringback.adapters.http.scopes import admin_scope_of
from ringback.domain.inventory import MAX_NUMBERS
from ringback.service.key_store import MAX_KEYS
from ringback.service.ports import Overloaded

ENDPOINTS = [operation for operation in OPERATIONS if operation.entrance is Entrance.ADMIN]
JSON_BODIES = [each for each in ENDPOINTS if each.body is not None and each.body.media == "application/json"]
OF_SUBACCOUNT = [each for each in ENDPOINTS if "{sub_account_id}" in each.path]
CHANGES = [each for each in ENDPOINTS if admin_scope_of(each.method) != "read"]


def path_of(operation: Operation, values: Mapping[str, str]) -> str:
    return re.sub(r"{([a-z_]+)(?::path)?}", lambda found: values.get(found[1], "nobody"), operation.path)


async def asked(office: Office, operation: Operation, body: object = None, **headers: str | None) -> Reply:
    if body is None and operation.body is not None:
        body = msgspec.to_builtins(next(iter(operation.body.examples.values())))
    return await office.ask(operation.method, path_of(operation, {"sub_account_id": "acme"}), body, **headers)


def of_each(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", [pytest.param(each, id=each.id) for each in operations])


@of_each(ENDPOINTS)
async def test_without_an_admin_key_there_is_nothing(operation: Operation) -> None:
    office = await open_office()
    for authorization in (None, "Bearer", "Bearer rba_nobody", f"Bearer {office.door.key}"):
        reply = await asked(office, operation, authorization=authorization)
        assert (reply.http, reply.json["statusCode"]) == (401, 401)
    expired = await admin_key(office.door, expires=1)
    office.door.house.clock.advance(2)
    assert (await asked(office, operation, authorization=f"Bearer {expired}")).http == 401
    assert await office.done() == 0


@of_each(CHANGES)
async def test_a_key_that_may_read_changes_nothing(operation: Operation) -> None:
    office = await open_office()
    office.secret = await admin_key(office.door, "read")
    reply = await asked(office, operation)
    assert (reply.http, reply.json["statusMessage"]) == (403, "The API key does not have the scope write")
    assert await office.done() == 0


@of_each(ENDPOINTS)
@pytest.mark.parametrize(("fault", "http", "code"), [(ZeroDivisionError, 500, -9999), (Overloaded, 429, 429)])
async def test_a_fault_of_ours_and_a_store_that_is_too_busy_are_told(
    operation: Operation, fault: type[Exception], http: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await open_office()

    async def fail(_key_hash: str) -> None:
        raise fault

    monkeypatch.setattr(office.store, "admin_key", fail)
    reply = await asked(office, operation)
    assert (reply.http, reply.json["statusCode"]) == (http, code)


@of_each([each for each in ENDPOINTS if each.method == "POST"])
async def test_a_body_that_is_said_to_be_something_else_is_415(operation: Operation) -> None:
    assert (await asked(await open_office(), operation, b"<x/>", content_type="text/xml")).http == 415


@pytest.mark.parametrize("path", sorted({operation.path for operation in ENDPOINTS}))
async def test_a_method_that_a_path_does_not_have_is_405(path: str) -> None:
    office = await open_office()
    has = {operation.method for operation in ENDPOINTS if operation.path == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - has:
        reply = await office.ask(method, re.sub("{[a-z_]+}", "acme", path))
        assert (reply.http, "allow" in reply.headers) == (405, True)


@of_each(JSON_BODIES)
@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b'"x"', b"1", b"NaN", b"[" * 5000, b"[" + b" " * 300_000])
async def test_a_body_that_is_no_object_in_json_is_the_clients_fault(operation: Operation, content: bytes) -> None:
    office = await open_office()
    assert (await asked(office, operation, content)).http == 422
    assert await office.done() == 0


# putSubaccount makes it; eraseNumber also erases what a subaccount left that was removed
@of_each([each for each in OF_SUBACCOUNT if each.id not in {"putSubaccount", "eraseNumber"}])
async def test_a_subaccount_that_there_is_not_is_404(operation: Operation) -> None:
    office = await open_office()
    example = None if operation.body is None else next(iter(operation.body.examples.values()))
    number = "6512340000"
    named = {"sub_account_id": "gamma", "type": "VSS", "caller_id": number, "number": number, "msisdn": number}
    assert (await office.refused(operation.method, path_of(operation, named), msgspec.to_builtins(example)))[0] == 404


@of_each([each for each in ENDPOINTS if any(parameter.name == "limit" for parameter in each.parameters)])
@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", ""])
async def test_a_page_that_cannot_be_is_422(operation: Operation, limit: str) -> None:
    office = await open_office()
    path = path_of(operation, {"sub_account_id": "acme"})
    assert (await office.refused(operation.method, f"{path}?limit={limit}"))[0] == 422


async def test_beyond_the_keys_and_the_numbers_that_a_subaccount_may_have_is_409() -> None:
    office = await open_office()
    numbers = "".join(f"6591{number:06}\r\n" for number in range(MAX_NUMBERS))
    await office.do("POST", "/subaccounts/acme/numbers/import", f"msisdn\r\n{numbers}")
    more = await office.refused("POST", "/subaccounts/acme/numbers/import", "msisdn\r\n6592000000\r\n")
    assert more == (409, "a subaccount has at most 10000 numbers")
    for _ in range(MAX_KEYS - 1):
        await office.store.create_key("acme")
    assert await office.refused("POST", "/subaccounts/acme/keys", {}) == (
        409,
        "acme has 1000 API keys: revoke some",
    )
