"""The webhooks that a subaccount configures (wire specification, section 3)."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from ringback.domain.scalars import URL_SCHEMA, is_url
from ringback.service.ports import Store, Subaccount, WebhookType

TYPES = ("VCA", "VCS", "VSS", "VRU", "VNU")
MAX_HEADER = 4096
"""Longest `httpAuthHeader`, in characters."""


class ParameterInvalid(Exception):
    """A parameter of the request cannot be used; the text says which and why."""


class WebhookView(msgspec.Struct, frozen=True, rename="camel"):
    """A webhook as it is shown: never with its secret."""

    type: str
    url: str
    enabled: bool
    http_auth_header_available: bool


Type: TypeAlias = Annotated[str, Meta(extra_json_schema={"enum": list(TYPES)})]
Url: TypeAlias = Annotated[str, Meta(extra_json_schema=URL_SCHEMA)]
Header: TypeAlias = Annotated[str, Meta(extra_json_schema={"maxLength": MAX_HEADER, "pattern": "^[ -~]*$"})]
"""What is sent as `Authorization`."""


class WebhookRequest(msgspec.Struct, rename="camel"):
    """A webhook as it is to be."""

    type: Type
    """In any case."""
    url: Url
    """http or https."""
    http_auth_header: Header | None = None
    """Sent as `Authorization` with every post: printable ASCII. Absent: none is sent."""
    enabled: bool | None = None
    """Default true."""
    active: bool | None = None
    """Old name of `enabled`."""


_DECODER = msgspec.json.Decoder(WebhookRequest)


def view(webhook: WebhookType) -> WebhookView:
    """Show a webhook."""
    return WebhookView(webhook.type, webhook.url, webhook.enabled, webhook.authorization is not None)


def views(subaccount: Subaccount) -> Sequence[WebhookView]:
    """Show the webhooks of a subaccount, in the order of their types."""
    return [view(subaccount.webhooks[name]) for name in TYPES if name in subaccount.webhooks]


def parse(body: bytes) -> WebhookType:
    """Read the body of `POST /webhooks`. Raises ParameterInvalid."""
    try:
        request = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise ParameterInvalid(str(fault)) from None
    return checked(
        request.type,
        request.url,
        authorization=request.http_auth_header,
        enabled=next((given for given in (request.enabled, request.active) if given is not None), True),
    )


def checked(type_: str, url: str, *, authorization: str | None = None, enabled: bool = True) -> WebhookType:
    """Make a webhook of its parts. Raises ParameterInvalid."""
    if type_.upper() not in TYPES:
        message = f"type: should be one of: {', '.join(TYPES)}"
        raise ParameterInvalid(message)
    if not is_url(url):
        message = "url: should be an http or https URL of at most 2048 characters"
        raise ParameterInvalid(message)
    if authorization is not None and (
        len(authorization) > MAX_HEADER or not authorization.isascii() or not authorization.isprintable()
    ):
        message = f"httpAuthHeader: should be at most {MAX_HEADER} printable ASCII characters"
        raise ParameterInvalid(message)
    return WebhookType(type_.upper(), url, authorization or None, enabled)


async def replace(store: Store, subaccount: Subaccount, webhook: WebhookType) -> Sequence[WebhookView]:
    """Add or replace a webhook and show all of the subaccount as they are now."""
    await store.set_webhook(subaccount.sub_account_id, webhook)
    webhooks = {**subaccount.webhooks, webhook.type: webhook}
    return views(msgspec.structs.replace(subaccount, webhooks=webhooks))
