"""`/subaccounts/{id}/opt-outs` of the admin API: who wants no more calls."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.door import read_parameters
from ringback.adapters.http.operation import Answer, Body, Parameter
from ringback.adapters.http.replies import CSV, reply
from ringback.adapters.http.shapes import admin as admin_shapes
from ringback.adapters.http.shapes import admin_scenario as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.opt_out import OptOut
from ringback.adapters.http.shapes.scalars import DESTINATION, Msisdn
from ringback.domain.scalars import format_moment
from ringback.service import number_file, pages
from ringback.service.operator import Operator
from ringback.service.opt_out_store import OptedOut

_BASE: Final = "/subaccounts/{sub_account_id}/opt-outs"
_NUMBER: Final = Parameter("number", "path", "Its digits, with or without a plus.", Msisdn, DESTINATION)
_NO_NUMBER: Final = answers.invalid_parameter("msisdn: '12' is no number in E.164")


class OptOutLists:
    """Lists, adds, imports and removes numbers of opt-out lists."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            _BASE,
            "listOwnedOptOuts",
            "List the numbers that want no more calls of a subaccount",
            Answer(200, "A page, the newest first.", shapes.OwnedOptOuts, {"opt-outs": shapes.OPT_OUTS}),
            parts.NO_SUBACCOUNT,
            parts.BAD_PAGE,
            parameters=parts.PAGE,
        ),
        parts.operation(
            "POST",
            _BASE,
            "putOptOut",
            "Put a number on the list",
            Answer(200, "It is on the list.", shapes.KeptOptOut, {"opt-out": shapes.OPT_OUT}),
            parts.NO_SUBACCOUNT,
            _NO_NUMBER,
            body=Body(shapes.GivenOptOut, {"a number": {"msisdn": DESTINATION}}),
            description="One that is there stays as it was.",
        ),
        parts.operation(
            "POST",
            _BASE + "/import",
            "importOptOuts",
            "Put many numbers on the list",
            Answer(
                200,
                "All were taken.",
                admin_shapes.Imported,
                {"imported": admin_shapes.Imported(**said(count=2, changed=1))},
            ),
            parts.NO_SUBACCOUNT,
            answers.invalid_parameter("line 2: msisdn: 'x' is no number in E.164"),
            body=Body(str, {"two numbers": f"msisdn\r\n{DESTINATION}\r\n+6512341235\r\n"}, CSV),
            description="All or none. UTF-8, a header row with a column `msisdn`; others are not looked at.",
        ),
        parts.operation(
            "DELETE",
            _BASE + "/{number}",
            "removeOptOut",
            "Take a number off the list",
            parts.DONE,
            parts.missing(f"there is no number {DESTINATION} on the list"),
            _NO_NUMBER,
            parameters=(_NUMBER,),
            description="It is called again.",
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            _BASE: {"GET": self._list, "POST": self._add},
            _BASE + "/import": {"POST": self._import},
            _BASE + "/{number}": {"DELETE": self._remove},
        }

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        limit = pages.limit_of(request.query_params)
        before = pages.cursor_of(request.query_params, int)
        found = await operator.opt_outs(request.path_params["sub_account_id"], before, limit)
        cursor = pages.cursor_at(found[-1].place) if len(found) == limit else None
        return reply(200, shapes.OwnedOptOuts(**said(opt_outs=list(map(_shown, found)), next_cursor=cursor)))

    async def _add(self, request: Request, operator: Operator, _request_id: str) -> Response:
        asked = await parts.read(request, shapes.GivenOptOut)
        added = await operator.add_opt_out(request.path_params["sub_account_id"], str(asked.msisdn))
        return reply(200, shapes.KeptOptOut(**said(opt_out=_shown(added))))

    async def _import(self, request: Request, operator: Operator, _request_id: str) -> Response:
        content = await read_parameters(request, number_file.MAX_BYTES)
        added, count = await operator.import_opt_outs(request.path_params["sub_account_id"], content)
        return reply(200, admin_shapes.Imported(**said(count=count, changed=added)))

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_opt_out(request.path_params["sub_account_id"], request.path_params["number"])
        return reply(200, admin_shapes.OK)


def _shown(entry: OptedOut) -> OptOut:
    return OptOut(msisdn=str(entry.number), created_at=format_moment(entry.created), session_id=entry.session_id)
