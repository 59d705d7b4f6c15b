"""What the doctor asks the machine, so that a test can answer for it."""

import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringback.adapters.speech import installed_voices
from ringback.domain.voice import Voice

ANSWER_SECONDS = 5.0
"""How long a trunk or a webhook may take: four tries of an OPTIONS over UDP (RFC 3261, section 17.1.2)."""


def voices() -> Sequence[Voice]:
    """List the voices that can speak now."""
    return [each.voice for each in installed_voices().values()]


def descriptors(pid: int | None) -> int:
    """Give how many files a process may open at most (the hard limit), 0 for itself; -1 is no limit."""
    try:
        return resource.prlimit(pid or 0, resource.RLIMIT_NOFILE)[1]
    except (PermissionError, ProcessLookupError):
        return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@dataclass(frozen=True)
class Machine:
    """The machine."""

    statvfs: Callable[[Path], os.statvfs_result] = os.statvfs
    now: Callable[[], float] = time.time
    """Seconds since the epoch."""
    monotonic: Callable[[], float] = time.monotonic
    voices: Callable[[], Sequence[Voice]] = voices
    descriptors: Callable[[int | None], int] = descriptors
    answer_seconds: float = ANSWER_SECONDS
