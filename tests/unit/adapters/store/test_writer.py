import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from ringback.adapters.store import writer as module
from ringback.adapters.store.errors import StoreBusy, StoreClosed, StoreFailed
from ringback.adapters.store.opening import StoreFile
from ringback.adapters.store.writer import BATCH, Writer


class Gate:
    """A unit of work that holds the writer until it is let go."""

    def __init__(self) -> None:
        """Nobody has come yet."""
        self.entered = threading.Event()
        self.free = threading.Event()

    def work(self, _connection: sqlite3.Connection) -> None:
        self.entered.set()
        assert self.free.wait(10)


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    file = StoreFile(f"sqlite:///{tmp_path}/w.db", exclusive=True)
    engine = file.writing_engine()
    made = Writer(engine)
    await made.submit(lambda connection: connection.execute("CREATE TABLE t (x INTEGER UNIQUE)").rowcount)
    yield made
    await asyncio.to_thread(made.close)
    engine.dispose()
    file.release()


def put(value: int) -> Callable[[sqlite3.Connection], int]:
    def work(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (?)", (value,))
        return value

    return work


def on_disk(tmp_path: Path) -> list[int]:
    connection = sqlite3.connect(tmp_path / "w.db")
    try:
        return [value for (value,) in connection.execute("SELECT x FROM t ORDER BY x")]
    finally:
        connection.close()


async def closed_gate(writer: Writer) -> tuple[Gate, "asyncio.Future[None]"]:
    gate = Gate()
    future = writer.submit(gate.work)
    assert await asyncio.to_thread(gate.entered.wait, 10)
    return gate, future


async def test_every_commit_reaches_the_disk_before_it_is_told(writer: Writer) -> None:
    assert await writer.submit(lambda connection: connection.execute("PRAGMA synchronous").fetchone()) == (2,)
    assert await writer.submit(lambda connection: connection.execute("PRAGMA journal_mode").fetchone()) == ("wal",)
    assert await writer.submit(lambda connection: connection.execute("PRAGMA foreign_keys").fetchone()) == (1,)


async def test_what_was_told_is_seen_by_others(writer: Writer, tmp_path: Path) -> None:
    assert await writer.submit(put(1)) == 1
    assert on_disk(tmp_path) == [1]


async def test_nobody_is_told_before_the_commit(writer: Writer, tmp_path: Path) -> None:
    first, holding = await closed_gate(writer)
    early = writer.submit(put(1))
    second = Gate()
    late = writer.submit(second.work)  # in one transaction with `early`
    first.free.set()
    assert await asyncio.to_thread(second.entered.wait, 10)
    assert not early.done()
    assert on_disk(tmp_path) == []
    second.free.set()
    await asyncio.gather(holding, early, late)
    assert on_disk(tmp_path) == [1]


async def test_a_unit_that_fails_loses_only_itself(writer: Writer, tmp_path: Path) -> None:
    gate, holding = await closed_gate(writer)

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (50)")
        raise LookupError

    units = [writer.submit(work) for work in (put(1), half, put(1), put(2))]
    gate.free.set()
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    await holding
    assert [type(outcome) for outcome in outcomes] == [int, LookupError, StoreFailed, int]
    assert on_disk(tmp_path) == [1, 2]


@contextlib.contextmanager
def watched(writer: Writer) -> Iterator[Callable[[], int]]:
    """Give how many transactions began meanwhile."""
    begun: list[str] = []
    connection = module.driver_connection(writer._connection)
    connection.set_trace_callback(lambda statement: begun.append(statement) if "BEGIN" in statement else None)
    yield lambda: len(begun)
    connection.set_trace_callback(None)


async def test_waiting_units_share_commits(writer: Writer) -> None:
    gate, holding = await closed_gate(writer)
    units = [writer.submit(put(value)) for value in range(BATCH + 10)]
    with watched(writer) as begun:
        gate.free.set()
        assert await asyncio.gather(*units) == list(range(BATCH + 10))
        await holding
        assert begun() == 2


async def test_a_unit_that_can_wait_shares_the_commit_of_the_next_and_keeps_its_place(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 3600.0)
    with watched(writer) as begun:
        waiting = [writer.submit(put(value), can_wait=True) for value in (1, 2)]
        seen = await writer.submit(lambda connection: connection.execute("SELECT x FROM t").fetchall())
        assert all(unit.done() for unit in waiting)
        assert (seen, begun()) == ([(1,), (2,)], 1)


async def test_a_unit_that_waited_in_vain_is_written_alone(writer: Writer, tmp_path: Path) -> None:
    async with asyncio.timeout(10):
        assert await writer.submit(put(1), can_wait=True) == 1
    assert on_disk(tmp_path) == [1]


async def test_when_the_whole_transaction_is_lost_every_unit_in_it_is_told(writer: Writer, tmp_path: Path) -> None:
    gate, holding = await closed_gate(writer)

    def lose(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT OR ROLLBACK INTO t VALUES (1)")  # what SQLite does by itself when the disk is full

    units = [writer.submit(work) for work in (put(1), lose, put(2))]
    gate.free.set()
    first, lost, after = await asyncio.gather(*units, return_exceptions=True)
    await holding
    assert isinstance(first, StoreFailed)
    assert isinstance(lost, StoreFailed)
    assert after == 2
    assert on_disk(tmp_path) == [2]


async def test_a_commit_that_fails_is_told_to_all_and_the_writer_goes_on(writer: Writer, tmp_path: Path) -> None:
    gate, holding = await closed_gate(writer)

    def break_at_commit(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO timeline (session_seq, entries) VALUES (999, x'5b5d')")

    units = [writer.submit(work) for work in (put(1), break_at_commit)]
    gate.free.set()
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    await holding
    assert [type(outcome) for outcome in outcomes] == [StoreFailed, StoreFailed]
    assert await writer.submit(put(2)) == 2
    assert on_disk(tmp_path) == [2]


async def test_a_file_that_another_holds_is_told_and_the_writer_goes_on(writer: Writer, tmp_path: Path) -> None:
    await writer.submit(lambda connection: connection.execute("PRAGMA busy_timeout = 0").fetchone())
    other = sqlite3.connect(tmp_path / "w.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreFailed, match="locked"):
        await writer.submit(put(1))
    other.execute("ROLLBACK")
    other.close()
    assert await writer.submit(put(2)) == 2
    assert on_disk(tmp_path) == [2]


async def test_a_unit_whose_caller_left_before_its_turn_is_not_carried_out(writer: Writer, tmp_path: Path) -> None:
    gate, holding = await closed_gate(writer)
    left, stays = writer.submit(put(1)), writer.submit(put(2))
    left.cancel()
    gate.free.set()
    await asyncio.gather(holding, stays)
    assert on_disk(tmp_path) == [2]


async def test_a_full_queue_refuses_more_and_takes_again_when_it_is_empty(writer: Writer) -> None:
    gate, holding = await closed_gate(writer)
    waiting = [writer.submit(put(value), room=5) for value in range(5)]
    with pytest.raises(StoreBusy):
        writer.submit(put(5), room=5)
    kept = writer.submit(put(6))  # the rest of the room is for those that may not be refused
    gate.free.set()
    await asyncio.gather(holding, *waiting, kept)
    assert await writer.submit(put(5), room=5) == 5


async def test_a_closing_writer_writes_what_it_was_given_and_takes_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = StoreFile(f"sqlite:///{tmp_path}/w.db", exclusive=True)
    engine = file.writing_engine()
    writer = Writer(engine)
    await writer.submit(lambda connection: connection.execute("CREATE TABLE t (x INTEGER UNIQUE)").rowcount)
    monkeypatch.setattr(module, "PATIENCE", 3600.0)
    units = [writer.submit(put(value), can_wait=value % 2 == 0) for value in range(2 * BATCH)]
    await asyncio.to_thread(writer.close)
    with pytest.raises(StoreClosed):
        writer.submit(put(999))
    assert await asyncio.gather(*units) == list(range(2 * BATCH))
    assert on_disk(tmp_path) == list(range(2 * BATCH))
    engine.dispose()
    file.release()


def test_a_loop_that_was_closed_meanwhile_does_not_stop_the_writer(tmp_path: Path) -> None:
    file = StoreFile(f"sqlite:///{tmp_path}/w.db", exclusive=True)
    engine = file.writing_engine()
    writer = Writer(engine)
    gate = Gate()

    async def leave() -> None:
        writer.submit(gate.work)
        writer.submit(lambda connection: connection.execute("CREATE TABLE t (x INTEGER UNIQUE)").rowcount)
        assert await asyncio.to_thread(gate.entered.wait, 10)

    async def come() -> int:
        return await writer.submit(put(7))

    asyncio.run(leave())
    gate.free.set()
    assert asyncio.run(come()) == 7
    writer.close()
    engine.dispose()
    file.release()
