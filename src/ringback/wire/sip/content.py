"""What the bodies of messages say: a session description, a digit."""

import re
from typing import Final

from ringback.wire.sip.message import Request, Response

SDP: Final = "application/sdp"
RELAY: Final = "application/dtmf-relay"
DTMF: Final = "application/dtmf"
ACCEPT: Final = f"{SDP}, {RELAY}, {DTMF}"
DIGITS: Final = "0123456789*#ABCD"
"""In the order of their numbers in RFC 4733, by which some gateways write `Signal=10` for the star."""
_SIGNAL: Final = re.compile(rb"^\s*Signal\s*=\s*([0-9]{1,2}|[*#A-D])\s*$", re.IGNORECASE | re.MULTILINE)
_DIGIT: Final = re.compile(rb"\s*([0-9]{1,2}|[*#A-D])\s*", re.IGNORECASE)


def type_of(message: Request | Response) -> str:
    """Give the media type of a body in lower case, without parameters; empty where none is named."""
    return (message.headers.first("Content-Type") or "").partition(";")[0].strip().lower()


def is_plain(message: Request | Response) -> bool:
    """Tell whether a body is as it is, not compressed."""
    encodings = message.headers.all("Content-Encoding")
    return all(encoding.lower() == "identity" for encoding in encodings)


def sdp_of(message: Request | Response) -> bytes | None:
    """Give the session description; None where the body is none."""
    if not message.body or type_of(message) != SDP or not is_plain(message):
        return None
    return message.body


def carries_other(request: Request) -> bool:
    """Tell whether there is a body that is no session description."""
    return bool(request.body) and sdp_of(request) is None


def is_digit_type(request: Request) -> bool:
    """Tell whether the body of an INFO is one that says a digit."""
    return type_of(request) in {RELAY, DTMF} and is_plain(request)


def digit_of(request: Request) -> str | None:
    """Give the digit of an INFO; None where its body says none of the sixteen, such as `Signal=hf`."""
    relayed = type_of(request) == RELAY
    match = _SIGNAL.search(request.body) if relayed else _DIGIT.fullmatch(request.body)
    if match is None:
        return None
    signal = match[1].decode("ascii").upper()
    if not signal.isdecimal():
        return signal
    number = int(signal)
    return DIGITS[number] if number < len(DIGITS) else None
