"""`/messages/exports`, and the files at the root: the calls of a subaccount as CSV."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes, read_parameters
from ringback.adapters.http.operation import Answer, Body, Entrance, Operation, Parameter
from ringback.adapters.http.replies import BEHIND_A_LINK, ECHO, missing, reply
from ringback.adapters.http.shapes import export as shapes
from ringback.adapters.http.shapes.scalars import MOMENT, UUID
from ringback.domain.scalars import format_moment
from ringback.service.export_request import ExportRequest
from ringback.service.export_store import ExportState
from ringback.service.exports import PATH, Exports
from ringback.service.ports import Clock, Subaccount

ACCEPTED: Final = 202
NO_CONTENT: Final = 204
_FILE: Final = PATH + "/{token}/{name}.csv"
_JOB_ID: Final = Parameter("job_id", "path", "As given when it was asked for.", str, shapes.JOB)
_UNKNOWN: Final = Answer(
    404,
    "The subaccount has no such job, or not any more.",
    shapes.UnknownJob,
    {"Invalid jobId": shapes.UnknownJob(shapes.UNKNOWN_JOB, shapes.INVALID, UUID, MOMENT)},
)


class ExportEndpoints:
    """Takes, shows and cancels exports."""

    operations: ClassVar = (
        Operation(
            method="POST",
            path="/messages/exports",
            id="exportCalls",
            tag="Exports",
            summary="Ask for calls as CSV",
            description="Done in the background; taken up again after a restart.",
            body=Body(
                ExportRequest,
                {"a month": {"from": "2030-01-01", "to": "2030-01-31"}, "the last week": {}},
                required=False,
            ),
            answers=(
                Answer(
                    ACCEPTED,
                    "It will be done.",
                    shapes.TakenExport,
                    {"taken": shapes.TakenExport(shapes.JOB)},
                    links=dict.fromkeys(("showExport", "cancelExport"), ("jobId", "$response.body#/jobId")),
                ),
                answers.invalid_parameter("from: should not be later than to"),
            ),
        ),
        Operation(
            method="GET",
            path="/messages/exports/{job_id}",
            id="showExport",
            tag="Exports",
            summary="Ask where an export stands",
            parameters=(_JOB_ID,),
            answers=(
                Answer(
                    200,
                    "Where it stands.",
                    shapes.ShownExport,
                    {"queued": shapes.ShownExport(ExportState.QUEUED), "succeeded": shapes.SUCCEEDED},
                ),
                _UNKNOWN,
            ),
        ),
        Operation(
            method="DELETE",
            path="/messages/exports/{job_id}",
            id="cancelExport",
            tag="Exports",
            summary="Cancel an export",
            description="One that succeeded loses its file.",
            parameters=(_JOB_ID,),
            answers=(Answer(NO_CONTENT, "It is cancelled."), _UNKNOWN),
        ),
        Operation(
            method="GET",
            path=_FILE,
            id="fetchExport",
            tag="Exports",
            summary="Fetch the file of an export",
            description="The link is the key; it is given with the export.",
            parameters=(
                Parameter("token", "path", "What nobody can guess.", str, shapes.JOB),
                Parameter("name", "path", "Of the file.", str, shapes.JOB[:16]),
            ),
            answers=(
                Answer(200, "A row for each leg.", str, media="text/csv"),
                answers.missing_file(f"File not found : {shapes.JOB[:16]}"),
            ),
            entrance=Entrance.ROOT,
        ),
    )

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
        return Route(_FILE, self._file)

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
        return reply(404, shapes.UnknownJob(shapes.UNKNOWN_JOB, shapes.INVALID, error_id, timestamp))
