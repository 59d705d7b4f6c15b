"""What every store must do: recordings."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, delivery, make, new

from ringback.adapters.store import UnknownSession
from ringback.domain.recording import Recording, RecordingStatus
from ringback.service.ports import TimelineEntry

MADE = [TimelineEntry(NOW, "recording-made")]


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    await made.create_session(new("s1"))
    yield made
    await made.close()


def recording(name: str = "r1", started: float = NOW, session_id: str = "s1") -> Recording:
    return Recording(
        recording_id=name,
        session_id=session_id,
        sub_account_id="acme",
        status=RecordingStatus.PROCESSING,
        started=started,
        path=f"{session_id}/{name}_x.mp3",
    )


def failed(begun: Recording) -> Recording:
    return msgspec.structs.replace(begun, status=RecordingStatus.PROCESSING_FAILED)


def completed(begun: Recording, seconds: float = 2.5) -> Recording:
    return msgspec.structs.replace(begun, status=RecordingStatus.UPLOAD_COMPLETED, seconds=seconds)


async def timeline(store: AnyStore) -> list[str]:
    record = await store.session("s1")
    assert record is not None
    return [entry.name for entry in record.timeline]


async def test_recordings_are_listed_by_session_in_the_order_of_their_beginnings(store: AnyStore) -> None:
    await store.create_session(new("s2"))
    one, two, other = recording("r2"), recording("r1"), recording("r3", session_id="s2")
    for each in (one, two, other):
        await store.begin_recording(each)
    assert list(await store.recordings("s1")) == [one, two]
    assert list(await store.recordings("s2")) == [other]
    assert list(await store.recordings("s3")) == []
    assert list(await store.unfinished_recordings()) == [one, two, other]


async def test_what_came_of_a_recording_is_stored_with_timeline_and_delivery(store: AnyStore) -> None:
    await store.begin_recording(recording())
    assert await store.finish_recording(completed(recording()), MADE, [delivery("d1", type_="VRU")])
    assert list(await store.recordings("s1")) == [completed(recording())]
    assert list(await store.unfinished_recordings()) == []
    assert await timeline(store) == ["recording-made"]
    assert [each.delivery_id for each in await store.deliveries_of("s1")] == ["d1"]


async def test_a_recording_that_never_began_here_is_stored_with_its_end(store: AnyStore) -> None:
    assert await store.finish_recording(completed(recording()), MADE, [])
    assert list(await store.recordings("s1")) == [completed(recording())]


async def test_a_status_that_is_no_news_writes_nothing(store: AnyStore) -> None:
    assert await store.finish_recording(failed(recording()), MADE, [delivery("d1", type_="VRU")])
    assert not await store.finish_recording(failed(recording()), MADE, [delivery("d2", type_="VRU")])
    assert await store.finish_recording(completed(recording()), MADE, [delivery("d3", type_="VRU")])
    assert [each.delivery_id for each in await store.deliveries_of("s1")] == ["d1", "d3"]
    assert await timeline(store) == ["recording-made"] * 2


async def test_a_completed_recording_stays_so(store: AnyStore) -> None:
    await store.finish_recording(completed(recording()), MADE, [])
    await store.begin_recording(recording())
    assert not await store.finish_recording(failed(recording()), MADE, [])
    assert not await store.finish_recording(completed(recording(), 9.0), MADE, [])
    assert list(await store.recordings("s1")) == [completed(recording())]


async def test_a_recording_keeps_the_time_that_it_began_with(store: AnyStore) -> None:
    await store.begin_recording(recording())
    await store.finish_recording(completed(recording(started=NOW + 9)), MADE, [])
    assert list(await store.recordings("s1")) == [completed(recording())]


async def test_the_recording_of_an_unknown_session_is_refused_whole(store: AnyStore) -> None:
    with pytest.raises(UnknownSession):
        await store.finish_recording(completed(recording(session_id="s9")), MADE, [])
    assert list(await store.recordings("s9")) == []


async def test_old_recordings_are_listed_oldest_first_without_those_in_processing(store: AnyStore) -> None:
    old, older, live, young = (
        recording(name, started) for name, started in (("r1", 20.0), ("r2", 10.0), ("r3", 5.0), ("r4", 30.0))
    )
    await store.finish_recording(completed(old), [], [])
    await store.finish_recording(failed(older), [], [])
    await store.begin_recording(live)
    await store.finish_recording(completed(young), [], [])
    assert list(await store.old_recordings({"acme": 30.0}, 10)) == [failed(older), completed(old)]
    assert list(await store.old_recordings({"acme": 30.0, "beta": 99.0}, 1)) == [failed(older)]


async def test_removed_recordings_are_gone_and_the_others_stay(store: AnyStore) -> None:
    for name in ("r1", "r2", "r3"):
        await store.begin_recording(recording(name))
    await store.remove_recordings(["r1", "r3", "r9"])
    assert [each.recording_id for each in await store.recordings("s1")] == ["r2"]
