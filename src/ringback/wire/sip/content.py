"""What the bodies of messages say: a session description, a digit."""

import re
from typing import Final

from ringback.wire.sip.message import Request, Response
from ringback.wire.sip.multipart import parts
from ringback.wire.sip.text import parse_params

SDP: Final = "application/sdp"
RELAY: Final = "application/dtmf-relay"
DTMF: Final = "application/dtmf"
ACCEPT: Final = f"{SDP}, multipart/mixed, {RELAY}, {DTMF}"
_TAKING_SDP: Final = frozenset({SDP, "application/*", "*/*"})
_MULTIPART: Final = frozenset({"multipart/mixed", "multipart/alternative"})
DIGITS: Final = "0123456789*#ABCD"
"""In the order of their numbers in RFC 4733, by which some gateways write `Signal=10` for the star."""
_SIGNAL: Final = re.compile(rb"^\s*Signal\s*=\s*([0-9]{1,2}|[*#A-D])\s*$", re.IGNORECASE | re.MULTILINE)
_DIGIT: Final = re.compile(rb"\s*([0-9]{1,2}|[*#A-D])\s*", re.IGNORECASE)


def type_of(message: Request | Response) -> str:
    """Give the media type of a body in lower case, without parameters; empty where none is named."""
    return _media_type(message.headers.first("Content-Type") or "")


def is_plain(message: Request | Response) -> bool:
    """Tell whether a body is as it is, not compressed."""
    encodings = message.headers.all("Content-Encoding")
    return all(encoding.lower() == "identity" for encoding in encodings)


def sdp_of(message: Request | Response) -> bytes | None:
    """Give the session description: the body, or the first one among its parts; None where there is none."""
    if not message.body or not is_plain(message):
        return None
    kind = type_of(message)
    if kind == SDP:
        return message.body
    if kind not in _MULTIPART:
        return None
    for headers, content in parts(message.headers.first("Content-Type") or "", message.body):
        plain = headers.get("Content-Encoding", "identity").lower() == "identity"
        coding = headers.get("Content-Transfer-Encoding", "8bit").lower()
        if _media_type(headers.get("Content-Type", "")) == SDP and plain and coding in {"7bit", "8bit", "binary"}:
            return content or None
    return None


def carries_other(request: Request) -> bool:
    """Tell whether there is a body that has to be understood and is not (RFC 3261, section 8.2.3).

    One that the sender calls optional (`Content-Disposition: x;handling=optional`) may be passed over (section 20.11).
    """
    if not request.body or sdp_of(request) is not None:
        return False
    try:
        disposition = parse_params((request.headers.first("Content-Disposition") or "").partition(";")[2])
    except ValueError:
        return True
    return (disposition.get("handling") or "").lower() != "optional"


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def takes_sdp(request: Request) -> bool:
    """Tell whether a session description may be in the response (RFC 3261, section 20.1)."""
    if request.headers.first("Accept") is None:
        return True
    return any(_media_type(value) in _TAKING_SDP for value in request.headers.all("Accept"))


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
