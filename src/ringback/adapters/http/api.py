"""The API over HTTP: routes, envelopes and bounds; what they mean is the business of the services.

Every outcome under the base path is JSON in the form of the wire specification, section 1.2 or 3.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ringback.domain import status
from ringback.service import webhooks
from ringback.service.accept import Accept, Receipt
from ringback.service.gate import Gate, Refused
from ringback.service.ports import Clock, Overloaded, Store, Subaccount
from ringback.service.rulebook import Rulebook

BASE = "/api/v1/subaccounts/{sub_account_id}"
UNSUPPORTED_MEDIA_TYPE = 415
METHOD_NOT_ALLOWED = 405
UNPROCESSABLE = 422
ECHO = 200
"""Characters of a path that are given back."""
_OK = {"statusCode": 0, "statusMessage": "ok"}
_TEXTS = {
    METHOD_NOT_ALLOWED: "Method not allowed",
    UNSUPPORTED_MEDIA_TYPE: "Content-Type must be application/json",
}
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

Handler: TypeAlias = Callable[[Request, Subaccount, str], Awaitable[Response]]
"""Takes the request, the subaccount that it is about, and the id of the request."""

_log = structlog.get_logger(__name__)


class Api:
    """The endpoints."""

    def __init__(
        self,
        gate: Gate,
        accept: Accept,
        store: Store,
        rulebook: Rulebook,
        clock: Clock,
        new_id: Callable[[], str],
        state: Callable[[], str],
    ) -> None:
        """`state`: `ready`, or why not, for `/readyz`."""
        self._gate = gate
        self._accept = accept
        self._store = store
        self._rulebook = rulebook
        self._clock = clock
        self._new_id = new_id
        self._state = state

    def app(self) -> Starlette:
        """Give the ASGI application."""
        routes: list[BaseRoute] = [
            self._route("/callflows", {"POST": self._callflow}),
            self._route("/webhooks", {"GET": self._webhooks, "POST": self._set_webhook}),
            self._route("/webhooks/{type}", {"DELETE": self._delete_webhook}),
            self._route("/speech-profiles", {"GET": self._profiles}),
            self._route("/{rest:path}", {}),
            self._route("", {}),
            Route("/healthz", self._health),
            Route("/readyz", self._ready),
            Route("/{rest:path}", self._nowhere, methods=_METHODS),
        ]
        return Starlette(routes=routes)

    def _route(self, path: str, handlers: Mapping[str, Handler]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._serve(request, handlers)

        return Route(BASE + path, endpoint, methods=_METHODS)

    async def _serve(self, request: Request, handlers: Mapping[str, Handler]) -> Response:  # noqa: PLR0911 - one for each outcome
        """Admit the request, then let its handler answer; whatever goes wrong, there is an envelope."""
        request_id = self._new_id()
        sub_account_id = request.path_params["sub_account_id"]
        try:
            subaccount = await self._gate.admit(request.headers.get("authorization"), sub_account_id)
            handler = handlers.get(request.method)
            if handler is None:
                return _no_handler(request, handlers, request_id)
            if request.method == "POST" and not _is_json(request.headers.get("content-type")):
                return _failure(request, UNSUPPORTED_MEDIA_TYPE, request_id, _TEXTS[UNSUPPORTED_MEDIA_TYPE])
            return await handler(request, subaccount, request_id)
        except Refused as refused:
            message = status.STATUS_CODES[refused.code].message.replace("{id}", sub_account_id[:ECHO])
            headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
            return _failure(request, refused.code, request_id, message, headers)
        except Overloaded:
            message = status.STATUS_CODES[status.TOO_MANY_REQUESTS].message
            return _failure(request, status.TOO_MANY_REQUESTS, request_id, message, {"Retry-After": "1"})
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:  # noqa: BLE001 - a fault of ours is -9999 for the client and a line in the log for us
            _log.exception("request-failed", callFlowRequestId=request_id)
            row = status.STATUS_CODES[status.UNKNOWN_ERROR]
            return _failure(request, row.code, request_id, row.message, http=row.http)

    # -- endpoints

    async def _callflow(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        receipt = await self._accept.callflow(subaccount, await self._body(request), request_id)
        return _json(receipt)

    async def _webhooks(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        return _listed(subaccount, webhooks.views(subaccount))

    async def _set_webhook(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        body = await self._body(request)
        if len(body) > self._rulebook.body_bytes:
            return self._invalid(f"the body is larger than {self._rulebook.body_bytes} bytes", request_id)
        try:
            webhook = webhooks.parse(body)
        except webhooks.ParameterInvalid as fault:
            return self._invalid(str(fault), request_id)
        return _listed(subaccount, await webhooks.replace(self._store, subaccount, webhook))

    async def _delete_webhook(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        type_ = request.path_params["type"]
        webhook = await self._store.delete_webhook(subaccount.sub_account_id, type_.upper())
        if webhook is None:
            return _reply(404, {"statusCode": 404, "statusMessage": f"Webhook not found by type : {type_[:ECHO]}"})
        body = {"subAccountId": subaccount.sub_account_id, **msgspec.to_builtins(webhooks.view(webhook))}
        return _reply(200, {**body, "statusCode": 0, "statusMessage": "deleted"})

    async def _profiles(self, _request: Request, _subaccount: Subaccount, _request_id: str) -> Response:
        return _reply(200, {"speechProfiles": self._rulebook.profiles(), **_OK})

    async def _health(self, _request: Request) -> Response:
        return _reply(200, {"status": "ok"})

    async def _ready(self, _request: Request) -> Response:
        state = self._state()
        return _reply(200 if state == "ready" else 503, {"status": state})

    async def _nowhere(self, request: Request) -> Response:
        return _reply(404, {"statusCode": 404, "statusMessage": f"Path not found : {request.url.path[:ECHO]}"})

    # -- parts

    async def _body(self, request: Request) -> bytes:
        """Read the body, and not more of it than shows that it is too long."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._rulebook.body_bytes:
                break
        return bytes(body)

    def _invalid(self, message: str, error_id: str) -> Response:
        timestamp = datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="milliseconds")
        return _reply(
            UNPROCESSABLE,
            {
                "errorId": error_id,
                "statusCode": "1001",
                "statusMessage": message,
                "timestamp": timestamp.replace("+00:00", "Z"),
            },
        )


