"""`/events`: what happens, as server-sent events (HTML Living Standard, section 9.2).

```
  id: 1893456000000-17
  event: dtmf-received
  data: {"sessionId": …, "timestamp": …, "event": "dtmf-received", "details": {"digit": "1"}}
```
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import ClassVar, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes
from ringback.adapters.http.operation import Answer, Operation, Parameter
from ringback.adapters.http.replies import ECHO, failure, missing
from ringback.adapters.http.sessions import SESSION_ID
from ringback.adapters.http.shapes.scalars import UUID
from ringback.domain import status
from ringback.domain.scalars import format_moment
from ringback.service.feed import ELSEWHERE, KEPT, KEPT_SECONDS, Feed, Listener, TooMany, listening
from ringback.service.gate import Gate
from ringback.service.ports import Store, Subaccount

AWAKE: Final = 15.0
"""Seconds after which a silent stream gets a comment, so that nobody on the way takes it for dead."""
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_MEDIA: Final = "text/event-stream"
_MISSED: Final = "events-missed"
_EXAMPLE_ID: Final = "1893456000000-17"
_EXAMPLE: Final = f"""\
: ringback

id: {_EXAMPLE_ID}
event: dtmf-received
data: {{"sessionId": "{UUID}", "timestamp": "2030-01-20T20:30:00.000Z", "event": "dtmf-received", \
"details": {{"call": "89b545a5-0676-41ee-8100-d500c0d203fc", "digit": "1"}}}}

"""
_STREAM: Final = Answer(
    200,
    f"Server-sent events, the names those of a session's timeline; a comment after each {AWAKE:.0f} s of silence. "
    f"`{_MISSED}`, of no session, comes first where not all can be told again.",
    str,
    {"a digit": _EXAMPLE},
    _MEDIA,
)
_LAST: Final = Parameter(
    "Last-Event-ID",
    "header",
    "The `id` of the last event, from who was cut off: what came after it is told again, as far as it is among the "
    f"last {KEPT:,} events of the server and not older than {KEPT_SECONDS:.0f} s.",
    str,
    _EXAMPLE_ID,
)
_ID: Final = re.compile(r"([0-9]{1,20})-([0-9]{1,18})")


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
            parameters=(_LAST,),
            answers=(_STREAM,),
        ),
        Operation(
            method="GET",
            path="/sessions/{session_id}/events",
            id="streamSessionEvents",
            tag="Events",
            summary="Follow a session",
            description="What happens from now on, until the session ends; nothing of one that has ended.",
            parameters=(SESSION_ID, _LAST),
            answers=(_STREAM, answers.missing("session", f"Session not found by Id : {UUID}")),
        ),
    )

    def __init__(self, feed: Feed, store: Store, gate: Gate) -> None:
        """`store`: knows whose a session is; `gate`: whether a key still opens a stream that was begun with it."""
        self._gate = gate
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
        if not isinstance(response, _Stream):
            return response
        # looked up while it is listened to: the end of a session is in the store, or it will be told
        record = await self._store.session(session_id)
        if record is not None and record.sub_account_id != subaccount.sub_account_id:
            record = None
        if record is not None and (record.summary is None or response.is_behind):
            return response
        response.stop()
        if record is not None:
            return Response(response.missed, 200, _HEADERS, media_type=_MEDIA)
        return missing(f"Session not found by Id : {session_id[:ECHO]}")

    def _stream(self, request: Request, subaccount: Subaccount, request_id: str, session_id: str | None) -> Response:
        try:
            after = _place(request.headers.get("last-event-id"), self._feed.start)
            listener = self._feed.listen(subaccount.sub_account_id, session_id, after)
        except TooMany:
            return failure(request, status.TOO_MANY_REQUESTS, request_id, headers={"Retry-After": "5"})
        key = request.headers.get("authorization")
        return _Stream(self._feed, subaccount.sub_account_id, listener, lambda: self._gate.still_opens(key))


class _Stream(StreamingResponse):
    def __init__(
        self, feed: Feed, sub_account_id: str, listener: Listener, is_open: Callable[[], Awaitable[bool]]
    ) -> None:
        self._feed = feed
        self._sub_account_id = sub_account_id
        self._listener = listener
        super().__init__(_written(feed, sub_account_id, listener, is_open), 200, _HEADERS, media_type=_MEDIA)

    @property
    def is_behind(self) -> bool:
        """Whether there is something to be told already."""
        return self._listener.is_behind

    @property
    def missed(self) -> bytes:
        """What says that not all can be told again; empty where it can."""
        return _missed(self._feed, self._listener)

    def stop(self) -> None:
        """Listen no more: it will not be sent."""
        self._feed.leave(self._sub_account_id, self._listener)


async def _written(
    feed: Feed, sub_account_id: str, listener: Listener, is_open: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """Write what happens, until there is no more or the key opens nothing any more."""
    yield _missed(feed, listener) or f": ringback\nid: {feed.start}-{listener.place}\n\n".encode()
    async with aclosing(listening(feed, sub_account_id, listener, AWAKE)) as happening:
        async for told in happening:
            if not await is_open():
                return
            if told is None:
                yield b": awake\n\n"
                continue
            entry = told.entry
            yield _event(f"{feed.start}-{told.place}", told.session_id, entry.at, entry.name, entry.details)


def _missed(feed: Feed, listener: Listener) -> bytes:
    if listener.missed is None:
        return b""
    return _event(f"{feed.start}-{listener.place}", None, listener.missed, _MISSED, {})


def _event(id_: str, session_id: str | None, at: float, name: str, details: Mapping[str, object]) -> bytes:
    body = {"sessionId": session_id, "timestamp": format_moment(at), "event": name, "details": details}
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (id_.encode(), name.encode(), msgspec.json.encode(body, enc_hook=str))


def _place(last: str | None, start: str) -> int | None:
    """Give the place of an id: ELSEWHERE where it is of another start, or none."""
    if last is None:
        return None
    known = _ID.fullmatch(last)
    return int(known[2]) if known is not None and known[1] == start else ELSEWHERE
