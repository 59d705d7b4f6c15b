"""Timeline entries as a line each."""

from collections.abc import Mapping
from typing import Final

from ringback.app.printable import printable
from ringback.service.ports import TimelineEntry

_SHOWN_ELSEWHERE: Final = frozenset({"call", "play", "request", "response"})


def describe(entry: TimelineEntry, names: Mapping[str, str] | None = None) -> str:
    """Name an entry with its details, without ids and bodies; `names`: of the legs by call."""
    details = {
        name: value
        for name, value in entry.details.items()
        if name not in _SHOWN_ELSEWHERE and not isinstance(value, Mapping)
    }
    leg = (names or {}).get(str(entry.details.get("call")))
    if leg is not None:
        details = {"leg": leg} | details
    return printable(" ".join([entry.name, *(f"{name}={value}" for name, value in details.items())]))
