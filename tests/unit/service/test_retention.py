import asyncio

import pytest
from tests.unit.service.house import BOUND

from ringback.service import retention
from ringback.service.retention import forget_old


class Heap:
    """Rows that are too old."""

    def __init__(self, rows: int, *, fails: bool = False) -> None:
        """`fails`: at the first time."""
        self.rows = rows
        self.fails = fails
        self.batches: list[int] = []
        self.idle = asyncio.Event()

    async def forget(self, limit: int) -> int:
        if self.fails:
            self.fails = False
            message = "disk full"
            raise OSError(message)
        gone = min(limit, self.rows)
        self.rows -= gone
        self.batches.append(gone)
        if gone < limit:
            self.idle.set()
        return gone


async def test_what_is_too_old_goes_in_small_batches_also_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("EVERY", 0.0), ("BATCH", 2), ("PAUSE", 0.0)):
        monkeypatch.setattr(retention, name, value)
    failing, other = Heap(5, fails=True), Heap(3)
    task = asyncio.create_task(forget_old(failing.forget, other.forget))
    try:
        async with asyncio.timeout(BOUND):
            await failing.idle.wait()
            await other.idle.wait()
    finally:
        task.cancel()
    assert failing.batches[:3] == [2, 2, 1]
    assert other.batches[:2] == [2, 1]
