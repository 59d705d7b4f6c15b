"""The health of virtual numbers: whether the trunks that bring their calls are in service."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from ringback.service.ports import Clock, Store

EVERY: Final = 60.0
"""Seconds between two checks."""
TIMEOUT: Final = 5.0
"""Seconds that a trunk has to answer."""

_log = structlog.get_logger(__name__)


class NumberHealth:
    """Asks the trunks while there are numbers whose health is to be checked; nobody is called."""

    def __init__(
        self, store: Store, trunks: Sequence[str], ask: Callable[[str, float], Awaitable[bool]], clock: Clock
    ) -> None:
        """`ask`: tells whether a trunk is in service, within so many seconds."""
        self._store = store
        self._trunks = trunks
        self._ask = ask
        self._clock = clock

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            try:
                await self.check()
            except Exception:  # noqa: BLE001 - a store that fails once must not end all checks for good
                _log.exception("health-not-checked")
            await asyncio.sleep(EVERY)

    async def check(self) -> None:
        """Ask every trunk once, all at a time, and note what came of it."""
        if not await self._store.any_number_checked():
            return
        answers = await asyncio.gather(*(self._ask(trunk, TIMEOUT) for trunk in self._trunks))
        await self._store.note_trunk_health(dict(zip(self._trunks, answers, strict=True)), self._clock.now())
