"""The recordings of a session over HTTP, and the files that their links lead to."""

from pathlib import Path

import pytest
from tests.unit.adapters.http.asgi import BASE, LINK_SECONDS, PUBLIC, Door, ask, open_door
from tests.unit.domain.bodies import NOW, body, call

from ringback.domain.recording import Recording, RecordingStatus

SOUND = bytes(range(200))
OK = {"statusCode": 0, "statusMessage": "ok"}


@pytest.fixture
async def door(tmp_path: Path) -> Door:
    return await open_door(folder=tmp_path)


async def recorded(
    door: Door,
    folder: Path,
    status: RecordingStatus = RecordingStatus.UPLOAD_COMPLETED,
    *,
    name: str = "rec",
    account: str = "acme",
) -> str:
    """Let there be a session with a recording, and its file."""
    receipt = await door.post(body(call()))
    session = str(receipt.json["sessionId"])
    recording = Recording(
        recording_id=name,
        session_id=session,
        sub_account_id=account,
        status=status,
        started=NOW,
        path=f"{session}/{name}_20270115T080000Z.mp3",
        seconds=12.6 if status == RecordingStatus.UPLOAD_COMPLETED else None,
    )
    await door.house.store.begin_recording(recording)
    if status != RecordingStatus.PROCESSING:
        await door.house.store.finish_recording(recording, [], [])
    (folder / session).mkdir()
    (folder / recording.path).write_bytes(SOUND)
    return session


async def link_of(door: Door, session: str) -> str:
    reply = await door.ask("GET", f"{BASE}/recordings/{session}")
    return str(reply.json["recordings"][0]["externalFileUrl"]).removeprefix(PUBLIC)


async def test_a_recording_is_shown_with_a_link_to_its_file(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    reply = await door.ask("GET", f"{BASE}/recordings/{session}")
    (row,) = reply.json["recordings"]
    link = row.pop("externalFileUrl")
    assert link.startswith(f"{PUBLIC}/recordings/{session}/rec_20270115T080000Z.mp3?expires={int(NOW + LINK_SECONDS)}&")
    assert (reply.http, reply.json) == (200, reply.json | OK)
    assert row == {
        "recordingId": "rec",
        "sessionId": session,
        "subAccountId": "acme",
        "status": "UPLOAD_COMPLETED",
        "duration": 13,
        "startRecordingTime": "2027-01-15T08:00:00.000Z",
    }


async def test_a_session_is_shown_with_its_recordings(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    (row,) = (await door.ask("GET", f"{BASE}/sessions/{session}")).json["recordings"]
    assert (row["recordingId"], row["status"], row["duration"]) == ("rec", "UPLOAD_COMPLETED", 13)
    assert "externalFileUrl" not in row


@pytest.mark.parametrize("status", [RecordingStatus.PROCESSING, RecordingStatus.PROCESSING_FAILED])
async def test_a_recording_without_a_file_has_no_link_and_no_duration(
    door: Door, tmp_path: Path, status: RecordingStatus
) -> None:
    session = await recorded(door, tmp_path, status)
    (row,) = (await door.ask("GET", f"{BASE}/recordings/{session}")).json["recordings"]
    assert row["status"] == status
    assert row.keys().isdisjoint({"externalFileUrl", "duration"})


async def test_a_session_without_a_recording_an_unknown_one_and_another_tenants_are_alike(
    door: Door, tmp_path: Path
) -> None:
    silent = str((await door.post(body(call()))).json["sessionId"])
    theirs = await recorded(door, tmp_path, account="other")
    for session in (silent, theirs, "x" * 300):
        reply = await door.ask("GET", f"{BASE}/recordings/{session}")
        message = f"Recording not found by sessionId : {session[:200]}"
        assert (reply.http, reply.json) == (404, {"statusCode": 404, "statusMessage": message})


async def test_without_a_key_there_are_no_recordings(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    reply = await door.ask("GET", f"{BASE}/recordings/{session}", authorization=None)
    assert reply.http == 401


async def test_another_method_is_not_allowed(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    assert (await door.ask("DELETE", f"{BASE}/recordings/{session}")).http == 405
    reply = await ask(door.app, "POST", await link_of(door, session))
    assert (reply.http, reply.headers["allow"]) == (405, "GET, HEAD")


async def test_a_link_gives_the_file_without_a_key(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    link = await link_of(door, session)
    reply = await ask(door.app, "GET", link)
    assert (reply.http, reply.body) == (200, SOUND)
    assert reply.headers["content-type"] == "audio/mpeg"
    assert reply.headers["cache-control"] == "private, no-store"
    assert reply.headers["content-disposition"] == 'attachment; filename="rec_20270115T080000Z.mp3"'
    head = await ask(door.app, "HEAD", link)
    assert (head.http, head.headers["content-length"], head.body) == (200, "200", b"")


async def test_a_part_of_the_file_can_be_asked_for(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    reply = await ask(door.app, "GET", await link_of(door, session), headers={"range": "bytes=10-19"})
    assert (reply.http, reply.body) == (206, SOUND[10:20])
    assert reply.headers["content-range"] == "bytes 10-19/200"


async def test_a_part_that_there_is_not_is_416_and_a_range_that_is_none_400(door: Door, tmp_path: Path) -> None:
    link = await link_of(door, await recorded(door, tmp_path))
    beyond = await ask(door.app, "GET", link, headers={"range": "bytes=500-600"})
    assert (beyond.http, beyond.headers["content-range"]) == (416, "bytes */200")
    assert (await ask(door.app, "GET", link, headers={"range": "bytes=x-y"})).http == 400
    several = await ask(door.app, "GET", link, headers={"range": "bytes=0-1, 10-11"})
    assert several.http == 206
    assert several.headers["content-type"].startswith("multipart/byteranges; boundary=")


async def test_a_link_that_expired_or_was_changed_is_forbidden(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    link = await link_of(door, session)
    for changed in (
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.replace(f"expires={int(NOW + LINK_SECONDS)}", "expires=9999999999"),
        link.replace("rec_", "rex_"),
        link.partition("?")[0],
        f"/recordings/../../etc/passwd?{link.partition('?')[2]}",
    ):
        reply = await ask(door.app, "GET", changed)
        assert (reply.http, reply.json) == (403, {"statusCode": 403, "statusMessage": "Link invalid"}), changed
    door.house.clock.advance(LINK_SECONDS)
    reply = await ask(door.app, "GET", link)
    assert (reply.http, reply.json) == (403, {"statusCode": 403, "statusMessage": "Link expired"})


async def test_a_link_to_a_file_that_was_removed_is_not_found(door: Door, tmp_path: Path) -> None:
    session = await recorded(door, tmp_path)
    link = await link_of(door, session)
    (tmp_path / link.partition("?")[0].removeprefix("/recordings/")).unlink()
    reply = await ask(door.app, "GET", link)
    assert (reply.http, reply.json) == (404, {"statusCode": 404, "statusMessage": "Recording not found"})
