"""The queue: sessions wait on disk until their trunk has a channel, then they run."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from math import inf

import structlog

from ringback.domain import status
from ringback.service.ports import Clock, NewSession, QueuedSession
from ringback.service.queue_store import QueueStore
from ringback.service.trunks import Trunks
from ringback.service.turns import Turns

BATCH = 64
"""Sessions claimed from a trunk's queue at a time."""
POLL = 1.0
"""Seconds between two looks at the whole queue: for sessions whose validUntil passes, and for those that another
process put there, or whose time came by a clock that was set."""

_log = structlog.get_logger(__name__)


class Dispatch:
    """Claims queued sessions for free channels and gives them to `start`.

    A claim puts DIALLING on disk, so a session that was given out is never given out again, whatever dies.
    """

    def __init__(
        self,
        store: QueueStore,
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
        self._turns = Turns()
        self._next_look = -inf
        """On the monotonic clock."""
        self._next_due = inf
        """When a queued session is due that was not when the queue was counted; seconds since the epoch."""
        trunks.on_free = self._awake.set

    def session_came(self, session: NewSession) -> None:
        """Claim soon, or when it is due: a session is about to be queued."""
        if session.due <= self._clock.now():
            self._turns.came(session.trunk, session.sub_account_id)
        else:
            self._next_due = min(self._next_due, session.due)
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
            more = await self._expire(now)
            await self._count(now)
            self._next_look = self._clock.monotonic() + (0.0 if more else POLL)
        elif now >= self._next_due:
            await self._count(now)
        pause = min(self._next_look - self._clock.monotonic(), max(self._next_due - now, 0.0))
        for trunk in self._turns.trunks():
            if trunk in self._served:
                for session in await self._claim(trunk):
                    self._start(session)
                token = self._trunks.next_token(trunk)
            else:  # no trunk when it was accepted, or one that the configuration has no longer
                for session in await self._take(trunk, BATCH):
                    self._refuse(session, _why_undialled(session))
                token = 0.0
            if self._turns.waiting(trunk) and token is not None:
                pause = min(pause, token)
        return pause

    async def _expire(self, now: float) -> bool:
        """Refuse what expired, a batch at a time; tell whether there may be more."""
        expired = await self._store.expire_sessions(now, BATCH)
        for session in expired:
            self._refuse(session, status.SESSION_EXPIRED)
        return len(expired) == BATCH

    async def _count(self, now: float) -> None:
        """Count the queue anew."""
        self._next_due = inf
        self._turns.begin_count()
        lines = await self._store.queued_lines(now)
        self._turns.count(lines)
        self._next_due = min([self._next_due, *(line.next_due for line in lines if line.next_due is not None)])

    async def _claim(self, trunk: str) -> Sequence[QueuedSession]:
        channels = self._trunks.take(trunk, min(sum(self._turns.waiting(trunk).values()), BATCH))
        if not channels:
            return ()
        claimed: Sequence[QueuedSession] = ()
        try:
            claimed = await self._take(trunk, channels)
        finally:
            self._trunks.give_back(trunk, channels - len(claimed))
        return claimed

    async def _take(self, trunk: str, number: int) -> Sequence[QueuedSession]:
        shares = self._turns.give(trunk, number, lambda _sub_account_id: inf)
        try:
            return await self._store.claim_sessions(trunk, shares, self._owner, self._clock.now())
        except Exception:
            for sub_account_id, share in shares.items():
                self._turns.came(trunk, sub_account_id, share)
            raise


def _why_undialled(session: QueuedSession) -> int:
    """Give the error code of a session that no trunk carries."""
    scenario = session.callflow.scenario
    return status.NO_COVERAGE if scenario is None or scenario.error_code is None else scenario.error_code
