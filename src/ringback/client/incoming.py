"""An answer that is coming in."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

C = TypeVar("C")


class Incoming(msgspec.Struct, Generic[C], frozen=True):
    """An answer whose body is still to be read."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    chunks: C
    """Gives the bytes of the body as they come; may raise ConnectionFailed."""
