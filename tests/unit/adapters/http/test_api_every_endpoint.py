"""What holds for every endpoint that is declared: who is let in, what a body may be, whose things are seen."""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import pytest
from _pytest.mark import ParameterSet
from tests.contract import document
from tests.contract.stores import delivery
from tests.unit.adapters.http.asgi import BASE, Door, Reply, open_door
from tests.unit.domain.bodies import NOW, body, call
from tests.unit.service.house import ACME, House

from ringback.adapters.http import OPERATIONS
from ringback.adapters.http.operation import Entrance, Operation
from ringback.adapters.http.scopes import scope_of
from ringback.domain.recording import Recording, RecordingStatus
from ringback.domain.scope import Scope
from ringback.service.keys import Keys
from ringback.service.ports import Overloaded

ENDPOINTS = [operation for operation in OPERATIONS if operation.entrance is Entrance.SUBACCOUNT]
WITH_BODY = [operation for operation in ENDPOINTS if operation.body is not None]
OF_ONE = [operation for operation in ENDPOINTS if "{" in operation.path]
NOTHING = {
    "session_id": "00000000-0000-4000-8000-00000000abcd",
    "delivery_id": "nobody",
    "job_id": "0" * 64,
    "number": "6599999999",
    "msisdn": "6599999999",
    "type": "VNU",
}
"""What leads nowhere, by the variable of a path."""
DEEP = b'{"x": ' * 5000 + b"1" + b"}" * 5000
VALUES: Sequence[object] = (None, True, 7, -1, 1.5, "", "x", [], {})


def path_of(operation: Operation, values: Mapping[str, str] = NOTHING) -> str:
    return re.sub(r"{([a-z_]+)}", lambda found: values[found[1]], operation.path)


def content_of(operation: Operation) -> bytes:
    """Give the first example of a body."""
    if operation.body is None:
        return b"{}" if operation.method == "POST" else b""
    return msgspec.json.encode(next(iter(operation.body.examples.values())))


async def asked(door: Door, operation: Operation, content: bytes | None = None, **headers: str | None) -> Reply:
    path = BASE + path_of(operation)
    return await door.ask(operation.method, path, content_of(operation) if content is None else content, **headers)


