"""What goes between the server and a worker that speaks: one job, one outcome, in turn.

length of what follows (4 bytes, big-endian) | message (msgpack)
"""

from typing import Final

import msgspec

LENGTH: Final = 4
LONGEST: Final = 64 * 1024 * 1024
"""Bytes of an outcome: twenty minutes of sound."""


class Job(msgspec.Struct, frozen=True, array_like=True):
    """A sentence to be spoken."""

    voice: str
    """As the engine calls it."""
    text: str
    speed: float
    """0.5..2.0; 1.0 is the voice's own pace."""


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """How a job went."""

    rate: int = 0
    """Hz."""
    samples: bytes = b""
    """Mono, signed 16 bits, host byte order, without the silence around."""
    fault: str | None = None
    """Why there is no sound."""


_encoder = msgspec.msgpack.Encoder()


def frame(message: Job | Outcome) -> bytes:
    """Give a message as it is written to a pipe."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH, "big") + body
