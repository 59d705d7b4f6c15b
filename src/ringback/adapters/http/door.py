"""The way to every endpoint: admit the request, bound its body, and turn whatever goes wrong into an envelope."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeAlias, TypeVar

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ringback.adapters.http.operation import Operation
from ringback.adapters.http.replies import (
    CONFLICT,
    CSV,
    ECHO,
    IMPORT,
    METHOD_NOT_ALLOWED,
    TEXTS,
    UNSUPPORTED_MEDIA_TYPE,
    failure,
    invalid,
    missing,
)
from ringback.adapters.http.scopes import scope_of
from ringback.domain import status
from ringback.domain.errors import Conflict, NotThere, Unusable
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

C = TypeVar("C")
"""What a request that was let in is about, or by whom it is."""

_log = structlog.get_logger(__name__)


class Endpoints(Protocol):
    """Endpoints that belong together."""

    @property
    def operations(self) -> Sequence[Operation]:
        """What each is to those who call it; that of a class."""

    def routes(self) -> Routes:
        """Give the handlers."""


class Doorway(ABC, Generic[C]):
    """Lets requests in below a path, and answers where something goes wrong."""

    base: str
    measured_below: str = ""
    """What stands before the path in figures."""

    def __init__(self, clock: Clock, new_id: Callable[[], str]) -> None:
        """`new_id`: gives a UUID."""
        self._clock = clock
        self._new_id = new_id
        self.on_answer: Callable[[str, str, int, float], None] = lambda _method, _path, _status, _seconds: None
        """Called with every request's method, path (names in place of ids), HTTP status and seconds."""

    @abstractmethod
    async def _admit(self, request: Request, scope: Scope | None, request_id: str) -> C:
        """Let a request in; `scope`: that an API key must have. Raises Refused."""

    def route(self, path: str, handlers: Mapping[str, Callable[[Request, C, str], Awaitable[Response]]]) -> Route:
        """Make a route below the base path; without handlers there is nothing: 404."""
        scopes = {method: scope_of(path, method) for method in handlers}
        measured = self.measured_below + path

        async def endpoint(request: Request) -> Response:
            began = self._clock.monotonic()
            response = await self._serve(request, handlers, scopes.get(request.method))
            self.on_answer(request.method, measured, response.status_code, self._clock.monotonic() - began)
            return response

        return Route(self.base + path, endpoint, methods=METHODS)

    async def _serve(  # noqa: PLR0911 - one for each outcome
        self,
        request: Request,
        handlers: Mapping[str, Callable[[Request, C, str], Awaitable[Response]]],
        scope: Scope | None,
    ) -> Response:
        """Admit the request, then let its handler answer; whatever goes wrong, there is an envelope."""
        request_id = self._new_id()
        try:
            admitted = await self._admit(request, scope, request_id)
            handler = handlers.get(request.method)
            if handler is None:
                return _no_handler(request, handlers, request_id)
            if request.method == "POST" and (wrong := _wrong_media(request)):
                return failure(request, UNSUPPORTED_MEDIA_TYPE, request_id, wrong)
            return await handler(request, admitted, request_id)
        except Refused as refused:
            message = status.STATUS_CODES[refused.code].message
            sub_account_id = request.path_params.get("sub_account_id", "")[:ECHO]
            message = message.replace("{id}", sub_account_id).replace("{detail}", refused.detail)
            headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
            return failure(request, refused.code, request_id, message, headers)
        except (ParameterInvalid, Unusable) as fault:
            return invalid(str(fault), request_id, self._clock.now())
        except NotThere as fault:
            return missing(str(fault))
        except Conflict as fault:
            return failure(request, CONFLICT, request_id, str(fault))
        except Overloaded:
            return failure(request, status.TOO_MANY_REQUESTS, request_id, headers={"Retry-After": "1"})
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:  # noqa: BLE001 - a fault of ours is -9999 for the client and a line in the log for us
            _log.exception("request-failed", callFlowRequestId=request_id)
            row = status.STATUS_CODES[status.UNKNOWN_ERROR]
            return failure(request, row.code, request_id, http=row.http)


class Door(Doorway[Subaccount]):
    """Lets in what an API key of a subaccount opens."""

    base = BASE

    def __init__(self, gate: Gate, clock: Clock, new_id: Callable[[], str]) -> None:
        """`new_id`: gives a UUID."""
        super().__init__(clock, new_id)
        self._gate = gate

    async def _admit(self, request: Request, scope: Scope | None, request_id: str) -> Subaccount:
        del request_id
        return await self._gate.admit(
            request.headers.get("authorization"), request.path_params["sub_account_id"], scope
        )


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


def _no_handler(request: Request, handlers: Mapping[str, object], request_id: str) -> Response:
    if not handlers:
        return failure(request, 404, request_id, f"Path not found : {request.url.path[:ECHO]}")
    return failure(request, METHOD_NOT_ALLOWED, request_id, headers={"Allow": ", ".join(sorted(handlers))})


def _wrong_media(request: Request) -> str:
    """Tell what a body should be that is said to be something else; empty where it is right, or nothing is said."""
    if request.headers.get("content-length") == "0":
        return ""  # what is not there has no type, whatever a client says of it
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.scope["path"].endswith(IMPORT):
        return "" if essence in {"", CSV} else f"Content-Type must be {CSV}"
    is_json = essence in {"", "application/json", "text/json"} or essence.endswith("+json")
    return "" if is_json else TEXTS[UNSUPPORTED_MEDIA_TYPE]
