import asyncio
import re
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import NOW, delivery, new
from tests.contract.test_store import summary

from ringback.adapters.store import (
    Database,
    StoreBusy,
    StoreClosed,
    deliveries,
    encoding,
    erasure,
    keys,
    open_store,
    queue,
    recordings,
    sessions,
)
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.writer import ROOM, ROOM_FOR_NEW
from ringback.service.export_store import ExportJob
from ringback.service.key_store import PREFIX, hash_key
from ringback.service.ports import SessionFilter, WebhookType

SUMMARY = encoding.encode_summary(summary("s"))
JOB = ExportJob(
    job_id="j",
    name="n",
    token="t",  # noqa: S106 - opens nothing
    sub_account_id="acme",
    created=NOW,
    since=NOW - 1,
    until=NOW + 1e6,
    most=0,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True) as made:
        yield made


async def test_a_store_opened_again_has_what_was_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/s.db"
    async with open_store(url, exclusive=True) as store:
        key = await store.bootstrap("acme", ["15550100100"], [], [WebhookType("VCS", "http://127.0.0.1/")])
        await store.create_session(new("s1"))
        await store.append_timeline("s1", [], [delivery("d1")])
    async with open_store(url, exclusive=True) as store:
        assert await store.authenticate(hash_key(key)) is not None
        assert await store.queued_trunks() == {"carrier": 1}
        (due,) = await store.claim_deliveries(1, NOW, 60)
        assert due.url == "http://127.0.0.1/"


async def test_a_key_is_nowhere_on_disk(store: Database, tmp_path: Path) -> None:
    key = await store.bootstrap("acme", [], [], [])
    written = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in tmp_path.iterdir()))
    assert hash_key(key).encode() in written
    assert key.removeprefix(PREFIX).encode() not in written


async def test_dead_deliveries_are_kept_with_their_reason(store: Database, tmp_path: Path) -> None:
    await store.create_session(new("s1"))
    await store.append_timeline("s1", [], [delivery("d1")])
    await store.delivery_failed("d1", NOW + 1, NOW + 2, "HTTP 500")
    await store.delivery_failed("d1", NOW + 3, None, "x" * 10_000)
    connection = sqlite3.connect(tmp_path / "s.db")
    row = connection.execute("SELECT state, attempts, finished, reason, body FROM deliveries").fetchone()
    connection.close()
    assert row == ("DEAD", 2, NOW + 3, "x" * 500, b"d1")


async def held(store: Database) -> tuple[asyncio.Future[None], threading.Event]:
    """Hold the writer until the event is set."""
    entered, free = threading.Event(), threading.Event()

    def hold(_connection: sqlite3.Connection) -> None:
        entered.set()
        assert free.wait(10)

    holding = store._writer.submit(hold)
    assert await asyncio.to_thread(entered.wait, 10)
    return holding, free


async def test_a_claim_that_nobody_waits_for_any_more_goes_back_into_the_queue(store: Database) -> None:
    await store.create_session(new("s1"))
    holding, free = await held(store)
    claim = asyncio.create_task(store.claim_sessions("carrier", {"acme": 1}, "me", NOW))
    await asyncio.sleep(0)  # the claim waits for the writer now
    claim.cancel()
    with pytest.raises(asyncio.CancelledError):
        await claim
    following = store.claim_sessions("carrier", {"acme": 1}, "other", NOW)
    barrier = store._writer.submit(lambda _connection: None)
    free.set()
    await asyncio.gather(holding, barrier)
    assert [session.session_id for session in await following] == ["s1"]


async def test_new_sessions_are_refused_before_the_ends_of_running_ones(store: Database) -> None:
    await store.create_session(new("s1"))
    holding, free = await held(store)
    waiting = [store._writer.submit(lambda _connection: None) for _ in range(ROOM_FOR_NEW)]
    with pytest.raises(StoreBusy):
        await store.create_session(new("s2"))
    append = asyncio.create_task(store.append_timeline("s1", [], [delivery("d1")]))
    await asyncio.sleep(0)  # it waits for the writer now
    waiting += [store._writer.submit(lambda _connection: None) for _ in range(ROOM - ROOM_FOR_NEW - 1)]
    with pytest.raises(StoreBusy):
        await store.append_timeline("s1", [], [delivery("d2")])
    free.set()
    await asyncio.gather(holding, append, *waiting)


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True)
    await store.close()
    await store.close()
    with pytest.raises(StoreClosed):
        await store.create_session(new("s1"))
    with pytest.raises(StoreClosed):
        await store.session("s1")


