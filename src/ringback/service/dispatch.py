"""The queue: sessions wait on disk until their trunk has a channel, then they run."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import inf

import structlog

from ringback.domain import status
from ringback.domain.quiet_hours import due
from ringback.service.ports import Clock, NewSession, QueuedSession, Subaccount
from ringback.service.queue_store import QueueStore
from ringback.service.quotas import Quotas
from ringback.service.trunks import Trunks
from ringback.service.turns import Turns

BATCH = 64
"""Sessions claimed from a trunk's queue at a time."""
AHEAD = 256
"""Sessions of a line that are put off at a time where its quiet hours have begun."""
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
        self._quotas = Quotas(trunks.calls_of, clock)
        self._next_look = -inf
        """On the monotonic clock."""
        self._next_due = inf
        """When a queued session is due that was not when the queue was counted; seconds since the epoch."""
        trunks.on_free = self._awake.set

    def session_came(self, session: NewSession, subaccount: Subaccount) -> None:
        """Claim soon, or when it is due: a session of a subaccount is about to be queued."""
        self._quotas.learn(session.sub_account_id, subaccount.settings)
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
        pause = self._next_look - self._clock.monotonic()
        for trunk in self._turns.trunks():
            if trunk in self._served:
                for session in await self._claim(trunk):
                    self._start(session)
            else:  # no trunk when it was accepted, or one that the configuration has no longer
                shares = self._turns.give(trunk, BATCH, lambda _sub_account_id: inf)
                for session in await self._take(trunk, shares):
                    self._refuse(session, _why_undialled(session))
            pause = min(pause, self._pause(trunk))
        return min(pause, max(self._next_due - self._clock.now(), 0.0))

    def _pause(self, trunk: str) -> float:
        """Give the seconds until another session of those that wait for a trunk may go, as far as the clock tells."""
        waiting = self._turns.waiting(trunk)
        if not waiting:
            return inf
        if trunk not in self._served:
            return 0.0
        token = self._trunks.next_token(trunk)
        return inf if token is None else max(token, min(map(self._quotas.pause, waiting)))

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
        self._quotas.replace({line.sub_account_id: line.settings for line in lines}, kept=self._turns.accounts())
        self._next_due = min([self._next_due, *(line.next_due for line in lines if line.next_due is not None)])

    async def _claim(self, trunk: str) -> Sequence[QueuedSession]:
        """Give free channels to those who wait for them, as far as their quotas go."""
        shares = self._turns.give(trunk, min(self._trunks.free(trunk), BATCH), self._quotas.room)
        if not shares:
            return ()
        self._trunks.take(trunk, shares)
        self._quotas.spend(shares)
        unused = Counter(shares)
        try:
            claimed = await self._take(trunk, shares)
            unused.subtract(session.sub_account_id for session in claimed)
        finally:
            self._trunks.give_back(trunk, unused)
            self._quotas.give_back(unused)
        return claimed

    async def _take(self, trunk: str, shares: Mapping[str, int]) -> Sequence[QueuedSession]:
        """Claim so many sessions of each subaccount at most; for a trunk that is there, none in its quiet hours."""
        try:
            allowed = dict(shares)
            if trunk in self._served:
                for sub_account_id, share in shares.items():
                    allowed[sub_account_id] = await self._awake_of(trunk, sub_account_id, share)
            return await self._store.claim_sessions(trunk, allowed, self._owner, self._clock.now())
        except Exception:
            for sub_account_id, share in shares.items():
                self._turns.came(trunk, sub_account_id, share)
            raise

    async def _awake_of(self, trunk: str, sub_account_id: str, share: int) -> int:
        """Put off what may not be dialled for quiet hours that began since it came; give how many are left to claim."""
        quiet_hours = self._quotas.settings(sub_account_id).quiet_hours
        if not quiet_hours:
            return share
        for ahead in (share, AHEAD):  # most often none is to be put off; else more of them are
            now = self._clock.now()
            callflows = await self._store.due_callflows(trunk, sub_account_id, now, ahead)
            later = {each: moment for each, flow in callflows.items() if (moment := due(flow, quiet_hours, now)) > now}
            if not later:
                return share
        await self._store.defer_sessions(later)
        self._next_due = -inf  # the queue is to be counted again
        return min(share, len(callflows) - len(later))


def _why_undialled(session: QueuedSession) -> int:
    """Give the error code of a session that no trunk carries."""
    scenario = session.callflow.scenario
    return status.NO_COVERAGE if scenario is None or scenario.error_code is None else scenario.error_code
