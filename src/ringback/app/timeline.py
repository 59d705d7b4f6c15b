"""Timeline entries as a line each."""

from collections.abc import Mapping
from typing import Any, Final

from ringback.app.printable import printable

_SHOWN_ELSEWHERE: Final = frozenset({"call", "play", "request", "response"})


def describe(event: str, details: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Name an event with its details, without ids and bodies; `names`: of the legs by call."""
    shown = {
        name: value
        for name, value in details.items()
        if name not in _SHOWN_ELSEWHERE and not isinstance(value, Mapping)
    }
    leg = (names or {}).get(str(details.get("call")))
    if leg is not None:
        shown = {"leg": leg} | shown
    return printable(" ".join([event, *(f"{name}={value}" for name, value in shown.items())]))
