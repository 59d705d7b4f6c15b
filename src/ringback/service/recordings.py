"""Records calls: packets while the call lasts, one sound file of them afterwards.

```
  FOLDER/SESSION/RECORDING_START.tap    while the call lasts, until the sound file is made of it
                                .mp3    what is kept
```

A tap that a crash, a full disk or a stop left is mixed at the next start. The store has a row for every recording, from
its beginning until `Recordings.forget`; the program is told with VRU when it changes.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from ringback.domain import payloads
from ringback.domain.recording import Recording, RecordingStatus
from ringback.service.desk import insist, wants
from ringback.service.errands import Errands
from ringback.service.ports import (
    Clock,
    Mixdown,
    MixdownFailed,
    NewDelivery,
    PacketsKept,
    Store,
    Subaccount,
    Telephone,
    TimelineEntry,
)
from ringback.service.push_store import PushStore

RECORDING_MADE: Final = "recording-made"
RECORDING_FAILED: Final = "recording-failed"
TAP: Final = ".tap"
_STAMP: Final = "%Y%m%dT%H%M%SZ"
"""How a file's name says when its recording began."""

_log = structlog.get_logger(__name__)


class RecordingStore(Store, PushStore, Protocol):
    """The recordings of the store, and the pushes that they may become."""


class Recordings:
    """Keeps what the legs of sessions say and hear; timeline, row and VRU tell what came of it."""

    def __init__(
        self,
        telephone: Telephone,
        mixdown: Mixdown,
        store: RecordingStore,
        clock: Clock,
        *,
        folder: Path,
        suffix: str,
        channels: int,
        new_id: Callable[[], str],
    ) -> None:
        """`suffix`: `.mp3` or `.wav`; `channels`: 2, or 1 for both sides in one; `new_id`: gives a UUID."""
        self._telephone = telephone
        self._mixdown = mixdown
        self._store = store
        self._clock = clock
        self._folder = folder
        self._suffix = suffix
        self._channels = channels
        self._new_id = new_id
        self._errands = Errands("recording-fault")
        self.on_delivery: Callable[[], None] = lambda: None
        """Called just before something is put into the outbox."""
        self.on_push: Callable[[], None] = lambda: None
        """Called when a recording is to be pushed."""

    def begin(self, sub_account_id: str, session_id: str, call_id: str) -> None:
        """Record a leg that was answered, until it is over."""
        self._errands.spawn(self._record(sub_account_id, session_id, call_id))

    async def recover(self) -> None:
        """Take up what an earlier run left; returns before it is mixed."""
        taps = await asyncio.to_thread(_taps, self._folder)
        for tap in taps:
            self._errands.spawn(self._resume(tap))
        kept = {_id_of(tap) for tap in taps}
        for left in await self._store.unfinished_recordings():
            if left.recording_id not in kept:
                self._errands.spawn(self._failed(left, {}, "the server stopped before anything was kept"))

    async def forget(self, before: Mapping[str, float], limit: int) -> int:
        """Remove recordings that began before a time, by subaccount, files first; give how many there were.

        `limit` at most.
        """
        gone = []
        for old in await self._store.old_recordings(before, limit):
            try:
                await asyncio.to_thread(_remove, self._folder / old.path)
            except OSError as fault:
                _log.warning("recording-not-removed", session=old.session_id, file=old.path, reason=str(fault))
            else:
                gone.append(old.recording_id)
        if gone:
            await self._store.remove_recordings(gone)
        return len(gone)

    async def stop(self, seconds: float) -> None:
        """Wait for what is being mixed, at most so long; every leg must be over."""
        await self._errands.wait(seconds)
        await self._errands.cancel()

    async def _record(self, sub_account_id: str, session_id: str, call_id: str) -> None:
        started = self._clock.now()
        recording_id = self._new_id()
        recording = Recording(
            recording_id=recording_id,
            session_id=session_id,
            sub_account_id=sub_account_id,
            status=RecordingStatus.PROCESSING,
            started=started,
            path=f"{session_id}/{recording_id}_{datetime.fromtimestamp(started, UTC):{_STAMP}}{self._suffix}",
        )
        tap = (self._folder / recording.path).with_suffix(TAP)
        details = {"call": call_id}
        try:
            await asyncio.to_thread(tap.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            await self._failed(recording, details, fault.strerror or str(fault))
            return
        kept: asyncio.Future[PacketsKept] = asyncio.get_running_loop().create_future()
        self._telephone.record(call_id, str(tap), kept.set_result)
        # while packets are kept already: nothing of the call is lost to a slow disk
        await insist(lambda: self._store.begin_recording(recording), session_id)
        end = await kept
        if not end.packets:
            await self._failed(recording, details, end.fault or "nothing was said or heard")
            await asyncio.to_thread(tap.unlink, missing_ok=True)  # nothing can ever be made of it
            return
        await self._mix(recording, tap, details, end.fault)

    async def _resume(self, tap: Path) -> None:
        """Mix what an earlier run left."""
        recording = await self._recording_of(tap)
        if recording is not None and recording.seconds is None:
            await self._mix(recording, tap, {})
            return
        # it was told before, or is of a session that the store does not know: the sound is all that is made
        await self._mixdown.mix(tap, tap.with_suffix(self._suffix), self._channels)
        await asyncio.to_thread(tap.unlink, missing_ok=True)

    async def _recording_of(self, tap: Path) -> Recording | None:
        """Find the row of a tap, or make one for that of an older server; None: of an unknown session."""
        session_id = tap.parent.name
        for known in await self._store.recordings(session_id):
            if known.recording_id == _id_of(tap):
                return known
        session = await self._store.session(session_id)
        if session is None:
            return None
        return Recording(
            recording_id=_id_of(tap),
            session_id=session_id,
            sub_account_id=session.sub_account_id,
            status=RecordingStatus.PROCESSING,
            started=await asyncio.to_thread(_started, tap),
            path=f"{session_id}/{tap.stem}{self._suffix}",
        )

    async def _mix(self, recording: Recording, tap: Path, details: Mapping[str, object], fault: str = "") -> None:
        """`fault`: why the tap is not complete."""
        try:
            mixed = await self._mixdown.mix(tap, self._folder / recording.path, self._channels)
        except MixdownFailed as why:
            await self._failed(recording, details, str(why))
            return
        told = {**details, "file": recording.path, "seconds": round(mixed.seconds, 2)}
        if fault or mixed.truncated:
            told["cut"] = fault or "its end is missing"
            _log.warning("recording-cut", session=recording.session_id, reason=told["cut"])
        made = msgspec.structs.replace(recording, seconds=mixed.seconds)
        if await insist(lambda: self._store.push_target(recording.sub_account_id), recording.session_id):
            entries = [TimelineEntry(self._clock.now(), RECORDING_MADE, told)]
            await insist(lambda: self._store.add_push(made, entries, self._clock.now()), recording.session_id)
            self.on_push()
        else:
            done = msgspec.structs.replace(made, status=RecordingStatus.UPLOAD_COMPLETED)
            await self._finish(done, RECORDING_MADE, told)
        # last: after a crash before this it is mixed again, and nobody is told twice
        await asyncio.to_thread(tap.unlink, missing_ok=True)

    async def _failed(self, recording: Recording, details: Mapping[str, object], reason: str) -> None:
        _log.warning(RECORDING_FAILED, session=recording.session_id, reason=reason)
        failed = msgspec.structs.replace(recording, status=RecordingStatus.PROCESSING_FAILED)
        await self._finish(failed, RECORDING_FAILED, {**details, "reason": reason})

    async def _finish(self, recording: Recording, name: str, details: Mapping[str, object]) -> None:
        """Store what came of it and tell the program, at once or not at all. Raises what the store raised last."""
        session_id = recording.session_id
        subaccount = await insist(lambda: self._store.subaccount(recording.sub_account_id), session_id)
        now = self._clock.now()
        deliveries = vru(subaccount, recording, recording.path, self._new_id, now)
        if deliveries:
            self.on_delivery()
        entries = [TimelineEntry(now, name, details)]
        await insist(lambda: self._store.finish_recording(recording, entries, deliveries), session_id)


def vru(
    subaccount: Subaccount | None, recording: Recording, path: str, new_id: Callable[[], str], now: float
) -> Sequence[NewDelivery]:
    """Give the VRU of what came of a recording, where the program wants one; `path`: where its file is."""
    if not wants(subaccount, "VRU"):
        return ()
    delivery = NewDelivery(
        delivery_id=new_id(),
        session_id=recording.session_id,
        sub_account_id=recording.sub_account_id,
        type="VRU",
        body=payloads.vru_body(recording, path),
        created=now,
    )
    return (delivery,)


def _taps(folder: Path) -> list[Path]:
    """List what was left."""
    return sorted(folder.glob(f"*/*{TAP}"))


def _id_of(tap: Path) -> str:
    return tap.stem.partition("_")[0]


def _started(tap: Path) -> float:
    """Read from the name when a recording began; of a name that is not ours the file knows best."""
    try:
        return datetime.strptime(tap.stem.partition("_")[2], _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return tap.stat().st_mtime


def _remove(sound: Path) -> None:
    """Remove the files of a recording, and the folder of its session with the last of them. Raises OSError."""
    for file in (sound, sound.with_suffix(TAP)):
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not empty, or gone
        sound.parent.rmdir()
