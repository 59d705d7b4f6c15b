"""Recordings of calls, as programs see them (wire specification, section 3)."""

from enum import StrEnum

import msgspec


class RecordingStatus(StrEnum):
    """How far a recording came; the names are those of the wire specification."""

    PROCESSING = "PROCESSING"
    """The call lasts, or its sound file is being made."""
    PROCESSING_FAILED = "PROCESSING_FAILED"
    """There is no sound file; where packets were kept, it is tried again at the next start."""
    UPLOAD_COMPLETED = "UPLOAD_COMPLETED"
    """The sound file is where it stays: in the server's folder. Final."""


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
