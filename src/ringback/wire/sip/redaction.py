"""A SIP message without what opens a door, for records that others will read."""

import re
from typing import Final

LEFT_OUT: Final = b"(left out)"
"""Stands for the value of a header with credentials."""

_CREDENTIALS: Final = re.compile(rb"(\n(?:Proxy-)?Authorization[ \t]*:)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE)
_KEY: Final = re.compile(rb"(?<=inline:)[A-Za-z0-9+/=]+", re.IGNORECASE)


def redacted(message: bytes) -> bytes:
    """Take out the digests of passwords (RFC 3261, section 22) and the keys of SRTP (RFC 4568, section 6.1).

    A key is replaced by as many `x`, so that Content-Length stays true.
    """
    small = message.lower()
    if b"authorization" in small:
        message = _CREDENTIALS.sub(rb"\1 " + LEFT_OUT, message)
    if b"inline:" in small:
        message = _KEY.sub(lambda key: b"x" * len(key[0]), message)
    return message
