"""Pushes of recordings in memory."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from ringback.adapters.store.deliveries import REASON_LENGTH
from ringback.adapters.store.errors import UnknownSession, UnknownSubaccount
from ringback.domain.push import PushTarget
from ringback.domain.recording import MADE, Recording, RecordingStatus
from ringback.service.ports import NewDelivery, TimelineEntry
from ringback.service.push_store import Push, WaitingPushes


class _Waiting(msgspec.Struct):
    sub_account_id: str
    created: float
    due: float
    held: float | None = None
    attempts: int = 0
    failed: float | None = None
    reason: str = ""


class InMemoryPushes:
    """Implements `ringback.service.push_store.PushStore`."""

    append_timeline: Callable[[str, Sequence[TimelineEntry], Sequence[NewDelivery]], Awaitable[None]]
    _recordings: dict[str, Recording]
    _subaccounts: Mapping[str, Any]

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._targets: dict[str, PushTarget] = {}
        self._pushes: dict[str, _Waiting] = {}
        """By recording."""
        self._vrus: dict[str, str] = {}
        """The recordings that the end of a delivery tells of."""
        self._to_clear: list[str] = []

    async def push_target(self, sub_account_id: str) -> PushTarget | None:
        """Give where a subaccount lets its recordings be pushed to."""
        return self._targets.get(sub_account_id)

    async def set_push_target(self, sub_account_id: str, target: PushTarget, now: float) -> PushTarget:
        """Add or replace a target; what waits is due at once. Raises UnknownSubaccount."""
        if sub_account_id not in self._subaccounts:
            raise UnknownSubaccount(sub_account_id)
        set_ = self._targets[sub_account_id] = target.knowing(self._targets.get(sub_account_id))
        self._anew(sub_account_id, now)
        return set_

    async def remove_push_target(self, sub_account_id: str, now: float) -> PushTarget | None:
        """Remove a target and give what it was; what waits is due at once."""
        self._anew(sub_account_id, now)
        return self._targets.pop(sub_account_id, None)

    async def learn_host_key(self, sub_account_id: str, target: PushTarget, key: str) -> PushTarget | None:
        """Keep the key of a target that has none; None: the target is another one now."""
        known = self._targets.get(sub_account_id)
        if known is not None and not known.host_key:
            known = self._targets[sub_account_id] = msgspec.structs.replace(known, host_key=key)
        return known if target.is_still(known) else None

    async def waiting_pushes(self, sub_account_id: str) -> WaitingPushes:
        """Count what a subaccount has to push."""
        theirs = [each for each in self._pushes.values() if each.sub_account_id == sub_account_id]
        failed = [each for each in theirs if each.failed is not None]
        latest = max(failed, key=lambda each: each.failed or 0.0, default=None)
        return WaitingPushes(len(theirs), latest.reason if latest else "")

    async def add_push(self, recording: Recording, entries: Sequence[TimelineEntry], now: float) -> bool:
        """Let a recording wait to be pushed; False where it waits or is done. Raises UnknownSession."""
        known = self._recordings.get(recording.recording_id, recording)
        if recording.recording_id in self._pushes or known.status in MADE:
            return False
        await self.append_timeline(recording.session_id, entries, ())
        self._recordings[recording.recording_id] = msgspec.structs.replace(
            recording, started=known.started, status=RecordingStatus.PROCESSING
        )
        self._pushes[recording.recording_id] = _Waiting(recording.sub_account_id, now, now)
        return True

    async def claim_push(self, busy: Collection[str], now: float, lease: float) -> Push | None:
        """Take the push that is due for the longest, of no subaccount that is busy; None where there is none."""
        due = [
            (each.due, name)
            for name, each in self._pushes.items()
            if each.due <= now and (each.held is None or each.held <= now) and each.sub_account_id not in busy
        ]
        if not due:
            return None
        name = min(due, key=lambda each: each[0])[1]
        waiting = self._pushes[name]
        waiting.held = now + lease
        return Push(
            recording=self._recordings[name],
            created=waiting.created,
            attempts=waiting.attempts,
            reason=waiting.reason,
            target=self._targets.get(waiting.sub_account_id),
        )

    async def hold_push(self, recording_id: str, until: float) -> None:
        """Let nobody else take a push before a time."""
        waiting = self._pushes.get(recording_id)
        if waiting is not None and waiting.held is not None:
            waiting.held = until

    async def release_push(self, recording_id: str, due: float) -> None:
        """Let a push that was no try be due at a time."""
        if waiting := self._pushes.get(recording_id):
            waiting.held, waiting.due = None, due

    async def push_failed(
        self, recording: Recording, reason: str, now: float, due: float, entries: Sequence[TimelineEntry]
    ) -> None:
        """Count a try that failed; the push is due again at `due`."""
        waiting = self._pushes.get(recording.recording_id)
        if waiting is None:
            return
        waiting.held, waiting.due, waiting.failed, waiting.reason = None, due, now, reason[:REASON_LENGTH]
        waiting.attempts += 1
        with suppress(UnknownSession):
            await self.append_timeline(recording.session_id, entries, ())

    async def end_push(
        self,
        recording: Recording,
        entries: Sequence[TimelineEntry],
        deliveries: Sequence[NewDelivery],
        *,
        clear: bool = False,
    ) -> bool:
        """Keep what came of a push; False: it waits no longer."""
        if self._pushes.pop(recording.recording_id, None) is None:
            return False
        self._recordings[recording.recording_id] = recording
        if recording.url is not None:
            self._vrus.update({each.delivery_id: recording.recording_id for each in deliveries})
        if clear:
            self._to_clear.append(recording.recording_id)
        with suppress(UnknownSession):
            await self.append_timeline(recording.session_id, entries, deliveries)
        return True

    async def retry_pushes(self, sub_account_id: str, now: float) -> int:
        """Let what a subaccount has in UPLOAD_FAILED wait again."""
        failed = [
            each
            for each in self._recordings.values()
            if each.sub_account_id == sub_account_id and each.status == RecordingStatus.UPLOAD_FAILED
        ]
        for each in failed:
            self._pushes[each.recording_id] = _Waiting(sub_account_id, now, now)
            self._recordings[each.recording_id] = msgspec.structs.replace(each, status=RecordingStatus.PROCESSING)
        return len(failed)

    async def recordings_to_clear(self, limit: int) -> Sequence[Recording]:
        """List recordings whose local files are not needed any more."""
        return [self._recordings[name] for name in self._to_clear[:limit] if name in self._recordings]

    async def recording_cleared(self, recording_id: str) -> None:
        """Note that a local file is removed."""
        self._to_clear.remove(recording_id)

    async def remove_recordings(self, recording_ids: Sequence[str]) -> None:
        """Forget recordings, and what was to be done with them."""
        for recording_id in recording_ids:
            self._pushes.pop(recording_id, None)
            self._recordings.pop(recording_id, None)

    def _told(self, delivery_id: str, *, taken: bool) -> None:
        """Note whether the program took a VRU."""
        recording = self._recordings.get(self._vrus.get(delivery_id, ""))
        if recording is not None:
            status = RecordingStatus.CALLBACK_COMPLETED if taken else RecordingStatus.CALLBACK_FAILED
            self._recordings[recording.recording_id] = msgspec.structs.replace(recording, status=status)

    def _anew(self, sub_account_id: str, now: float) -> None:
        for each in self._pushes.values():
            if each.sub_account_id == sub_account_id:
                each.created = each.due = now
                each.attempts = 0
