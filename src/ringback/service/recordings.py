"""Records calls: packets while the call lasts, one sound file of them afterwards.

```
  FOLDER/SESSION/RECORDING_START.tap    while the call lasts, until the sound file is made of it
                                .mp3    what is kept
```

A tap that a crash, a full disk or a stop left is mixed at the next start.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from ringback.service.ports import Clock, Mixdown, MixdownFailed, PacketsKept, Store, Telephone, TimelineEntry

RECORDING_MADE: Final = "recording-made"
RECORDING_FAILED: Final = "recording-failed"
TAP: Final = ".tap"

_log = structlog.get_logger(__name__)


class Recordings:
    """Keeps what the legs of sessions say and hear; what came of it is told in the timeline of the session."""

    def __init__(
        self,
        telephone: Telephone,
        mixdown: Mixdown,
        store: Store,
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
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, session_id: str, call_id: str) -> None:
        """Record a leg that was answered, until it is over."""
        self._spawn(self._record(session_id, call_id))

    async def recover(self) -> None:
        """Take up what an earlier run left; returns before it is mixed."""
        for tap in await asyncio.to_thread(_taps, self._folder):
            self._spawn(self._mix(tap, {}))

    async def stop(self, seconds: float) -> None:
        """Wait for what is being mixed, at most so long; every leg must be over."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _record(self, session_id: str, call_id: str) -> None:
        started = datetime.fromtimestamp(self._clock.now(), UTC)
        tap = self._folder / session_id / f"{self._new_id()}_{started:%Y%m%dT%H%M%SZ}{TAP}"
        details = {"call": call_id}
        try:
            await asyncio.to_thread(tap.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
        except OSError as fault:
            await self._failed(session_id, details, fault.strerror or str(fault))
            return
        kept: asyncio.Future[PacketsKept] = asyncio.get_running_loop().create_future()
        self._telephone.record(call_id, str(tap), kept.set_result)
        end = await kept
        if not end.packets:
            await self._failed(session_id, details, end.fault or "nothing was said or heard")
            return
        await self._mix(tap, details, end.fault)

    async def _mix(self, tap: Path, details: Mapping[str, object], fault: str = "") -> None:
        """`fault`: why the tap is not complete."""
        session_id = tap.parent.name
        sound = tap.with_suffix(self._suffix)
        try:
            mixed = await self._mixdown.mix(tap, sound, self._channels)
        except MixdownFailed as why:
            await self._failed(session_id, details, str(why))
            return
        await asyncio.to_thread(tap.unlink, missing_ok=True)
        told = {**details, "file": f"{session_id}/{sound.name}", "seconds": round(mixed.seconds, 2)}
        if fault or mixed.truncated:
            told["cut"] = fault or "its end is missing"
            _log.warning("recording-cut", session=session_id, reason=told["cut"])
        await self._tell(session_id, RECORDING_MADE, told)

    async def _failed(self, session_id: str, details: Mapping[str, object], reason: str) -> None:
        _log.warning(RECORDING_FAILED, session=session_id, reason=reason)
        await self._tell(session_id, RECORDING_FAILED, {**details, "reason": reason})

    async def _tell(self, session_id: str, name: str, details: Mapping[str, object]) -> None:
        try:
            await self._store.append_timeline(session_id, [TimelineEntry(self._clock.now(), name, details)])
        except Exception:  # noqa: BLE001 - whatever the store says, the file is there, and the log tells it
            _log.exception("recording-not-told", session=session_id, what=name, **details)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("recording-fault", exc_info=fault)


def _taps(folder: Path) -> list[Path]:
    """List what was left."""
    return sorted(folder.glob(f"*/*{TAP}"))
