"""The opt-out list of a subaccount as its program sees it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ringback.domain.errors import NotANumber
from ringback.domain.number import Number
from ringback.domain.scalars import format_moment
from ringback.service import pages
from ringback.service.opt_out_store import OptedOut, OptOutStore
from ringback.service.webhooks import ParameterInvalid


class OptOutRequest(msgspec.Struct, rename="camel"):
    """A number that wants no more calls."""

    msisdn: str | int


_decoder = msgspec.json.Decoder(OptOutRequest)


def view(entry: OptedOut) -> dict[str, Any]:
    """Show a number of the list."""
    return {
        "msisdn": str(entry.number),
        "createdAt": format_moment(entry.created),
        "sessionId": entry.session_id,
    }


def parse(body: bytes) -> Number:
    """Read the body of `POST /opt-outs`. Raises ParameterInvalid."""
    try:
        return number_of(_decoder.decode(body).msisdn)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise ParameterInvalid(str(fault)) from None


def number_of(given: str | int) -> Number:
    """Read a number. Raises ParameterInvalid."""
    try:
        return Number.parse(given)
    except NotANumber:
        message = "msisdn: should be a number in E.164, such as +6512345678"
        raise ParameterInvalid(message) from None


async def page(store: OptOutStore, sub_account_id: str, query: Mapping[str, str]) -> dict[str, Any]:
    """List numbers, the newest first: `limit`, `cursor`. Raises ParameterInvalid."""
    limit = pages.limit_of(query)
    found = await store.list_opt_outs(sub_account_id, pages.cursor_of(query, int), limit)
    return {
        "optOuts": [view(entry) for entry in found],
        "nextCursor": pages.cursor_at(found[-1].place) if len(found) == limit else None,
    }
