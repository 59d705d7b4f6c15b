import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from tests.contract.stores import new
from tests.unit.domain.bodies import NOW

from ringback.domain.push import PushProtocol, PushTarget
from ringback.domain.recording import Recording, RecordingStatus
from ringback.engine.retry import GIVE_UP_AFTER
from ringback.service import pushes as module
from ringback.service.ports import WebhookType
from ringback.service.pushes import CONCURRENT, LEASE, OF_ONE, Pushes
from ringback.service.storage import UploadFailed
from ringback.testing.clock import ManualClock
from ringback.testing.store import InMemoryStore

KEY = "ssh-ed25519 AAAA"
TARGET = PushTarget(
    protocol=PushProtocol.SFTP,
    host="files.example",
    port=22,
    username="ann",
    password="open sesame",  # noqa: S106 - of a test
    path="/in/",
)
KNOWN = msgspec.structs.replace(TARGET, host_key=KEY)


class FakeStorage:
    """Takes every file, but for the `fault` that there is."""

    def __init__(self) -> None:
        """Take files at once."""
        self.fault: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.under_way = 0
        self.most = 0
        self.introduced: list[PushTarget] = []
        self.sent: list[tuple[PushTarget, str]] = []
        self.during: Callable[[], Awaitable[object]] | None = None
        """Happens while a file is sent."""

    async def introduce(self, target: PushTarget) -> str:
        self.introduced.append(target)
        return KEY

    async def upload(self, target: PushTarget, file: Path, name: str) -> None:
        assert str(file).endswith(name)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.open.wait()
            if self.during is not None:
                await self.during()
            if self.fault is not None:
                raise self.fault
            self.sent.append((target, name))
        finally:
            self.under_way -= 1


