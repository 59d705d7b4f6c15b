"""Jobs that write files, on the store in memory and real files."""

import asyncio
import csv
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.contract.stores import new
from tests.contract.test_store import summary
from tests.unit.service.house import ACME, BOUND

from ringback.domain.call_record import COLUMNS, Lists
from ringback.domain.numbering import Numbering
from ringback.domain.rate import Rates
from ringback.service import export_file, exports
from ringback.service.export_store import ExportJob, ExportState
from ringback.service.exports import LIFETIME, PAGE, Exports
from ringback.service.ports import Overloaded, Subaccount
from ringback.testing.clock import ManualClock
from ringback.testing.store import InMemoryStore

NOW = 1_800_000_000.0
SUBACCOUNT = Subaccount(ACME)
LISTS = Lists(Rates([]), Numbering(), "main")


class Desk:
    """Exports over a store in memory."""

    def __init__(self, folder: Path) -> None:
        """`folder`: of the files."""
        self.store = InMemoryStore()
        self.clock = ManualClock(NOW)
        self.folder = folder
        self.tokens = (f"{number:016x}" * 4 for number in count(1))
        self.exports = self.made()

    def made(self) -> Exports:
        return Exports(
            self.store,
            self.clock,
            folder=self.folder,
            public_url="https://voice.example/",
            new_token=lambda: next(self.tokens),
        )

    async def have(self, sessions: int) -> None:
        """Have sessions of one leg that are over."""
        for number in range(sessions):
            await self.store.begin_session(new(f"s{number}", created=NOW - 100 + number / 1000), "me", NOW)
            await self.store.end_session(summary(f"s{number}"), [], [])

    async def ask(self, **fields: object) -> str:
        return await self.exports.request(SUBACCOUNT, msgspec.json.encode(fields))

    async def shown(self, job_id: str) -> Any:  # noqa: ANN401 - JSON
        return await self.exports.show(SUBACCOUNT, job_id)

    async def until(self, job_id: str, *states: str) -> Any:  # noqa: ANN401 - JSON
        async with asyncio.timeout(BOUND):
            while (shown := await self.shown(job_id))["status"] not in states:  # noqa: ASYNC110 - a program asks, too
                await asyncio.sleep(0)
        return shown

    async def rows(self, link: str) -> list[dict[str, str]]:
        *_, token, name = link.split("/")
        path = await self.exports.file(token, name.removesuffix(".csv"))
        assert path is not None
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "deep" / "exports")


