"""`/events`: what happens, as server-sent events (HTML Living Standard, section 9.2).

```
  id: 17
  event: dtmf-received
  data: {"sessionId": …, "timestamp": …, "event": "dtmf-received", "details": {"digit": "1"}}
```
"""

from collections.abc import AsyncIterator
from itertools import count
from typing import ClassVar, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes
from ringback.adapters.http.operation import Answer, Operation
from ringback.adapters.http.replies import ECHO, failure, missing
from ringback.adapters.http.sessions import SESSION_ID
from ringback.adapters.http.shapes.scalars import UUID
from ringback.domain import status
from ringback.domain.scalars import format_moment
from ringback.service.feed import Feed, Listener, TooMany, listening
from ringback.service.ports import Store, Subaccount

AWAKE: Final = 15.0
"""Seconds after which a silent stream gets a comment, so that nobody on the way takes it for dead."""
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_MEDIA: Final = "text/event-stream"
_EXAMPLE: Final = f"""\
: ringback

id: 1
event: dtmf-received
data: {{"sessionId": "{UUID}", "timestamp": "2030-01-20T20:30:00.000Z", "event": "dtmf-received", \
"details": {{"call": "89b545a5-0676-41ee-8100-d500c0d203fc", "digit": "1"}}}}

"""
_STREAM: Final = Answer(
    200,
    f"Server-sent events, the names those of a session's timeline; a comment after each {AWAKE:.0f} s of silence.",
    str,
    {"a digit": _EXAMPLE},
    _MEDIA,
)


class EventEndpoints:
    """Streams what happens from now on; what happened before is shown with the session."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/events",
            id="streamEvents",
            tag="Events",
            summary="Follow all sessions",
            description="What happens from now on; what is missed is shown with each session.",
            answers=(_STREAM,),
        ),
        Operation(
            method="GET",
            path="/sessions/{session_id}/events",
            id="streamSessionEvents",
            tag="Events",
            summary="Follow a session",
            description="What happens from now on, until the session ends; nothing of one that has ended.",
            parameters=(SESSION_ID,),
            answers=(_STREAM, answers.missing("session", f"Session not found by Id : {UUID}")),
        ),
    )

    def __init__(self, feed: Feed, store: Store) -> None:
        """`store`: knows whose a session is."""
        self._feed = feed
        self._store = store

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/events": {"GET": self._all}, "/sessions/{session_id}/events": {"GET": self._one}}

    async def _all(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        return self._stream(request, subaccount, request_id, None)

    async def _one(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        session_id = request.path_params["session_id"]
        response = self._stream(request, subaccount, request_id, session_id)
        # looked up while it is listened to: the end of a session is in the store, or it will be told
        record = await self._store.session(session_id)
        if record is not None and record.sub_account_id == subaccount.sub_account_id and record.summary is None:
            return response
        if isinstance(response, _Stream):
            response.stop()
        if record is not None and record.sub_account_id == subaccount.sub_account_id:
            return Response(b"", 200, _HEADERS, media_type=_MEDIA)
        return missing(f"Session not found by Id : {session_id[:ECHO]}")

    def _stream(self, request: Request, subaccount: Subaccount, request_id: str, session_id: str | None) -> Response:
        try:
            listener = self._feed.listen(subaccount.sub_account_id, session_id)
        except TooMany:
            return failure(request, status.TOO_MANY_REQUESTS, request_id, headers={"Retry-After": "5"})
        return _Stream(self._feed, subaccount.sub_account_id, listener)


class _Stream(StreamingResponse):
    def __init__(self, feed: Feed, sub_account_id: str, listener: Listener) -> None:
        self._feed = feed
        self._sub_account_id = sub_account_id
        self._listener = listener
        super().__init__(_written(feed, sub_account_id, listener), 200, _HEADERS, media_type=_MEDIA)

    def stop(self) -> None:
        """Listen no more: it will not be sent."""
        self._feed.leave(self._sub_account_id, self._listener)


async def _written(feed: Feed, sub_account_id: str, listener: Listener) -> AsyncIterator[bytes]:
    yield b": ringback\n\n"
    number = count(1)
    async for told in listening(feed, sub_account_id, listener, AWAKE):
        if told is None:
            yield b": awake\n\n"
            continue
        body = {
            "sessionId": told.session_id,
            "timestamp": format_moment(told.entry.at),
            "event": told.entry.name,
            "details": told.entry.details,
        }
        data = msgspec.json.encode(body, enc_hook=str)
        yield b"id: %d\nevent: %s\ndata: %s\n\n" % (next(number), told.entry.name.encode(), data)
