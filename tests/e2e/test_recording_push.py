"""Recordings of real calls on real servers of S3 and SFTP: SIPp at the far end, files that arrive the same."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, answers, carrier
from tests.peers.house import HANGUP, Client, House, dial, house, recording_config, say, serving, trunk_to
from tests.peers.program import HOST, Program, running
from tests.peers.s3 import BUCKET, S3Site, s3_site
from tests.peers.sftp import PASSWORD, USER, SftpSite, sftp_site
from tests.peers.sipp import Sipp, free_port

from ringback.app.config import Recordings
from ringback.service import notify
from ringback.service.ports import WebhookType

TEXT = "This call is recorded, and pushed to where its owner wants it."
CONFIG = "recording-push-config"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SftpSite]:
    with sftp_site(tmp_path / "site") as opened:
        yield opened


@pytest.fixture
def bucket() -> Iterator[S3Site]:
    with s3_site() as opened:
        yield opened


def called(folder: Path, calls: int = 1) -> AbstractAsyncContextManager[Sipp]:
    """Give a far end that answers and sends back what it hears."""
    options = ("-mp", str(free_port()), "-rtp_echo")
    return carrier(folder, INVITE, answers("[media_port]"), ACK, BYE, options=options, calls=calls)


def recorded() -> Sequence[dict[str, Any]]:
    action = dial()
    return ({**action, "params": {**action["params"], "callRecording": True}}, say(TEXT), HANGUP)


def to(site: SftpSite, **changes: object) -> dict[str, Any]:
    given = {"protocol": "SFTP", "host": HOST, "port": site.port, "username": USER, "password": PASSWORD}
    return {**given, "path": "/in/", **changes}


def in_folder(folder: Path, **settings: Any) -> Recordings:  # noqa: ANN401 - of Recordings
    return Recordings(folder=str(folder / "recordings"), **settings)


def hooks(program: Program) -> list[WebhookType]:
    return [WebhookType(name, program.url(name)) for name in ("VSS", "VRU")]


async def row_of(client: Client, session: str) -> dict[str, Any]:
    _, shown = await client.ask("GET", f"recordings/{session}")
    rows: list[dict[str, Any]] = shown.get("recordings", [])
    return rows[0] if rows else {}


async def until_row(client: Client, session: str, happened: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until a recording is so. Raises TimeoutError."""
    async with asyncio.timeout(60):
        while not happened(row := await row_of(client, session)):  # noqa: ASYNC110 - rows tell nobody
            await asyncio.sleep(0.05)
    return row


async def until_told(there: House, session: str, name: str) -> dict[str, Any]:
    """Wait until the timeline has an entry, and give its details. Raises TimeoutError."""
    async with asyncio.timeout(60):
        while True:
            record = await there.server.store.session(session)
            assert record is not None
            for entry in record.timeline:
                if entry.name == name:
                    return dict(entry.details)
            await asyncio.sleep(0.05)


