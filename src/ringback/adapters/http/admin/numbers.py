"""`/subaccounts/{id}/numbers` of the admin API: virtual numbers."""

from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.door import read_parameters
from ringback.adapters.http.operation import Answer, Body, Parameter
from ringback.adapters.http.replies import CSV, reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.scalars import SOURCE, Msisdn
from ringback.domain.inventory import InventoryNumber
from ringback.domain.scalars import format_moment
from ringback.service import number_file
from ringback.service.operator import Operator

_BASE: Final = "/subaccounts/{sub_account_id}/numbers"
_NUMBER: Final = Parameter("number", "path", "Its digits, with or without a plus.", Msisdn, SOURCE)
_KEPT: Final = Answer(
    200, "The number as it is now.", shapes.KeptNumber, {"number": shapes.KeptNumber(**said(number=shapes.NUMBER))}
)
_NO_NUMBER: Final = parts.missing(f"there is no number {SOURCE}")
_TAKEN: Final = answers.conflict(f"{SOURCE} belongs to another subaccount")


class OwnedNumberEndpoints:
    """Lists, gives, changes, imports and takes away virtual numbers."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            _BASE,
            "listOwnedNumbers",
            "List the virtual numbers of a subaccount",
            Answer(
                200,
                "A page.",
                shapes.OwnedNumberList,
                {"numbers": shapes.OwnedNumberList(**said(numbers=[shapes.NUMBER], next_cursor=None))},
            ),
            parts.NO_SUBACCOUNT,
            parts.BAD_PAGE,
            parameters=parts.PAGE,
        ),
        parts.operation(
            "POST",
            _BASE,
            "addNumber",
            "Give a virtual number to a subaccount",
            _KEPT,
            parts.NO_SUBACCOUNT,
            _TAKEN,
            answers.invalid_parameter("msisdn: '12' is no number in E.164"),
            body=Body(
                shapes.GivenNumberDetails, {"a number": {"msisdn": SOURCE, "details": {"referenceId": "hotline"}}}
            ),
            description="One that it has already stays, with what is said of it now.",
        ),
        parts.operation(
            "POST",
            _BASE + "/import",
            "importNumbers",
            "Add or change virtual numbers",
            Answer(
                200,
                "All were taken.",
                shapes.Imported,
                {"imported": shapes.Imported(**said(count=2, changed=1))},
            ),
            parts.NO_SUBACCOUNT,
            answers.conflict("a subaccount has at most 10000 numbers"),
            answers.invalid_parameter("line 2: msisdn: 'x' is no number in E.164"),
            body=Body(str, {"two numbers": f"msisdn,referenceId\r\n{SOURCE},hotline\r\n+6512341235,\r\n"}, CSV),
            description="All or none. UTF-8, a header row: `msisdn` and any of the names of NumberDetails; an empty "
            "cell changes nothing.",
        ),
        parts.operation(
            "POST",
            _BASE + "/snapshot",
            "tellNumbers",
            "Tell all virtual numbers to the VNU webhook",
            parts.DONE,
            parts.missing("there is no enabled VNU webhook"),
        ),
        parts.operation(
            "GET",
            _BASE + "/{number}",
            "showOwnedNumber",
            "Show a virtual number",
            _KEPT,
            _NO_NUMBER,
            parameters=(_NUMBER,),
        ),
        parts.operation(
            "PATCH",
            _BASE + "/{number}",
            "changeNumber",
            "Say something else of a virtual number",
            _KEPT,
            _NO_NUMBER,
            answers.invalid_parameter("rentalPrice: Expected `float`, got `str`"),
            parameters=(_NUMBER,),
            body=Body(shapes.DetailsChange, {"expiring": {"operationalStatus": "Expiring", "rentalPrice": 5}}),
        ),
        parts.operation(
            "DELETE",
            _BASE + "/{number}",
            "removeNumber",
            "Take a virtual number away",
            parts.DONE,
            _NO_NUMBER,
            parameters=(_NUMBER,),
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            _BASE: {"GET": self._list, "POST": self._add},
            _BASE + "/import": {"POST": self._import},
            _BASE + "/snapshot": {"POST": self._tell},
            _BASE + "/{number}": {"GET": self._show, "PATCH": self._change, "DELETE": self._remove},
        }

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        found = await operator.numbers(request.path_params["sub_account_id"])
        page, cursor = parts.page_of(found, lambda each: each.msisdn, request.query_params)
        shown = [_shown(each) for each in page]
        return reply(200, shapes.OwnedNumberList(**said(numbers=shown, next_cursor=cursor)))

    async def _add(self, request: Request, operator: Operator, _request_id: str) -> Response:
        asked = await parts.read(request, shapes.GivenNumberDetails)
        number = await operator.add_number(request.path_params["sub_account_id"], asked.msisdn, asked.details)
        return _kept(number)

    async def _import(self, request: Request, operator: Operator, _request_id: str) -> Response:
        content = await read_parameters(request, number_file.MAX_BYTES)
        changed, count = await operator.import_numbers(request.path_params["sub_account_id"], content)
        return reply(200, shapes.Imported(**said(count=count, changed=changed)))

    async def _tell(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.tell_numbers(request.path_params["sub_account_id"])
        return reply(200, shapes.OK)

    async def _show(self, request: Request, operator: Operator, _request_id: str) -> Response:
        return _kept(await operator.number(request.path_params["sub_account_id"], request.path_params["number"]))

    async def _change(self, request: Request, operator: Operator, _request_id: str) -> Response:
        name, number = request.path_params["sub_account_id"], request.path_params["number"]
        await operator.change_number(name, number, await parts.read(request, dict[str, Any]), strict=True)
        return _kept(await operator.number(name, number))

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_number(request.path_params["sub_account_id"], request.path_params["number"])
        return reply(200, shapes.OK)


def _kept(number: InventoryNumber) -> Response:
    return reply(200, shapes.KeptNumber(**said(number=_shown(number))))


def _shown(number: InventoryNumber) -> shapes.OwnedNumber:
    return shapes.OwnedNumber(
        msisdn=f"+{number.msisdn}",
        operational_status=number.operational_status,
        created_at=format_moment(number.created),
        updated_at=format_moment(number.last_update),
        details=number.details,
    )
