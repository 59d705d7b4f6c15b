"""Tap files: every packet of a leg, both ways, as `MediaEngine.tap` keeps them.

All numbers are little-endian, but the address is in network order. A header of 16 bytes, then records:

```
  "RBTAP" 01 00 00 | int64 CLOCK_REALTIME minus CLOCK_MONOTONIC, ns, when the tap began

  int64 at | u8 sent | u8 0 | u16 kept | u16 size | u16 port | 4 bytes IPv4 | `kept` bytes

  at      CLOCK_MONOTONIC, ns
  sent    1: we sent it, 0: it came
  kept    how much of the RTP packet follows: all, or its header with CSRC and extension
  size    of the packet on the wire
  port    and address: of the far end
```

Packets are in the clear, also those of an encrypted leg. A disk that ran full, or a crash, leaves a file that ends
within a record; all before is good.
"""

from collections.abc import Iterator
from pathlib import Path
from socket import inet_ntoa
from struct import Struct
from types import TracebackType
from typing import Final, NamedTuple, Self

from ringback.media.interface import Address
from ringback.wire.rtp.packet import MAX_BYTES

MAGIC: Final = b"RBTAP\x01\x00\x00"
HEADER: Final = Struct("<8sq")
RECORD: Final = Struct("<qBBHHH4s")

_BUFFER: Final = 64 * 1024


class TapUnreadable(ValueError):
    """The file is no tap, or its content is not what a tap holds (whoever wrote it is at fault)."""


class TapRecord(NamedTuple):
    """A packet that passed a leg."""

    at: int
    """CLOCK_MONOTONIC, nanoseconds."""
    sent: bool
    """By us; else it came."""
    peer: Address
    """To or from whom."""
    size: int
    """Of the RTP packet on the wire, bytes."""
    packet: bytes
    """As much of it as was kept, 0..2048 bytes."""


class TapFile:
    """A tap that is read once from its beginning; a context that closes it."""

    def __init__(self, path: Path | str) -> None:
        """Open a tap. Raises TapUnreadable, and OSError where there is no such file."""
        self._file = Path(path).open("rb", buffering=_BUFFER)  # noqa: SIM115 - `__exit__` closes it
        self.truncated = False
        """The file ends within its header or a record; known once all was read."""
        self.real_minus_monotonic = 0
        """What makes CLOCK_REALTIME of the time of a record, nanoseconds."""
        header = self._file.read(HEADER.size)
        if len(header) == HEADER.size and header.startswith(MAGIC):
            _, self.real_minus_monotonic = HEADER.unpack(header)
        elif MAGIC.startswith(header[: len(MAGIC)]) and len(header) < HEADER.size:
            self.truncated = True
        else:
            self._file.close()
            reason = f"{path} is no tap"
            raise TapUnreadable(reason)

    def __enter__(self) -> Self:
        """Nothing is left to open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[TapRecord]:
        """Give the records in the order in which they were written. Raises TapUnreadable and OSError."""
        read = self._file.read
        while len(head := read(RECORD.size)) == RECORD.size:
            at, sent, zero, kept, size, port, host = RECORD.unpack(head)
            if sent > 1 or zero or kept > size or kept > MAX_BYTES:
                reason = f"what begins at byte {self._file.tell() - RECORD.size} of {self._file.name} is no record"
                raise TapUnreadable(reason)
            packet = read(kept)
            if len(packet) < kept:
                head = packet
                self.truncated = True
                break
            yield TapRecord(at, sent == 1, (inet_ntoa(host), port), size, packet)
        self.truncated = self.truncated or bool(head)


def packets(path: Path | str) -> Iterator[TapRecord]:
    """Give the records of a tap; one that ends within a record ends before it. Raises TapUnreadable and OSError."""
    with TapFile(path) as tap:
        yield from tap
