"""What the reference engine and its process say to each other: length-prefixed msgpack over a socket pair.

```
  | length, 4 bytes, big-endian | msgpack: [name of the message, its fields] |
```
"""

from collections.abc import Iterator
from typing import Final, Generic, TypeAlias, TypeVar

import msgspec

from ringback.media.interface import (
    Address,
    Codec,
    DigitHeard,
    Latched,
    LegClosed,
    Paused,
    PlayDone,
    Remote,
    Silence,
)

MAX_FRAME: Final = 1024 * 1024
"""Bytes; a longer one is a fault of ours."""
PIECE: Final = 256 * 1024
"""Bytes of a prompt that one message carries, so that a long prompt does not hold up the packets."""

_LENGTH: Final = 4


class Open(msgspec.Struct, frozen=True):
    """Answered by Opened or NotOpened."""

    leg: int
    silence_after: float


class Connect(msgspec.Struct, frozen=True):
    """See `MediaEngine.connect`, like the others below."""

    leg: int
    remote: Remote


class Register(msgspec.Struct, frozen=True):
    """A prompt begins; its samples follow."""

    prompt: int


class Samples(msgspec.Struct, frozen=True):
    """The next piece of a prompt."""

    prompt: int
    codec: Codec
    samples: bytes


class Forget(msgspec.Struct, frozen=True):
    """Free a prompt."""

    prompt: int


class Play(msgspec.Struct, frozen=True):
    """Append to a leg's queue."""

    leg: int
    play: int
    prompt: int
    repetition: int


class StopPlay(msgspec.Struct, frozen=True):
    """Empty a leg's queue."""

    leg: int


class Press(msgspec.Struct, frozen=True):
    """Send digits."""

    leg: int
    digits: str


class Bridge(msgspec.Struct, frozen=True):
    """Relay between two legs."""

    leg: int
    other: int


class Unbridge(msgspec.Struct, frozen=True):
    """Part a leg from its other."""

    leg: int


class Listen(msgspec.Struct, frozen=True):
    """Keep what is heard."""

    leg: int
    path: str


class Close(msgspec.Struct, frozen=True):
    """Close a leg."""

    leg: int


class Stop(msgspec.Struct, frozen=True):
    """Close every leg and end."""


Command: TypeAlias = (
    Open | Connect | Register | Samples | Forget | Play | StopPlay | Press | Bridge | Unbridge | Listen | Close | Stop
)


class Ready(msgspec.Struct, frozen=True):
    """The process runs."""


class Opened(msgspec.Struct, frozen=True):
    """The leg has its ports."""

    leg: int
    address: Address


class NotOpened(msgspec.Struct, frozen=True):
    """No port could be bound."""

    leg: int
    reason: str


LegEvent: TypeAlias = DigitHeard | PlayDone | Latched | Silence | Paused | LegClosed
"""What happens to a leg: every media event but the loss of the engine."""
Report: TypeAlias = Ready | Opened | NotOpened | LegEvent

COMMANDS: Final[tuple[type[Command], ...]] = (
    *(Open, Connect, Register, Samples, Forget, Play, StopPlay, Press, Bridge, Unbridge, Listen, Close, Stop),
)
"""What the server says."""
REPORTS: Final[tuple[type[Report], ...]] = (
    *(Ready, Opened, NotOpened, DigitHeard, PlayDone, Latched, Silence, Paused, LegClosed),
)
"""What the process says."""

_ENVELOPE: Final = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
_encoder: Final = msgspec.msgpack.Encoder()
_Message = TypeVar("_Message")


class BrokenFrame(Exception):
    """The other side of the socket pair said what cannot be read (a fault of ours)."""


def encode(message: Command | Report) -> bytes:
    """Write a frame."""
    body = _encoder.encode((type(message).__name__, message))
    return len(body).to_bytes(_LENGTH, "big") + body


class FrameReader(Generic[_Message]):
    """Cuts a stream of bytes into messages."""

    def __init__(self, messages: tuple[type[_Message], ...]) -> None:
        """`messages`: what may come."""
        self._decoders = {message.__name__: msgspec.msgpack.Decoder(message) for message in messages}
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[_Message]:
        """Take bytes and give the messages that they complete. Raises BrokenFrame."""
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _LENGTH:
            size = int.from_bytes(self._buffer[start : start + _LENGTH], "big")
            if size > MAX_FRAME:
                reason = f"a frame of {size} bytes"
                raise BrokenFrame(reason)
            end = start + _LENGTH + size
            if len(self._buffer) < end:
                break
            body = bytes(self._buffer[start + _LENGTH : end])
            start = end
            try:
                name, fields = _ENVELOPE.decode(body)
                message = self._decoders[name].decode(fields)
            except (msgspec.DecodeError, KeyError) as fault:
                reason = f"a frame that is no message: {fault}"
                raise BrokenFrame(reason) from fault
            yield message
        del self._buffer[:start]
