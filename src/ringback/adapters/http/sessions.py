"""`/sessions` and `/deliveries`: what became of what a program asked for."""

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes, read_body
from ringback.adapters.http.operation import Answer, Body, Operation, Parameter
from ringback.adapters.http.replies import CONFLICT, ECHO, OK, failure, missing, reply
from ringback.adapters.http.shapes import delivery as deliveries
from ringback.adapters.http.shapes import session as shapes
from ringback.adapters.http.shapes.callflow import SAY, NextCallflow
from ringback.adapters.http.shapes.scalars import MOMENT, UUID, Moment
from ringback.service import pages
from ringback.service.ports import Clock, Store, Subaccount
from ringback.service.sessions import Outcome, Sessions, delivery_view
from ringback.service.webhooks import ParameterInvalid

ACCEPTED: Final = 202
OVER: Final = "The session has ended"
STARTING: Final = "The session waits, or is setting up a call"

SESSION_ID: Final = Parameter("session_id", "path", "Given with the receipt.", str, UUID)
PAGE: Final = (
    Parameter(
        "limit",
        "query",
        f"Of a page, at most; default {pages.LIMIT}.",
        Annotated[int, Meta(ge=1, le=pages.MAX_LIMIT)],
        pages.LIMIT,
    ),
    Parameter("cursor", "query", "The `nextCursor` of the page before.", str),
)
_UNKNOWN: Final = answers.missing("session", f"Session not found by Id : {UUID}")


def _conflicts(*, of_callflow: bool = False) -> tuple[Answer, Answer]:
    """Declare that it is too late, or too early."""
    return (
        answers.refused(CONFLICT, f"{OVER}.", OVER, of_callflow=of_callflow),
        answers.refused(CONFLICT, f"{STARTING}.", STARTING, headers=answers.RETRY_AFTER, of_callflow=of_callflow),
    )


class SessionEndpoints:
    """Shows sessions, and ends them."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/sessions",
            id="listSessions",
            tag="Sessions",
            summary="List sessions",
            description="The newest first, page by page; what is added meanwhile moves nothing.",
            parameters=(
                Parameter("status", "query", "Where it stands, or how it ended.", shapes.ShownStatus, "COMPLETED"),
                Parameter("from", "query", "Created then or later.", Moment, MOMENT),
                Parameter("to", "query", "Created earlier.", Moment, MOMENT),
                *PAGE,
            ),
            answers=(
                Answer(
                    200,
                    "A page.",
                    shapes.SessionPage,
                    {"one": shapes.PAGE},
                    links={
                        "showSession": ("sessionId", "$response.body#/sessions/0/sessionId"),
                        "listRecordings": ("sessionId", "$response.body#/sessions/0/sessionId"),
                        "listSessions": ("cursor", "$response.body#/nextCursor"),
                    },
                ),
                answers.invalid_parameter(f"limit: should be 1..{pages.MAX_LIMIT}"),
            ),
        ),
        Operation(
            method="GET",
            path="/sessions/{session_id}",
            id="showSession",
            tag="Sessions",
            summary="Show a session",
            parameters=(SESSION_ID,),
            answers=(
                Answer(
                    200,
                    "All that is known of it.",
                    shapes.ShownSession,
                    {"ended": shapes.ENDED},
                    links={"redeliver": ("deliveryId", "$response.body#/deliveries/0/deliveryId")},
                ),
                _UNKNOWN,
            ),
        ),
        Operation(
            method="DELETE",
            path="/sessions/{session_id}",
            id="endSession",
            tag="Sessions",
            summary="End a session",
            description="One that is queued is cancelled, a live one is hung up.",
            parameters=(SESSION_ID,),
            answers=(
                Answer(ACCEPTED, "It is ending.", shapes.Begun, {"begun": shapes.BEGUN}),
                _UNKNOWN,
                *_conflicts(),
            ),
        ),
        Operation(
            method="POST",
            path="/sessions/{session_id}/callflows",
            id="replaceCallflow",
            tag="Sessions",
            summary="Let a live session run another callflow",
            description="What runs stops. Held to the rules of the answer to a VCA: any action may be first.",
            parameters=(SESSION_ID,),
            body=Body(NextCallflow, {"say": {"callflow": [SAY, {"action": "hangup"}]}}),
            answers=(
                Answer(ACCEPTED, "It begins.", shapes.Begun, {"begun": shapes.BEGUN}),
                _UNKNOWN,
                *_conflicts(of_callflow=True),
                *answers.rejections(),
            ),
        ),
    )

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

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/deliveries",
            id="listDeliveries",
            tag="Deliveries",
            summary="List what was never taken",
            parameters=(
                Parameter("state", "query", "The others are shown with their session.", Literal["dead"], "dead"),
                *PAGE,
            ),
            answers=(
                Answer(200, "A page, the newest first.", deliveries.DeliveryPage, {"one": deliveries.PAGE}),
                answers.invalid_parameter(f"limit: should be 1..{pages.MAX_LIMIT}"),
            ),
        ),
        Operation(
            method="POST",
            path="/deliveries/{delivery_id}/redeliver",
            id="redeliver",
            tag="Deliveries",
            summary="Send a delivery once more",
            description="One that was taken, too.",
            parameters=(Parameter("delivery_id", "path", "As listed, or shown with a session.", str, UUID),),
            answers=(
                Answer(ACCEPTED, "It waits.", deliveries.Redelivered, {"waiting": deliveries.AGAIN}),
                answers.missing("delivery", f"No delivery that is done or dead found by Id : {UUID}"),
            ),
        ),
    )

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
            return failure(request, CONFLICT, request_id, OVER)
        case Outcome.STARTING:
            return failure(request, CONFLICT, request_id, STARTING, {"Retry-After": "1"})
        case Outcome.BEGUN:
            return reply(ACCEPTED, {"sessionId": session_id, **OK})


def _unknown(session_id: str) -> Response:
    return missing(f"Session not found by Id : {session_id[:ECHO]}")
