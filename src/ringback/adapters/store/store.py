"""The store: its parts put together over one file."""

import asyncio
from typing import Self

from ringback.adapters.store.cache import Cache
from ringback.adapters.store.deliveries import DeliveryRows
from ringback.adapters.store.keys import KeyRows
from ringback.adapters.store.opening import StoreFile
from ringback.adapters.store.readers import READERS, Readers
from ringback.adapters.store.sessions import SessionRows
from ringback.adapters.store.writer import Writer


class Database(SessionRows, DeliveryRows, KeyRows):
    """Implements `ringback.service.ports.Store` on SQLite, and what `ringback admin` needs.

    Every method that writes returns after its COMMIT, and raises StoreBusy, StoreClosed or StoreFailed if there was
    none.
    """

    def __init__(self, file: StoreFile) -> None:
        """Start the threads on an opened file, which is released when the store is closed."""
        self._file = file
        self._writing = file.writing_engine()
        self._reading = file.reading_engine(READERS)
        self._writer = Writer(self._writing)
        self._readers = Readers(self._reading)
        self._tenants = Cache()
        self._opened = Cache()

    async def __aenter__(self) -> Self:
        """Give the store."""
        return self

    async def __aexit__(self, *_fault: object) -> None:
        """Close the store."""
        await self.close()

    async def close(self) -> None:
        """Write what was asked for so far, and give the file back."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._readers.close()
        self._reading.dispose()
        self._writing.dispose()
        self._file.release()


def open_store(url: str, *, exclusive: bool) -> Database:
    """Open the store of an URL such as `sqlite:///ringback.db`, making the file and bringing its schema up to date.

    `exclusive`: for a server; a second server on the same file is refused, in whatever process. Without it, the file
    may be in use by a server. Raises StoreUnavailable, with a text that names the cause.
    """
    return Database(StoreFile(url, exclusive=exclusive))
