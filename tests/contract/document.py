"""The OpenAPI document held against what tests see: answers of the API, and posts to webhooks, are as it says."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from ringback.adapters.http import OPERATIONS, document

DOCUMENT: Mapping[str, Any] = document(OPERATIONS, "http://voice.example")
"""As it is published."""
SEEN: set[tuple[str, str]] = set()
"""Operation and status of every answer that was held to it; see `tests.contract.seen`."""
METHOD_NOT_ALLOWED = 405
_JSON = "application/json"
_VARIABLE = re.compile(r"\{[^}]+\}")


def check(method: str, path: str, http: int, media: str | None, body: bytes) -> None:
    """Hold an answer to the document; one to a path or a method that there is not is none of its business."""
    if http == METHOD_NOT_ALLOWED or method not in {"GET", "POST", "PUT", "PATCH", "DELETE"}:
        return
    operation = operation_of(method, path.partition("?")[0])
    if operation is None:
        return
    SEEN.add((operation["operationId"], str(http)))
    answers = operation["responses"]
    assert str(http) in answers, f"{method} {path}: {http} is not declared: {body[:300]!r}"
    content: Mapping[str, Any] = answers[str(http)].get("content", {})
    if not content:
        assert body == b"", f"{method} {path}: {http} is declared to be empty: {body[:300]!r}"
        return
    essence = (media or "").partition(";")[0]
    assert essence in content, f"{method} {path}: {http} as {essence} is not declared"
    if essence == _JSON:
        wrong = list(faults(content[essence]["schema"], msgspec.json.decode(body)))
        assert not wrong, f"{method} {path}: {http}: {body[:1000]!r}: {wrong}"


def operation_of(method: str, path: str) -> Mapping[str, Any] | None:
    """Find what is declared of a path as it is asked for; a template without variables wins."""
    for template, operations in sorted(DOCUMENT["paths"].items(), key=lambda item: item[0].count("{")):
        if _pattern(template).fullmatch(path) and method.lower() in operations:
            found: Mapping[str, Any] = operations[method.lower()]
            return found
    return None


def body_schema(name: str) -> Mapping[str, Any]:
    """Give the schema of the body of an operation."""
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            if operation["operationId"] == name:
                schema: Mapping[str, Any] = operation["requestBody"]["content"][_JSON]["schema"]
                return schema
    raise KeyError(name)


def fields_of(schema: Mapping[str, Any]) -> list[str]:
    """Name the fields of an object."""
    return list(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"])


def check_post(body: bytes) -> None:
    """Hold a post to the document; a body that tests made up is none of its business."""
    try:
        posted = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return
    if not isinstance(posted, dict):
        return
    type_ = "DTMF" if "uid" in posted else _types().get(posted.get("eventType", ""))
    if type_ is not None:
        wrong = list(faults(_body_of(type_), posted))
        assert not wrong, f"{type_}: {body[:2000]!r}: {wrong}"


def faults(schema: Mapping[str, Any], value: object) -> Iterator[str]:
    """Tell what of a value is not as a schema says; a field that it does not name is wrong, too."""
    for fault in _validator(msgspec.json.encode(schema)).iter_errors(value):
        yield f"{fault.json_path}: {fault.message[:300]}"


def _body_of(type_: str) -> Mapping[str, Any]:
    """Give the schema of what is posted to a webhook."""
    schema: Mapping[str, Any] = DOCUMENT["webhooks"][type_]["post"]["requestBody"]["content"][_JSON]["schema"]
    return schema


@cache
def _types() -> Mapping[str, str]:
    """Give the type of webhook by `eventType`."""
    schemas = DOCUMENT["components"]["schemas"]
    named = {type_: schemas[_body_of(type_)["$ref"].rpartition("/")[2]]["properties"] for type_ in DOCUMENT["webhooks"]}
    return {fields["eventType"]["enum"][0]: type_ for type_, fields in named.items() if "eventType" in fields}


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in _VARIABLE.split(template)))


@cache
def _validator(schema: bytes) -> Draft202012Validator:
    return Draft202012Validator(_strict(msgspec.json.decode(schema)) | {"components": _components()})


@cache
def _components() -> Any:  # noqa: ANN401 - JSON
    return _strict(DOCUMENT["components"])


def _strict(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Give a schema that takes no other fields than it names."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(each) for key, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        strict.setdefault("additionalProperties", False)
    return strict
