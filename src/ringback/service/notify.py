"""The outbox: what must reach the program is posted until it is taken."""

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from ringback.engine.retry import next_attempt
from ringback.service.ports import Callbacks, Clock, DueDelivery, NotReached, Store
from ringback.service.signing import post_headers

CONCURRENT = 64
"""Deliveries under way at a time."""
TIMEOUT = 10.0
"""Seconds that a program has to take a delivery."""
LEASE = 60.0
"""Seconds after which a delivery that a crash left claimed is due again; longer than a try may take."""
POLL = 1.0
"""Seconds between two looks at an outbox that nobody woke: how late a delivery may be tried again."""

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
        self._under_way: set[asyncio.Task[bool]] = set()
        self.on_try: Callable[[str, str, float], None] = lambda _type, _outcome, _seconds: None
        """Called with the type of every delivery that was tried, `taken`, `refused` or `unreached`, and seconds."""
        self._full = False
        """The last claim took all that there was room for: more may be due."""

    def wake(self) -> None:
        """Look at the outbox soon: a delivery came."""
        self._awake.set()

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is due again after its lease."""
        try:
            while True:
                self._awake.clear()
                try:
                    await self._claim()
                except Exception:  # noqa: BLE001 - a store that fails once must not end all deliveries for good
                    _log.exception("outbox-failed")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._awake.wait()
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

    async def _claim(self) -> None:
        """Begin to post what is due, as far as there is room."""
        room = CONCURRENT - len(self._under_way)
        claimed = await self._store.claim_deliveries(room, self._clock.now(), LEASE)
        self._full = len(claimed) == room
        for delivery in claimed:
            task = asyncio.create_task(self._deliver(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._delivered)

    def _delivered(self, task: asyncio.Task[bool]) -> None:
        self._under_way.discard(task)
        if self._full:
            self.wake()
        if task.cancelled():
            return
        if (fault := task.exception()) is not None:
            _log.error("delivery-failed", exc_info=fault)
        elif task.result():
            self.wake()

    async def _deliver(self, delivery: DueDelivery) -> bool:
        """Post once and note what came of it; tell whether another delivery became due by that."""
        if delivery.url is None:
            return await self._store.delivery_failed(
                delivery.delivery_id, self._clock.now(), None, "no enabled webhook of this type"
            )
        headers = post_headers(
            delivery.authorization,
            delivery.secrets,
            message_id=delivery.delivery_id,
            body=delivery.body,
            now=self._clock.now(),
        )
        began = self._clock.monotonic()
        try:
            answer = await self._callbacks.post(delivery.url, delivery.body, headers, TIMEOUT)
        except NotReached as fault:
            outcome, reason = "unreached", str(fault)
        else:
            outcome, reason = "refused", f"HTTP {answer.status}"
            if answer.status // 100 == 2:  # noqa: PLR2004 - any 2xx
                outcome = "taken"
        now, took = self._clock.now(), self._clock.monotonic() - began
        self.on_try(delivery.type, outcome, took)
        if outcome == "taken":
            return await self._store.delivery_done(delivery.delivery_id, now, took)
        again = next_attempt(delivery.created, delivery.attempts + 1, now, self._jitter())
        return await self._store.delivery_failed(delivery.delivery_id, now, again, reason, took)
