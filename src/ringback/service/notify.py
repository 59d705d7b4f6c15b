"""The outbox: what must reach the program is posted until it is taken."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from ringback.engine.retry import next_attempt
from ringback.service.ports import Callbacks, Clock, DueDelivery, NotReached, Store

CONCURRENT = 64
"""Deliveries under way at a time."""
TIMEOUT = 10.0
"""Seconds that a program has to take a delivery."""
LEASE = 60.0
"""Seconds after which a delivery that a crash left claimed is due again; longer than a try may take."""
POLL = 1.0
"""Seconds between two looks at an outbox that nobody woke."""

_log = structlog.get_logger(__name__)


class Outbox:
    """Posts deliveries in order per session and type, tries again with backoff, keeps the dead."""

    def __init__(self, store: Store, callbacks: Callbacks, clock: Clock, jitter: Callable[[], float]) -> None:
        """`jitter`: gives a number in 0..1, so that failed deliveries do not come back all at once."""
        self._store = store
        self._callbacks = callbacks
        self._clock = clock
        self._jitter = jitter
        self._awake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look at the outbox soon: a delivery came."""
        self._awake.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is due again after its lease."""
        try:
            while True:
                self._awake.clear()
                try:
                    claimed = await self._claim()
                except Exception:  # noqa: BLE001 - a store that fails once must not end all deliveries for good
                    _log.exception("outbox-failed")
                    claimed = ()
                for delivery in claimed:
                    task = asyncio.create_task(self._deliver(delivery))
                    self._under_way.add(task)
                    task.add_done_callback(self._delivered)
                if not claimed:
                    await self._rest()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def flush(self, seconds: float) -> bool:
        """Wait until nothing is due now and nothing is under way; False if that took longer than `seconds`."""
        end = self._clock.monotonic() + seconds
        while self._clock.monotonic() < end:
            due = await self._store.next_delivery_due()
            if not self._under_way and (due is None or due > self._clock.now()):
                return True
            self.wake()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=0.1)
            else:
                await asyncio.sleep(0.02)
        return False

    async def _claim(self) -> Sequence[DueDelivery]:
        room = CONCURRENT - len(self._under_way)
        if room <= 0:
            return ()
        return await self._store.claim_deliveries(room, self._clock.now(), LEASE)

    async def _rest(self) -> None:
        try:
            due = await self._store.next_delivery_due()
        except Exception:  # noqa: BLE001 - as in run
            _log.exception("outbox-failed")
            due = None
        pause = POLL if due is None else min(POLL, max(0.01, due - self._clock.now()))
        try:
            await asyncio.wait_for(self._awake.wait(), pause)
        except TimeoutError:
            return

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self.wake()
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("delivery-failed", exc_info=fault)

    async def _deliver(self, delivery: DueDelivery) -> None:
        if delivery.url is None:
            await self._store.delivery_failed(
                delivery.delivery_id, self._clock.now(), None, "no enabled webhook of this type"
            )
            return
        headers = {} if delivery.authorization is None else {"Authorization": delivery.authorization}
        try:
            answer = await self._callbacks.post(delivery.url, delivery.body, headers, TIMEOUT)
        except NotReached as fault:
            reason = str(fault)
        else:
            if answer.status // 100 == 2:  # noqa: PLR2004 - any 2xx
                await self._store.delivery_done(delivery.delivery_id, self._clock.now())
                return
            reason = f"HTTP {answer.status}"
        now = self._clock.now()
        again = next_attempt(delivery.created, delivery.attempts + 1, now, self._jitter())
        await self._store.delivery_failed(delivery.delivery_id, now, again, reason)
