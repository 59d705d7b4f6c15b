"""The identifiers of sessions, legs, requests and events."""

import secrets
import time
import uuid

_RANDOM_BITS = 74


def new_id() -> str:
    """Give a UUID whose order is that of time: version 7, see RFC 9562, section 5.7.

    An index over random ones is written all over, so with many rows each new one costs a page of its own.
    """
    #    48 bits          4          12         2       62
    # | milliseconds | version 7 | random | variant | random |
    random = secrets.randbits(_RANDOM_BITS)
    high = (time.time_ns() // 1_000_000) << 16 | 0x7000 | random >> 62
    return str(uuid.UUID(int=high << 64 | 0b10 << 62 | random & (1 << 62) - 1))
