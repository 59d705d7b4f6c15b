"""Files to be sent."""

import hashlib
from pathlib import Path


def fill(file: Path, size: int) -> None:
    """Write a file that nothing makes shorter and whose every part differs."""
    file.write_bytes(hashlib.shake_128(file.name.encode()).digest(size))


def content(file: Path) -> bytes:
    """Read a file."""
    return file.read_bytes()
