"""What was erased is not in the files of the database any more."""

import asyncio
import re
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import NOW, delivery, new
from tests.contract.test_store import summary

from ringback.adapters.store import Database, StoreUnavailable, compact_store, erasure, open_store
from ringback.domain.callflow import Callflow, MakeCall, Say
from ringback.domain.number import Number
from ringback.service.ports import SipMessage, SipTrace, TimelineEntry

SESSIONS = 40
DAY = 86_400.0
LONG = 400
"""How often a secret is said at most: the text fills several pages of the file."""


def secret(number: int) -> str:
    return f"SECRET{number:04d}."


def said(number: int) -> str:
    """Give a text of some length that says its secret again and again."""
    return secret(number) * (1 + number * 37 % LONG)


async def live(store: Database, number: int) -> None:
    """Store a session that is over, and that says its secret wherever it can."""
    session_id, text = f"s{number}", said(number)
    flow = Callflow(actions=(MakeCall(Number("15550100100"), Number("6512345678")), Say(text, "en-US-Heart")))
    await store.create_session(msgspec.structs.replace(new(session_id), callflow=flow, created=NOW + number))
    entry = TimelineEntry(NOW, "prompt-played", {"call": "c", "text": text, "response": text})
    body = msgspec.structs.replace(delivery(f"d{number}", session_id, "DTMF"), body=text.encode())
    await store.append_timeline(session_id, [entry], [body])
    message = SipMessage("call-1", NOW, False, "here:1", "there:2", text.encode())  # noqa: FBT003 - of a struct
    await store.end_session(summary(session_id), [entry], [], SipTrace([message]))
    await store.delivery_done(f"d{number}", NOW)


def found(folder: Path) -> set[int]:
    """Give whose secrets are in the files of a database."""
    return {
        int(number) for file in folder.glob("s.db*") for number in re.findall(rb"SECRET(\d{4})\.", file.read_bytes())
    }


async def test_a_blanked_text_is_in_no_file(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True) as store:
        for number in range(SESSIONS):
            await live(store, number)
        assert found(tmp_path) == set(range(SESSIONS))
        assert await store.blank_texts({"acme": NOW + 20}, 2 * SESSIONS) == 20
        assert await store.blank_texts({"acme": NOW + DAY}, 2 * SESSIONS) == SESSIONS - 20
        assert await store.shed()
        assert found(tmp_path) == set()
        assert (await store.session("s0")) is not None


async def test_an_erased_session_is_in_no_file(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True) as store:
        for number in range(SESSIONS):
            await live(store, number)
        await store.erase_sessions([f"s{number}" for number in range(0, SESSIONS, 2)])
        assert await store.shed()
        assert found(tmp_path) == set(range(1, SESSIONS, 2))


async def test_shedding_waits_for_no_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringback.adapters.store.erasure.SHED_SECONDS", 0.0)
    async with open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True) as store:
        await live(store, 1)
        with store._reading.begin() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM sessions").scalar()
            await store.erase_sessions(["s1"])
            assert not await store.shed()
        assert await store.shed()
        assert found(tmp_path) == set()


async def test_a_compacted_store_is_small_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringback.adapters.store.opening.PATIENCE", 0.0)
    url = f"sqlite:///{tmp_path}/s.db"
    async with open_store(url, exclusive=True) as store:
        for number in range(SESSIONS):
            await live(store, number)
        await store.erase_sessions([f"s{number}" for number in range(1, SESSIONS)])
        await store.shed()
        with pytest.raises(StoreUnavailable, match="another server uses"):
            compact_store(url)
    before = (tmp_path / "s.db").stat().st_size
    compact_store(url)
    assert (tmp_path / "s.db").stat().st_size < before / 2
    async with open_store(url, exclusive=True) as store:
        assert await store.session("s0") is not None
    assert found(tmp_path) == {0}


async def test_sessions_that_were_passed_by_are_looked_at_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "PASSED_BY_AT_ONCE", 1)
    old = {"acme": NOW + DAY}
    async with open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True) as store:
        for number in range(2):
            await live(store, number)
            await store.redeliver("acme", f"d{number}", NOW)
        assert await store.blank_texts(old, 10) == 2  # looked at, and passed by
        await store.delivery_done("d1", NOW)
        assert [await store.blank_texts(old, 10) for _ in range(4)] == [0, 1, 0, 0]
        await store.delivery_done("d0", NOW)
        assert sum([await store.blank_texts(old, 10) for _ in range(2)]) == 1
        await store.shed()
        assert found(tmp_path) == set()


async def test_who_writes_while_a_reader_holds_the_log_up_is_served_all_the_same(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True) as store:
        await live(store, 1)
        with store._reading.begin() as reader:
            reader.exec_driver_sql("SELECT count(*) FROM sessions").scalar()
            await live(store, 2)
            shed, _ = await asyncio.gather(store.shed(), live(store, 3))
            assert not shed
        assert await store.shed()
        assert await store.session("s3") is not None
