"""What pushes need of the places that files are sent to."""

from pathlib import Path
from typing import Protocol

from ringback.domain.push import PushTarget


class UploadFailed(Exception):
    """A file did not arrive; the text says why, in a line and without secrets."""


class Storage(Protocol):
    """Sends files to the places of one protocol."""

    async def introduce(self, target: PushTarget) -> str:
        """Ask a host for what it is to be known by, before anything is told to it; empty: it needs nothing such.

        Raises UploadFailed.
        """

    async def upload(self, target: PushTarget, file: Path, name: str) -> None:
        """Send a file; under its name, `FOLDER/FILE`, it is there whole or not at all, however often it is sent.

        Raises UploadFailed, and nothing is sent to a host that is not the one that the target knows.
        """
