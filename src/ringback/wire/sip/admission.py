"""Whether a request may be worked on at all (RFC 3261, section 8.2.1 to 8.2.3)."""

from typing import Final, TypeAlias

from ringback.wire.sip.message import Request
from ringback.wire.sip.uri import Uri

METHODS: Final = frozenset({"INVITE", "BYE", "OPTIONS", "INFO", "UPDATE"})
"""Those that have a response, without CANCEL, which is looked at before."""
_SCHEMES: Final = frozenset({"sip", "sips", "tel"})

Refusal: TypeAlias = tuple[int, tuple[tuple[str, str], ...]]
"""The status, and the headers that explain it."""


def refusal_of(request: Request) -> Refusal | None:
    """Give how a request in a dialog is refused; None where it is not."""
    if request.method not in METHODS:
        return 405, ()
    if required := request.headers.all("Require"):  # no extension is supported
        return 420, (("Unsupported", ", ".join(required)),)
    return None


def refusal_of_new(request: Request) -> Refusal | None:
    """Give how a request outside of all dialogs is refused; None where it is not.

    One that has no hop left may have been in a loop. OPTIONS is answered all the same, as section 11 lets even a proxy
    do, and as RFC 4475, section 3.3.11, expects.
    """
    if request.method not in METHODS:
        return 405, ()
    if request.uri.partition(":")[0].lower() not in _SCHEMES:
        return 416, ()
    try:
        Uri.parse(request.uri)
    except ValueError:
        return 400, ()
    hops = request.headers.first("Max-Forwards")
    if hops is not None and not hops.isdecimal():
        return 400, ()
    if hops is not None and not hops.strip("0") and request.method != "OPTIONS":
        return 483, ()
    return refusal_of(request)
