import asyncio
import json
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.unit.domain.bodies import NOW, call
from tests.unit.service.house import ACME, House

from ringback.domain.push import PushProtocol, PushTarget
from ringback.domain.recording import Recording, RecordingStatus
from ringback.engine import events
from ringback.service.ports import MixdownFailed, Mixed, PacketsKept, TimelineEntry
from ringback.service.recordings import Recordings
from ringback.testing.store import InMemoryStore
from ringback.testing.telephone import FakeLeg

TARGET = PushTarget(
    protocol=PushProtocol.SFTP,
    host="files.example",
    port=22,
    username="ann",
    password="hush",  # noqa: S106 - of a test
)
MIXED = Mixed(started=0, seconds=2.0, rate=8000, channels=2, packets=200, dropped=0, truncated=False)


class FakeMixdown:
    """Writes a word as sound, but `fault` of a tap."""

    def __init__(self) -> None:
        """Mix at once."""
        self.fault = ""
        self.mixed = MIXED
        self.open = asyncio.Event()
        self.open.set()

    async def mix(self, tap: Path, sound: Path, channels: int) -> Mixed:
        await self.open.wait()
        if self.fault:
            raise MixdownFailed(self.fault)
        _write(sound, f"{_read(tap)} in {channels}")
        return self.mixed


def _read(path: Path) -> str:
    return path.read_text()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Studio:
    """A house that records into a folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing is recorded yet."""
        self.folder = folder
        self.house = House()
        self.mixdown = FakeMixdown()
        self.webhooks: tuple[str, ...] = ("VCA", "VSS", "VRU")
        ids = count(1)
        self.recordings = Recordings(
            self.house.telephone,
            self.mixdown,
            self.house.store,
            self.house.clock,
            folder=folder,
            suffix=".mp3",
            channels=2,
            new_id=lambda: f"rec{next(ids)}",
        )
        self.house.desk.record = self.recordings.begin

    async def recorded(self, kept: PacketsKept | None = None) -> str:
        """Run a session whose call is recorded until it is hung up; give its id. `kept`: what is told then."""
        recorded = asyncio.Event()
        telephone = self.house.telephone
        record = telephone.record

        def begin(call_id: str, path: str, done: Callable[[PacketsKept], None]) -> None:
            record(call_id, path, done)
            recorded.set()

        telephone.record = begin  # type: ignore[method-assign]
        legs: list[FakeLeg] = []

        def behave(leg: FakeLeg) -> None:
            legs.append(leg)
            leg.tell(events.LegAnswered(leg.call_id))

        telephone.behave = behave
        await self.house.tenant(*self.webhooks)
        self.house.callbacks.open.clear()
        session = await self.house.begin(call(callRecording=True))
        async with asyncio.timeout(5):
            await recorded.wait()
        _write(Path(legs[0].recorded), "packets")
        if kept is None:
            telephone.hang_up(legs[0].call_id)
        else:
            legs[0].tell(events.LegHungUp(legs[0].call_id))
            assert legs[0].kept is not None
            legs[0].kept(kept)
        self.house.callbacks.open.set()
        await self.house.over()
        return session

    async def row(self, session: str) -> Recording:
        (row,) = await self.house.store.recordings(session)
        return row

    async def vrus(self, session: str) -> list[dict[str, Any]]:
        """Give the bodies of the VRUs of a session, in order."""
        deliveries = await self.house.store.deliveries_of(session)
        return [json.loads(each.body) for each in deliveries if each.type == "VRU"]

    async def told(self, session: str) -> list[TimelineEntry]:
        record = await self.house.record(session)
        return [entry for entry in record.timeline if entry.name.startswith("recording-")]

    @property
    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "recordings")


def details(entry: TimelineEntry) -> dict[str, Any]:
    return {name: value for name, value in entry.details.items() if name != "call"}


async def test_a_recorded_call_becomes_one_file_that_the_timeline_names(studio: Studio) -> None:
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    name = f"{session}/rec1_20260115T120000Z.mp3"
    (entry,) = await studio.told(session)
    assert studio.files == [entry.details["file"]]
    assert entry.name == "recording-made"
    assert details(entry) == {"file": studio.files[0], "seconds": 2.0}
    assert studio.files[0].startswith(f"{session}/rec1_20")
    assert len(studio.files[0]) == len(name)
    assert _read(studio.folder / studio.files[0]) == "packets in 2"


