"""`/accounts` of the admin API."""

from typing import Annotated, ClassVar, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.operation import Answer, Parameter
from ringback.adapters.http.replies import reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.scalars import MOMENT
from ringback.domain.scalars import format_moment
from ringback.service.operator import Operator

CREATED: Final = 201
_ID: Final = Parameter(
    "account_id", "path", "Of the account.", Annotated[str, Meta(extra_json_schema={"pattern": shapes.ID})], "sales"
)
_ACCOUNT: Final = shapes.ShownAccount(account_id="sales", created_at=MOMENT, sub_accounts=2)
_LIST: Final = shapes.AccountList(**said(accounts=[_ACCOUNT], next_cursor=None))
_KEPT: Final = shapes.KeptAccount(**said(account_id="sales"))


class AccountEndpoints:
    """Lists, adds and removes accounts."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            "/accounts",
            "listAccounts",
            "List the accounts",
            Answer(200, "A page.", shapes.AccountList, {"accounts": _LIST}),
            parts.BAD_PAGE,
            parameters=parts.PAGE,
        ),
        parts.operation(
            "PUT",
            "/accounts/{account_id}",
            "putAccount",
            "Add an account",
            Answer(CREATED, "It is new.", shapes.KeptAccount, {"account": _KEPT}),
            Answer(200, "It was there.", shapes.KeptAccount, {"account": _KEPT}),
            answers.invalid_parameter("an account id is 3..50 of A-Z a-z 0-9 - . _ &"),
            parameters=(_ID,),
        ),
        parts.operation(
            "DELETE",
            "/accounts/{account_id}",
            "removeAccount",
            "Remove an account that has no subaccount",
            parts.DONE,
            parts.missing("there is no account sales"),
            answers.conflict("the account sales has subaccounts"),
            parameters=(_ID,),
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {"/accounts": {"GET": self._list}, "/accounts/{account_id}": {"PUT": self._put, "DELETE": self._remove}}

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        page, cursor = parts.page_of(await operator.accounts(), lambda each: each.account_id, request.query_params)
        shown = [
            shapes.ShownAccount(
                account_id=each.account_id, created_at=format_moment(each.created), sub_accounts=each.subaccounts
            )
            for each in page
        ]
        return reply(200, shapes.AccountList(**said(accounts=shown, next_cursor=cursor)))

    async def _put(self, request: Request, operator: Operator, _request_id: str) -> Response:
        account_id = request.path_params["account_id"]
        is_new = await operator.add_account(account_id)
        return reply(CREATED if is_new else 200, shapes.KeptAccount(**said(account_id=account_id)))

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_account(request.path_params["account_id"])
        return reply(200, shapes.OK)
