"""The recordings of a store in memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from ringback.domain.recording import MADE, Recording, RecordingStatus
from ringback.service.ports import NewDelivery, TimelineEntry


class InMemoryRecordings:
    """Recordings as `ringback.adapters.store.Database` has them."""

    append_timeline: Callable[[str, Sequence[TimelineEntry], Sequence[NewDelivery]], Awaitable[None]]

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._recordings: dict[str, Recording] = {}

    async def begin_recording(self, recording: Recording) -> None:
        """Keep a recording, in PROCESSING; one that is there stays as it is."""
        self._recordings.setdefault(recording.recording_id, _begun(recording))

    async def finish_recording(
        self, recording: Recording, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery]
    ) -> bool:
        """Keep what came of a recording; False where it had this status, or a final one. Raises UnknownSession."""
        known = self._recordings.get(recording.recording_id, _begun(recording))
        if known.status in MADE | {recording.status}:
            return False
        await self.append_timeline(recording.session_id, entries, deliveries)
        self._recordings[recording.recording_id] = msgspec.structs.replace(recording, started=known.started)
        return True

    async def recordings(self, session_id: str) -> Sequence[Recording]:
        """List the recordings of a session in the order of their beginnings."""
        return [each for each in self._recordings.values() if each.session_id == session_id]

    async def unfinished_recordings(self) -> Sequence[Recording]:
        """List what is in PROCESSING and has no sound file."""
        return [
            each
            for each in self._recordings.values()
            if each.status == RecordingStatus.PROCESSING and each.seconds is None
        ]

    async def old_recordings(self, before: Mapping[str, float], limit: int) -> Sequence[Recording]:
        """List what began before a time, by subaccount, and is not in PROCESSING; the oldest of each first."""
        old = [
            each
            for each in self._recordings.values()
            if each.started < before.get(each.sub_account_id, 0.0) and each.status != RecordingStatus.PROCESSING
        ]
        return sorted(old, key=lambda each: each.started)[:limit]


def _begun(recording: Recording) -> Recording:
    return msgspec.structs.replace(recording, status=RecordingStatus.PROCESSING, seconds=None, url=None)
