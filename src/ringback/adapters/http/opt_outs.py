"""`/opt-outs`: the numbers that want no more calls of a subaccount."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes, read_parameters
from ringback.adapters.http.operation import Answer, Body, Operation, Parameter
from ringback.adapters.http.replies import OK, missing, reply
from ringback.adapters.http.sessions import PAGE
from ringback.adapters.http.shapes import opt_out as shapes
from ringback.adapters.http.shapes.scalars import DESTINATION
from ringback.service import opt_outs, pages
from ringback.service.ports import Clock, Store, Subaccount

MSISDN: Final = Parameter("msisdn", "path", "In E.164, with or without the plus.", str, DESTINATION)
_ABSENT: Final = answers.missing("number on its list", f"Number not found on the opt-out list : {DESTINATION}")
_INVALID: Final = answers.invalid_parameter("msisdn: should be a number in E.164, such as +6512345678")


class OptOutEndpoints:
    """Shows and changes the opt-out list of a subaccount."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/opt-outs",
            id="listOptOuts",
            tag="Opt-outs",
            summary="List the numbers that opted out",
            description="The newest first, page by page; what is added meanwhile moves nothing.",
            parameters=PAGE,
            answers=(
                Answer(
                    200,
                    "A page.",
                    shapes.OptOutPage,
                    {"one": shapes.PAGE},
                    links={
                        "showOptOut": ("msisdn", "$response.body#/optOuts/0/msisdn"),
                        "listOptOuts": ("cursor", "$response.body#/nextCursor"),
                    },
                ),
                answers.invalid_parameter(f"limit: should be 1..{pages.MAX_LIMIT}"),
            ),
        ),
        Operation(
            method="POST",
            path="/opt-outs",
            id="addOptOut",
            tag="Opt-outs",
            summary="Put a number on the list",
            description="One that is there stays as it was.",
            body=Body(opt_outs.OptOutRequest, {"one": {"msisdn": DESTINATION}}),
            answers=(Answer(200, "It is on the list.", shapes.FoundOptOut, {"added": shapes.FOUND}), _INVALID),
        ),
        Operation(
            method="GET",
            path="/opt-outs/{msisdn}",
            id="showOptOut",
            tag="Opt-outs",
            summary="Ask whether a number opted out",
            parameters=(MSISDN,),
            answers=(
                Answer(200, "It is on the list.", shapes.FoundOptOut, {"found": shapes.FOUND}),
                _ABSENT,
                _INVALID,
            ),
        ),
        Operation(
            method="DELETE",
            path="/opt-outs/{msisdn}",
            id="deleteOptOut",
            tag="Opt-outs",
            summary="Take a number off the list",
            description="It is called again.",
            parameters=(MSISDN,),
            answers=(
                Answer(200, "The entry as it was.", shapes.DeletedOptOut, {"deleted": shapes.DELETED}),
                _ABSENT,
                _INVALID,
            ),
        ),
    )

    def __init__(self, store: Store, clock: Clock, body_bytes: int) -> None:
        """`body_bytes`: the longest body."""
        self._store = store
        self._clock = clock
        self._body_bytes = body_bytes

    def routes(self) -> Routes:
        """Give the handlers."""
        return {
            "/opt-outs": {"GET": self._list, "POST": self._add},
            "/opt-outs/{msisdn}": {"GET": self._show, "DELETE": self._delete},
        }

    async def _list(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        page = await opt_outs.page(self._store, subaccount.sub_account_id, request.query_params)
        return reply(200, {**page, **OK})

    async def _add(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        number = opt_outs.parse(await read_parameters(request, self._body_bytes))
        added = await self._store.add_opt_out(subaccount.sub_account_id, number, self._clock.now())
        return reply(200, {**opt_outs.view(added), **OK})

    async def _show(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        number = opt_outs.number_of(request.path_params["msisdn"])
        found = await self._store.opt_out(subaccount.sub_account_id, number)
        if found is None:
            return missing(f"Number not found on the opt-out list : {number}")
        return reply(200, {**opt_outs.view(found), **OK})

    async def _delete(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        number = opt_outs.number_of(request.path_params["msisdn"])
        removed = await self._store.remove_opt_out(subaccount.sub_account_id, number)
        if removed is None:
            return missing(f"Number not found on the opt-out list : {number}")
        return reply(200, {**opt_outs.view(removed), "statusCode": 0, "statusMessage": "deleted"})
