"""`GET /recordings/{sessionId}`, and at the root the files that its links lead to."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ringback.adapters.http.door import METHODS, Routes
from ringback.adapters.http.replies import BEHIND_A_LINK, ECHO, METHOD_NOT_ALLOWED, OK, failure, missing, reply
from ringback.domain import payloads
from ringback.domain.recording import Recording, RecordingStatus
from ringback.service.links import PREFIX, LinkRefused, Links
from ringback.service.ports import Store, Subaccount


class RecordingEndpoints:
    """Shows the recordings of a session."""

    def __init__(self, store: Store, links: Links | None) -> None:
        """`links`: None where no folder of recordings is configured: there is nothing to fetch."""
        self._store = store
        self._links = links

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/recordings/{session_id}": {"GET": self._list}}

    async def _list(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        session_id = request.path_params["session_id"]
        theirs = [
            each
            for each in await self._store.recordings(session_id)
            if each.sub_account_id == subaccount.sub_account_id
        ]
        if not theirs:
            return missing(f"Recording not found by sessionId : {session_id[:ECHO]}")
        return reply(200, {"recordings": [payloads.recording_view(each, self._url(each)) for each in theirs], **OK})

    def _url(self, recording: Recording) -> str | None:
        if self._links is None or recording.status != RecordingStatus.UPLOAD_COMPLETED:
            return None
        return self._links.make(recording.path)


class RecordingFiles:
    """Gives the files of recordings to whoever has a link; part of a file where a Range is asked for."""

    def __init__(self, links: Links, folder: Path) -> None:
        """`folder`: of the recordings."""
        self._links = links
        self._folder = folder

    def route(self) -> Route:
        """Give the route, at the root."""
        return Route(PREFIX + "{path:path}", self._file, methods=METHODS)

    async def _file(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return failure(request, METHOD_NOT_ALLOWED, "", headers={"Allow": "GET, HEAD"})
        path, query = request.path_params["path"], request.query_params
        try:
            self._links.check(path, query.get("expires", ""), query.get("signature", ""))
        except LinkRefused as refused:
            return reply(403, {"statusCode": 403, "statusMessage": str(refused)})
        file = self._folder / path  # one that we signed: it leads nowhere else
        if not await asyncio.to_thread(file.is_file):
            return missing("Recording not found")
        return FileResponse(file, filename=file.name, headers=BEHIND_A_LINK)
