"""The reference page of the API, written from its OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ringback.adapters.http import OPERATIONS, document
from ringback.app.markdown import table

_PUBLIC_URL: Final = "http://127.0.0.1:8080"
_JSON: Final = "application/json"
_LONGEST: Final = 3000
"""Characters of an example that is shown."""


def api_parts() -> Iterator[str]:
    """Give the parts of the page."""
    written = document(OPERATIONS, _PUBLIC_URL)
    yield written["info"]["description"]
    yield "The same for programs, as OpenAPI 3.1 with every example: `GET /openapi.json`."
    for tag in written["tags"]:
        yield f"## {tag['name']}\n\n{tag['description']}"
        for path, operations in written["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation["tags"]:
                    yield from _operation(f"`{method.upper()} {path}`", operation)
    yield "## What is posted\n\nTo the webhooks of a subaccount; see the how-to pages for signatures and retries."
    for name, operations in written["webhooks"].items():
        yield from _operation(name, operations["post"])
    yield "## Schemas\n\nNull counts as absent in a request; in an answer a field is there unless it is optional."
    for name, schema in written["components"]["schemas"].items():
        yield from _schema(name, schema)


def _operation(title: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {title}"
    yield f"**{operation['summary']}.** {operation.get('description', '')}".rstrip().replace("?.**", "?**")
    for scheme in operation["security"]:
        yield "Needs a key of the scope " + ", ".join(f"`{scope}`" for scope in next(iter(scheme.values()))) + "."
    rows = [
        [f"`{each['name']}`", each["in"], _type(each["schema"]), each["description"]]
        for each in operation.get("parameters", ())
    ]
    if rows:
        yield table(["parameter", "in", "type", "meaning"], rows)
    if (body := operation.get("requestBody")) is not None:
        ((media, content),) = body["content"].items()
        yield f"Body: {_type(content['schema'])}{'' if body['required'] else ', or nothing'}"
        if media == _JSON:
            yield from _examples(content)
    yield table(["status", "when", "body"], [_answer(http, each) for http, each in operation["responses"].items()])
    for http, answer in operation["responses"].items():
        if http.startswith("2") and _JSON in answer.get("content", {}):
            yield from _examples(answer["content"][_JSON])


def _answer(http: str, answer: Mapping[str, Any]) -> list[str]:
    bodies = [
        _type(content["schema"]) if media == _JSON else f"`{media}`"
        for media, content in answer.get("content", {}).items()
    ]
    when = answer["description"].replace("\n\n- ", "<br>").replace("\n- ", "<br>").replace("\n\n", " ")
    return [http, when, ", ".join(bodies)]


def _examples(content: Mapping[str, Any]) -> Iterator[str]:
    for example in content.get("examples", {}).values():
        text = json.dumps(example["value"], indent=2, ensure_ascii=False)
        if len(text) <= _LONGEST:
            yield f"```json\n{text}\n```"
            return


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {name}"
    lines = schema["description"].replace("\n- ", "\n\n- ", 1)
    yield f"{lines}"
    if "enum" in schema and "- `" not in lines:
        yield ", ".join(f"`{each}`" for each in schema["enum"])
    required = schema.get("required", ())
    rows = [
        [
            f"`{field}`",
            _type(each) + ("" if field in required else ", optional"),
            each.get("description", ""),
        ]
        for field, each in schema.get("properties", {}).items()
    ]
    if rows:
        yield table(["field", "type", "meaning"], rows)


def _type(schema: Mapping[str, Any]) -> str:
    """Say a schema in plain words: `integer, 1..3`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_type(each) for each in schema[several]))
    if "enum" in schema:
        said = ", ".join(f"`{json.dumps(each, ensure_ascii=False).strip(chr(34))}`" for each in schema["enum"])
    elif schema.get("type") == "array":
        said = f"list of {_type(schema['items'])}"
    elif isinstance(schema.get("additionalProperties"), dict):
        said = f"object of {_type(schema['additionalProperties'])}"
    else:
        said = f"{schema.get('format') or schema.get('type', 'anything')}{_bounds(schema)}"
    return said


def _bounds(schema: Mapping[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f", {schema['minimum']}..{schema['maximum']}"
    if "maxLength" in schema:
        return f", {schema.get('minLength', 0)}..{schema['maxLength']} characters"
    return f", `{schema['pattern']}`" if "pattern" in schema else ""
