"""Who calls, as far as a request says so (RFC 3261, section 20.20; RFC 3325)."""

from ringback.wire.sip.headers import NameAddr
from ringback.wire.sip.message import Request
from ringback.wire.sip.uri import Uri


def user_of(uri: str) -> str:
    """Give the user part; empty where the URI cannot be read, which a From may be."""
    try:
        return Uri.parse(uri).user
    except ValueError:
        return ""


def asserted_user(request: Request) -> str:
    """Give the user part of the first P-Asserted-Identity that has one.

    Empty where there is none, and where the caller asks not to be shown (RFC 3325, section 9.3): a program is no part
    of the network that may know.
    """
    if "id" in {value.strip().lower() for text in request.headers.all("Privacy") for value in text.split(";")}:
        return ""
    for text in request.headers.all("P-Asserted-Identity"):
        try:
            user = user_of(NameAddr.parse(text).uri)
        except ValueError:
            continue
        if user:
            return user
    return ""