def _no_handler(request: Request, handlers: Mapping[str, Handler], request_id: str) -> Response:
    if not handlers:
        return _failure(request, 404, request_id, f"Path not found : {request.url.path[:ECHO]}")
    return _failure(
        request, METHOD_NOT_ALLOWED, request_id, _TEXTS[METHOD_NOT_ALLOWED], {"Allow": ", ".join(sorted(handlers))}
    )


def _is_json(content_type: str | None) -> bool:
    """Tell whether a body may be JSON: said to be, or nothing said."""
    if content_type is None:
        return True
    essence = content_type.partition(";")[0].strip().lower()
    return essence in {"", "application/json", "text/json"} or essence.endswith("+json")


def _failure(
    request: Request,
    code: int,
    request_id: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    *,
    http: int | None = None,
) -> Response:
    """Answer in the form of the endpoint: that of a callflow has a request id and says that nothing was created."""
    form: dict[str, object] = {"statusCode": code, "statusMessage": message}
    if request.url.path.endswith("/callflows"):
        form = {"sessionStatus": "NOT_CREATED", "callFlowRequestId": request_id, **form}
    return _reply(http or code, form, headers)


def _listed(subaccount: Subaccount, shown: object) -> Response:
    rows = msgspec.to_builtins(shown)
    return _reply(200, {"subAccountId": subaccount.sub_account_id, "count": len(rows), "webhooks": rows, **_OK})


def _json(receipt: Receipt) -> Response:
    return Response(receipt.body, receipt.http, media_type="application/json")


def _reply(http: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), http, headers, media_type="application/json")
