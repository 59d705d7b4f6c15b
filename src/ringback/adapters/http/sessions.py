"""`/sessions` and `/deliveries`: what became of what a program asked for."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.door import Routes, read_body
from ringback.adapters.http.replies import ECHO, OK, failure, missing, reply
from ringback.service import pages
from ringback.service.ports import Clock, Store, Subaccount
from ringback.service.sessions import Outcome, Sessions, delivery_view
from ringback.service.webhooks import ParameterInvalid

ACCEPTED: Final = 202
CONFLICT: Final = 409


class SessionEndpoints:
    """Shows sessions, and ends them."""

    def __init__(self, sessions: Sessions, body_bytes: int) -> None:
        """`body_bytes`: the longest body."""
        self._sessions = sessions
        self._body_bytes = body_bytes

    def routes(self) -> Routes:
        """Give the handlers."""
        return {
            "/sessions": {"GET": self._list},
            "/sessions/{session_id}": {"GET": self._show, "DELETE": self._end},
            "/sessions/{session_id}/callflows": {"POST": self._replace},
        }

    async def _list(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        return reply(200, {**await self._sessions.page(subaccount, request.query_params), **OK})

    async def _show(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        session_id = request.path_params["session_id"]
        shown = await self._sessions.show(subaccount, session_id)
        return _unknown(session_id) if shown is None else reply(200, {**shown, **OK})

    async def _end(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        session_id = request.path_params["session_id"]
        return _told(request, request_id, session_id, await self._sessions.end(subaccount, session_id))

    async def _replace(self, request: Request, subaccount: Subaccount, request_id: str) -> Response:
        session_id = request.path_params["session_id"]
        body = await read_body(request, self._body_bytes)
        outcome, rejection = await self._sessions.replace(subaccount, session_id, body, request_id)
        if rejection is not None:
            return Response(rejection.body, rejection.http, media_type="application/json")
        return _told(request, request_id, session_id, outcome)


class DeliveryEndpoints:
    """Shows what a program never took, and sends it once more."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """`store`: has the outbox."""
        self._store = store
        self._clock = clock

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/deliveries": {"GET": self._list}, "/deliveries/{delivery_id}/redeliver": {"POST": self._redeliver}}

    async def _list(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        query = request.query_params
        if query.get("state", "dead") != "dead":
            message = "state: should be dead; the others are shown with their session"
            raise ParameterInvalid(message)
        limit = pages.limit_of(query)
        before = pages.cursor_of(query, int)
        found = await self._store.dead_deliveries(subaccount.sub_account_id, before, limit)
        cursor = pages.cursor_at(found[-1].place) if len(found) == limit else None
        return reply(200, {"deliveries": [delivery_view(each) for each in found], "nextCursor": cursor, **OK})

    async def _redeliver(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        delivery_id = request.path_params["delivery_id"]
        record = await self._store.redeliver(subaccount.sub_account_id, delivery_id, self._clock.now())
        if record is None:
            return missing(f"No delivery that is done or dead found by Id : {delivery_id[:ECHO]}")
        return reply(ACCEPTED, {**delivery_view(record), **OK})


def _told(request: Request, request_id: str, session_id: str, outcome: Outcome) -> Response:
    match outcome:
        case Outcome.UNKNOWN:
            return _unknown(session_id)
        case Outcome.OVER:
            return failure(request, CONFLICT, request_id, "The session has ended")
        case Outcome.STARTING:
            message = "The session waits, or is setting up a call"
            return failure(request, CONFLICT, request_id, message, {"Retry-After": "1"})
        case Outcome.BEGUN:
            return reply(ACCEPTED, {"sessionId": session_id, **OK})


def _unknown(session_id: str) -> Response:
    return missing(f"Session not found by Id : {session_id[:ECHO]}")
