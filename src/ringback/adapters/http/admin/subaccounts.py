"""`/subaccounts` and `/bootstrap` of the admin API."""

from typing import Any, ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.accounts import CREATED
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.operation import Answer, Body, Parameter
from ringback.adapters.http.replies import reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.scalars import MOMENT, SOURCE
from ringback.domain.scalars import format_moment
from ringback.domain.settings import Settings
from ringback.service import webhooks
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.operator import Operator

_LISTED: Final = shapes.ListedSubaccount(sub_account_id="acme", account_id="sales", created_at=MOMENT)
_LIST: Final = shapes.SubaccountList(**said(sub_accounts=[_LISTED], next_cursor=None))
_SETTINGS: Final = Settings(no_of_tries=1)
_FOUND: Final = shapes.FoundSubaccount(**said(sub_account_id="acme", account_id="sales", settings=_SETTINGS))
_BAD_ID: Final = answers.invalid_parameter("a subaccount id is 3..50 of A-Z a-z 0-9 - . _ &")
_HOOK: Final = {"type": "VSS", "url": "https://acme.example/hooks"}


class SubaccountEndpoints:
    """Lists, adds, shows, changes and removes subaccounts."""

    operations: ClassVar = (
        parts.operation(
            "POST",
            "/bootstrap",
            "bootstrap",
            "Make a subaccount ready",
            Answer(
                200,
                "It is ready, and has a new API key.",
                shapes.Bootstrapped,
                {"ready": shapes.Bootstrapped(**said(sub_account_id="acme", api_key="rb_..."))},
            ),
            parts.missing("there is no account sales"),
            answers.conflict("+6512341234 belongs to another subaccount"),
            answers.invalid_parameter("callerIds[0]: Expected `str`, got `int`"),
            body=Body(shapes.Bootstrap, {"acme": {"subAccountId": "acme", "callerIds": [SOURCE], "webhooks": [_HOOK]}}),
            description="In one transaction; what is there already stays. Each time there is a new key.",
        ),
        parts.operation(
            "GET",
            "/subaccounts",
            "listSubaccounts",
            "List the subaccounts",
            Answer(200, "A page.", shapes.SubaccountList, {"subaccounts": _LIST}),
            parts.BAD_PAGE,
            parameters=(
                Parameter(
                    "accountId",
                    "query",
                    "Those of this account only.",
                    str,
                    "sales",
                ),
                *parts.PAGE,
            ),
        ),
        parts.operation(
            "PUT",
            "/subaccounts/{sub_account_id}",
            "putSubaccount",
            "Add a subaccount, or put it into another account",
            Answer(CREATED, "It is new.", shapes.FoundSubaccount, {"subaccount": _FOUND}),
            Answer(200, "It was there.", shapes.FoundSubaccount, {"subaccount": _FOUND}),
            parts.missing("there is no account sales"),
            _BAD_ID,
            body=Body(shapes.PlacedSubaccount, {"of an account": {"accountId": "sales"}}, required=False),
        ),
        parts.operation(
            "GET",
            "/subaccounts/{sub_account_id}",
            "showSubaccount",
            "Show a subaccount",
            Answer(200, "The subaccount.", shapes.FoundSubaccount, {"subaccount": _FOUND}),
            parts.NO_SUBACCOUNT,
        ),
        parts.operation(
            "PATCH",
            "/subaccounts/{sub_account_id}/settings",
            "changeSettings",
            "Change settings of a subaccount",
            Answer(
                200,
                "All settings as they are now.",
                shapes.ChangedSettings,
                {"changed": shapes.ChangedSettings(**said(settings=_SETTINGS))},
            ),
            parts.NO_SUBACCOUNT,
            answers.invalid_parameter("noOfTries: Expected `int` <= 10"),
            body=Body(shapes.SettingsChange, {"one try": {"noOfTries": 1}}),
        ),
        parts.operation(
            "DELETE",
            "/subaccounts/{sub_account_id}",
            "removeSubaccount",
            "Remove a subaccount",
            parts.DONE,
            parts.NO_SUBACCOUNT,
            answers.conflict("acme has 3 sessions that wait or run, or recordings under way: end them first"),
            description="With everything that is stored of it: sessions, recordings, exports, keys, numbers, webhooks.",
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            "/bootstrap": {"POST": self._bootstrap},
            "/subaccounts": {"GET": self._list},
            "/subaccounts/{sub_account_id}": {"GET": self._show, "PUT": self._put, "DELETE": self._remove},
            "/subaccounts/{sub_account_id}/settings": {"PATCH": self._change},
        }

    async def _bootstrap(self, request: Request, operator: Operator, _request_id: str) -> Response:
        asked = await parts.read(request, shapes.Bootstrap)
        hooks = [
            webhooks.checked(each.type, each.url, authorization=each.http_auth_header, enabled=each.enabled)
            for each in asked.webhooks
        ]
        name = asked.sub_account_id
        key = await operator.bootstrap(name, asked.caller_ids, asked.numbers, hooks, asked.account_id)
        return reply(200, shapes.Bootstrapped(**said(sub_account_id=name, api_key=key)))

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        found = await operator.subaccounts(request.query_params.get("accountId"))
        page, cursor = parts.page_of(found, lambda each: each.sub_account_id, request.query_params)
        shown = [
            shapes.ListedSubaccount(
                sub_account_id=each.sub_account_id, account_id=each.account_id, created_at=format_moment(each.created)
            )
            for each in page
        ]
        return reply(200, shapes.SubaccountList(**said(sub_accounts=shown, next_cursor=cursor)))

    async def _show(self, request: Request, operator: Operator, _request_id: str) -> Response:
        return await _found(operator, request.path_params["sub_account_id"])

    async def _put(self, request: Request, operator: Operator, _request_id: str) -> Response:
        name = request.path_params["sub_account_id"]
        account_id = (await parts.read(request, shapes.PlacedSubaccount, required=False)).account_id
        if not await operator.has_subaccount(name):
            is_new = await operator.add_subaccount(name, account_id or DEFAULT_ACCOUNT)
            return await _found(operator, name, CREATED if is_new else 200)
        if account_id is not None:
            await operator.move_subaccount(name, account_id)
        return await _found(operator, name)

    async def _change(self, request: Request, operator: Operator, _request_id: str) -> Response:
        changes = await parts.read(request, dict[str, Any])
        settings = await operator.change_settings(request.path_params["sub_account_id"], changes, strict=True)
        return reply(200, shapes.ChangedSettings(**said(settings=settings)))

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_subaccount(request.path_params["sub_account_id"])
        return reply(200, shapes.OK)


async def _found(operator: Operator, sub_account_id: str, http: int = 200) -> Response:
    found = await operator.subaccount(sub_account_id)
    fields = said(sub_account_id=sub_account_id, account_id=found.account_id, settings=found.settings)
    return reply(http, shapes.FoundSubaccount(**fields))
