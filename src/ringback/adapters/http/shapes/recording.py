"""Recordings as they are shown (wire specification, section 3)."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from ringback.adapters.http.shapes.scalars import ANOTHER_UUID, MOMENT, UUID, Moment, Url, Uuid
from ringback.adapters.http.shapes.success import Success
from ringback.domain.recording import RecordingStatus


class ShownRecording(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A recording of a leg."""

    recording_id: Uuid
    session_id: Uuid
    sub_account_id: str
    status: RecordingStatus
    external_file_url: Url | UnsetType = UNSET
    """Where its sound is. Of one that was pushed there: see the push config. Else: needs no key, and expires."""
    duration: int | UnsetType = UNSET
    """Seconds; there once there is a sound file."""
    start_recording_time: Moment


class RecordingList(Success, frozen=True, kw_only=True):
    """The recordings of a session."""

    recordings: list[ShownRecording]


FILE: Final = f"{ANOTHER_UUID}_20300120T202948Z.mp3"
RECORDINGS: Final = RecordingList(
    status_code=0,
    status_message="ok",
    recordings=[
        ShownRecording(
            recording_id=ANOTHER_UUID,
            session_id=UUID,
            sub_account_id="acme",
            status=RecordingStatus.UPLOAD_COMPLETED,
            external_file_url=f"https://acme.example/recordings/{UUID}/{FILE}?expires=1894739400&signature={'5f' * 32}",
            duration=12,
            start_recording_time=MOMENT,
        )
    ],
)
"""For examples."""
