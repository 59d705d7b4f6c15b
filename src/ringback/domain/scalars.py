"""How single values of a request may be written, and the bounds they are held to."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

MISSING: Final = "is missing but it is required"
"""What is said of a value that is not there."""
ACCOUNT_ID: Final = r"[A-Za-z0-9\-._&]{3,50}"
"""How the ids of accounts and subaccounts are written, as a regular expression (wire specification, section 1)."""
MAX_TEXT: Final = 3000
"""Characters of a spoken text."""
MAX_URL: Final = 2048
"""Characters of a URL."""
URL_SCHEMA: Final = {"format": "uri", "maxLength": MAX_URL, "pattern": "^[hH][tT][tT][pP][sS]?://"}
"""How a URL is described to those who send one; see `is_url`."""
MAX_REPETITION: Final = 3
MIN_SPEED: Final = 0.5
MAX_SPEED: Final = 2.0
MAX_CAPTURED: Final = 25
"""Digits of one capture."""
MAX_TRIES: Final = 10
MAX_TIMEOUT: Final = 3_600_000
"""Milliseconds: an hour is longer than anybody waits for a digit."""

MAX_AHEAD: Final = 30 * 86_400
"""Seconds from the request to its `startAt`."""

CAPTURE_DIGITS: Final = 25
CAPTURE_TIMEOUT: Final = 30_000
CAPTURE_TRIES: Final = 3

# Control characters other than tab, newline and return; the bidirectional overrides; the non-characters of Unicode,
# section 23.7.
_FORBIDDEN: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u202d\\u202e\\ufdd0-\\ufdef"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(17))
    + "]"
)
_SPACES: Final = re.compile(r"[\x00-\x20\x7f]")
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt]((?:[01]\d|2[0-3]):\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MOMENT: Final = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


def integer_of(value: object) -> int | None:
    """Give an integer; JSON has one type of number, so 1.0 is one, and a boolean is none."""
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    return None


def is_speakable(text: str) -> bool:
    """Tell whether a text has none of the characters of -1016."""
    # whatever str.isprintable takes is harmless, and it is by far the faster
    return text.isprintable() or _FORBIDDEN.search(text) is None


@lru_cache(maxsize=1024)
def _is_web_address(url: str) -> bool:
    if _SPACES.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bad port or a bad IPv6 address
        return False


def is_url(url: str) -> bool:
    """Tell whether a text is an absolute http or https URL with a host (RFC 3986, section 3)."""
    return len(url) <= MAX_URL and _is_web_address(url)


def parse_moment(text: str) -> float | None:
    """Read an ISO 8601 date-time as seconds since the epoch, to the millisecond; None: malformed.

    Without a zone it is UTC. A date alone is no date-time.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    date, time, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{time}{'Z' if zone is None else zone.upper()}")
    except ValueError:
        return None
    millis = (moment - _EPOCH) // timedelta(milliseconds=1) + int(((fraction or "") + "000")[:3])
    return millis / 1000 if millis <= _LAST_MOMENT else None


def why_not_start(start_at: float, valid_until: float | None, now: float) -> str | None:
    """Tell what is wrong with the time of a start; None where nothing is: one that has passed is at once."""
    if start_at > now + MAX_AHEAD:
        return f"must be within {MAX_AHEAD // 86_400} days"
    if valid_until is not None and start_at >= valid_until:
        return "must be before validUntil"
    return None


def format_moment(seconds: float) -> str:
    """Write seconds since the epoch as ISO 8601 with milliseconds in UTC, `2030-01-20T20:30:00.000Z`."""
    moment = _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
