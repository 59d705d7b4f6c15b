"""Writes tap files as the format says, for tests; the C engine's own writer is tested against the same reader."""

from collections.abc import Iterable
from pathlib import Path
from socket import inet_aton

from ringback.media.tap import TapRecord

REAL_MINUS_MONOTONIC = 1_700_000_000_000_000_000


def header() -> bytes:
    return b"RBTAP\x01\x00\x00" + REAL_MINUS_MONOTONIC.to_bytes(8, "little", signed=True)


def written(record: TapRecord) -> bytes:
    host, port = record.peer
    return (
        record.at.to_bytes(8, "little", signed=True)
        + bytes((record.sent, 0))
        + len(record.packet).to_bytes(2, "little")
        + record.size.to_bytes(2, "little")
        + port.to_bytes(2, "little")
        + inet_aton(host)
        + record.packet
    )


def write_tap(path: Path, records: Iterable[TapRecord]) -> Path:
    with path.open("wb") as file:
        file.write(header())
        file.writelines(map(written, records))
    return path
