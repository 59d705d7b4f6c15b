"""What is too old goes, in small batches."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

EVERY = 60.0
"""Seconds between two looks at what is too old."""
BATCH = 200
"""Rows removed in one transaction: the ends of sessions must not wait for long."""
PAUSE = 0.05
"""Seconds between two batches."""

_log = structlog.get_logger(__name__)


async def forget_old(*forget: Callable[[int], Awaitable[int]]) -> None:
    """Let each remove so many rows at a time until it finds fewer, then rest; until cancelled."""
    while True:
        for each in forget:
            try:
                gone = BATCH
                while gone == BATCH:
                    gone = await each(BATCH)
                    await asyncio.sleep(PAUSE)
            except Exception:  # noqa: BLE001 - a store that fails once must not end this for good
                _log.exception("old-rows-not-forgotten")
        await asyncio.sleep(EVERY)
