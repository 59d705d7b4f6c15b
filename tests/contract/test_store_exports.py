"""What every store must do: exports and rates."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make, new
from tests.contract.test_store import summary

from ringback.domain.call_record import Spoken
from ringback.domain.numbering import NumberRange
from ringback.domain.rate import Rate
from ringback.domain.session import Direction
from ringback.service.export_store import MAX_KEPT, MAX_WAITING, ExportJob, ExportState
from ringback.service.ports import TimelineEntry

_NAMES = count(1)


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


def job(sub_account_id: str = "acme", **fields: object) -> ExportJob:
    name = str(next(_NAMES))
    made = ExportJob(
        job_id=f"job-{name}",
        name=name,
        token=f"token-{name}",
        sub_account_id=sub_account_id,
        created=NOW,
        since=NOW - 100,
        until=NOW + 100,
        most=0,
    )
    return msgspec.structs.replace(made, **fields)


async def end(store: AnyStore, session_id: str, created: float, sub_account_id: str = "acme") -> None:
    queued = msgspec.structs.replace(new(session_id, created=created), sub_account_id=sub_account_id)
    await store.begin_session(queued, "me", created)
    await store.end_session(summary(session_id), [], [])


async def test_a_job_is_read_by_its_subaccount_alone_and_by_the_name_of_its_file(store: AnyStore) -> None:
    made = job()
    assert await store.add_export(made)
    assert await store.export("acme", made.job_id) == made
    assert await store.export_named(made.name) == made
    assert await store.export("beta", made.job_id) is None
    assert await store.export("acme", "nobody") is None
    assert await store.export_named("nobody") is None


async def test_jobs_are_done_in_order_and_one_that_was_cut_short_goes_on_where_it_was(store: AnyStore) -> None:
    first, second = job(), job()
    assert await store.begin_export() is None
    for each in (first, second):
        await store.add_export(each)
    begun = await store.begin_export()
    assert begun == msgspec.structs.replace(first, state=ExportState.RUNNING)
    further = msgspec.structs.replace(begun, reached=(NOW + 1.5, 7), lines=3, size=99)
    assert await store.save_export(further)
    assert await store.begin_export() == further
    assert await store.end_export(first.job_id, ExportState.SUCCEEDED, NOW + 50)
    assert not await store.end_export(first.job_id, ExportState.FAILED, NOW + 60)
    done = await store.export("acme", first.job_id)
    assert done == msgspec.structs.replace(further, state=ExportState.SUCCEEDED, expires=NOW + 50)
    next_one = await store.begin_export()
    assert next_one is not None
    assert next_one.job_id == second.job_id


async def test_a_cancelled_job_runs_no_longer(store: AnyStore) -> None:
    made = job()
    await store.add_export(made)
    begun = await store.begin_export()
    assert begun is not None
    assert await store.cancel_export("beta", made.job_id, NOW + 9) is None
    cancelled = await store.cancel_export("acme", made.job_id, NOW + 9)
    assert cancelled == msgspec.structs.replace(made, state=ExportState.CANCELLED, expires=NOW + 9)
    assert not await store.save_export(begun)
    assert not await store.end_export(made.job_id, ExportState.SUCCEEDED, NOW + 50)
    assert await store.cancel_export("acme", made.job_id, NOW + 99) == cancelled
    assert await store.begin_export() is None


async def test_a_job_that_failed_is_not_cancelled_and_one_with_a_file_is(store: AnyStore) -> None:
    for state, then in ((ExportState.FAILED, ExportState.FAILED), (ExportState.SUCCEEDED, ExportState.CANCELLED)):
        made = job()
        await store.add_export(made)
        await store.begin_export()
        await store.end_export(made.job_id, state, NOW + 9)
        shown = await store.cancel_export("acme", made.job_id, NOW + 9)
        assert shown is not None
        assert shown.state is then


async def test_a_subaccount_has_so_many_jobs_that_wait_and_so_many_files(store: AnyStore) -> None:
    for _ in range(MAX_WAITING):
        assert await store.add_export(job())
    assert not await store.add_export(job())
    assert await store.add_export(job("beta"))
    for _ in range(MAX_KEPT):
        if (begun := await store.begin_export()) is not None:
            await store.end_export(begun.job_id, ExportState.SUCCEEDED, NOW + 9)
        await store.add_export(job())
    kept = [each async for each in _kept(store)]
    assert len(kept) == MAX_KEPT
    assert not await store.add_export(job())
    await store.cancel_export("acme", kept[0].job_id, NOW + 9)
    assert await store.add_export(job())


async def _kept(store: AnyStore) -> AsyncIterator[ExportJob]:
    while (begun := await store.begin_export()) is not None:
        await store.end_export(begun.job_id, ExportState.SUCCEEDED, NOW + 9)
    for each in await store.expired_exports(NOW + 9, 1000):
        if each.sub_account_id == "acme":
            yield each


async def test_what_is_too_old_is_listed_and_forgotten(store: AnyStore) -> None:
    made = [job() for _ in range(3)]
    for each in made:
        await store.add_export(each)
        await store.begin_export()
        await store.end_export(each.job_id, ExportState.EMPTY, NOW + 9)
    await store.add_export(job())
    assert await store.expired_exports(NOW + 8.9, 10) == []
    assert len(await store.expired_exports(NOW + 9, 2)) == 2
    for each in made:
        await store.remove_export(each.job_id)
    assert await store.expired_exports(NOW + 9, 10) == []
    assert await store.export("acme", made[0].job_id) is None


async def test_sessions_that_are_over_come_the_oldest_first_and_page_by_page(store: AnyStore) -> None:
    for session_id, created in (("s2", NOW + 1), ("s1", NOW), ("s3", NOW + 1), ("out", NOW + 100), ("old", NOW - 101)):
        await end(store, session_id, created)
    await end(store, "theirs", NOW, "beta")
    await store.create_session(new("queued"))
    made = job()
    first = await store.ended_sessions(made, 2)
    assert [ended.summary.session_id for ended in first] == ["s1", "s2"]
    await end(store, "late", NOW)
    rest = await store.ended_sessions(msgspec.structs.replace(made, reached=first[-1].place), 2)
    assert [ended.summary.session_id for ended in rest] == ["s3"]
    assert await store.ended_sessions(msgspec.structs.replace(made, reached=rest[-1].place), 2) == []


async def test_what_was_spoken_comes_with_its_session(store: AnyStore) -> None:
    await end(store, "s1", NOW)
    said = [
        TimelineEntry(NOW, "leg-dialled", {"call": "call-1"}),
        TimelineEntry(NOW, "prompt-played", {"call": "call-1", "text": "Hello"}),
        TimelineEntry(NOW, "prompt-played", {"call": "call-1", "url": "http://a/b.wav"}),
    ]
    await store.append_timeline("s1", said)
    await store.append_timeline("s1", [TimelineEntry(NOW, "prompt-played", {"text": "cut", "characters": 900})])
    (ended,) = await store.ended_sessions(job(), 10)
    assert ended.spoken == [Spoken("call-1", "Hello", 5), Spoken("", "cut", 900)]


async def test_a_price_list_takes_the_place_of_another(store: AnyStore) -> None:
    def rate(prefix: str, direction: Direction = Direction.OUTBOUND) -> Rate:
        return Rate(direction=direction, prefix=prefix, price="0.01", currency="EUR", first=60, further=6)

    assert await store.rates() == []
    await store.replace_rates([rate("65"), rate(""), rate("65", Direction.INBOUND)])
    assert await store.rates() == [rate("65", Direction.INBOUND), rate(""), rate("65")]
    await store.replace_rates([rate("49")])
    assert await store.rates() == [rate("49")]


async def test_number_ranges_take_the_place_of_others(store: AnyStore) -> None:
    singapore, germany = NumberRange("658", "One", "525", "01"), NumberRange("49", "", "", "")
    assert await store.numbering() == []
    await store.replace_numbering([singapore, germany])
    assert await store.numbering() == [germany, singapore]
    await store.replace_numbering([singapore])
    assert await store.numbering() == [singapore]


async def test_jobs_of_all_subaccounts_are_listed_the_newest_first(store: AnyStore) -> None:
    jobs = [job() for _ in range(3)]
    for each in jobs:
        await store.add_export(each)
    assert [each.job_id for each in await store.list_exports(2)] == [jobs[2].job_id, jobs[1].job_id]
