"""The names of headers as they are written here, whatever the sender wrote (RFC 3261, sections 7.3.1 and 20)."""

from typing import Final

from ringback.wire.sip.text import is_token

_COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
_ODD: Final = ("Call-ID", "CSeq", "MIME-Version", "RAck", "RSeq", "Min-SE", "WWW-Authenticate")
"""Names that are not spelt with a capital for each word."""
_USUAL: Final = (
    "Accept",
    "Allow",
    "Authorization",
    "Content-Disposition",
    "Content-Transfer-Encoding",
    "Date",
    "Expires",
    "Max-Forwards",
    "P-Asserted-Identity",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Reason",
    "Record-Route",
    "Require",
    "Route",
    "Server",
    "Timestamp",
    "Unsupported",
    "User-Agent",
    "Warning",
)
LISTS: Final = frozenset(
    {
        "Accept",
        "Accept-Encoding",
        "Accept-Language",
        "Alert-Info",
        "Allow",
        "Allow-Events",
        "Call-Info",
        "Contact",
        "Content-Encoding",
        "Content-Language",
        "Diversion",
        "Error-Info",
        "History-Info",
        "In-Reply-To",
        "P-Asserted-Identity",
        "Path",
        "Proxy-Require",
        "Reason",
        "Record-Route",
        "Require",
        "Route",
        "Service-Route",
        "Supported",
        "Unsupported",
        "Via",
        "Warning",
    }
)
"""Headers that may hold several values in one line, parted by commas."""

_SPELT: Final = {name.lower(): name for name in (*_ODD, *_USUAL, *_COMPACT.values(), *LISTS)} | _COMPACT
_KNOWN: Final = _SPELT | {name: name for name in _SPELT.values()} | {name.upper(): name for name in _SPELT.values()}


def canonical(name: str) -> str | None:
    """Give the usual spelling of a header's name: long, with a capital for each word; None where it is no token."""
    known = _KNOWN.get(name)
    if known is not None:
        return known
    lower = name.lower()
    if lower in _SPELT:
        return _SPELT[lower]
    return "-".join(word.capitalize() for word in lower.split("-")) if is_token(name) else None
