"""`/subaccounts/{id}/webhooks` of the admin API."""

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
from ringback.service import webhooks
from ringback.service.operator import Operator

_BASE: Final = "/subaccounts/{sub_account_id}/webhooks"
_TYPE: Final = Parameter("type", "path", "In any case.", webhooks.Type, "VSS")
_LIST: Final = shapes.ShownWebhooks(**said(webhooks=[shapes.WEBHOOK]))
_SECRET: Final = shapes.NewSecret(**said(secret=shapes.SHOWN_ONCE))
_NO_WEBHOOK: Final = parts.missing("there is no webhook VSS")


class HookEndpoints:
    """Lists, sets, signs and removes webhooks of a subaccount."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            _BASE,
            "listHooks",
            "List the webhooks of a subaccount",
            Answer(200, "Those that are not enabled, too.", shapes.ShownWebhooks, {"webhooks": _LIST}),
            parts.NO_SUBACCOUNT,
        ),
        parts.operation(
            "PUT",
            _BASE + "/{type}",
            "putHook",
            "Add or replace a webhook",
            Answer(200, "All webhooks as they are now.", shapes.ShownWebhooks, {"webhooks": _LIST}),
            parts.NO_SUBACCOUNT,
            answers.invalid_parameter("url: should be an http or https URL of at most 2048 characters"),
            parameters=(_TYPE,),
            body=Body(shapes.GivenWebhook, {"summaries": {"url": shapes.WEBHOOK.url, "enabled": True}}),
            description="The secrets of one that was there stay.",
        ),
        parts.operation(
            "DELETE",
            _BASE + "/{type}",
            "removeHook",
            "Remove a webhook",
            parts.DONE,
            _NO_WEBHOOK,
            parameters=(_TYPE,),
        ),
        parts.operation(
            "POST",
            _BASE + "/{type}/secret",
            "renewSecret",
            "Sign a webhook's posts with a new secret",
            Answer(200, "The secret.", shapes.NewSecret, {"secret": _SECRET}),
            _NO_WEBHOOK,
            parameters=(_TYPE,),
            description="The secret before it signs too, until the next one is made.",
        ),
        parts.operation(
            "DELETE",
            _BASE + "/{type}/secret",
            "removeSecrets",
            "Sign a webhook's posts no longer",
            parts.DONE,
            _NO_WEBHOOK,
            parameters=(_TYPE,),
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {
            _BASE: {"GET": self._list},
            _BASE + "/{type}": {"PUT": self._put, "DELETE": self._remove},
            _BASE + "/{type}/secret": {"POST": self._renew, "DELETE": self._unsign},
        }

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        return await _listed(operator, request.path_params["sub_account_id"])

    async def _put(self, request: Request, operator: Operator, _request_id: str) -> Response:
        asked = await parts.read(request, shapes.GivenWebhook)
        name, type_ = request.path_params["sub_account_id"], request.path_params["type"]
        hook = webhooks.checked(type_, asked.url, authorization=asked.http_auth_header, enabled=asked.enabled)
        await operator.set_webhook(name, hook)
        return await _listed(operator, name)

    async def _remove(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_webhook(request.path_params["sub_account_id"], request.path_params["type"])
        return reply(200, shapes.OK)

    async def _renew(self, request: Request, operator: Operator, _request_id: str) -> Response:
        secret = await operator.renew_secret(request.path_params["sub_account_id"], request.path_params["type"])
        return reply(200, shapes.NewSecret(**said(secret=secret)))

    async def _unsign(self, request: Request, operator: Operator, _request_id: str) -> Response:
        await operator.remove_secrets(request.path_params["sub_account_id"], request.path_params["type"])
        return reply(200, shapes.OK)


async def _listed(operator: Operator, sub_account_id: str) -> Response:
    shown = [
        shapes.ShownWebhook(
            hook.type,
            hook.url,
            enabled=hook.enabled,
            http_auth_header_available=hook.authorization is not None,
            signed=bool(hook.secrets),
        )
        for hook in await operator.webhooks(sub_account_id)
    ]
    return reply(200, shapes.ShownWebhooks(**said(webhooks=shown)))
