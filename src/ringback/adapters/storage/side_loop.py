"""A loop of its own for uploads: what encrypts and reads files must not hold up calls."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

ENDING: Final = 5.0
"""Seconds that what is cancelled may take to end."""

T = TypeVar("T")


class SideLoop:
    """Runs coroutines in a thread, which begins with the first of them."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def runs(self) -> bool:
        """Whether there was anything to run."""
        return self._loop is not None

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and give what it gives; cancelled here, it is cancelled there and waited for."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="uploads", daemon=True)
            self._thread.start()
        here, over = asyncio.get_running_loop(), asyncio.Event()

        async def watched() -> T | Exception:
            try:
                return await work
            except Exception as fault:  # noqa: BLE001 - handed over, also where nobody waits for it any more
                return fault
            finally:
                with contextlib.suppress(RuntimeError):  # that loop is closed
                    here.call_soon_threadsafe(over.set)

        try:
            outcome = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(watched(), self._loop))
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), ENDING)
            raise
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        """End the thread; what still runs there is cancelled."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._loop = self._thread = None
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_cancel_others(), loop))
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)
        loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=ENDING)
