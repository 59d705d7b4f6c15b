"""The OpenAPI 3.1 document of the API, made of what the endpoints declare; `/openapi.json` at the root."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringback import __version__
from ringback.adapters.http.answers import always
from ringback.adapters.http.operation import JSON, Answer, Body, Entrance, Operation, Parameter, Shape, Tag
from ringback.adapters.http.posts import POSTS, Post
from ringback.adapters.http.schema import schemas_of
from ringback.adapters.http.scopes import admin_scope_of, scope_of
from ringback.domain.scalars import ACCOUNT_ID

PATH: Final = "/openapi.json"
_DESCRIPTION: Final = """\
Post a callflow, a phone rings, the message is heard, the digits come back.

Times are UTC, ISO 8601. In a request a field that is null counts as absent, and one that is not known is ignored. What
is not there is answered with 404, a method that a path does not have with 405, both with a `statusCode` and a
`statusMessage`."""
_TAGS: Final[Mapping[Tag, str]] = {
    "Callflows": "What is said, played and asked in a call.",
    "Sessions": "What became of a callflow.",
    "Webhooks": "Where a program is told what happens, and asked what comes next.",
    "Deliveries": "What a program was told and did not take.",
    "Events": "What happens, while it happens.",
    "Numbers": "The virtual numbers of a subaccount.",
    "Opt-outs": "The numbers that want no more calls.",
    "Recordings": "The sound of calls.",
    "Exports": "Calls as CSV.",
    "Server": "The server itself.",
    "Admin": "What operators change; a key of `ringback admin admin-key add` opens it. Fields that are not known are "
    "refused. Every change is in the audit log.",
}
_SCHEME: Final = "apiKey"
_KEY: Final = """\
An API key of the subaccount. What an operation needs of it (a scope: `calls`, `read` or `manage`) is said with the
operation; a key made without scopes has them all."""
_ADMIN_SCHEME: Final = "adminKey"
_ADMIN_KEY: Final = "An admin key: its scope `read` opens what is GET, `write` everything below `/admin/v1`."
_VARIABLE: Final = re.compile(r"{([a-z_]+)(?::path)?}")
_BEFORE: Final = {
    Entrance.SUBACCOUNT: Parameter(
        "sub_account_id",
        "path",
        "One that the API key opens.",
        Annotated[str, Meta(extra_json_schema={"pattern": f"^{ACCOUNT_ID}$"})],
        "acme",
    )
}
"""Parameters of every path behind an entrance."""


def document(operations: Iterable[Operation], server: str) -> dict[str, Any]:
    """Write the document; `server`: the URL where programs reach it."""
    return _Writer().write(operations, server)


class OpenApi:
    """Gives the document to everybody."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path=PATH,
            id="openApi",
            tag="Server",
            summary="Read this document",
            answers=(Answer(200, "This document.", dict[str, Any]),),
            entrance=Entrance.ROOT,
        ),
    )

    def __init__(self, operations: Sequence[Operation], public_url: str) -> None:
        """`operations`: of every endpoint; `public_url`: of this server."""
        self._operations = operations
        self._public_url = public_url.rstrip("/")

    def route(self) -> Route:
        """Give the route, at the root."""
        return Route(PATH, self._file)

    async def _file(self, _request: Request) -> Response:
        return Response(await run_in_threadpool(lambda: self._written), media_type=JSON)

    @cached_property
    def _written(self) -> bytes:
        return msgspec.json.encode(document(self._operations, self._public_url))