class Depot:
    """Pushes on fakes; time stands still until it is moved."""

    def __init__(self, folder: Path, *, keep: bool = True) -> None:
        """`keep`: local files."""
        self.folder = folder
        self.store = InMemoryStore()
        self.clock = ManualClock(NOW)
        self.storage = FakeStorage()
        ids = count(1)
        self.pushes = Pushes(
            self.store,
            {PushProtocol.SFTP: self.storage},
            self.clock,
            folder=folder,
            keep=keep,
            new_id=lambda: f"id{next(ids)}",
            jitter=lambda: 0.0,
        )
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.create_task(self.pushes.run())

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def furnish(self, *names: str, target: PushTarget | None = TARGET) -> None:
        """Make subaccounts that have a VRU webhook and a target."""
        for name in names or ("acme",):
            await self.store.add_subaccount(name)
            await self.store.set_webhook(name, WebhookType("VRU", "https://acme.example/vru"))
            if target is not None:
                await self.store.set_push_target(name, target, self.clock.now())

    async def add(self, name: str = "r1", owner: str = "acme", *, file: bool = True) -> None:
        """Let a recording wait."""
        if await self.store.session("s1") is None:
            await self.store.create_session(new("s1"))
        recording = Recording(
            recording_id=name,
            session_id="s1",
            sub_account_id=owner,
            status=RecordingStatus.PROCESSING,
            started=NOW,
            path=f"s1/{name}_x.mp3",
            seconds=2.5,
        )
        if file:
            _write(self.folder / recording.path)
        await self.store.add_push(recording, [], self.clock.now())
        self.pushes.wake()

    async def until(self, happened: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is so. Raises TimeoutError."""
        async with asyncio.timeout(5):
            while not await happened():  # noqa: ASYNC110 - a store tells nobody
                await asyncio.sleep(0)

    async def row(self, name: str = "r1") -> Recording:
        return next(each for each in await self.store.recordings("s1") if each.recording_id == name)

    async def ended(self, name: str = "r1") -> Recording:
        """Wait until a recording waits no longer."""

        async def is_over() -> bool:
            return (await self.row(name)).status != RecordingStatus.PROCESSING

        await self.until(is_over)
        return await self.row(name)

    async def failed(self, reason: str) -> None:
        """Wait until what waits failed for a reason."""

        async def has_failed() -> bool:
            return (await self.store.waiting_pushes("acme")).reason == reason

        await self.until(has_failed)

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        record = await self.store.session("s1")
        assert record is not None
        return [(entry.name, dict(entry.details)) for entry in record.timeline]

    async def vrus(self) -> list[dict[str, Any]]:
        return [json.loads(each.body)["payload"] for each in await self.store.deliveries_of("s1")]

    @property
    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.mp3"))


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("sound")


@pytest_asyncio.fixture
async def depot(tmp_path: Path) -> AsyncIterator[Depot]:
    made = Depot(tmp_path)
    yield made
    await made.stop()


async def test_a_recording_is_pushed_and_told_with_where_it_is(depot: Depot) -> None:
    await depot.furnish(target=KNOWN)
    await depot.add()
    depot.start()
    row = await depot.ended()
    assert (row.status, row.url) == (RecordingStatus.UPLOAD_COMPLETED, "sftp://files.example/in/s1/r1_x.mp3")
    assert depot.storage.sent == [(KNOWN, "s1/r1_x.mp3")]
    assert depot.storage.introduced == []
    assert await depot.told() == [("recording-pushed", {"file": "s1/r1_x.mp3", "url": row.url})]
    assert await depot.vrus() == [
        {
            "sessionId": "s1",
            "recordingId": "r1",
            "durationSeconds": 2,
            "filePath": "/in/s1/r1_x.mp3",
            "status": "UPLOAD_COMPLETED",
        }
    ]
    assert depot.files == ["s1/r1_x.mp3"], "the local file stays"


async def test_a_subaccount_without_a_vru_webhook_is_not_told(depot: Depot) -> None:
    await depot.furnish()
    await depot.store.delete_webhook("acme", "VRU")
    await depot.add()
    depot.start()
    assert (await depot.ended()).status == RecordingStatus.UPLOAD_COMPLETED
    assert await depot.vrus() == []


async def test_the_key_of_a_host_is_kept_before_anything_is_sent_to_it(depot: Depot) -> None:
    await depot.furnish()
    await depot.add("r1")
    depot.start()
    await depot.ended("r1")
    assert depot.storage.sent == [(KNOWN, "s1/r1_x.mp3")]
    assert await depot.store.push_target("acme") == KNOWN
    await depot.add("r2")
    await depot.ended("r2")
    assert depot.storage.introduced == [TARGET], "it was asked once"


async def test_a_failed_upload_is_told_once_and_tried_again_until_it_succeeds(depot: Depot) -> None:
    await depot.furnish(target=KNOWN)
    await depot.add()
    depot.storage.fault = UploadFailed("no connection")
    tries: list[tuple[str, str]] = []
    depot.pushes.on_try = lambda *tried: tries.append(tried)
    depot.start()
    await depot.failed("no connection")
    depot.clock.advance(2.0)
    depot.pushes.wake()

    async def tried_twice() -> bool:
        return depot.store._pushes["r1"].attempts == 2

    await depot.until(tried_twice)
    assert tries == [("SFTP", "failed")] * 2
    depot.storage.fault = None
    depot.clock.advance(4.0)
    depot.pushes.wake()
    assert (await depot.ended()).status == RecordingStatus.UPLOAD_COMPLETED
    assert tries[2:] == [("SFTP", "arrived")]
    assert [name for name, _ in await depot.told()] == ["recording-not-pushed", "recording-pushed"]
    assert (await depot.told())[0][1] == {"file": "s1/r1_x.mp3", "reason": "no connection"}
    assert len(await depot.vrus()) == 1


async def test_after_a_day_it_is_given_up_and_the_file_stays(tmp_path: Path) -> None:
    depot = Depot(tmp_path, keep=False)
    await depot.furnish(target=KNOWN)
    await depot.add()
    depot.storage.fault = UploadFailed("no connection")
    depot.clock.advance(GIVE_UP_AFTER)
    depot.start()
    row = await depot.ended()
    await depot.stop()
    assert (row.status, row.url) == (RecordingStatus.UPLOAD_FAILED, None)
    assert [(vru["status"], vru["filePath"]) for vru in await depot.vrus()] == [("UPLOAD_FAILED", "s1/r1_x.mp3")]
    assert await depot.pushes.clear(10) == 0
    assert depot.files == ["s1/r1_x.mp3"]
    assert [name for name, _ in await depot.told()] == ["recording-not-pushed"]


async def test_a_file_that_is_gone_is_not_asked_for_and_fails(depot: Depot) -> None:
    await depot.furnish()
    await depot.add(file=False)
    depot.start()
    await depot.failed("the file is not in the folder of recordings")
    assert depot.storage.introduced == []


async def test_a_fault_of_ours_is_counted_as_a_failure(depot: Depot) -> None:
    await depot.furnish()
    await depot.add()
    depot.storage.fault = ZeroDivisionError("hush")
    depot.start()
    await depot.failed("a fault of the server: ZeroDivisionError")


async def test_an_upload_that_takes_too_long_fails(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.01)
    depot.storage.open.clear()
    await depot.furnish()
    await depot.add()
    depot.start()
    await depot.failed("not done after 0 seconds")


async def test_a_target_that_changes_during_an_upload_that_fails_is_tried_at_once(depot: Depot) -> None:
    await depot.furnish(target=KNOWN)
    await depot.add()
    better = msgspec.structs.replace(KNOWN, password="better")  # noqa: S106 - of a test
    depot.storage.fault = UploadFailed("the login was refused")

    async def change() -> None:
        depot.storage.fault, depot.storage.during = None, None
        await depot.store.set_push_target("acme", better, depot.clock.now())
        raise UploadFailed("the login was refused")  # noqa: EM101, TRY003 - what the fake says

    depot.storage.during = change
    depot.start()
    await depot.ended()
    assert depot.storage.sent == [(better, "s1/r1_x.mp3")]


async def test_a_target_that_is_replaced_while_its_host_is_asked_is_not_used(depot: Depot) -> None:
    await depot.furnish()
    await depot.add()
    other = msgspec.structs.replace(TARGET, host="other.example")
    introduce = depot.storage.introduce

    async def replaced(target: PushTarget) -> str:
        if target == TARGET:
            await depot.store.set_push_target("acme", other, depot.clock.now())
        return await introduce(target)

    depot.storage.introduce = replaced  # type: ignore[method-assign]
    depot.start()
    await depot.ended()
    assert [target.host for target, _ in depot.storage.sent] == ["other.example"]


async def test_without_a_target_any_more_a_recording_stays_local(tmp_path: Path) -> None:
    depot = Depot(tmp_path, keep=False)
    await depot.furnish()
    await depot.add()
    await depot.store.remove_push_target("acme", depot.clock.now())
    depot.start()
    row = await depot.ended()
    await depot.stop()
    assert (row.status, row.url) == (RecordingStatus.UPLOAD_COMPLETED, None)
    assert [(vru["status"], vru["filePath"]) for vru in await depot.vrus()] == [("UPLOAD_COMPLETED", "s1/r1_x.mp3")]
    assert await depot.pushes.clear(10) == 0
    assert depot.files == ["s1/r1_x.mp3"]


async def test_so_many_are_sent_at_a_time_and_so_many_of_one_subaccount(depot: Depot) -> None:
    owners = [f"acme{number}" for number in range(CONCURRENT)]
    await depot.furnish(*owners, target=KNOWN)
    for owner in owners:
        for number in range(OF_ONE + 1):
            await depot.add(f"{owner}-{number}", owner)
    depot.storage.open.clear()
    depot.start()

    async def is_full() -> bool:
        return depot.storage.under_way == CONCURRENT

    await depot.until(is_full)
    assert depot.storage.sent == []
    depot.storage.open.set()

    async def is_done() -> bool:
        return len(depot.storage.sent) == len(owners) * (OF_ONE + 1)

    await depot.until(is_done)
    assert depot.storage.most == CONCURRENT


async def test_a_slow_host_of_one_subaccount_leaves_room_for_another(depot: Depot) -> None:
    await depot.furnish("acme", "other", target=KNOWN)
    for number in range(CONCURRENT):
        await depot.add(f"r{number}")
    await depot.add("r9", "other")
    depot.storage.open.clear()
    depot.start()

    async def has_begun() -> bool:
        return depot.storage.under_way == OF_ONE + 1

    await depot.until(has_begun)


async def test_what_is_cut_short_by_a_stop_is_due_at_once(depot: Depot) -> None:
    await depot.furnish(target=KNOWN)
    await depot.add()
    depot.storage.open.clear()
    depot.start()

    async def has_begun() -> bool:
        return depot.storage.under_way == 1

    await depot.until(has_begun)
    await depot.stop()
    push = await depot.store.claim_push((), depot.clock.now(), LEASE)
    assert push is not None
    assert push.attempts == 0


async def test_what_is_sent_is_held_meanwhile(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE", 0.03)
    await depot.furnish(target=KNOWN)
    await depot.add()
    depot.storage.open.clear()
    held = asyncio.Event()
    hold = depot.store.hold_push

    async def noted(recording_id: str, until: float) -> None:
        await hold(recording_id, until)
        held.set()

    depot.store.hold_push = noted  # type: ignore[method-assign]
    depot.start()
    async with asyncio.timeout(5):
        await held.wait()
    depot.storage.open.set()
    await depot.ended()


async def test_a_store_that_fails_once_does_not_end_it(depot: Depot) -> None:
    await depot.furnish(target=KNOWN)
    await depot.add()
    claim, failed = depot.store.claim_push, asyncio.Event()

    async def fail(*_: object) -> None:
        depot.store.claim_push = claim  # type: ignore[method-assign]
        failed.set()
        raise OSError

    depot.store.claim_push = fail  # type: ignore[method-assign, assignment]
    depot.start()
    async with asyncio.timeout(5):
        await failed.wait()
    depot.pushes.wake()
    await depot.ended()


async def test_local_files_go_once_they_are_pushed_where_they_are_not_kept(tmp_path: Path) -> None:
    depot = Depot(tmp_path, keep=False)
    await depot.furnish(target=KNOWN)
    await depot.add("r1")
    await depot.add("r2")
    depot.start()
    await depot.ended("r1")
    await depot.ended("r2")
    await depot.stop()
    assert await depot.pushes.clear(1) == 1
    assert depot.files == ["s1/r2_x.mp3"]
    (depot.folder / "s1/r2_x.mp3").unlink()
    (depot.folder / "s1/r2_x.mp3").mkdir()
    assert await depot.pushes.clear(9) == 0, "it cannot be removed, and is tried again"
    (depot.folder / "s1/r2_x.mp3").rmdir()
    assert await depot.pushes.clear(9) == 1
    assert await depot.pushes.clear(9) == 0
