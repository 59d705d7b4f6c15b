"""Reads, in threads of their own, each on a connection of its own."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy import Engine

from ringback.adapters.store.errors import StoreClosed
from ringback.adapters.store.writer import driver_connection, failed

READERS: Final = 4
"""Reads at a time."""

T = TypeVar("T")


class Readers:
    """A few threads that read; what was committed before a read began is seen by it."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine with a pool of READERS connections that cannot write."""
        self._engine = engine
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="ringback-store-reader")
        self._closed = False

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a piece of work on one state of the file. Raises StoreClosed, StoreFailed, and what the work raises."""
        if self._closed:
            message = "the store is closed"
            raise StoreClosed(message)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def close(self) -> None:
        """Finish what is being read. Blocks."""
        self._closed = True
        self._threads.shutdown()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._engine.begin() as connection:
                return work(driver_connection(connection))
        except Exception as fault:
            known = failed(fault)
            if known is fault:
                raise
            raise known from fault