class _Writer:
    def __init__(self) -> None:
        self._shapes: list[tuple[Shape, dict[str, Any]]] = []
        """Types whose schemas are written last, all at once, and where they go."""

    def write(self, operations: Iterable[Operation], server: str) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        for each in operations:
            paths.setdefault(path_of(each), {})[each.method.lower()] = self._operation(each)
        posts = {post.type: {"post": self._post(post)} for post in POSTS}
        schemas, components = schemas_of(shape for shape, _ in self._shapes)
        for (_, place), schema in zip(self._shapes, schemas, strict=True):
            place.update(schema)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "ringback",
                "version": __version__,
                "description": _DESCRIPTION,
                "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": server}],
            "security": [{_SCHEME: []}],
            "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
            "paths": paths,
            "webhooks": posts,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    _SCHEME: {"type": "http", "scheme": "bearer", "description": _KEY},
                    _ADMIN_SCHEME: {"type": "http", "scheme": "bearer", "description": _ADMIN_KEY},
                },
            },
        }

    def _operation(self, operation: Operation) -> dict[str, Any]:
        before = _BEFORE.get(operation.entrance)
        parameters = [*([] if before is None else [before]), *operation.parameters]
        written: dict[str, Any] = {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            **({"description": operation.description} if operation.description else {}),
            **({"parameters": [self._parameter(each) for each in parameters]} if parameters else {}),
            "responses": self._answers([*operation.answers, *always(operation)]),
        }
        if operation.body is not None:
            written["requestBody"] = self._body(operation.body)
        written["security"] = _security(operation)
        return written

    def _post(self, post: Post) -> dict[str, Any]:
        return {
            "operationId": f"post{post.type}",
            "tags": ["Webhooks"],
            "summary": post.summary,
            "description": post.description,
            "security": [],
            "requestBody": self._body(Body(post.shape, post.examples)),
            "responses": self._answers(post.answers),
        }

    def _parameter(self, parameter: Parameter) -> dict[str, Any]:
        in_path = parameter.place == "path"
        return {
            "name": told(parameter.name) if in_path else parameter.name,
            "in": parameter.place,
            "description": parameter.meaning,
            "required": in_path,
            "schema": self._schema(parameter.shape),
            **({} if parameter.example is None else {"example": parameter.example}),
        }

    def _body(self, body: Body) -> dict[str, Any]:
        content = {body.media: {"schema": self._schema(body.shape), "examples": _examples(body.examples)}}
        return {"required": body.required, "content": content}

    def _answers(self, answers: Iterable[Answer]) -> dict[str, Any]:
        written: dict[str, Any] = {}
        for http in sorted({answer.http for answer in answers}):
            alike = [answer for answer in answers if answer.http == http]
            written[str(http)] = self._either(alike)
        return written

    def _either(self, answers: Sequence[Answer]) -> dict[str, Any]:
        """Write answers of one status as one."""
        written: dict[str, Any] = {"description": "\n\n".join(dict.fromkeys(answer.meaning for answer in answers))}
        headers = {name: text for answer in answers for name, text in answer.headers.items()}
        if headers:
            written["headers"] = {
                name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
            }
        content: dict[str, Any] = {}
        for media in dict.fromkeys(answer.media for answer in answers if answer.shape is not None):
            alike = [answer for answer in answers if answer.media == media and answer.shape is not None]
            examples = {name: value for answer in alike for name, value in answer.examples.items()}
            content[media] = {
                "schema": self._schema(*(answer.shape for answer in alike)),
                **({"examples": _examples(examples)} if examples else {}),
            }
        links = {name: _link(name, *link) for answer in answers for name, link in answer.links.items()}
        return written | ({"content": content} if content else {}) | ({"links": links} if links else {})

    def _schema(self, *shapes: Shape) -> dict[str, Any]:
        """Give where the schema of a type, or of either of several, will be."""
        different: list[Shape] = []
        for shape in shapes:
            if shape not in different:
                different.append(shape)
        places: list[dict[str, Any]] = [{} for _ in different]
        self._shapes += zip(different, places, strict=True)
        return places[0] if len(places) == 1 else {"anyOf": places}


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    match operation.entrance:
        case Entrance.ROOT:
            return []
        case Entrance.ADMIN:
            return [{_ADMIN_SCHEME: [admin_scope_of(operation.method)]}]
        case Entrance.SUBACCOUNT:
            return [{_SCHEME: [scope_of(operation.path, operation.method)]}]


def path_of(operation: Operation) -> str:
    """Give the path as it is told: `/api/v1/subaccounts/{subAccountId}/sessions/{sessionId}`."""
    path = operation.entrance.value + operation.path
    return _VARIABLE.sub(lambda found: "{" + told(found[1]) + "}", path)


def told(name: str) -> str:
    """Give the name of a variable of a path as it is told: `session_id` is `sessionId`."""
    first, *others = name.split("_")
    return first + "".join(each.title() for each in others)


def _link(operation: str, parameter: str, expression: str) -> dict[str, Any]:
    return {"operationId": operation, "parameters": {parameter: expression}}


def _examples(examples: Mapping[str, object]) -> dict[str, Any]:
    return {name: {"value": msgspec.to_builtins(value)} for name, value in examples.items()}
