"""Spoken sentences on disk, so that none is synthesized twice.

A file's name says what is in it (a SHA-256 of engine, voice, speed and sentence); the file says whether it is whole:

    "RBS1" | rate in Hz | bytes of samples | CRC-32 of the samples | samples
"""

import asyncio
import contextlib
import os
import tempfile
import time
import zlib
from collections import OrderedDict
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import Final

import structlog

from ringback.service.ports import Pcm

_HEADER: Final = Struct("<4sIII")
_MAGIC: Final = b"RBS1"
_SUFFIX: Final = ".speech"
_PART: Final = ".part"
_STALE_SECONDS: Final = 3600.0
"""A file that has been being written for so long was left by a crash."""

_log = structlog.get_logger(__name__)


class SpeechCache:
    """A folder of sentences, bounded in bytes; those that were not asked for the longest make room.

    Several servers may share the folder; each then counts what it has seen. A disk that fails costs time, not calls.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        """`limit`: bytes of all files; 0 keeps nothing."""
        self._folder = folder
        self._limit = limit
        self._sizes: OrderedDict[str, int] = OrderedDict()
        """By key, the one that was asked for the longest ago first."""
        self._total = 0
        self._warned = False

    async def open(self) -> None:
        """Make the folder, and see what an earlier run left in it."""
        try:
            found = await asyncio.to_thread(_scan, self._folder)
        except OSError as fault:
            self._failed(fault)
            return
        for key, size in found:
            self._count(key, size)
        await self._make_room()

    async def read(self, key: str) -> Pcm | None:
        """Give what is kept under a key (hexadecimal digits); a damaged file is removed."""
        try:
            sound = await asyncio.to_thread(_read, self._path(key))
        except OSError as fault:
            self._failed(fault)
            return None
        if sound is None:
            self._total -= self._sizes.pop(key, 0)
            return None
        self._count(key, _HEADER.size + len(sound.samples))
        return sound

    async def write(self, key: str, sound: Pcm) -> None:
        """Keep a sound; one that is larger than the whole cache is not kept."""
        size = _HEADER.size + len(sound.samples)
        if size > self._limit:
            return
        try:
            await asyncio.to_thread(_write, self._path(key), sound)
        except OSError as fault:
            self._failed(fault)
            return
        self._count(key, size)
        await self._make_room()

    async def forget(self, before: float, limit: int) -> int:
        """Remove what was not asked for since a time, seconds since the epoch; give how many there were.

        `limit` at most are looked at, those that were not asked for the longest first.
        """
        oldest = [self._path(key) for key in islice(self._sizes, limit)]
        gone = await asyncio.to_thread(_remove_unused, oldest, before)
        for path in gone:
            self._total -= self._sizes.pop(path.stem, 0)
        return len(gone)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / (key + _SUFFIX)

    def _count(self, key: str, size: int) -> None:
        self._total += size - self._sizes.pop(key, 0)
        self._sizes[key] = size

    async def _make_room(self) -> None:
        old = []
        while self._total > self._limit and self._sizes:
            key, size = self._sizes.popitem(last=False)
            self._total -= size
            old.append(self._path(key))
        if old:
            await asyncio.to_thread(_remove, old)

    def _failed(self, fault: OSError) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("speech-cache-failed", folder=str(self._folder), reason=str(fault))


def _scan(folder: Path) -> list[tuple[str, int]]:
    """Give keys and sizes, the one that was used the longest ago first."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    stale = time.time() - _STALE_SECONDS
    for path in folder.glob("??/*"):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            if path.suffix == _SUFFIX:
                found.append((status.st_mtime_ns, path.stem, status.st_size))
            elif path.suffix == _PART and status.st_mtime < stale:
                path.unlink()
    return [(key, size) for _, key, size in sorted(found)]


def _read(path: Path) -> Pcm | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    sound = _whole(content)
    if sound is None:
        path.unlink(missing_ok=True)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # the order of use outlives the process
    return sound


def _whole(content: bytes) -> Pcm | None:
    if len(content) < _HEADER.size:
        return None
    magic, rate, size, checksum = _HEADER.unpack_from(content)
    samples = content[_HEADER.size :]
    if magic != _MAGIC or len(samples) != size or zlib.crc32(samples) != checksum:
        return None
    return Pcm(samples, rate)


def _write(path: Path, sound: Pcm) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(suffix=_PART, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_HEADER.pack(_MAGIC, sound.rate, len(sound.samples), zlib.crc32(sound.samples)))
            file.write(sound.samples)
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _remove_unused(paths: list[Path], before: float) -> list[Path]:
    """Remove those that were not used since a time, by any server, and give them; those that are gone already too."""
    gone = []
    for path in paths:
        with contextlib.suppress(OSError):
            if path.exists() and path.stat().st_mtime >= before:
                continue
            path.unlink(missing_ok=True)
            gone.append(path)
    return gone


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()
