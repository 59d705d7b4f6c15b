"""Pushes recordings to where their subaccounts want them, again and again for 24 hours.

```
  the sound file is made --> waits, due --> UPLOAD_COMPLETED --> CALLBACK_COMPLETED, CALLBACK_FAILED
                               ^     |                           once the VRU was taken, or was not
                               +-----+----> UPLOAD_FAILED, when 24 hours are over
                               2 s … 1 h
```

What waits is on disk. A server holds what it sends, a little at a time: when it dies, the push is due again.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from ringback.domain.push import PushProtocol, PushTarget
from ringback.domain.recording import Recording, RecordingStatus
from ringback.engine.retry import next_attempt
from ringback.service.ports import Clock, Subaccount, TimelineEntry
from ringback.service.push_store import Push, PushStore
from ringback.service.recordings import vru
from ringback.service.storage import Storage, UploadFailed

RECORDING_PUSHED: Final = "recording-pushed"
RECORDING_NOT_PUSHED: Final = "recording-not-pushed"

CONCURRENT: Final = 4
"""Uploads at a time."""
OF_ONE: Final = 2
"""Uploads of one subaccount at a time: a slow host of theirs leaves room for others."""
LONGEST: Final = 3600.0
"""Seconds of one try."""
LEASE: Final = 15.0
"""Seconds that a push is held without a word: so late it is taken up again after a crash."""
POLL: Final = 1.0
"""Seconds between two looks at what is due."""

_log = structlog.get_logger(__name__)


class _Store(PushStore, Protocol):
    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        """Read a tenant."""


class Pushes:
    """Sends what waits, and says what came of it: status, timeline and VRU in one transaction."""

    def __init__(
        self,
        store: _Store,
        storages: Mapping[PushProtocol, Storage],
        clock: Clock,
        *,
        folder: Path,
        keep: bool,
        new_id: Callable[[], str],
        jitter: Callable[[], float],
    ) -> None:
        """`folder`: of the recordings; `keep`: local files stay; `jitter`: gives 0..1 that spreads tries."""
        self._store = store
        self._storages = storages
        self._clock = clock
        self._folder = folder
        self._keep = keep
        self._new_id = new_id
        self._jitter = jitter
        self._awake = asyncio.Event()
        self._under_way: dict[asyncio.Task[None], Recording] = {}
        """What each upload is of."""
        self.on_delivery: Callable[[], None] = lambda: None
        """Called when something was put into the outbox."""
        self.on_try: Callable[[PushProtocol, str], None] = lambda _protocol, _outcome: None
        """Called with the outcome of each upload, `arrived` or `failed`."""

    def wake(self) -> None:
        """Look at what is due soon."""
        self._awake.set()

    async def run(self) -> None:
        """Push until cancelled; what is under way then is due again at once."""
        try:
            while True:
                self._awake.clear()
                try:
                    await self._begin_due()
                except Exception:  # noqa: BLE001 - a store that fails once must not end this for good
                    _log.exception("pushes-failed")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._awake.wait()
        finally:
            under_way = list(self._under_way)
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def clear(self, limit: int) -> int:
        """Remove local files that are not to be kept once they were pushed; give how many there were."""
        cleared = 0
        for recording in await self._store.recordings_to_clear(limit):
            try:
                await asyncio.to_thread((self._folder / recording.path).unlink, missing_ok=True)
            except OSError as fault:
                reason = fault.strerror or str(fault)
                _log.warning("recording-not-removed", session=recording.session_id, file=recording.path, reason=reason)
            else:
                await self._store.recording_cleared(recording.recording_id)
                cleared += 1
        return cleared

    async def _begin_due(self) -> None:
        while len(self._under_way) < CONCURRENT:
            counts = Counter(each.sub_account_id for each in self._under_way.values())
            busy = [name for name, count in counts.items() if count >= OF_ONE]
            push = await self._store.claim_push(busy, self._clock.now(), LEASE)
            if push is None or push.recording in self._under_way.values():
                return  # nothing, or what a slow store let go of though it is sent still
            task = asyncio.create_task(self._push(push))
            self._under_way[task] = push.recording
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        self.wake()
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("push-fault", exc_info=fault)

    async def _push(self, push: Push) -> None:
        """Try once, and note what came of it."""
        if push.target is None:
            await self._end(push.recording, RecordingStatus.UPLOAD_COMPLETED, push.recording.path)
            return
        holding = asyncio.create_task(self._hold(push.recording.recording_id))
        try:
            async with asyncio.timeout(LONGEST):
                await self._upload(push.recording, push.target)
        except UploadFailed as fault:
            await self._failed(push, push.target, str(fault))
        except TimeoutError:
            await self._failed(push, push.target, f"not done after {LONGEST:.0f} seconds")
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                await self._store.release_push(push.recording.recording_id, self._clock.now())
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of ours: what waits must not be sent in a loop
            _log.exception("push-fault", session=push.recording.session_id)
            await self._failed(push, push.target, f"a fault of the server: {type(fault).__name__}")
        else:
            await self._pushed(push.recording, push.target)
        finally:
            holding.cancel()

    async def _upload(self, recording: Recording, target: PushTarget) -> None:
        """Send the file of a recording. Raises UploadFailed."""
        file = self._folder / recording.path
        if not await asyncio.to_thread(file.is_file):
            message = "the file is not in the folder of recordings"
            raise UploadFailed(message)
        storage = self._storages[target.protocol]
        if not target.host_key and (shown := await storage.introduce(target)):
            # kept before anything is said to the host, the password included
            known = await self._store.learn_host_key(recording.sub_account_id, target, shown)
            if known is None:
                message = "the target was changed meanwhile"
                raise UploadFailed(message)
            target = known
        await storage.upload(target, file, recording.path)

    async def _hold(self, recording_id: str) -> None:
        while True:
            await asyncio.sleep(LEASE / 3)
            try:
                await self._store.hold_push(recording_id, self._clock.now() + LEASE)
            except Exception:  # noqa: BLE001 - the next time may be better
                _log.exception("push-not-held")

    async def _pushed(self, recording: Recording, target: PushTarget) -> None:
        self.on_try(target.protocol, "arrived")
        there = msgspec.structs.replace(recording, url=target.url_of(recording.path))
        await self._end(
            there,
            RecordingStatus.UPLOAD_COMPLETED,
            target.path_of(recording.path),
            TimelineEntry(self._clock.now(), RECORDING_PUSHED, {"file": recording.path, "url": there.url}),
        )

    async def _failed(self, push: Push, target: PushTarget, reason: str) -> None:
        self.on_try(target.protocol, "failed")
        recording, now = push.recording, self._clock.now()
        _log.warning(RECORDING_NOT_PUSHED, session=recording.session_id, host=target.host, reason=reason)
        if target.is_still(await self._store.push_target(recording.sub_account_id)):
            due = next_attempt(push.created, push.attempts + 1, now, self._jitter())
        else:
            due = now  # the fault may be mended already
        entry = TimelineEntry(now, RECORDING_NOT_PUSHED, {"file": recording.path, "reason": reason})
        if due is None:
            await self._end(recording, RecordingStatus.UPLOAD_FAILED, recording.path, entry)
            return
        entries = [entry] if reason != push.reason else []  # once: it may fail for the same reason for a day
        await self._store.push_failed(recording, reason, now, due, entries)

    async def _end(self, recording: Recording, status: RecordingStatus, path: str, *entries: TimelineEntry) -> None:
        """Store the status and tell the program; `path`: where the file is, in the words of that place."""
        ended = msgspec.structs.replace(recording, status=status)
        subaccount = await self._store.subaccount(recording.sub_account_id)
        deliveries = vru(subaccount, ended, path, self._new_id, self._clock.now())
        clear = ended.url is not None and not self._keep
        if await self._store.end_push(ended, entries, deliveries, clear=clear) and deliveries:
            self.on_delivery()
