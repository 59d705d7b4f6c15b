"""The file of an export: CSV (RFC 4180), UTF-8, written piece by piece.

```
  head and sessions 1..250   251..500   501..750 (cut short by a crash)
                            ^ size: as far as the job says
```

What is behind `size` is cut off before the next piece is written: so a file has every line once.
"""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ringback.domain import call_record
from ringback.service.export_store import EndedSession, ExportJob

FREE: Final = 64 * 1024 * 1024
"""Bytes of the disk that exports leave free: calls need them."""
SUFFIX: Final = ".csv"


class DiskFull(OSError):
    """There is too little room for more."""


class FileCut(OSError):
    """Somebody took away what was written."""


def path_of(folder: Path, job: ExportJob) -> Path:
    """Give the file of a job."""
    return folder / f"{job.name}{SUFFIX}"


def write(folder: Path, job: ExportJob, sessions: Sequence[EndedSession], lists: call_record.Lists) -> ExportJob:
    """Add the lines of sessions to the file and give the job as it is then. Blocks. Raises OSError."""
    room = job.most - job.lines if job.most else None
    rows = [row for ended in sessions for row in call_record.lines(ended.summary, ended.spoken, lists)][:room]
    text = _written([call_record.COLUMNS, *rows] if not job.size else rows)
    return msgspec.structs.replace(
        job,
        reached=sessions[-1].place if sessions else job.reached,
        lines=job.lines + len(rows),
        size=_append(folder, path_of(folder, job), job.size, text),
    )


def is_whole(folder: Path, job: ExportJob) -> bool:
    """Tell whether the file holds what the job says: not so after a crash of the machine. Blocks."""
    try:
        return path_of(folder, job).stat().st_size >= job.size
    except OSError:
        return not job.size


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(errors="replace")


def _append(folder: Path, path: Path, size: int, text: bytes) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    room = os.statvfs(folder)
    if room.f_bavail * room.f_frsize < FREE + len(text):
        message = f"less than {FREE // 1024**2} MB would be free"
        raise DiskFull(message)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
        if os.fstat(descriptor).st_size < size:
            message = f"{path.name} is shorter than it was"
            raise FileCut(message)
        file.truncate(size)
        file.seek(size)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return size + len(text)
