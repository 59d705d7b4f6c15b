"""The queue: sessions wait on disk until their trunk has a channel, then they run."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from ringback.domain import status
from ringback.service.ports import Clock, QueuedSession, Store
from ringback.service.trunks import Trunks

BATCH = 64
"""Sessions claimed from a trunk's queue at a time."""
POLL = 1.0
"""Seconds between two looks at the whole queue: for sessions whose validUntil passes, and for those that another
process put there."""

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
        self._served = {trunk.name for trunk in trunks}
        self._awake = asyncio.Event()
        self._waiting: Counter[str] = Counter()
        """Sessions in each trunk's queue: what the last look counted and what came since, less what was claimed."""
        self._next_look = float("-inf")
        """On the monotonic clock."""
        trunks.on_free = self._awake.set

    def session_came(self, trunk: str) -> None:
        """Claim soon: a session is about to be queued for a trunk."""
        self._waiting[trunk] += 1
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
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._awake.wait()

    async def _pass(self) -> float:
        """Give every session out that can go now; give the seconds until another may."""
        now = self._clock.now()
        if self._clock.monotonic() >= self._next_look:
            await self._look(now)
        pause = self._next_look - self._clock.monotonic()
        for trunk in [name for name, number in self._waiting.items() if number]:
            if trunk in self._served:
                for session in await self._claim(trunk, now):
                    self._start(session)
                token = self._trunks.next_token(trunk)
            else:  # no trunk when it was accepted, or one that the configuration has no longer
                for session in await self._take(trunk, min(self._waiting[trunk], BATCH), now):
                    self._refuse(session, status.NO_COVERAGE)
                token = 0.0
            if self._waiting[trunk] and token is not None:
                pause = min(pause, token)
        return pause

    async def _look(self, now: float) -> None:
        """Refuse what expired, and count the queue anew."""
        for session in await self._store.expire_sessions(now, BATCH):
            self._refuse(session, status.SESSION_EXPIRED)
        self._waiting.clear()
        self._waiting.update(await self._store.queued_trunks())  # what came meanwhile may count twice: it does no harm
        self._next_look = self._clock.monotonic() + POLL

    async def _claim(self, trunk: str, now: float) -> Sequence[QueuedSession]:
        channels = self._trunks.take(trunk, min(self._waiting[trunk], BATCH))
        if not channels:
            return ()
        claimed: Sequence[QueuedSession] = ()
        try:
            claimed = await self._take(trunk, channels, now)
        finally:
            self._trunks.give_back(trunk, channels - len(claimed))
        return claimed

    async def _take(self, trunk: str, number: int, now: float) -> Sequence[QueuedSession]:
        claimed = await self._store.claim_sessions(trunk, number, self._owner, now)
        self._waiting[trunk] -= number
        return claimed
