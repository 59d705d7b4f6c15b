"""Spans of time and moments as they are typed: `90d`, `12h`, `2027-01-31`."""

import re
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from ringback.domain.errors import RingbackError
from ringback.domain.scalars import parse_moment

_SPAN: Final = re.compile(r"([0-9]{1,10})([smhd]?)", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SECONDS: Final = MappingProxyType({"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400})


class BadSpan(RingbackError):
    """The text is no span of time, or no moment."""


def parse_span(text: str) -> float:
    """Read a span as seconds. Raises BadSpan."""
    match = _SPAN.fullmatch(text)
    if match is None:
        message = f"{text!r}: give a time such as 90d, 12h, 30m or 0"
        raise BadSpan(message)
    return float(match[1]) * _SECONDS[match[2]]


def parse_end(text: str, now: float) -> float:
    """Read when something is over, in seconds since the epoch: a span from `now`, a date-time, or a date's beginning.

    Raises BadSpan.
    """
    if _SPAN.fullmatch(text):
        return now + parse_span(text)
    moment = _midnight(text) if _DATE.fullmatch(text) else parse_moment(text)
    if moment is None:
        message = f"{text!r}: give a time such as 90d, a date such as 2027-01-31, or a date-time"
        raise BadSpan(message)
    return moment


def _midnight(date: str) -> float | None:
    try:
        return datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
