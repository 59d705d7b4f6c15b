"""Which calls an export is asked for (wire specification, section 3)."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ringback.domain.scalars import parse_moment
from ringback.service.webhooks import ParameterInvalid

DAY: Final = 86_400
DAYS: Final = 7
"""How far back an export goes where nothing is asked for."""
MAX_DAYS: Final = 366
"""Longest time of one export."""
MAX_LINES: Final = 1_000_000_000
"""Largest `limit`."""
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """The sessions whose calls are exported."""

    since: float
    """Created then or later; seconds since the epoch."""
    until: float
    """Created earlier."""
    most: int
    """Lines at most; 0: all."""


_Moment = Annotated[str, Meta(extra_json_schema={"anyOf": [{"format": "date"}, {"format": "date-time"}]})]


class ExportRequest(msgspec.Struct):
    """Which calls; all fields may be left out. Times are dates, or ISO 8601 date-times, without a zone UTC."""

    since: _Moment | None = msgspec.field(default=None, name="from")
    """The first moment, or the first day; default a week ago."""
    until: _Moment | None = msgspec.field(default=None, name="to")
    """The moment where it ends, or the last day; default today. At most 366 days later."""
    limit: Annotated[int, Meta(ge=0, le=MAX_LINES)] | None = None
    """Rows at most; 0: all."""


_DECODER = msgspec.json.Decoder(ExportRequest)


def parse(body: bytes, now: float) -> Period:
    """Read the body of `POST /messages/exports`; an empty one asks for the last week. Raises ParameterInvalid.

    A date is a whole day in UTC, that of `to` included; a date-time is a moment, and `to` ends right before it.
    """
    try:
        request = _DECODER.decode(body) if body.strip() else ExportRequest()
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise ParameterInvalid(str(fault)) from None
    today = now - now % DAY
    since = today - DAYS * DAY if request.since is None else _moment("from", request.since)
    until = today + DAY if request.until is None else _moment("to", request.until, whole_day=True)
    if since > until:
        message = "from: should not be later than to"
        raise ParameterInvalid(message)
    if until - since > MAX_DAYS * DAY:
        message = f"from: should be at most {MAX_DAYS} days before to"
        raise ParameterInvalid(message)
    # what is created from now on is of no export: a file holds the calls of a time that is over
    return Period(since=since, until=min(until, now), most=request.limit or 0)


def _moment(name: str, text: str, *, whole_day: bool = False) -> float:
    moment = _midnight(text) if _DATE.fullmatch(text) else parse_moment(text)
    if moment is None:
        message = f"{name}: should be a date or an ISO 8601 date-time, such as 2026-01-13 or 2026-01-13T08:26:58Z"
        raise ParameterInvalid(message)
    return moment + DAY if whole_day and len(text) == len("2026-01-13") else moment


def _midnight(date: str) -> float | None:
    try:
        return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
