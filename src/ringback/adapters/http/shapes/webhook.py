"""The webhooks of a subaccount as they are shown."""

from typing import Literal

from ringback.adapters.http.shapes.success import Success
from ringback.service.webhooks import WebhookView


class WebhookList(Success, frozen=True, kw_only=True):
    """All webhooks of a subaccount, at most one of each type."""

    sub_account_id: str
    count: int
    webhooks: list[WebhookView]


class DeletedWebhook(WebhookView, frozen=True, rename="camel", kw_only=True):
    """The webhook as it was."""

    sub_account_id: str
    status_code: Literal[0]
    status_message: Literal["deleted"]


WEBHOOK = WebhookView("VSS", "https://acme.example/hooks", enabled=True, http_auth_header_available=True)
"""For examples."""
WEBHOOKS = WebhookList(status_code=0, status_message="ok", sub_account_id="acme", count=1, webhooks=[WEBHOOK])
DELETED = DeletedWebhook(
    *(WEBHOOK.type, WEBHOOK.url, WEBHOOK.enabled, WEBHOOK.http_auth_header_available),
    sub_account_id="acme",
    status_code=0,
    status_message="deleted",
)
