"""Recordings of calls, as programs see them (wire specification, section 3)."""

from enum import StrEnum
from typing import Final

import msgspec


class RecordingStatus(StrEnum):
    """How far a recording came; the names are those of the wire specification."""

    PROCESSING = "PROCESSING"
    """The call lasts, or its sound file is being made."""
    PROCESSING_FAILED = "PROCESSING_FAILED"
    """There is no sound file; where packets were kept, it is tried again at the next start."""
    UPLOAD_COMPLETED = "UPLOAD_COMPLETED"
    """The sound file is where it stays: in the server's folder, or where it was pushed to."""
    UPLOAD_FAILED = "UPLOAD_FAILED"
    """It could not be pushed; the sound file is in the server's folder."""
    CALLBACK_COMPLETED = "CALLBACK_COMPLETED"
    """It was pushed, and the program took the VRU that says so."""
    CALLBACK_FAILED = "CALLBACK_FAILED"
    """It was pushed, and the program never took the VRU that says so."""


MADE: Final = frozenset(set(RecordingStatus) - {RecordingStatus.PROCESSING, RecordingStatus.PROCESSING_FAILED})
"""Of a recording whose sound file was made and that nothing more is to be done with."""


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording of a leg."""

    recording_id: str
    session_id: str
    sub_account_id: str
    status: RecordingStatus
    started: float
    """Seconds since the epoch."""
    path: str
    """Of the sound file below the folder: `SESSION/RECORDING_START.mp3`, or `.wav`."""
    seconds: float | None = None
    """Its length, where there is a sound file."""
    url: str | None = None
    """Where it was pushed to."""
