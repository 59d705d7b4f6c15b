"""The way to every endpoint: admit the request, bound its body, and turn whatever goes wrong into an envelope."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ringback.adapters.http.operation import Operation
from ringback.adapters.http.replies import ECHO, METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE, failure, invalid
from ringback.adapters.http.scopes import scope_of
from ringback.domain import status
from ringback.domain.scope import Scope
from ringback.service.gate import Gate, Refused
from ringback.service.ports import Clock, Overloaded, Subaccount
from ringback.service.webhooks import ParameterInvalid

BASE = "/api/v1/subaccounts/{sub_account_id}"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

Handler: TypeAlias = Callable[[Request, Subaccount, str], Awaitable[Response]]
"""Takes the request, the subaccount that it is about, and the id of the request. May raise ParameterInvalid: 422."""
Routes: TypeAlias = Mapping[str, Mapping[str, Handler]]
"""Handlers by path below the base path, and by method."""

_log = structlog.get_logger(__name__)


class Endpoints(Protocol):
    """Endpoints that belong together."""

    @property
    def operations(self) -> Sequence[Operation]:
        """What each is to those who call it; that of a class."""

    def routes(self) -> Routes:
        """Give the handlers."""


class Door:
    """Lets requests in."""

    def __init__(self, gate: Gate, clock: Clock, new_id: Callable[[], str]) -> None:
        """`new_id`: gives a UUID."""
        self._gate = gate
        self._clock = clock
        self._new_id = new_id
        self.on_answer: Callable[[str, str, int, float], None] = lambda _method, _path, _status, _seconds: None
        """Called with every request's method, path (names in place of ids), HTTP status and seconds."""

    def route(self, path: str, handlers: Mapping[str, Handler]) -> Route:
        """Make a route below the base path; without handlers there is nothing: 404."""
        scopes = {method: scope_of(path, method) for method in handlers}

        async def endpoint(request: Request) -> Response:
            began = self._clock.monotonic()
            response = await self._serve(request, handlers, scopes.get(request.method))
            self.on_answer(request.method, path, response.status_code, self._clock.monotonic() - began)
            return response

        return Route(BASE + path, endpoint, methods=METHODS)

    async def _serve(  # noqa: PLR0911 - one for each outcome
        self, request: Request, handlers: Mapping[str, Handler], scope: Scope | None
    ) -> Response:
        """Admit the request, then let its handler answer; whatever goes wrong, there is an envelope."""
        request_id = self._new_id()
        sub_account_id = request.path_params["sub_account_id"]
        try:
            subaccount = await self._gate.admit(request.headers.get("authorization"), sub_account_id, scope)
            handler = handlers.get(request.method)
            if handler is None:
                return _no_handler(request, handlers, request_id)
            if request.method == "POST" and not _is_json(request.headers.get("content-type")):
                return failure(request, UNSUPPORTED_MEDIA_TYPE, request_id)
            return await handler(request, subaccount, request_id)
        except Refused as refused:
            message = status.STATUS_CODES[refused.code].message
            message = message.replace("{id}", sub_account_id[:ECHO]).replace("{detail}", refused.detail)
            headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
            return failure(request, refused.code, request_id, message, headers)
        except ParameterInvalid as fault:
            return invalid(str(fault), request_id, self._clock.now())
        except Overloaded:
            return failure(request, status.TOO_MANY_REQUESTS, request_id, headers={"Retry-After": "1"})
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:  # noqa: BLE001 - a fault of ours is -9999 for the client and a line in the log for us
            _log.exception("request-failed", callFlowRequestId=request_id)
            row = status.STATUS_CODES[status.UNKNOWN_ERROR]
            return failure(request, row.code, request_id, http=row.http)


async def read_body(request: Request, longest: int) -> bytes:
    """Read the body, and not more of it than shows that it is longer than `longest` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            break
    return bytes(body)


async def read_parameters(request: Request, longest: int) -> bytes:
    """Read the body of an endpoint whose faults are 422. Raises ParameterInvalid where it is too long."""
    body = await read_body(request, longest)
    if len(body) > longest:
        message = f"the body is larger than {longest} bytes"
        raise ParameterInvalid(message)
    return body


def _no_handler(request: Request, handlers: Mapping[str, Handler], request_id: str) -> Response:
    if not handlers:
        return failure(request, 404, request_id, f"Path not found : {request.url.path[:ECHO]}")
    return failure(request, METHOD_NOT_ALLOWED, request_id, headers={"Allow": ", ".join(sorted(handlers))})


def _is_json(content_type: str | None) -> bool:
    """Tell whether a body may be JSON: said to be, or nothing said."""
    if content_type is None:
        return True
    essence = content_type.partition(";")[0].strip().lower()
    return essence in {"", "application/json", "text/json"} or essence.endswith("+json")
