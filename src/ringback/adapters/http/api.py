"""The API over HTTP: all endpoints behind one door, and what is at the root."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ringback.adapters.http.door import Door, Endpoints
from ringback.adapters.http.operation import Answer, Entrance, Operation
from ringback.adapters.http.replies import ECHO, METHOD_NOT_ALLOWED, failure, missing, reply


class ServerState(msgspec.Struct, frozen=True):
    """How the server is."""

    status: str
    """`ok`, `ready`, `starting`, `draining` or `stopped`."""


class Api:
    """The endpoints."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/healthz",
            id="health",
            tag="Server",
            summary="Ask whether the server is alive",
            answers=(Answer(200, "It is.", ServerState, {"alive": ServerState("ok")}),),
            entrance=Entrance.ROOT,
        ),
        Operation(
            method="GET",
            path="/readyz",
            id="readiness",
            tag="Server",
            summary="Ask whether the server takes work",
            answers=(
                Answer(200, "It does.", ServerState, {"ready": ServerState("ready")}),
                Answer(503, "It is starting, or draining.", ServerState, {"draining": ServerState("draining")}),
            ),
            entrance=Entrance.ROOT,
        ),
    )

    def __init__(
        self,
        door: Door,
        endpoints: Sequence[Endpoints],
        state: Callable[[], str],
        *,
        open_routes: Sequence[Route] = (),
    ) -> None:
        """`state`: `ready`, or why not, for `/readyz`; `open_routes`: at the root, past the door."""
        self._door = door
        self._endpoints = endpoints
        self._state = state
        self._open_routes = [Route("/healthz", self._health), Route("/readyz", self._ready), *open_routes]

    def app(self) -> Starlette:
        """Give the ASGI application."""
        routes: list[Route] = [
            self._door.route(path, handlers)
            for endpoints in self._endpoints
            for path, handlers in endpoints.routes().items()
        ]
        routes += [
            self._door.route("/{rest:path}", {}),
            self._door.route("", {}),
            *self._open_routes,
        ]
        app = Starlette(routes=routes, exception_handlers={HTTPException: _elsewhere})
        app.router.redirect_slashes = False
        return app

    async def _health(self, _request: Request) -> Response:
        return reply(200, ServerState("ok"))

    async def _ready(self, _request: Request) -> Response:
        state = self._state()
        return reply(200 if state == "ready" else 503, ServerState(state))


async def _elsewhere(request: Request, fault: Exception) -> Response:
    """Answer what no route takes: a path that there is not, or one at the root that has not this method."""
    allowed = (fault.headers or {}).get("Allow") if isinstance(fault, HTTPException) else None
    if allowed is not None:
        headers = {"Allow": ", ".join(sorted(allowed.split(", ")))}
        return failure(request, METHOD_NOT_ALLOWED, "", headers=headers)
    return missing(f"Path not found : {request.url.path[:ECHO]}")
