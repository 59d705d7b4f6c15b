"""The store: its parts put together over one file."""

import asyncio
from typing import Self

from ringback.adapters.store.accounts import AccountRows
from ringback.adapters.store.admin_keys import AdminKeyRows
from ringback.adapters.store.audit import AuditRows
from ringback.adapters.store.cache import Cache
from ringback.adapters.store.deliveries import DeliveryRows
from ringback.adapters.store.erasure import ErasureRows
from ringback.adapters.store.errors import StoreUnavailable
from ringback.adapters.store.exports import ExportRows
from ringback.adapters.store.keys import KeyRows
from ringback.adapters.store.numbers import NumberRows
from ringback.adapters.store.opening import StoreFile
from ringback.adapters.store.opt_outs import OptOutRows
from ringback.adapters.store.pushes import PushRows
from ringback.adapters.store.queue import QueueRows
from ringback.adapters.store.readers import READERS, Readers
from ringback.adapters.store.receipts import ReceiptRows
from ringback.adapters.store.recordings import RecordingRows
from ringback.adapters.store.scenarios import ScenarioRows
from ringback.adapters.store.sealing import PREFIX, Seal
from ringback.adapters.store.session_pages import SessionPages
from ringback.adapters.store.sessions import SessionRows
from ringback.adapters.store.writer import Writer

_ANY_SEALED = f"""
    SELECT authorization FROM webhooks WHERE authorization LIKE '{PREFIX}%'
    UNION ALL SELECT secrets FROM webhooks WHERE secrets IS NOT NULL
    UNION ALL SELECT password FROM push_targets LIMIT 1
"""  # noqa: S608 - a constant


class Database(
    SessionRows,
    QueueRows,
    SessionPages,
    ReceiptRows,
    DeliveryRows,
    RecordingRows,
    PushRows,
    NumberRows,
    KeyRows,
    ExportRows,
    AccountRows,
    AdminKeyRows,
    AuditRows,
    ScenarioRows,
    OptOutRows,
    ErasureRows,
):
    """Implements the stores of `ringback.service`, such as `ports.Store`, on SQLite, and what `ringback admin` needs.

    Every method that writes returns after its COMMIT, and raises StoreBusy, StoreClosed or StoreFailed if there was
    none.
    """

    def __init__(self, file: StoreFile, key: str = "") -> None:
        """Start the threads on an opened file, which is released when the store is closed; `key`: see `open_store`."""
        self._file = file
        self._seal = Seal(file.path, key)
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

    def derived_key(self, purpose: str) -> bytes:
        """Give 32 bytes that depend on the store's secret and a purpose; may make the key file.

        Raises StoreUnavailable.
        """
        return self._seal.derive(purpose)

    async def close(self) -> None:
        """Write what was asked for so far, and give the file back."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._readers.close()
        self._reading.dispose()
        self._writing.dispose()
        self._file.release()


def open_store(url: str, *, exclusive: bool, key: str = "") -> Database:
    """Open the store of an URL such as `sqlite:///ringback.db`, making the file and bringing its schema up to date.

    `exclusive`: for a server; a second server on the same file is refused, in whatever process. Without it, the file
    may be in use by a server. `key`: encrypts stored passwords; empty: that of a file beside the database. Raises
    StoreUnavailable, with a text that names the cause.
    """
    file = StoreFile(url, exclusive=exclusive)
    try:
        _try_key(file, Seal(file.path, key))
    except StoreUnavailable:
        file.release()
        raise
    return Database(file, key)


def compact_store(url: str) -> None:
    """Write the file of a store anew, without what was erased. Raises StoreUnavailable, also where a server uses it."""
    file = StoreFile(url, exclusive=True)
    try:
        file.compact()
    finally:
        file.release()


def _try_key(file: StoreFile, seal: Seal) -> None:
    """Open one of the passwords in the file: a wrong key is found now, and not when a program must be told."""
    engine = file.reading_engine(1)
    try:
        with engine.connect() as connection:
            sealed = connection.exec_driver_sql(_ANY_SEALED).scalar()
    finally:
        engine.dispose()
    if sealed is not None:
        seal.open(sealed)