@asynccontextmanager
async def working(made: Exports) -> AsyncIterator[None]:
    task = asyncio.create_task(made.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_every_call_is_in_the_file_once_whatever_the_pages(desk: Desk) -> None:
    await desk.have(2 * PAGE + 1)
    job_id = await desk.ask()
    assert len(job_id) == 64
    assert await desk.shown(job_id) == {"status": "queued"}
    async with working(desk.exports):
        shown = await desk.until(job_id, "succeeded")
    (link,) = shown["data"]
    assert link.startswith("https://voice.example/exports/")
    assert shown["expires"] == "2027-02-14T08:00:00.000Z"
    rows = await desk.rows(link)
    assert [row["SessionId"] for row in rows] == [f"s{number}" for number in range(2 * PAGE + 1)]
    assert tuple(rows[0]) == COLUMNS
    (file,) = desk.folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert job_id not in file.name
    assert file.read_bytes().startswith(",".join(COLUMNS).encode() + b"\r\ns0,")


async def test_limit_is_the_number_of_lines(desk: Desk) -> None:
    await desk.have(PAGE + 5)
    async with working(desk.exports):
        for limit in (1, PAGE, PAGE + 1):
            shown = await desk.until(await desk.ask(limit=limit), "succeeded")
            assert len(await desk.rows(shown["data"][0])) == limit


async def test_no_calls_are_an_empty_job_without_a_file(desk: Desk) -> None:
    async with working(desk.exports):
        job_id = await desk.ask()
        assert await desk.until(job_id, "empty") == {"status": "empty"}
        await until(lambda: not list(desk.folder.iterdir()))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(BOUND):
        while not holds():  # noqa: ASYNC110 - nothing tells that a file is gone
            await asyncio.sleep(0)


async def test_a_job_that_was_cut_short_goes_on_and_what_was_not_saved_is_written_anew(desk: Desk) -> None:
    await desk.have(3 * PAGE)
    job_id = await desk.ask()
    begun = await desk.store.begin_export()
    assert begun is not None
    page = await desk.store.ended_sessions(begun, PAGE)
    saved = export_file.write(desk.folder, begun, page, LISTS)
    await desk.store.save_export(saved)
    export_file.write(desk.folder, saved, page[:7], LISTS)  # a crash before it is saved
    async with working(desk.made()):
        shown = await desk.until(job_id, "succeeded")
    assert [row["SessionId"] for row in await desk.rows(shown["data"][0])] == [f"s{each}" for each in range(3 * PAGE)]


async def test_a_file_that_lost_its_end_is_written_from_the_beginning(desk: Desk) -> None:
    await desk.have(PAGE + 1)
    job_id = await desk.ask()
    begun = await desk.store.begin_export()
    assert begun is not None
    saved = export_file.write(desk.folder, begun, await desk.store.ended_sessions(begun, PAGE), LISTS)
    await desk.store.save_export(saved)
    os.truncate(export_file.path_of(desk.folder, saved), saved.size - 1)
    async with working(desk.exports):
        shown = await desk.until(job_id, "succeeded")
    assert len(await desk.rows(shown["data"][0])) == PAGE + 1


async def test_a_job_is_cancelled_while_it_waits_while_it_runs_and_when_it_has_a_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.have(3 * PAGE)
    waiting = await desk.ask()
    assert await desk.exports.cancel(SUBACCOUNT, waiting)
    assert await desk.shown(waiting) == {"status": "cancelled"}
    async with working(desk.exports):
        done = await desk.ask()
        link = (await desk.until(done, "succeeded"))["data"][0]
        assert await desk.exports.cancel(SUBACCOUNT, done)
        assert await desk.shown(done) == {"status": "cancelled"}
        assert await desk.exports.cancel(SUBACCOUNT, done), "again"
        *_, token, name = link.split("/")
        assert await desk.exports.file(token, name.removesuffix(".csv")) is None
        saves: list[ExportJob] = []
        saving = desk.store.save_export

        async def save(job: ExportJob) -> bool:
            saves.append(job)
            if len(saves) == 2:
                assert await desk.exports.cancel(SUBACCOUNT, job.job_id)
            return await saving(job)

        monkeypatch.setattr(desk.store, "save_export", save)
        running = await desk.ask()
        await desk.until(running, "cancelled")
        after = await desk.ask(limit=1)
        await desk.until(after, "succeeded")
    assert len([job for job in saves if job.job_id == running]) == 2
    assert len(list(desk.folder.iterdir())) == 1


async def test_a_folder_that_cannot_be_written_fails_the_job_and_not_the_next(desk: Desk) -> None:
    await desk.have(1)
    desk.folder.parent.mkdir()
    desk.folder.write_text("in the way")
    async with working(desk.exports):
        failed = await desk.ask()
        assert await desk.until(failed, "failed", "error", "succeeded") == {"status": "failed"}
        desk.folder.unlink()
        await desk.until(await desk.ask(), "succeeded")


async def test_a_disk_with_little_room_fails_the_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.have(1)
    monkeypatch.setattr(export_file, "FREE", 1 << 62)
    async with working(desk.exports):
        await desk.until(await desk.ask(), "failed")


async def test_a_disk_that_fills_up_leaves_no_half_of_a_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.have(PAGE + 1)
    synced = os.fsync

    def full(descriptor: int) -> None:
        synced(descriptor)
        if os.fstat(descriptor).st_size > PAGE * 100:
            raise OSError(28, "No space left on device")

    async with working(desk.exports):
        monkeypatch.setattr(os, "fsync", full)
        await desk.until(await desk.ask(), "failed")
        await until(lambda: not list(desk.folder.iterdir()))


async def test_a_file_that_is_taken_away_meanwhile_fails_the_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.have(2 * PAGE)
    saving = desk.store.save_export

    async def save(job: ExportJob) -> bool:
        export_file.path_of(desk.folder, job).unlink()
        return await saving(job)

    monkeypatch.setattr(desk.store, "save_export", save)
    async with working(desk.exports):
        await desk.until(await desk.ask(), "failed")


async def test_a_fault_of_ours_ends_the_job_with_error(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> object:
        raise ZeroDivisionError

    async with working(desk.exports):
        with monkeypatch.context() as patch:
            patch.setattr(desk.store, "ended_sessions", broken)
            await desk.until(await desk.ask(), "error")
        await desk.until(await desk.ask(), "empty")


async def test_a_store_that_fails_once_is_asked_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAUSE", 0.0)
    begin, fails = desk.store.begin_export, [True]

    async def once() -> ExportJob | None:
        if fails:
            fails.pop()
            raise OSError
        return await begin()

    monkeypatch.setattr(desk.store, "begin_export", once)
    async with working(desk.exports):
        await desk.until(await desk.ask(), "empty")


async def test_a_link_lives_a_month_and_then_the_file_goes(desk: Desk) -> None:
    await desk.have(1)
    async with working(desk.exports):
        job_id = await desk.ask()
        link = (await desk.until(job_id, "succeeded"))["data"][0]
    desk.clock.advance(LIFETIME - 1)
    assert len(await desk.rows(link)) == 1
    assert await desk.exports.forget(200) == 0
    desk.clock.advance(1)
    *_, token, name = link.split("/")
    assert await desk.exports.file(token, name.removesuffix(".csv")) is None
    assert await desk.shown(job_id) is None
    assert not await desk.exports.cancel(SUBACCOUNT, job_id)
    assert await desk.exports.forget(200) == 1
    assert list(desk.folder.iterdir()) == []
    assert desk.store.exports == {}


async def test_another_token_opens_nothing(desk: Desk) -> None:
    await desk.have(1)
    async with working(desk.exports):
        *_, token, name = (await desk.until(await desk.ask(), "succeeded"))["data"][0].split("/")
    name = name.removesuffix(".csv")
    assert await desk.exports.file(token, name) is not None
    for wrong in (token[:-1], token + "0", "", "\ud800", "é"):
        assert await desk.exports.file(wrong, name) is None
    assert await desk.exports.file(token, "../" + name) is None
    next(desk.folder.iterdir()).unlink()
    assert await desk.exports.file(token, name) is None


async def test_another_subaccount_has_no_part_in_it(desk: Desk) -> None:
    job_id = await desk.ask()
    other = Subaccount("beta")
    assert await desk.exports.show(other, job_id) is None
    assert not await desk.exports.cancel(other, job_id)
    assert await desk.shown(job_id) == {"status": "queued"}


async def test_more_jobs_than_may_wait_are_refused(desk: Desk) -> None:
    for _ in range(5):
        await desk.ask()
    with pytest.raises(Overloaded):
        await desk.ask()
    assert [job.state for job in desk.store.exports.values()] == [ExportState.QUEUED] * 5
