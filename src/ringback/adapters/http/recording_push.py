"""`GET`, `POST` and `DELETE /recording-push-config`: where the recordings of a subaccount are pushed to."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes, read_parameters
from ringback.adapters.http.operation import Answer, Body, Operation
from ringback.adapters.http.replies import OK, missing, reply
from ringback.adapters.http.shapes import recording_push as shapes
from ringback.service import recording_push
from ringback.service.ports import Clock, Subaccount
from ringback.service.push_store import PushStore

PATH: Final = "/recording-push-config"
_MISSING: Final = "Recording push config not found by subAccountId : "


class RecordingPushEndpoints:
    """Shows and changes where to."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path=PATH,
            id="getRecordingPushConfig",
            tag="Recordings",
            summary="Show where recordings are pushed to",
            answers=(
                Answer(200, "Never with the password.", shapes.PushConfig, {"SFTP": shapes.SFTP}),
                answers.missing("push config", f"{_MISSING}acme"),
            ),
        ),
        Operation(
            method="POST",
            path=PATH,
            id="setRecordingPushConfig",
            tag="Recordings",
            summary="Let recordings be pushed to S3 or SFTP",
            description="There is one: a second one takes the place of the first, and what waits goes there.",
            body=Body(recording_push.PushRequest, {"S3": shapes.S3_REQUEST, "SFTP": shapes.SFTP_REQUEST}),
            answers=(
                Answer(200, "Never with the password.", shapes.PushConfig, {"SFTP": shapes.SFTP}),
                answers.invalid_parameter("protocol: should be one of: S3, SFTP"),
            ),
        ),
        Operation(
            method="DELETE",
            path=PATH,
            id="deleteRecordingPushConfig",
            tag="Recordings",
            summary="Let recordings be pushed no longer",
            description="What waits stays in the server's folder.",
            answers=(
                Answer(200, "It as it was.", shapes.DeletedPushConfig, {"deleted": shapes.DELETED}),
                answers.missing("push config", f"{_MISSING}acme"),
            ),
        ),
    )

    def __init__(self, store: PushStore, clock: Clock, body_bytes: int, *, allow_http: bool) -> None:
        """`body_bytes`: the longest body; `allow_http`: also endpoints of S3 without TLS."""
        self._store = store
        self._clock = clock
        self._body_bytes = body_bytes
        self._allow_http = allow_http

    def routes(self) -> Routes:
        """Give the handlers."""
        return {PATH: {"GET": self._show, "POST": self._set, "DELETE": self._remove}}

    async def _show(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        name = subaccount.sub_account_id
        target = await self._store.push_target(name)
        return missing(_MISSING + name) if target is None else reply(200, {**recording_push.view(name, target), **OK})

    async def _set(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        body = await read_parameters(request, self._body_bytes)
        target = recording_push.parse(body, allow_http=self._allow_http)
        name = subaccount.sub_account_id
        target = await self._store.set_push_target(name, target, self._clock.now())
        return reply(200, {**recording_push.view(name, target), **OK})

    async def _remove(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        name = subaccount.sub_account_id
        target = await self._store.remove_push_target(name, self._clock.now())
        if target is None:
            return missing(_MISSING + name)
        return reply(200, {**recording_push.view(name, target), "delete": True, **OK})