async def test_a_recording_that_is_cut_says_why(studio: Studio) -> None:
    session = await studio.recorded(PacketsKept(70, 30, "No space left on device"))
    await studio.recordings.stop(5.0)
    (entry,) = await studio.told(session)
    assert (entry.name, entry.details["cut"]) == ("recording-made", "No space left on device")


async def test_packets_that_could_not_be_kept_at_all_are_a_failure(studio: Studio) -> None:
    session = await studio.recorded(PacketsKept(0, 30, "No space left on device"))
    await studio.recordings.stop(5.0)
    (entry,) = await studio.told(session)
    assert (entry.name, details(entry)) == ("recording-failed", {"reason": "No space left on device"})
    assert studio.files == [], "nothing is left to be tried again"


async def test_packets_of_which_no_sound_was_made_are_taken_up_at_the_next_start(studio: Studio) -> None:
    studio.mixdown.fault = "No space left on device"
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    (entry,) = await studio.told(session)
    assert (entry.name, details(entry)) == ("recording-failed", {"reason": "No space left on device"})
    assert [name[-4:] for name in studio.files] == [".tap"]
    studio.mixdown.fault = ""
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    assert [name[-4:] for name in studio.files] == [".mp3"]
    assert [each.name for each in await studio.told(session)] == ["recording-failed", "recording-made"]


async def test_the_row_and_the_vru_say_what_came_of_a_recording(studio: Studio) -> None:
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    row = await studio.row(session)
    assert row == Recording(
        recording_id="rec1",
        session_id=session,
        sub_account_id=ACME,
        status=RecordingStatus.UPLOAD_COMPLETED,
        started=studio.house.clock.now(),
        path=studio.files[0],
        seconds=2.0,
    )
    payload = {
        "sessionId": session,
        "recordingId": "rec1",
        "durationSeconds": 2,
        "filePath": studio.files[0],
        "status": "UPLOAD_COMPLETED",
    }
    assert await studio.vrus(session) == [
        {
            "namespace": "VOICE",
            "eventType": "CALL_RECORDING_STATUS",
            "description": "Call recording status updated",
            "payload": payload,
        }
    ]


async def test_a_recording_is_in_processing_while_its_file_is_made(studio: Studio) -> None:
    studio.mixdown.open.clear()
    session = await studio.recorded()
    row = await studio.row(session)
    assert (row.status, row.seconds) == (RecordingStatus.PROCESSING, None)
    assert await studio.vrus(session) == []
    studio.mixdown.open.set()
    await studio.recordings.stop(5.0)


async def test_a_failure_is_told_once_however_often_it_is_tried_again(studio: Studio) -> None:
    studio.mixdown.fault = "No space left on device"
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    assert [vru["payload"]["status"] for vru in await studio.vrus(session)] == ["PROCESSING_FAILED"]
    assert "durationSeconds" not in (await studio.vrus(session))[0]["payload"]
    studio.mixdown.fault = ""
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    told = [vru["payload"]["status"] for vru in await studio.vrus(session)]
    assert told == ["PROCESSING_FAILED", "UPLOAD_COMPLETED"]


async def test_packets_that_outlived_their_recording_are_mixed_again_and_nobody_is_told_twice(studio: Studio) -> None:
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    _write((studio.folder / studio.files[0]).with_suffix(".tap"), "packets")
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    assert [name[-4:] for name in studio.files] == [".mp3"]
    assert len(await studio.vrus(session)) == len(await studio.told(session)) == 1


async def test_a_program_without_a_vru_webhook_is_not_told(studio: Studio) -> None:
    studio.webhooks = ("VCA", "VSS")
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    assert (await studio.row(session)).status == RecordingStatus.UPLOAD_COMPLETED
    assert await studio.vrus(session) == []


async def test_a_recording_of_which_a_crash_left_nothing_is_a_failure_at_the_next_start(studio: Studio) -> None:
    studio.mixdown.open.clear()
    session = await studio.recorded()
    await studio.recordings.stop(0.0)
    (studio.folder / studio.files[0]).unlink()
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    assert (await studio.row(session)).status == RecordingStatus.PROCESSING_FAILED
    assert len(await studio.vrus(session)) == 1


@pytest.mark.parametrize("name", ["old_20270115T075900Z.tap", "old_whenever.tap"])
async def test_packets_that_a_server_without_rows_left_get_one(studio: Studio, name: str) -> None:
    await studio.house.tenant("VRU")
    session = (await studio.house.run(call())).session_id
    _write(studio.folder / session / name, "packets")
    os.utime(studio.folder / session / name, (0.0, NOW - 60))
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    row = await studio.row(session)
    assert (row.recording_id, row.sub_account_id, row.started) == ("old", ACME, NOW - 60)
    assert studio.files == [row.path]


