"""The audit log on disk: an entry and its change are one."""

import sqlite3
from pathlib import Path

import pytest

from ringback.adapters.store import Database, StoreFailed, open_store
from ringback.adapters.store import audit as rows
from ringback.service.audit import Actor, AuditFilter, Note

NOTE = Note(at=1.0, actor=Actor("key", "ops"), request_id="r1", action="caller-id.add", sub_account_id="acme")


def opened(folder: Path) -> Database:
    return open_store(f"sqlite:///{folder}/s.db", exclusive=True)


async def test_a_change_whose_entry_cannot_be_written_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)

    async with opened(tmp_path) as store:
        await store.add_subaccount("acme")
        monkeypatch.setattr(rows, "_write", full)
        with pytest.raises(StoreFailed, match="full"):
            await store.audited(NOTE, lambda: store.add_caller_id("acme", "15550100100"))
        assert await store.list_caller_ids("acme") == []
        monkeypatch.undo()
        await store.audited(NOTE, lambda: store.add_caller_id("acme", "15550100100"))
        assert len(await store.audit(AuditFilter())) == 1


async def test_a_change_that_is_committed_is_there_with_its_entry_after_a_crash(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.add_subaccount("acme")
        await store.audited(NOTE, lambda: store.add_caller_id("acme", "15550100100"))
        with sqlite3.connect(f"file:{tmp_path}/s.db?mode=ro", uri=True) as other:  # as another process sees it
            assert other.execute("SELECT count(*) FROM caller_ids").fetchone() == (1,)
            assert other.execute("SELECT action, outcome FROM audit").fetchall() == [("caller-id.add", "DONE")]
        other.close()


async def test_a_change_of_several_transactions_has_one_entry_with_the_first_that_changes_anything(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as store:
        await store.add_subaccount("acme")
        await store.add_caller_id("acme", "15550100100")

        async def change() -> None:
            for digits in ("15550100100", "15550100101", "15550100102"):
                await store.add_caller_id("acme", digits)
            message = "the last of it fails"
            raise ZeroDivisionError(message)

        with pytest.raises(ZeroDivisionError):
            await store.audited(NOTE, change)
        assert len(await store.list_caller_ids("acme")) == 3
        (entry,) = await store.audit(AuditFilter())
        assert entry.outcome == "DONE"


async def test_the_log_of_a_year_is_asked_by_its_indexes(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.note(NOTE, "REFUSED")
    with sqlite3.connect(tmp_path / "s.db") as connection:
        for (by_subaccount, by_action), page in rows._PAGE.items():
            asked = {"of_subaccount": "acme", "what": "x", "since": 0.0, "until": 2.0, "before": None, "most": 50}
            rows_of = connection.execute(f"EXPLAIN QUERY PLAN {page.text}", page._constants | asked)
            plan = " ".join(row[3] for row in rows_of)
            assert "TEMP B-TREE" not in plan
            if by_subaccount or by_action:
                assert "USING INDEX audit_by_" in plan
    connection.close()
