"""`GET /recordings/{sessionId}`, and at the root the files that its links lead to."""

import asyncio
from pathlib import Path
from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes
from ringback.adapters.http.operation import Answer, Entrance, Operation, Parameter
from ringback.adapters.http.replies import BEHIND_A_LINK, ECHO, OK, missing, reply
from ringback.adapters.http.sessions import SESSION_ID
from ringback.adapters.http.shapes import recording as shapes
from ringback.adapters.http.shapes.scalars import UUID
from ringback.domain import payloads
from ringback.domain.recording import MADE, Recording
from ringback.service.links import PREFIX, LinkRefused, Links
from ringback.service.ports import Store, Subaccount

_FILE: Final = PREFIX + "{session_id}/{name:path}"
_MEDIA: Final = {".mp3": "audio/mpeg", ".wav": "audio/wav"}
_PARTS: Final = "multipart/byteranges"
"""Where several parts are asked for."""
_TEXT: Final = "text/plain"


class RecordingEndpoints:
    """Shows the recordings of a session."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/recordings/{session_id}",
            id="listRecordings",
            tag="Recordings",
            summary="List the recordings of a session",
            parameters=(SESSION_ID,),
            answers=(
                Answer(200, "There is at least one.", shapes.RecordingList, {"one": shapes.RECORDINGS}),
                answers.missing("recording", f"Recording not found by sessionId : {UUID}"),
            ),
        ),
    )

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
        if recording.url is not None or recording.status not in MADE:
            return recording.url
        return None if self._links is None else self._links.make(recording.path)


class RecordingFiles:
    """Gives the files of recordings to whoever has a link; part of a file where a Range is asked for."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path=_FILE,
            id="fetchRecording",
            tag="Recordings",
            summary="Fetch the sound of a recording",
            description="The link is the key; it is given with the recording, and expires.",
            parameters=(
                SESSION_ID,
                Parameter("name", "path", "Of the file.", str, shapes.FILE),
                Parameter("expires", "query", "Seconds since the epoch.", str, "1894739400"),
                Parameter("signature", "query", "Of path and `expires`.", str, "5f" * 32),
                Parameter("Range", "header", "Asks for a part (RFC 9110, section 14).", str, "bytes=0-1023"),
            ),
            answers=(
                *(Answer(200, "The file.", Any, media=media) for media in _MEDIA.values()),
                *(Answer(206, "The part.", Any, media=media) for media in (*_MEDIA.values(), _PARTS)),
                Answer(400, "The `Range` is none.", str, media=_TEXT),
                answers.refused(403, "The link is not one of ours, or too old.", "Link expired"),
                answers.missing_file("Recording not found"),
                Answer(416, "There is no such part.", str, media=_TEXT),
            ),
            entrance=Entrance.ROOT,
        ),
    )

    def __init__(self, links: Links, folder: Path) -> None:
        """`folder`: of the recordings."""
        self._links = links
        self._folder = folder

    def route(self) -> Route:
        """Give the route, at the root."""
        return Route(_FILE, self._file)

    async def _file(self, request: Request) -> Response:
        path = f"{request.path_params['session_id']}/{request.path_params['name']}"
        query = request.query_params
        try:
            self._links.check(path, query.get("expires", ""), query.get("signature", ""))
        except LinkRefused as refused:
            return reply(403, {"statusCode": 403, "statusMessage": str(refused)})
        file = self._folder / path  # one that we signed: it leads nowhere else
        if not await asyncio.to_thread(file.is_file):
            return missing("Recording not found")
        return FileResponse(file, filename=file.name, media_type=_MEDIA.get(file.suffix), headers=BEHIND_A_LINK)
