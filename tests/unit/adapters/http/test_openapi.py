"""The OpenAPI document: it is valid, says all that there is, and its examples are what it says."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from starlette.routing import Route
from tests.contract import document
from tests.unit.adapters.http.asgi import BASE, PUBLIC, ask, open_door

from ringback.adapters.http import OPERATIONS
from ringback.adapters.http.admin.api import rooms
from ringback.adapters.http.operation import Entrance
from ringback.domain import scalars
from ringback.domain.status import CREATED, STATUS_CODES
from ringback.service import webhooks
from ringback.testing.clock import ManualClock

DOCUMENT = document.DOCUMENT
ROOT_OF_API = Entrance.SUBACCOUNT.value
ROOT_OF_ADMIN = Entrance.ADMIN.value


def described() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every operation and post, with a name for the reader of a failure."""
    for path, operations in [*DOCUMENT["paths"].items(), *DOCUMENT["webhooks"].items()]:
        for method, operation in operations.items():
            yield f"{method} {path}", operation


def contents() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give everything that has a schema and examples."""
    for name, operation in described():
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name}: request: {media}", content
        for http, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                yield f"{name}: {http}: {media}", content


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert [str(fault) for fault in OPENAPI_31_VALIDATOR.iter_errors(DOCUMENT)] == []


async def test_every_route_is_declared_and_every_declaration_has_a_route() -> None:
    door = await open_door()
    at_the_root = {operation.path for operation in OPERATIONS if operation.entrance is Entrance.ROOT}
    assert at_the_root == {
        route.path
        for route in door.app.routes
        if isinstance(route, Route) and not route.path.startswith((ROOT_OF_API, ROOT_OF_ADMIN))
    }
    behind = {(each.method, each.path) for each in OPERATIONS if each.entrance is Entrance.SUBACCOUNT}
    assert behind == {
        (method, path)
        for endpoints in door.endpoints
        for path, handlers in endpoints.routes().items()
        for method in handlers
    }


async def test_what_operators_can_do_is_declared_beside_its_route() -> None:
    declared, routed = set(), set()
    for room in rooms(ManualClock(0.0), list, allow_http=False):
        declared |= {(each.method, each.path) for each in room.operations}
        routed |= {(method, path) for path, handlers in room.routes().items() for method in handlers}
        assert declared == routed
    assert declared == {(each.method, each.path) for each in OPERATIONS if each.entrance is Entrance.ADMIN}


async def test_a_declaration_stands_beside_its_route() -> None:
    for endpoints in (await open_door()).endpoints:
        declared = {(each.method, each.path) for each in endpoints.operations if each.entrance is not Entrance.ROOT}
        assert declared == {(method, path) for path, handlers in endpoints.routes().items() for method in handlers}


def test_an_operation_says_which_scope_it_needs_and_what_a_key_without_it_gets() -> None:
    sending = operation("sendCallflow")
    assert sending["security"] == [{"apiKey": ["calls"]}]
    told = sending["responses"]["403"]["content"]["application/json"]["examples"].values()
    assert [each["value"]["statusMessage"] for each in told] == ["The API key does not have the scope calls"]
    assert operation("fetchExport")["security"] == []


def test_every_variable_of_a_path_is_a_parameter() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            said = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
            assert sorted(said) == sorted(re.findall(r"{([^}]+)}", path))


def test_operations_have_names_of_their_own_and_tags_that_are_said() -> None:
    names = [operation["operationId"] for _, operation in described()]
    assert len(names) == len(set(names))
    assert {tag for _, each in described() for tag in each["tags"]} == {tag["name"] for tag in DOCUMENT["tags"]}


def test_schemas_have_plain_names_and_say_what_they_are() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert re.fullmatch("[A-Za-z]+", name)
        assert schema["description"]


@pytest.mark.parametrize(("name", "content"), [pytest.param(*each, id=each[0]) for each in contents()])
def test_examples_are_what_the_schema_says(name: str, content: Mapping[str, Any]) -> None:
    if "/json" not in name:
        return
    if name != "get /openapi.json: 200: application/json":
        assert content["examples"]
    for example in content.get("examples", {}).values():
        assert list(document.faults(content["schema"], example["value"])) == []


def test_every_code_that_a_callflow_is_rejected_with_has_an_example() -> None:
    answers = operation("sendCallflow")["responses"]
    told = {
        (int(http), example["value"]["statusCode"])
        for http, answer in answers.items()
        for example in answer["content"]["application/json"]["examples"].values()
        if example["value"]["sessionStatus"] == "NOT_CREATED"
    }
    assert told - {(415, 415)} == {(row.http, row.code) for row in STATUS_CODES.values()} - {(200, CREATED)}


def test_actions_are_told_apart_by_their_name_and_have_the_bounds_of_the_rules() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    actions = schemas["CallflowRequest"]["properties"]["callflow"]["items"]
    assert actions["discriminator"]["propertyName"] == "action"
    assert len(actions["oneOf"]) == len(actions["discriminator"]["mapping"])
    params = schemas["CaptureParams"]["properties"]
    assert params["noOfTries"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": scalars.MAX_TRIES}
    assert params["promptMessage"]["anyOf"][0]["maxLength"] == scalars.MAX_TEXT


@pytest.mark.parametrize("type_", webhooks.TYPES)
def test_every_type_of_webhook_is_described(type_: str) -> None:
    assert DOCUMENT["webhooks"][type_]["post"]["requestBody"]["content"]["application/json"]["examples"]


async def test_the_figures_are_open_to_everybody() -> None:
    reply = await ask((await open_door()).app, "GET", "/metrics")
    assert (reply.http, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")


async def test_the_document_is_open_to_everybody() -> None:
    door = await open_door()
    reply = await ask(door.app, "GET", "/openapi.json")
    assert (reply.http, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json == {**msgspec.json.decode(msgspec.json.encode(DOCUMENT)), "servers": [{"url": PUBLIC}]}
    assert (await ask(door.app, "GET", "/openapi.json")).body == reply.body


async def test_an_answer_that_is_not_declared_is_noticed() -> None:
    door = await open_door()
    path = f"{BASE}/webhooks"
    good = (await door.ask("GET", path)).body
    for http, media, body in (
        (418, "application/json", good),
        (200, "text/plain", good),
        (200, "application/json", good.replace(b'"count"', b'"number"')),
        (200, "application/json", good.replace(b'"count":0', b'"count":"0"')),
    ):
        with pytest.raises(AssertionError):
            document.check("GET", path, http, media, body)


def operation(name: str) -> Mapping[str, Any]:
    return next(each for _, each in described() if each["operationId"] == name)
