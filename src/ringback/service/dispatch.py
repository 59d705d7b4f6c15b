"""The queue: sessions wait on disk until their trunk has a channel, then they run."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from ringback.domain import status
from ringback.service.ports import Clock, QueuedSession, Store
from ringback.service.trunks import Trunks

BATCH = 64
"""Sessions claimed from a trunk's queue at a time."""
POLL = 1.0
"""Seconds between two looks at the queue when nothing woke it: for sessions whose validUntil passes, and for those that
another process put there."""

_log = structlog.get_logger(__name__)


class Dispatch:
    """Claims queued sessions for free channels and gives them to `start`.

    A claim puts DIALLING on disk, so a session that was given out is never given out again, whatever dies.
    """

    def __init__(
        self,
        store: Store,
        trunks: Trunks,
        clock: Clock,
        owner: str,
        *,
        start: Callable[[QueuedSession], None],
        refuse: Callable[[QueuedSession, int], None],
    ) -> None:
        """`start` runs a session whose channel is taken; `refuse` ends one undialled with an error code."""
        self._store = store
        self._trunks = trunks
        self._clock = clock
        self._owner = owner
        self._start = start
        self._refuse = refuse
        self._awake = asyncio.Event()
        trunks.on_free = self.wake

    def wake(self) -> None:
        """Look at the queue soon: a session came or a channel is free."""
        self._awake.set()

    async def run(self) -> None:
        """Serve the queue until cancelled."""
        while True:
            self._awake.clear()
            try:
                pause = await self._pass()
            except Exception:  # noqa: BLE001 - a store that fails once (disk full) must not end all dialling for good
                _log.exception("queue-failed")
                pause = POLL
            if pause > 0:
                try:
                    await asyncio.wait_for(self._awake.wait(), pause)
                except TimeoutError:
                    continue

    async def _pass(self) -> float:
        """Give every session out that can go now; give the seconds until another may."""
        now = self._clock.now()
        for session in await self._store.expire_sessions(now, BATCH):
            self._refuse(session, status.SESSION_EXPIRED)
        waiting = await self._store.queued_trunks()
        pause = POLL
        served = {trunk.name for trunk in self._trunks}
        for name in waiting:
            if name not in served:  # no trunk when it was accepted, or one that the configuration has no longer
                for session in await self._store.claim_sessions(name, BATCH, self._owner, now):
                    self._refuse(session, status.NO_COVERAGE)
                pause = 0.0
        for trunk in served & set(waiting):
            claimed = await self._claim(trunk, waiting[trunk], now)
            for session in claimed:
                self._start(session)
            if len(claimed) < waiting[trunk] and (token := self._trunks.next_token(trunk)) is not None:
                pause = min(pause, token)
        return pause

    async def _claim(self, trunk: str, waiting: int, now: float) -> Sequence[QueuedSession]:
        taken = self._trunks.take(trunk, min(waiting, BATCH))
        if not taken:
            return ()
        claimed: Sequence[QueuedSession] = ()
        try:
            claimed = await self._store.claim_sessions(trunk, taken, self._owner, now)
        finally:
            self._trunks.give_back(trunk, taken - len(claimed))
        return claimed
