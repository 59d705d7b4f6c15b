"""Lists in pages: the newest first, and a cursor that stays right whatever is added meanwhile."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from ringback.domain.scalars import parse_moment
from ringback.service.webhooks import ParameterInvalid

LIMIT: Final = 50
"""Rows of a page where nothing is asked for."""
MAX_LIMIT: Final = 200
MAX_CURSOR: Final = 200
"""Longest cursor, in characters."""
LAST_PLACE: Final = 2**63 - 1
"""No store has more rows."""

P = TypeVar("P")


def limit_of(query: Mapping[str, str]) -> int:
    """Read `limit`. Raises ParameterInvalid."""
    text = query.get("limit", str(LIMIT))
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT):
        message = f"limit: should be 1..{MAX_LIMIT}"
        raise ParameterInvalid(message)
    return int(text)


def moment_of(query: Mapping[str, str], name: str) -> float | None:
    """Read a date-time, in seconds since the epoch; a plus that came as a space is one. Raises ParameterInvalid."""
    if (text := query.get(name)) is None:
        return None
    moment = parse_moment(text.replace(" ", "+"))
    if moment is None:
        message = f"{name}: should be an ISO 8601 date-time, such as 2026-01-13T08:26:58Z"
        raise ParameterInvalid(message)
    return moment


def cursor_of(query: Mapping[str, str], form: type[P]) -> P | None:
    """Read `cursor`: the place of the last row of the page before; an empty one is none. Raises ParameterInvalid."""
    if not (text := query.get("cursor")):
        return None
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(text[:MAX_CURSOR].encode()), type=form)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        place = None
    parts = place if isinstance(place, tuple) else (place,)
    if place is None or any(isinstance(part, int) and not 0 <= part <= LAST_PLACE for part in parts):
        message = "cursor: should be the nextCursor of an earlier page"
        raise ParameterInvalid(message)
    return place


def cursor_at(place: object) -> str:
    """Write the place of a page's last row."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode("ascii")