async def test_old_recordings_go_with_their_files_and_those_that_failed_with_their_packets(studio: Studio) -> None:
    made = await studio.recorded()
    await studio.recordings.stop(5.0)
    studio.mixdown.fault = "No space left on device"
    failed = await studio.recorded()
    await studio.recordings.stop(5.0)
    assert len(studio.files) == 2
    assert await studio.recordings.forget({ACME: NOW}, 10) == 0
    assert await studio.recordings.forget({ACME: studio.house.clock.now() + 1}, 1) == 1
    assert await studio.recordings.forget({ACME: studio.house.clock.now() + 1}, 10) == 1
    assert list(studio.folder.iterdir()) == []
    assert [*await studio.house.store.recordings(made), *await studio.house.store.recordings(failed)] == []


async def test_a_file_that_cannot_be_removed_keeps_its_row(studio: Studio) -> None:
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    file = studio.folder / studio.files[0]
    file.unlink()
    file.mkdir()
    assert await studio.recordings.forget({ACME: studio.house.clock.now() + 1}, 10) == 0
    assert len(await studio.house.store.recordings(session)) == 1


async def test_a_stop_leaves_what_is_not_mixed_to_the_next_start(studio: Studio) -> None:
    studio.mixdown.open.clear()
    await studio.recorded()
    await studio.recordings.stop(0.0)
    assert [name[-4:] for name in studio.files] == [".tap"]


async def test_a_folder_that_cannot_be_made_is_a_failure_and_the_session_goes_on(tmp_path: Path) -> None:
    _write(tmp_path / "recordings", "a file")
    studio = Studio(tmp_path / "recordings")
    await studio.house.tenant("VSS")
    record = await studio.house.run(call(callRecording=True))
    await studio.recordings.stop(5.0)
    (entry,) = await studio.told(record.session_id)
    assert (entry.name, details(entry)) == ("recording-failed", {"reason": "Not a directory"})


async def test_a_session_that_the_store_does_not_know_keeps_its_file(studio: Studio) -> None:
    _write(studio.folder / "unknown" / "rec_x.tap", "packets")
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    assert studio.files == ["unknown/rec_x.mp3"]
    assert isinstance(studio.house.store, InMemoryStore)


async def test_a_call_that_is_not_to_be_recorded_is_not(studio: Studio) -> None:
    await studio.house.tenant("VSS")
    record = await studio.house.run(call())
    await studio.recordings.stop(5.0)
    assert await studio.told(record.session_id) == []
    assert studio.files == []


async def test_with_a_push_target_a_recording_waits_to_be_pushed_and_nobody_is_told_yet(studio: Studio) -> None:
    store = studio.house.store
    await studio.house.tenant(*studio.webhooks)
    await store.set_push_target(ACME, TARGET, NOW)
    pushes = []
    studio.recordings.on_push = lambda: pushes.append(1)
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    row = await studio.row(session)
    assert (row.status, row.seconds, pushes) == (RecordingStatus.PROCESSING, 2.0, [1])
    assert await studio.vrus(session) == []
    assert [entry.name for entry in await studio.told(session)] == ["recording-made"]
    assert (await store.waiting_pushes(ACME)).count == 1
    assert [Path(name).suffix for name in studio.files] == [".mp3"]


@pytest.mark.parametrize("fault", ["", "it cannot be read"])
async def test_what_waits_to_be_pushed_is_neither_failed_nor_told_at_the_next_start(studio: Studio, fault: str) -> None:
    await studio.house.tenant(*studio.webhooks)
    await studio.house.store.set_push_target(ACME, TARGET, NOW)
    session = await studio.recorded()
    await studio.recordings.stop(5.0)
    tap = (studio.folder / studio.files[0]).with_suffix(".tap")
    _write(tap, "packets")  # as a crash leaves it that comes before it is removed
    studio.mixdown.fault = fault
    await studio.house.store.remove_push_target(ACME, NOW)
    await studio.recordings.recover()
    await studio.recordings.stop(5.0)
    assert (await studio.row(session)).status == RecordingStatus.PROCESSING
    assert await studio.vrus(session) == []
    assert (await studio.house.store.waiting_pushes(ACME)).count == 1
