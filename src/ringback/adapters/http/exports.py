"""`/messages/exports`, and the files at the root: the calls of a subaccount as CSV."""

from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ringback.adapters.http.door import Routes, read_parameters
from ringback.adapters.http.replies import BEHIND_A_LINK, ECHO, missing, reply
from ringback.domain.scalars import format_moment
from ringback.service.exports import PATH, Exports
from ringback.service.ports import Clock, Subaccount

ACCEPTED: Final = 202
NO_CONTENT: Final = 204
UNKNOWN_JOB: Final = 4018


class ExportEndpoints:
    """Takes, shows and cancels exports."""

    def __init__(self, exports: Exports, clock: Clock, body_bytes: int) -> None:
        """`body_bytes`: the longest body."""
        self._exports = exports
        self._clock = clock
        self._body_bytes = body_bytes

    def routes(self) -> Routes:
        """Give the handlers."""
        return {
            "/messages/exports": {"POST": self._add},
            "/messages/exports/{job_id}": {"GET": self._show, "DELETE": self._cancel},
        }

    def file_route(self) -> Route:
        """Give the route of the files: at the root, and without a key, for the link is one."""
        return Route(f"{PATH}/{{token}}/{{name}}.csv", self._file)

    async def _add(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        body = await read_parameters(request, self._body_bytes)
        return reply(ACCEPTED, {"jobId": await self._exports.request(subaccount, body)})

    async def _show(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        shown = await self._exports.show(subaccount, request.path_params["job_id"])
        return self._unknown(request_id) if shown is None else reply(200, shown)

    async def _cancel(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        if await self._exports.cancel(subaccount, request.path_params["job_id"]):
            return Response(status_code=NO_CONTENT)
        return self._unknown(request_id)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        path = await self._exports.file(request.path_params["token"], name)
        if path is None:
            return missing(f"File not found : {name[:ECHO]}")
        return FileResponse(path, headers=BEHIND_A_LINK, media_type="text/csv", filename=f"calls-{name}.csv")

    def _unknown(self, error_id: str) -> Response:
        timestamp = format_moment(self._clock.now())
        body = {"code": UNKNOWN_JOB, "message": "Invalid jobId", "errorId": error_id, "timestamp": timestamp}
        return reply(404, body)