def made(folder: Path) -> dict[str, bytes]:
    """Give the recordings in the server's folder."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*.mp3")}


async def test_a_recording_arrives_in_a_bucket_the_same_and_is_told(tmp_path: Path, bucket: S3Site) -> None:
    async with (
        running(Program()) as program,
        called(tmp_path) as peer,
        house(
            tmp_path,
            trunk_to(peer.address),
            program=program,
            webhooks=hooks(program),
            recordings=in_folder(tmp_path),
        ) as there,
    ):
        given = {"protocol": "S3", "host": bucket.url, "username": "AKID", "password": "hush"}
        status, shown = await there.ask("POST", CONFIG, {**given, "path": f"/{BUCKET}/calls/"})
        assert (status, shown["passwordSet"]) == (200, True)
        session = await there.call(*recorded())
        await peer.succeed()
        row = await until_row(there, session, lambda row: row.get("status") == "CALLBACK_COMPLETED")
        (vru,) = program.of_type("VRU", session)
    ((name, sound),) = made(tmp_path / "recordings").items()
    assert name.startswith(f"{session}/{row['recordingId']}_")
    assert bucket.get(f"{BUCKET}/calls/{name}") == (sound, "audio/mpeg")
    assert row["externalFileUrl"] == f"{bucket.url}/{BUCKET}/calls/{name}"
    assert vru.payload == {
        "sessionId": session,
        "recordingId": row["recordingId"],
        "durationSeconds": row["duration"],
        "filePath": f"/{BUCKET}/calls/{name}",
        "status": "UPLOAD_COMPLETED",
    }


async def test_a_recording_arrives_over_sftp_the_same_and_the_local_file_goes_where_it_is_not_kept(
    tmp_path: Path, site: SftpSite
) -> None:
    async with (
        running(Program()) as program,
        called(tmp_path) as peer,
        house(
            tmp_path,
            trunk_to(peer.address),
            program=program,
            webhooks=hooks(program),
            recordings=in_folder(tmp_path, keep_pushed=False),
        ) as there,
    ):
        assert (await there.ask("POST", CONFIG, to(site)))[0] == 200
        site.room = 0  # so that what is sent can be compared with what was made
        session = await there.call(*recorded())
        await peer.succeed()
        assert (await until_row(there, session, lambda _: bool(site.files)))["status"] == "PROCESSING"
        ((name, sound),) = made(tmp_path / "recordings").items()
        site.room = None
        row = await until_row(there, session, lambda row: row.get("status") == "CALLBACK_COMPLETED")
        _, shown = await there.ask("GET", CONFIG)
        assert (await there.server._pushes.clear(10), made(tmp_path / "recordings")) == (1, {})
        (vru,) = program.of_type("VRU", session)
    assert site.files == {f"in/{name}": sound}
    assert row["externalFileUrl"] == f"sftp://{HOST}:{site.port}/in/{name}"
    assert vru.payload["filePath"] == f"/in/{name}"
    assert shown["hostKey"] == site.host_key, "what the host showed first"


async def test_a_wrong_password_is_told_and_what_waits_goes_out_once_it_is_right(
    tmp_path: Path, site: SftpSite
) -> None:
    async with (
        called(tmp_path) as peer,
        house(tmp_path, trunk_to(peer.address), recordings=in_folder(tmp_path)) as there,
    ):
        await there.ask("POST", CONFIG, to(site, password="wrong"))  # noqa: S106 - so it is
        session = await there.call(*recorded())
        await peer.succeed()
        told = await until_told(there, session, "recording-not-pushed")
        assert told["reason"] == "the login was refused"
        assert (await row_of(there, session))["status"] == "PROCESSING"
        assert site.files == {}
        await there.ask("POST", CONFIG, to(site))
        await until_row(there, session, lambda row: row["status"] == "UPLOAD_COMPLETED")
    assert list(site.files.values()) == list(made(tmp_path / "recordings").values())


async def test_a_host_that_is_away_is_tried_until_it_is_back(tmp_path: Path, site: SftpSite) -> None:
    site.close()
    async with (
        called(tmp_path) as peer,
        house(tmp_path, trunk_to(peer.address), recordings=in_folder(tmp_path)) as there,
    ):
        await there.ask("POST", CONFIG, to(site))
        session = await there.call(*recorded())
        await peer.succeed()
        told = await until_told(there, session, "recording-not-pushed")
        assert told["reason"].startswith("no connection: ")
        site.open()
        await until_row(there, session, lambda row: row["status"] == "UPLOAD_COMPLETED")
    assert list(site.files.values()) == list(made(tmp_path / "recordings").values())


async def test_a_changed_host_key_is_told_and_nothing_is_sent_until_the_new_one_is_given(
    tmp_path: Path, site: SftpSite
) -> None:
    async with (
        called(tmp_path, calls=2) as peer,
        house(tmp_path, trunk_to(peer.address), recordings=in_folder(tmp_path)) as there,
    ):
        await there.ask("POST", CONFIG, to(site))
        first = await there.call(*recorded())
        await until_row(there, first, lambda row: row.get("status") == "UPLOAD_COMPLETED")
        before, logins = site.files, len(site.logins)
        site.close()
        site.renew_key()
        site.open()
        second = await there.call(*recorded())
        await peer.succeed()
        told = await until_told(there, second, "recording-not-pushed")
        assert told["reason"] == f"the host key is another one ({site.key.get_fingerprint()}): nothing was sent"
        assert (site.files, len(site.logins)) == (before, logins)
        assert (await row_of(there, second))["status"] == "PROCESSING"
        await there.ask("POST", CONFIG, to(site, hostKey=site.host_key))
        await until_row(there, second, lambda row: row["status"] == "UPLOAD_COMPLETED")
    assert sorted(site.files.values()) == sorted(made(tmp_path / "recordings").values())


async def test_a_config_that_is_deleted_leaves_what_waits_with_its_link(tmp_path: Path, site: SftpSite) -> None:
    site.close()
    async with (
        called(tmp_path) as peer,
        house(tmp_path, trunk_to(peer.address), recordings=in_folder(tmp_path)) as there,
    ):
        await there.ask("POST", CONFIG, to(site))
        session = await there.call(*recorded())
        await peer.succeed()
        await until_told(there, session, "recording-not-pushed")
        assert (await there.ask("DELETE", CONFIG))[1]["delete"] is True
        row = await until_row(there, session, lambda row: row["status"] == "UPLOAD_COMPLETED")
    assert f"/recordings/{session}/" in row["externalFileUrl"]


async def test_a_vru_that_the_program_never_takes_is_the_last_status(
    tmp_path: Path, bucket: S3Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "next_attempt", lambda *_: None)
    async with (
        called(tmp_path) as peer,
        house(
            tmp_path,
            trunk_to(peer.address),
            webhooks=[WebhookType("VRU", f"http://{HOST}:1/vru")],
            recordings=in_folder(tmp_path),
        ) as there,
    ):
        given = {"protocol": "S3", "host": bucket.url, "username": "AKID", "password": "hush"}
        await there.ask("POST", CONFIG, {**given, "path": BUCKET})
        session = await there.call(*recorded())
        await peer.succeed()
        await until_row(there, session, lambda row: row.get("status") == "CALLBACK_FAILED")


async def test_an_upload_that_a_kill_cut_short_is_taken_up_again_and_told_once(tmp_path: Path, site: SftpSite) -> None:
    folder = tmp_path / "recordings"
    async with (
        running(Program()) as program,
        called(tmp_path) as peer,
        serving(
            tmp_path,
            recording_config(folder, peer.address),
        ) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.start()
        client = Client(http, server.url, key, program)
        await client.ask("POST", "webhooks", {"type": "VRU", "url": program.url("VRU")})
        await client.ask("POST", CONFIG, to(site))
        site.room = 0
        session = await client.call(*recorded())
        await peer.succeed()
        await until_row(client, session, lambda _: bool(site.files))
        await server.kill()
        assert [Path(name).suffix for name in site.files] == [".part"]
        assert program.of_type("VRU") == []
        site.room = None
        await server.start()
        row = await until_row(client, session, lambda row: row["status"] == "CALLBACK_COMPLETED")
        assert PASSWORD not in server.log
    ((name, sound),) = made(folder).items()
    assert site.files == {f"in/{name}": sound}
    (vru,) = program.of_type("VRU")
    assert (vru.payload["recordingId"], vru.payload["status"]) == (row["recordingId"], "UPLOAD_COMPLETED")
    assert PASSWORD.encode() not in (tmp_path / "ringback.db").read_bytes()
