"""The one thread that writes.

```
  caller ── submit ──> queue ──┐
  caller ── submit ──> queue ──┤   BEGIN IMMEDIATE
                               ├──>  SAVEPOINT  unit 1  RELEASE
                               │     SAVEPOINT  unit 2  ROLLBACK TO    its caller alone gets the error
                               │     …  at most 256
  futures resolved  <──────────┘   COMMIT                              one fsync for all of them
```

A unit that can wait does so for one that cannot, and shares its COMMIT.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, TypeAlias, TypeVar, cast

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from ringback.adapters.store.errors import StoreBusy, StoreClosed, StoreFailed

BATCH: Final = 256
"""Units of work in one transaction at most."""
ROOM: Final = 10_000
"""Units that may wait for the writer."""
ROOM_FOR_NEW: Final = 8_000
"""Of these, how many may wait before new sessions are refused: the rest is kept for the ends of those that live."""
PATIENCE: Final = 0.05
"""Seconds that a unit which can wait does so at most."""
_MORE: Final = True
_LAST: Final = False

_log = structlog.get_logger(__name__)

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], Any]

WITNESS: Final[ContextVar[Callable[[Work], Work] | None]] = ContextVar("WITNESS", default=None)
"""Set in a task, it sees every unit that is submitted there, and may do more in the same unit."""


class _Unit:
    """A unit of work and who waits for it."""

    __slots__ = ("fault", "future", "loop", "result", "work")

    def __init__(self, work: Work, future: asyncio.Future[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.future = future
        self.loop = loop
        self.result: Any = None
        self.fault: Exception | None = None


class Writer:
    """Runs units of work in order, many to a COMMIT; a caller hears of its own after the COMMIT."""

    def __init__(self, engine: Engine) -> None:
        """Take a connection of the engine and start."""
        self._connection = engine.connect()
        self._units: deque[_Unit] = deque()
        self._bell: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """Rung once for every unit, and once when there will be no more."""
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="ringback-store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, work: Callable[[sqlite3.Connection], T], room: int = ROOM, *, can_wait: bool = False
    ) -> "asyncio.Future[T]":
        """Queue a unit; the future is resolved after its COMMIT, unless it is cancelled first.

        `room`: units that may wait before this one is refused; `can_wait`: for PATIENCE seconds, so that it shares the
        COMMIT of another. Raises StoreBusy, StoreClosed; the future has what the unit raised, or StoreFailed.
        """
        if self._closed:
            message = "the store is closed"
            raise StoreClosed(message)
        if len(self._units) >= room:
            message = f"{room} units of work wait for the disk"
            raise StoreBusy(message)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        witness = WITNESS.get()
        self._units.append(_Unit(work if witness is None else witness(work), future, loop))
        # not before the loop's next turn: what others submit in this one shares the COMMIT
        loop.call_later(PATIENCE if can_wait else 0, self._bell.put, _MORE)
        return future

    def close(self) -> None:
        """Write what was submitted, then end. Blocks."""
        if not self._closed:
            self._closed = True
            self._bell.put(_LAST)
        self._thread.join()

    # -- in the thread

    def _run(self) -> None:
        going = True
        while going or self._units:
            going = going and self._bell.get()
            units = self._take()
            pending = units
            while pending:
                pending = self._transact(pending)
            _resolve(units)
        self._connection.close()

    def _take(self) -> list[_Unit]:
        """Take those that wait, in order; there may be none, for an earlier ring of the bell got them."""
        return [self._units.popleft() for _ in range(min(BATCH, len(self._units)))]

    def _transact(self, units: list[_Unit]) -> list[_Unit]:
        """Write units in one transaction; give those not yet tried because the transaction was lost on the way."""
        done: list[_Unit] = []
        raw = driver_connection(self._connection)
        try:
            raw.execute("BEGIN IMMEDIATE")
            for unit in units:
                done.append(unit)
                _carry_out(unit, raw)
                if not raw.in_transaction:  # SQLite rolled everything back (disk full, I/O error), not this unit alone
                    raise unit.fault or StoreFailed  # noqa: TRY301 - leaves the transaction at once
            raw.execute("COMMIT")
        except Exception as fault:  # noqa: BLE001 - whatever it is, each caller is told and the writer goes on
            done = done or units  # BEGIN itself failed
            _log.error("store-write-failed", units=len(done), reason=str(fault))
            for unit in done:
                unit.fault = unit.fault or failed(fault)
            with contextlib.suppress(sqlite3.Error):  # a COMMIT that fails may leave the transaction open
                raw.rollback()
        return units[len(done) :]


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """Give the connection of the `sqlite3` module behind one of SQLAlchemy."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def failed(fault: Exception) -> Exception:
    """Give what the caller is told of a fault: SQLite's own become StoreFailed."""
    if isinstance(fault, DBAPIError) and isinstance(fault.orig, Exception):
        fault = fault.orig
    return StoreFailed(f"the store failed: {fault}") if isinstance(fault, sqlite3.Error) else fault


def _carry_out(unit: _Unit, raw: sqlite3.Connection) -> None:
    if unit.future.cancelled():
        return
    raw.execute("SAVEPOINT unit")
    try:
        unit.result = unit.work(raw)
    except Exception as fault:  # noqa: BLE001 - the caller's to handle
        unit.fault = failed(fault)
        if not raw.in_transaction:
            return
        raw.execute("ROLLBACK TO unit")
    raw.execute("RELEASE unit")


def _resolve(units: list[_Unit]) -> None:
    """Tell every caller, with one wake-up of each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Unit]] = {}
    for unit in units:
        by_loop.setdefault(unit.loop, []).append(unit)
    for loop, told in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, told)


def _tell(units: list[_Unit]) -> None:
    for unit in units:
        if unit.future.done():
            continue
        if unit.fault is None:
            unit.future.set_result(unit.result)
        else:
            unit.future.set_exception(unit.fault)
