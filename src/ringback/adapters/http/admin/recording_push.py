"""`/subaccounts/{id}/recording-push` of the admin API."""

from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.door import read_parameters
from ringback.adapters.http.operation import Answer, Body
from ringback.adapters.http.replies import OK, reply
from ringback.adapters.http.shapes import admin
from ringback.adapters.http.shapes import recording_push as shapes
from ringback.service import recording_push
from ringback.service.operator import Operator

_PATH: Final = "/subaccounts/{sub_account_id}/recording-push"
_RETRY: Final = _PATH + "/retry"
_SHOWN: Final = Answer(200, "Never with the password.", shapes.WatchedPushConfig, {"SFTP": shapes.WATCHED})
_NONE: Final = parts.missing("there is no place that recordings are pushed to")


class PushEndpoints:
    """Shows, sets and removes where the recordings of a subaccount are pushed to."""

    operations: ClassVar = (
        parts.operation("GET", _PATH, "showPush", "Show where recordings are pushed to, and what waits", _SHOWN, _NONE),
        parts.operation(
            "PUT",
            _PATH,
            "putPush",
            "Let recordings of a subaccount be pushed to S3 or SFTP",
            _SHOWN,
            parts.NO_SUBACCOUNT,
            answers.invalid_parameter("protocol: should be one of: S3, SFTP"),
            body=Body(recording_push.PushRequest, {"S3": shapes.S3_REQUEST, "SFTP": shapes.SFTP_REQUEST}),
            description="What waits goes there at once.",
        ),
        parts.operation(
            "DELETE",
            _PATH,
            "removePush",
            "Let recordings of a subaccount be pushed no longer",
            parts.DONE,
            _NONE,
            description="What waits stays in the server's folder.",
        ),
        parts.operation(
            "POST",
            _RETRY,
            "retryPushes",
            "Push what could not be pushed in its 24 hours",
            Answer(200, "What is in UPLOAD_FAILED waits again.", shapes.RetriedPushes, {"three": shapes.RETRIED}),
            _NONE,
        ),
    )

    def __init__(self, *, allow_http: bool) -> None:
        """`allow_http`: also endpoints of S3 without TLS."""
        self._allow_http = allow_http

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            _PATH: {"GET": self._show, "PUT": self._put, "DELETE": self._remove},
            _RETRY: {"POST": self._retry},
        }

    async def _show(self, request: Request, operator: Operator, _request_id: str) -> Response:
        return await _shown(operator, request.path_params["sub_account_id"])

    async def _put(self, request: Request, operator: Operator, _request_id: str) -> Response:
        body = await read_parameters(request, parts.BODY_BYTES)
        name = request.path_params["sub_account_id"]
        await operator.set_push_target(name, recording_push.parse(body, allow_http=self._allow_http))
        return await _shown(operator, name)

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_push_target(request.path_params["sub_account_id"])
        return reply(200, admin.OK)

    async def _retry(self, request: Request, operator: Operator, _request_id: str) -> Response:
        count = await operator.retry_pushes(request.path_params["sub_account_id"])
        return reply(200, {"recordings": count, **OK})


async def _shown(operator: Operator, sub_account_id: str) -> Response:
    target, waiting = await operator.push_target(sub_account_id)
    body: dict[str, Any] = {**recording_push.view(sub_account_id, target), **recording_push.waiting_view(waiting), **OK}
    return reply(200, body)