HOT = {
    "claim sessions": (queue._CLAIM, "sessions_queued"),
    "look at what is due": (queue._AHEAD, "sessions_queued"),
    "put a session off": (queue._DEFER, "sessions_by_id"),
    "expire sessions": (queue._EXPIRE, "sessions_expiring"),
    "count the queue": (queue._LINES, "sessions_queued"),
    "count the queue of a trunk": (queue._WAITING, "sessions_queued"),
    "unfinished sessions": (sessions._UNFINISHED, "sessions_dialling"),
    "end a session": (sessions._END, "sessions_by_id"),
    "read a timeline": (sessions._TIMELINE, "timeline_by_session"),
    "claim deliveries": (deliveries._CLAIM, "deliveries_due"),
    "the next delivery": (deliveries._NEXT_DUE, "deliveries_due"),
    "put into the outbox": (deliveries._INSERT, "deliveries_headmost"),
    "the next one moves up": (deliveries._MOVE_UP, "deliveries_behind"),
    "a delivery is done": (deliveries._DONE, "deliveries_by_id"),
    "what a secret opens": (keys._OPENS, "api_keys_by_old_hash"),
    "whose texts are old": (erasure._NEXT, "sessions_by_subaccount"),
    "whose webhooks wait": (erasure._NEXT, "deliveries_headmost"),
    "which sessions are old": (erasure._OLD, "sessions_by_subaccount"),
    "what waits of a subaccount": (erasure._UNFINISHED[0], "sessions_queued"),
    "what runs of a subaccount": (erasure._UNFINISHED[1], "sessions_dialling"),
    "what is made of a subaccount": (erasure._UNMADE_OF, "recordings_unfinished"),
    "which recordings are old": (recordings._OLD, "recordings_by_subaccount"),
}


@pytest.mark.parametrize("what", HOT)
async def test_what_is_asked_all_the_time_is_asked_of_an_index(store: Database, what: str) -> None:
    statement, index = HOT[what]

    def explain(connection: sqlite3.Connection) -> list[str]:
        names = set(re.findall(r":(\w+)", statement.text))
        explained = Statement.__new__(Statement)
        explained.text = "EXPLAIN QUERY PLAN " + statement.text
        explained._constants = statement._constants
        return [row[3] for row in explained.run(connection, **dict.fromkeys(names - statement._constants.keys(), 1))]

    plan = await store._readers.read(explain)
    assert any(index in step for step in plan), plan
    scanned = [step for step in plan if re.match(r"SCAN (?!head|CONSTANT|\()", step)]  # what is no table is short
    assert all("INDEX" in step for step in scanned), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


async def test_a_page_far_behind_costs_no_more_than_the_first(store: Database) -> None:
    count, size = 4_000, 20

    def fill(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT INTO sessions (session_id, sub_account_id, request_id, created, trunk, state, callflow, summary) "
            "VALUES (?, 'acme', 'r', ?, 't', 'ENDED', ?, ?)",
            ((f"s{number}", NOW + number, b'{"actions":[]}', SUMMARY) for number in range(count)),
        )

    await store._writer.submit(fill)
    steps: list[int] = []

    def counted(connection: sqlite3.Connection) -> None:
        steps.append(0)
        connection.set_progress_handler(lambda: steps.append(steps.pop() + 1), 1)

    def silent(connection: sqlite3.Connection) -> None:
        connection.set_progress_handler(None, 0)

    store._readers._threads._max_workers = 1  # one thread, so one connection: the one that counts
    await store._readers.read(counted)
    for skipped in (0, count // 2):
        listed = SessionFilter(
            sub_account_id="acme", since=NOW - 1, until=NOW + count, before=(NOW + count - skipped, 0), limit=size
        )
        steps.append(0)
        await store.list_sessions(listed)
        exported = msgspec.structs.replace(JOB, reached=(NOW + skipped, 0))
        steps.append(0)
        assert len(await store.ended_sessions(exported, size)) == size
    await store._readers.read(silent)
    _, first_list, first_export, far_list, far_export = steps
    assert min(first_list, first_export) > size
    assert far_list < 2 * first_list
    assert far_export < 2 * first_export