def of_each(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("operation", [pytest.param(each, id=each.id) for each in operations])


@of_each(ENDPOINTS)
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer nobody", "Basic YTpi"])
async def test_without_a_key_that_is_known_there_is_nothing(operation: Operation, authorization: str | None) -> None:
    reply = await asked(await open_door(), operation, authorization=authorization)
    assert (reply.http, reply.json["statusCode"]) == (401, 401)
    assert reply.json["statusMessage"] == "Authentication header not found or token invalid"


@of_each(ENDPOINTS)
async def test_the_key_of_another_subaccount_finds_no_subaccount(operation: Operation) -> None:
    door = await open_door()
    await door.house.store.add_subaccount("beta")
    reply = await asked(door, operation, authorization=f"Bearer {await door.house.store.create_key('beta')}")
    assert (reply.http, reply.json["statusMessage"]) == (404, "SubAccount not found by Id : acme")


@of_each(ENDPOINTS)
async def test_a_key_without_the_scope_is_told_which(operation: Operation) -> None:
    door = await open_door()
    scope = scope_of(operation.path, operation.method)
    key = await Keys(door.house.store, door.house.clock).create(ACME, scopes=set(Scope) - {scope})
    reply = await asked(door, operation, authorization=f"Bearer {key.secret}")
    assert (reply.http, reply.json["statusMessage"]) == (403, f"The API key does not have the scope {scope}")


@of_each(ENDPOINTS)
async def test_requests_beyond_the_rate_are_told_when_to_come_again(operation: Operation) -> None:
    door = await open_door(house=House(requests_per_second=1.0))
    await door.ask("GET", f"{BASE}/webhooks")
    reply = await asked(door, operation)
    assert (reply.http, reply.headers["retry-after"]) == (429, "1")


@of_each(ENDPOINTS)
@pytest.mark.parametrize(("fault", "http", "code"), [(ZeroDivisionError, 500, -9999), (Overloaded, 429, 429)])
async def test_a_fault_of_ours_and_a_store_that_is_too_busy_are_told(
    operation: Operation, fault: type[Exception], http: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = await open_door()

    async def fail(_sub_account_id: str) -> None:
        raise fault

    monkeypatch.setattr(door.house.store, "subaccount", fail)
    reply = await asked(door, operation)
    assert (reply.http, reply.json["statusCode"]) == (http, code)


@of_each([each for each in ENDPOINTS if each.method == "POST"])
async def test_a_body_that_is_said_to_be_no_json_is_415(operation: Operation) -> None:
    assert (await asked(await open_door(), operation, content_type="text/plain")).http == 415


@pytest.mark.parametrize("path", sorted({operation.path for operation in ENDPOINTS}))
async def test_a_method_that_a_path_does_not_have_is_405(path: str) -> None:
    door = await open_door()
    has = {operation.method for operation in ENDPOINTS if operation.path == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - has:
        reply = await door.ask(method, BASE + re.sub("{[a-z_]+}", "x", path), b"{}")
        assert (reply.http, reply.headers["allow"]) == (405, ", ".join(sorted(has)))


# ---------------------------------------------------------------- bodies


@of_each(WITH_BODY)
@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff", b"[]", b"null", b'"x"', b"1", b'{"a": NaN}', b"[" * 5000, b'{"x": "' + b"x" * 9_000_000, DEEP],
)
async def test_a_body_that_is_no_object_in_json_is_the_clients_fault(operation: Operation, content: bytes) -> None:
    door, values = await full()
    reply = await door.ask(operation.method, BASE + path_of(operation, values), content)
    assert reply.http in {400, 422}
    assert "statusMessage" in reply.json


def wrong_bodies() -> Iterator[ParameterSet]:
    """Give the first example of every body with one of its fields of another type."""
    for operation in WITH_BODY:
        example = msgspec.json.decode(content_of(operation))
        schema = document.body_schema(operation.id)
        for name in document.fields_of(schema):
            for value in VALUES:
                changed = example | {name: value}
                if any(document.faults(schema, changed)):
                    yield pytest.param(operation, changed, id=f"{operation.id}-{name}-{value!r}")


@pytest.mark.parametrize(("operation", "changed"), list(wrong_bodies()))
async def test_a_field_of_another_type_is_refused(operation: Operation, changed: Mapping[str, object]) -> None:
    door, values = await full()
    reply = await door.ask(operation.method, BASE + path_of(operation, values), msgspec.json.encode(changed))
    assert reply.http in {400, 422}


# ---------------------------------------------------------------- whose things


async def full() -> tuple[Door, Mapping[str, str]]:
    """Give a subaccount that has one of everything, and what each is found by."""
    door = await open_door("VSS")
    store = door.house.store
    session_id = str((await door.post(body(call()))).json["sessionId"])
    await store.append_timeline(session_id, [], [delivery("d1", session_id)])
    await store.delivery_failed("d1", NOW, None, "HTTP 500")
    recording = Recording(
        recording_id="r1",
        session_id=session_id,
        sub_account_id=ACME,
        status=RecordingStatus.PROCESSING,
        started=NOW,
        path=f"{session_id}/r1.mp3",
    )
    await store.begin_recording(recording)
    await store.add_number(ACME, "6512349999")
    job_id = str((await door.ask("POST", f"{BASE}/messages/exports", b"{}")).json["jobId"])
    await door.ask("POST", f"{BASE}/opt-outs", b'{"msisdn": "6512348888"}')
    pushed = next(each for each in WITH_BODY if each.id == "setRecordingPushConfig")
    config = msgspec.json.decode(content_of(pushed)) | {"host": "https://s3.acme.example"}
    assert (await door.ask("POST", BASE + pushed.path, msgspec.json.encode(config))).http == 200
    return door, {
        "session_id": session_id,
        "delivery_id": "d1",
        "job_id": job_id,
        "number": "6512349999",
        "msisdn": "6512348888",
        "type": "VSS",
        "host": "https://s3.acme.example",
    }


@of_each(OF_ONE)
async def test_what_there_is_is_found(operation: Operation) -> None:
    door, values = await full()
    door.feed.close()  # else a stream of events has no end
    reply = await door.ask(operation.method, BASE + path_of(operation, values), content_of(operation))
    assert reply.http in {200, 202, 204, 409}


@of_each(OF_ONE)
async def test_what_belongs_to_another_subaccount_is_as_if_it_were_not_there(operation: Operation) -> None:
    door, values = await full()
    await door.house.store.add_subaccount("beta")
    key = {"authorization": f"Bearer {await door.house.store.create_key('beta')}"}
    theirs = BASE.replace(ACME, "beta")
    reply = await door.ask(operation.method, theirs + path_of(operation, values), content_of(operation), **key)
    assert reply.http == 404
    nobodys = await door.ask(operation.method, theirs + path_of(operation), content_of(operation), **key)
    assert nobodys.http == 404
    assert reply.json.keys() == nobodys.json.keys()
    door.feed.close()
    again = await door.ask(operation.method, BASE + path_of(operation, values), content_of(operation))
    assert again.http in {200, 202, 204, 409}


@of_each([each for each in ENDPOINTS if each.method == "GET" and each not in OF_ONE and each.tag != "Events"])
async def test_a_list_holds_nothing_of_another_subaccount(operation: Operation) -> None:
    door, values = await full()
    await door.house.store.add_subaccount("beta")
    key = {"authorization": f"Bearer {await door.house.store.create_key('beta')}"}
    reply = await door.ask(operation.method, BASE.replace(ACME, "beta") + operation.path, **key)
    assert reply.http in {200, 404}
    for value in values.values():
        assert value.encode() not in reply.body


@of_each([each for each in OF_ONE if "{msisdn}" in each.path])
async def test_what_is_no_number_is_422(operation: Operation) -> None:
    door = await open_door()
    reply = await door.ask(operation.method, BASE + path_of(operation, {"msisdn": "nobody"}))
    assert (reply.http, reply.json["statusCode"]) == (422, "1001")


@of_each([each for each in ENDPOINTS if any(parameter.name == "limit" for parameter in each.parameters)])
@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "limit=", "cursor=%21", "cursor=bnVsbA=="])
async def test_a_page_that_cannot_be_is_422(operation: Operation, query: str) -> None:
    reply = await (await open_door()).ask(operation.method, f"{BASE}{operation.path}?{query}")
    assert (reply.http, reply.json["statusMessage"].partition(":")[0]) == (422, query.partition("=")[0])
