"""`/subaccounts/{id}/sessions/{sessionId}` and `/erasures` of the admin API: what was stored of people goes."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.operation import Answer, Body, Parameter
from ringback.adapters.http.replies import reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.scalars import SOURCE, UUID
from ringback.service.operator import Operator

_SESSION: Final = "/subaccounts/{sub_account_id}/sessions/{session_id}"
_ERASURES: Final = "/subaccounts/{sub_account_id}/erasures"
_ERASED: Final = shapes.ErasedNumber(**said(sessions=2, left=[]))


class ErasureEndpoints:
    """Erases sessions."""

    operations: ClassVar = (
        parts.operation(
            "DELETE",
            _SESSION,
            "eraseSession",
            "Erase a session",
            parts.DONE,
            parts.missing(f"there is no session {UUID}"),
            answers.conflict(f"the session {UUID} waits or runs, or its webhooks or recordings are under way"),
            parameters=(Parameter("session_id", "path", "Of the session.", str, UUID),),
            description="With timeline, webhook posts, SIP messages and local recordings. Exports that hold it are "
            "cancelled; opt-outs stay.",
        ),
        parts.operation(
            "POST",
            _ERASURES,
            "eraseNumber",
            "Erase everything about a number",
            Answer(
                200,
                "What could be erased is gone; what is in `left` is not: ask again later.",
                shapes.ErasedNumber,
                {"erased": _ERASED},
            ),
            parts.NO_SUBACCOUNT,
            answers.invalid_parameter("number: should be digits, with or without a plus"),
            body=Body(shapes.NumberToErase, {"a person": {"number": SOURCE}}),
            description="Every session of the subaccount that called the number, or was called by it.",
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {_SESSION: {"DELETE": self._session}, _ERASURES: {"POST": self._number}}

    async def _session(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.erase_session(request.path_params["session_id"], request.path_params["sub_account_id"])
        return reply(200, shapes.OK)

    async def _number(self, request: Request, operator: Operator, _request_id: str) -> Response:
        asked = await parts.read(request, shapes.NumberToErase)
        erased = await operator.erase_number(request.path_params["sub_account_id"], asked.number)
        return reply(200, shapes.ErasedNumber(**said(sessions=erased.sessions, left=list(erased.left))))
