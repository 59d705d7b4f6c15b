"""The folders of store, cache, exports and recordings: there, writable, and with room."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ringback.app.config import Config
from ringback.app.doctor.finding import Finding, error, ok, warning

CHECK: Final = "disk"
FULL: Final = 50_000_000
"""Bytes; with less the store soon refuses what is accepted."""
NEARLY_FULL: Final = 500_000_000
"""Bytes: a day of a busy server."""
_MEGA: Final = 1_000_000

Statvfs = Callable[[Path], os.statvfs_result]


def look(config: Config, store: Path | None, statvfs: Statvfs) -> list[Finding]:
    """Look at the folders. `store`: the database file, None where its URL names none."""
    findings = []
    if store is not None:
        findings.append(_folder("store", store.parent, "[store] url", statvfs, must_exist=True))
    cache = Path(config.voices.cache).absolute()
    findings.append(_folder("cache", cache, "[voices] cache", statvfs, must_exist=False))
    exports = Path(config.exports.folder).absolute()
    findings.append(_folder("exports' folder", exports, "[exports] folder", statvfs, must_exist=False))
    if config.recordings.folder:
        folder = Path(config.recordings.folder).absolute()
        findings.append(_folder("recordings' folder", folder, "[recordings] folder", statvfs, must_exist=False))
    return findings


def _folder(name: str, folder: Path, key: str, statvfs: Statvfs, *, must_exist: bool) -> Finding:
    place = folder
    if not folder.exists():
        if must_exist:
            cause, fix = f"{folder} does not exist", f"make it, or change {key}"
            return error(CHECK, f"the {name} has no folder", cause, fix)
        place = next(parent for parent in folder.parents if parent.exists())
    free = _free(place, statvfs)
    if free is not None and free < FULL:
        cause = f"the file system of {folder} has {free // _MEGA} MB left"
        return error(CHECK, f"the disk of the {name} is full", cause, f"free some space, or change {key}")
    refusal = _refusal(place)
    if refusal:
        return error(
            CHECK, f"the {name} cannot be written", f"{place}: {refusal}", f"let this user write there ({key})"
        )
    if free is not None and free < NEARLY_FULL:
        cause = f"the file system of {folder} has {free // _MEGA} MB left"
        return warning(CHECK, f"the disk of the {name} is nearly full", cause, f"free some space, or change {key}")
    room = "" if free is None else f", {free // _MEGA} MB free"
    return ok(CHECK, f"the {name} is in {folder}: writable{room}")


def _free(folder: Path, statvfs: Statvfs) -> int | None:
    """Give the bytes that we may still write, 0 where no inode is left; None where the system does not say."""
    try:
        found = statvfs(folder)
    except OSError:
        return None
    return 0 if found.f_files and not found.f_favail else found.f_bavail * found.f_frsize


def _refusal(folder: Path) -> str:
    """Write and remove a file; give why that is not possible."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".ringback-doctor-") as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError as fault:
        return fault.strerror or str(fault)
    return ""
