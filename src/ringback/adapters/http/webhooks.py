"""`GET`, `POST` and `DELETE /webhooks`."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http import answers
from ringback.adapters.http.door import Routes, read_parameters
from ringback.adapters.http.operation import Answer, Body, Operation, Parameter
from ringback.adapters.http.replies import ECHO, OK, missing, reply
from ringback.adapters.http.shapes import webhook as shapes
from ringback.service import webhooks
from ringback.service.ports import Store, Subaccount


class WebhookEndpoints:
    """Shows and changes the webhooks of a subaccount."""

    operations: ClassVar = (
        Operation(
            method="GET",
            path="/webhooks",
            id="listWebhooks",
            tag="Webhooks",
            summary="List the webhooks",
            answers=(
                Answer(200, "Those that are not enabled, too.", shapes.WebhookList, {"webhooks": shapes.WEBHOOKS}),
            ),
        ),
        Operation(
            method="POST",
            path="/webhooks",
            id="setWebhook",
            tag="Webhooks",
            summary="Add or replace a webhook",
            description="There is one of each type: a second one takes the place of the first.",
            body=Body(
                webhooks.WebhookRequest,
                {"summaries": {"type": "VSS", "url": shapes.WEBHOOK.url, "httpAuthHeader": "Bearer 5ecret"}},
            ),
            answers=(
                Answer(
                    200,
                    "All webhooks as they are now.",
                    shapes.WebhookList,
                    {"webhooks": shapes.WEBHOOKS},
                    links={"deleteWebhook": ("type", "$request.body#/type")},
                ),
                answers.invalid_parameter(f"type: should be one of: {', '.join(webhooks.TYPES)}"),
            ),
        ),
        Operation(
            method="DELETE",
            path="/webhooks/{type}",
            id="deleteWebhook",
            tag="Webhooks",
            summary="Delete a webhook",
            parameters=(Parameter("type", "path", "In any case.", webhooks.Type, "VSS"),),
            answers=(
                Answer(200, "The webhook as it was.", shapes.DeletedWebhook, {"deleted": shapes.DELETED}),
                answers.missing("webhook", "Webhook not found by type : VSS"),
            ),
        ),
    )

    def __init__(self, store: Store, body_bytes: int) -> None:
        """`body_bytes`: the longest body."""
        self._store = store
        self._body_bytes = body_bytes

    def routes(self) -> Routes:
        """Give the handlers."""
        return {"/webhooks": {"GET": self._list, "POST": self._set}, "/webhooks/{type}": {"DELETE": self._delete}}

    async def _list(self, _request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        return _listed(subaccount, webhooks.views(subaccount))

    async def _set(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        webhook = webhooks.parse(await read_parameters(request, self._body_bytes))
        return _listed(subaccount, await webhooks.replace(self._store, subaccount, webhook))

    async def _delete(self, request: Request, subaccount: Subaccount, _request_id: str) -> Response:
        type_ = request.path_params["type"]
        webhook = await self._store.delete_webhook(subaccount.sub_account_id, type_.upper())
        if webhook is None:
            return missing(f"Webhook not found by type : {type_[:ECHO]}")
        body = {"subAccountId": subaccount.sub_account_id, **msgspec.to_builtins(webhooks.view(webhook))}
        return reply(200, {**body, "statusCode": 0, "statusMessage": "deleted"})


def _listed(subaccount: Subaccount, shown: Sequence[webhooks.WebhookView]) -> Response:
    rows = msgspec.to_builtins(shown)
    return reply(200, {"subAccountId": subaccount.sub_account_id, "count": len(rows), "webhooks": rows, **OK})
