"""`/subaccounts/{id}/caller-ids` of the admin API."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.operation import Answer, Parameter
from ringback.adapters.http.replies import reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.scalars import SOURCE
from ringback.service.operator import Operator

_CALLER_ID: Final = Parameter(
    "caller_id",
    "path",
    "E.164, with or without a plus, or how numbers begin and one `*`.",
    shapes.GivenCallerId,
    SOURCE,
)
_LIST: Final = shapes.CallerIdList(**said(caller_ids=[SOURCE, "+1555*"], next_cursor=None))


class CallerIdEndpoints:
    """Lists, allows and takes back caller IDs."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            "/subaccounts/{sub_account_id}/caller-ids",
            "listCallerIds",
            "List the caller IDs of a subaccount",
            Answer(200, "A page.", shapes.CallerIdList, {"caller IDs": _LIST}),
            parts.NO_SUBACCOUNT,
            parts.BAD_PAGE,
            parameters=parts.PAGE,
        ),
        parts.operation(
            "PUT",
            "/subaccounts/{sub_account_id}/caller-ids/{caller_id}",
            "putCallerId",
            "Let a subaccount call from a number, or from every number of a pattern",
            Answer(
                200,
                "It may.",
                shapes.KeptCallerId,
                {"allowed": shapes.KeptCallerId(**said(caller_id=SOURCE))},
            ),
            parts.NO_SUBACCOUNT,
            answers.invalid_parameter("callerId: '12' is no number in E.164"),
            parameters=(_CALLER_ID,),
        ),
        parts.operation(
            "DELETE",
            "/subaccounts/{sub_account_id}/caller-ids/{caller_id}",
            "removeCallerId",
            "Let a subaccount call from a number no longer",
            parts.DONE,
            parts.missing(f"there is no caller ID {SOURCE}"),
            parameters=(_CALLER_ID,),
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        base = "/subaccounts/{sub_account_id}/caller-ids"
        return {base: {"GET": self._list}, base + "/{caller_id}": {"PUT": self._put, "DELETE": self._remove}}

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        found = await operator.caller_ids(request.path_params["sub_account_id"])
        page, cursor = parts.page_of(found, str, request.query_params)
        return reply(200, shapes.CallerIdList(**said(caller_ids=[f"+{each}" for each in page], next_cursor=cursor)))

    async def _put(self, request: Request, operator: Operator, _request_id: str) -> Response:
        kept = await operator.add_caller_id(request.path_params["sub_account_id"], request.path_params["caller_id"])
        return reply(200, shapes.KeptCallerId(**said(caller_id=f"+{kept}")))

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_caller_id(request.path_params["sub_account_id"], request.path_params["caller_id"])
        return reply(200, shapes.OK)
