"""What every store must do: pushes of recordings."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, delivery, make, new

from ringback.adapters.store import UnknownSession, UnknownSubaccount
from ringback.domain.push import PushProtocol, PushTarget
from ringback.domain.recording import Recording, RecordingStatus
from ringback.service.ports import TimelineEntry

LEASE = 15.0
MADE = [TimelineEntry(NOW, "recording-made")]
SENT = [TimelineEntry(NOW, "recording-pushed")]
TARGET = PushTarget(
    protocol=PushProtocol.SFTP,
    host="files.example",
    port=22,
    username="ann",
    password="open sesame",  # noqa: S106 - of a test
    path="/in/",
)
KEY = "ssh-ed25519 AAAA"


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    for name in ("acme", "other"):
        await made.add_subaccount(name)
    await made.create_session(new("s1"))
    yield made
    await made.close()


def recording(name: str = "r1", owner: str = "acme", session_id: str = "s1") -> Recording:
    return Recording(
        recording_id=name,
        session_id=session_id,
        sub_account_id=owner,
        status=RecordingStatus.PROCESSING,
        started=NOW,
        path=f"{session_id}/{name}_x.mp3",
        seconds=2.5,
    )


def pushed(made: Recording) -> Recording:
    return msgspec.structs.replace(
        made, status=RecordingStatus.UPLOAD_COMPLETED, url=f"sftp://files.example/in/{made.path}"
    )


async def claimed(store: AnyStore, now: float = NOW, busy: tuple[str, ...] = ()) -> str | None:
    push = await store.claim_push(busy, now, LEASE)
    return None if push is None else push.recording.recording_id


async def status(store: AnyStore, name: str = "r1") -> RecordingStatus:
    return next(each.status for each in await store.recordings("s1") if each.recording_id == name)


# -- where to


async def test_a_target_is_read_as_it_was_set_until_it_is_removed(store: AnyStore) -> None:
    assert await store.push_target("acme") is None
    assert await store.set_push_target("acme", TARGET, NOW) == TARGET
    assert await store.push_target("acme") == TARGET
    assert await store.push_target("other") is None
    assert await store.remove_push_target("other", NOW) is None
    assert await store.remove_push_target("acme", NOW) == TARGET
    assert await store.push_target("acme") is None


async def test_a_target_needs_its_subaccount_and_goes_with_it(store: AnyStore) -> None:
    with pytest.raises(UnknownSubaccount):
        await store.set_push_target("nobody", TARGET, NOW)
    await store.set_push_target("acme", TARGET, NOW)
    await store.remove_subaccount("acme")
    assert await store.push_target("acme") is None


async def test_a_host_key_is_learned_once(store: AnyStore) -> None:
    await store.set_push_target("acme", TARGET, NOW)
    known = msgspec.structs.replace(TARGET, host_key=KEY)
    assert await store.learn_host_key("acme", TARGET, KEY) == known
    assert await store.learn_host_key("acme", TARGET, "ssh-ed25519 BBBB") == known, "the first one stays"
    assert await store.push_target("acme") == known


async def test_a_host_key_of_a_target_that_was_replaced_is_not_learned_for_it(store: AnyStore) -> None:
    await store.set_push_target("acme", TARGET, NOW)
    await store.set_push_target("acme", msgspec.structs.replace(TARGET, host="new.example"), NOW)
    assert await store.learn_host_key("acme", TARGET, KEY) is None
    assert await store.learn_host_key("other", TARGET, KEY) is None


async def test_a_learned_host_key_outlives_a_new_password_but_not_a_new_host(store: AnyStore) -> None:
    await store.set_push_target("acme", TARGET, NOW)
    await store.learn_host_key("acme", TARGET, KEY)
    changed = msgspec.structs.replace(TARGET, password="better", path="")  # noqa: S106 - of a test
    assert await store.set_push_target("acme", changed, NOW) == msgspec.structs.replace(changed, host_key=KEY)
    given = msgspec.structs.replace(changed, host_key="SHA256:x")
    assert await store.set_push_target("acme", given, NOW) == given
    elsewhere = msgspec.structs.replace(TARGET, port=2222)
    assert await store.set_push_target("acme", elsewhere, NOW) == elsewhere


# -- what waits


async def test_a_made_recording_waits_in_processing_and_is_claimed_with_its_target(store: AnyStore) -> None:
    await store.set_push_target("acme", TARGET, NOW)
    await store.begin_recording(recording())
    assert await store.add_push(recording(), MADE, NOW)
    assert list(await store.recordings("s1")) == [recording()]
    assert list(await store.unfinished_recordings()) == [], "it was made"
    push = await store.claim_push((), NOW, LEASE)
    assert push is not None
    assert (push.recording, push.target) == (recording(), TARGET)
    assert (push.created, push.attempts, push.reason) == (NOW, 0, "")
    record = await store.session("s1")
    assert record is not None
    assert [entry.name for entry in record.timeline] == ["recording-made"]


async def test_a_recording_waits_once_and_not_again_when_it_is_done(store: AnyStore) -> None:
    assert await store.add_push(recording(), MADE, NOW)
    assert not await store.add_push(recording(), MADE, NOW)
    assert await store.end_push(pushed(recording()), SENT, [])
    assert not await store.add_push(recording(), MADE, NOW)
    assert list(await store.recordings("s1")) == [pushed(recording())]
    await store.finish_recording(msgspec.structs.replace(pushed(recording("r2")), url=None), [], [])
    assert not await store.add_push(recording("r2"), MADE, NOW)
    assert await claimed(store) is None


async def test_a_recording_that_failed_before_waits_when_it_is_made_after_all(store: AnyStore) -> None:
    failed = msgspec.structs.replace(recording(), status=RecordingStatus.PROCESSING_FAILED, seconds=None)
    await store.finish_recording(failed, [], [])
    assert await store.add_push(recording(), MADE, NOW)
    assert await status(store) == RecordingStatus.PROCESSING


async def test_the_push_of_an_unknown_session_is_refused_whole(store: AnyStore) -> None:
    with pytest.raises(UnknownSession):
        await store.add_push(recording(session_id="s9"), MADE, NOW)
    assert await claimed(store) is None


async def test_what_is_held_is_claimed_by_nobody_until_its_lease_is_over(store: AnyStore) -> None:
    await store.add_push(recording(), [], NOW)
    assert await claimed(store) == "r1"
    assert await claimed(store, NOW + LEASE - 1) is None
    await store.hold_push("r1", NOW + 3 * LEASE)
    assert await claimed(store, NOW + 2 * LEASE) is None
    assert await claimed(store, NOW + 3 * LEASE) == "r1", "whoever held it is gone"


async def test_the_longest_due_goes_first_and_no_busy_subaccount(store: AnyStore) -> None:
    await store.add_push(recording("r1"), [], NOW + 2)
    await store.add_push(recording("r2"), [], NOW + 1)
    await store.add_push(recording("r3", owner="other"), [], NOW + 3)
    assert await claimed(store, NOW) is None
    assert await claimed(store, NOW + 9) == "r2"
    assert await claimed(store, NOW + 9, ("acme",)) == "r3"
    assert await claimed(store, NOW + 9, ("acme", "other")) is None
    assert await claimed(store, NOW + 9) == "r1"


async def test_a_failed_try_is_counted_and_due_later(store: AnyStore) -> None:
    await store.add_push(recording(), [], NOW)
    await claimed(store)
    await store.push_failed(recording(), "no " * 500, NOW, NOW + 60, [TimelineEntry(NOW, "recording-not-pushed")])
    assert await claimed(store, NOW + 59) is None
    push = await store.claim_push((), NOW + 60, LEASE)
    assert push is not None
    assert (push.attempts, push.reason) == (1, ("no " * 500)[:500])
    await store.hold_push("r9", NOW)
    await store.push_failed(recording("r9"), "no", NOW, NOW, [])
    record = await store.session("s1")
    assert record is not None
    assert [entry.name for entry in record.timeline] == ["recording-not-pushed"]


async def test_what_was_no_try_is_released(store: AnyStore) -> None:
    await store.add_push(recording(), [], NOW)
    await claimed(store)
    await store.release_push("r1", NOW)
    await store.hold_push("r1", NOW + 99)  # came too late
    push = await store.claim_push((), NOW, LEASE)
    assert push is not None
    assert push.attempts == 0


@pytest.mark.parametrize("removed", [False, True])
async def test_a_change_of_target_makes_what_waits_due_at_once_and_anew(store: AnyStore, *, removed: bool) -> None:
    await store.set_push_target("acme", TARGET, NOW)
    for name, owner in (("r1", "acme"), ("r2", "other")):
        await store.add_push(recording(name, owner), [], NOW)
        await claimed(store)
        await store.push_failed(recording(name, owner), "no", NOW, NOW + 3600, [])
    if removed:
        await store.remove_push_target("acme", NOW + 10)
    else:
        await store.set_push_target("acme", TARGET, NOW + 10)
    push = await store.claim_push((), NOW + 10, LEASE)
    assert push is not None
    assert (push.recording.recording_id, push.created, push.attempts) == ("r1", NOW + 10, 0)
    assert push.target == (None if removed else TARGET)
    assert await claimed(store, NOW + 10) is None


async def test_what_waits_is_counted_with_the_latest_reason(store: AnyStore) -> None:
    for number, name in enumerate(("r1", "r2", "r3")):
        await store.add_push(recording(name), [], NOW)
        if number < 2:
            await store.push_failed(recording(name), f"reason {number}", NOW + number, NOW, [])
    waiting = await store.waiting_pushes("acme")
    assert (waiting.count, waiting.reason) == (3, "reason 1")
    none = await store.waiting_pushes("other")
    assert (none.count, none.reason) == (0, "")


# -- what came of it


async def test_an_end_is_stored_with_timeline_and_delivery_and_only_once(store: AnyStore) -> None:
    await store.add_push(recording(), [], NOW)
    assert await store.end_push(pushed(recording()), SENT, [delivery("d1", type_="VRU")])
    assert not await store.end_push(pushed(recording()), SENT, [delivery("d2", type_="VRU")])
    assert list(await store.recordings("s1")) == [pushed(recording())]
    assert [each.delivery_id for each in await store.deliveries_of("s1")] == ["d1"]
    assert await claimed(store, NOW + 1e6) is None


async def test_an_end_after_the_recording_was_removed_brings_nothing_back(store: AnyStore) -> None:
    await store.add_push(recording(), [], NOW)
    await store.remove_recordings(["r1"])
    assert await claimed(store) is None
    assert not await store.end_push(pushed(recording()), SENT, [delivery("d1", type_="VRU")])
    assert list(await store.recordings("s1")) == []
    assert list(await store.deliveries_of("s1")) == []


async def test_the_vru_of_a_pushed_recording_gives_it_its_last_status(store: AnyStore) -> None:
    for name in ("r1", "r2", "r3"):
        await store.add_push(recording(name), [], NOW)
        await store.end_push(pushed(recording(name)), [], [delivery(f"d-{name}", type_="VRU")])
    await store.delivery_done("d-r1", NOW)
    assert await status(store, "r1") == RecordingStatus.CALLBACK_COMPLETED
    await store.delivery_failed("d-r2", NOW, NOW + 9, "HTTP 500")
    assert await status(store, "r2") == RecordingStatus.UPLOAD_COMPLETED
    await store.delivery_failed("d-r2", NOW, None, "HTTP 500")
    assert await status(store, "r2") == RecordingStatus.CALLBACK_FAILED
    assert await status(store, "r3") == RecordingStatus.UPLOAD_COMPLETED
    await store.redeliver("acme", "d-r2", NOW)
    await store.delivery_done("d-r3", NOW)
    await store.delivery_done("d-r2", NOW)
    assert await status(store, "r2") == RecordingStatus.CALLBACK_COMPLETED
    await store.delivery_failed("d-r2", NOW, None, "late")
    assert await status(store, "r2") == RecordingStatus.CALLBACK_COMPLETED


@pytest.mark.parametrize("end", [RecordingStatus.UPLOAD_FAILED, RecordingStatus.UPLOAD_COMPLETED])
async def test_the_vru_of_a_recording_that_stays_local_changes_nothing(store: AnyStore, end: RecordingStatus) -> None:
    await store.add_push(recording(), [], NOW)
    await store.end_push(msgspec.structs.replace(recording(), status=end), [], [delivery("d1", type_="VRU")])
    await store.delivery_done("d1", NOW)
    assert await status(store) == end


async def test_what_failed_waits_again_where_it_is_asked_for(store: AnyStore) -> None:
    for name, owner, end in (
        ("r1", "acme", RecordingStatus.UPLOAD_FAILED),
        ("r2", "acme", RecordingStatus.UPLOAD_COMPLETED),
        ("r3", "other", RecordingStatus.UPLOAD_FAILED),
    ):
        await store.add_push(recording(name, owner), [], NOW)
        await store.end_push(msgspec.structs.replace(recording(name, owner), status=end), [], [])
    assert await store.retry_pushes("acme", NOW + 9) == 1
    assert await store.retry_pushes("acme", NOW + 9) == 0
    assert await status(store, "r1") == RecordingStatus.PROCESSING
    assert await status(store, "r3") == RecordingStatus.UPLOAD_FAILED
    push = await store.claim_push((), NOW + 9, LEASE)
    assert push is not None
    assert (push.recording, push.created, push.attempts) == (recording(), NOW + 9, 0)
    assert await claimed(store, NOW + 9) is None
    assert await store.end_push(pushed(recording()), SENT, [delivery("d1", type_="VRU")])
    await store.delivery_done("d1", NOW)
    assert await status(store, "r1") == RecordingStatus.CALLBACK_COMPLETED


async def test_local_files_are_cleared_where_it_was_asked_for(store: AnyStore) -> None:
    for name in ("r1", "r2", "r3"):
        await store.add_push(recording(name), [], NOW)
        await store.end_push(pushed(recording(name)), [], [], clear=name != "r2")
    assert [each.recording_id for each in await store.recordings_to_clear(1)] == ["r1"]
    await store.recording_cleared("r1")
    assert [each.recording_id for each in await store.recordings_to_clear(9)] == ["r3"]
