"""Where the recordings of a subaccount are pushed to, over HTTP."""

import json
import re
from typing import Any

import msgspec
import pytest
from tests.unit.adapters.http.asgi import BASE, open_door
from tests.unit.domain.bodies import NOW, call

from ringback.domain.recording import Recording, RecordingStatus

CONFIG = f"{BASE}/recording-push-config"
OK = {"statusCode": 0, "statusMessage": "ok"}
MISSING = {"statusCode": 404, "statusMessage": "Recording push config not found by subAccountId : acme"}
SFTP: dict[str, Any] = {
    "protocol": "SFTP",
    "host": "files.example",
    "port": 2222,
    "username": "ann",
    "password": "hush",
    "path": "/in/",
}
S3: dict[str, Any] = {**SFTP, "protocol": "S3", "host": "ap-southeast-2", "port": 443, "path": "/bucket/prefix/"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIILjkMd0R2vNQpcThEw/AgCZm3baEU/TV+p0lmUduQ96"


def shown(given: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in given.items() if name != "password"}
    return {"subAccountId": "acme", **rest, "passwordSet": True, **OK}


def body(given: dict[str, Any], **changes: object) -> bytes:
    return json.dumps({**given, **changes}).encode()


@pytest.mark.parametrize(
    "given", [SFTP, S3, {**SFTP, "hostKey": KEY}, {**S3, "host": "https://s3.example", "region": "gra"}]
)
async def test_a_config_is_answered_shown_and_deleted_without_its_password(given: dict[str, Any]) -> None:
    door = await open_door()
    set_ = await door.ask("POST", CONFIG, body(given))
    assert (set_.http, set_.json) == (200, shown(given))
    read = await door.ask("GET", CONFIG)
    assert (read.http, read.json) == (200, shown(given))
    gone = await door.ask("DELETE", CONFIG)
    assert (gone.http, gone.json) == (200, {**shown(given), "delete": True})
    assert all(b"hush" not in reply.body for reply in (set_, read, gone))
    for method in ("GET", "DELETE"):
        missing = await door.ask(method, CONFIG)
        assert (missing.http, missing.json) == (404, MISSING)


async def test_the_password_is_kept_for_the_uploads() -> None:
    door = await open_door()
    await door.ask("POST", CONFIG, body(SFTP))
    target = await door.house.store.push_target("acme")
    assert target is not None
    assert target.password == "hush"  # noqa: S105 - of a test


async def test_a_second_post_replaces_the_config() -> None:
    door = await open_door()
    await door.ask("POST", CONFIG, body(SFTP))
    await door.ask("POST", CONFIG, body(S3))
    assert (await door.ask("GET", CONFIG)).json == shown(S3)


async def test_a_host_key_that_was_learned_is_shown_and_stays_with_the_host() -> None:
    door = await open_door()
    await door.ask("POST", CONFIG, body(SFTP))
    target = await door.house.store.push_target("acme")
    assert target is not None
    await door.house.store.learn_host_key("acme", target, KEY)
    assert (await door.ask("GET", CONFIG)).json["hostKey"] == KEY
    assert (await door.ask("POST", CONFIG, body(SFTP, password="new"))).json["hostKey"] == KEY  # noqa: S106 - of a test
    assert "hostKey" not in (await door.ask("POST", CONFIG, body(SFTP, port=22))).json


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b"{}", "protocol"),
        (body(SFTP, protocol="FTP"), "protocol: should be one of: S3, SFTP"),
        (body(SFTP, port=0), "port: should be 1..65535"),
        (body(SFTP, port="22"), "$.port"),
        (body(SFTP, host=22), "$.host"),
        (body(SFTP, host=""), "host: should be"),
        (body(SFTP, username=None), "$.username"),
        (body(SFTP, password=""), "password: should be"),
        (body(SFTP, path=["/in/"]), "$.path"),
        (body(SFTP, path="/../"), "path: should be"),
        (body(SFTP, hostKey="x"), "hostKey: should be"),
        (body(S3, host="mars"), "host: should be a region"),
        (body(S3, host="http://s3.example"), "host: should be an https URL"),
        (body(S3, path="/"), "path: should begin with the name of a bucket"),
    ],
)
async def test_a_bad_value_is_422_and_changes_nothing(content: bytes, says: str) -> None:
    door = await open_door()
    reply = await door.ask("POST", CONFIG, content)
    assert (reply.http, reply.json["statusCode"]) == (422, "1001")
    assert reply.json.keys() == {"errorId", "statusCode", "statusMessage", "timestamp"}
    assert re.fullmatch(r"[0-9a-f-]{36}", reply.json["errorId"])
    assert says in reply.json["statusMessage"]
    assert b"hush" not in reply.body
    assert (await door.ask("GET", CONFIG)).http == 404


async def test_a_body_that_is_too_long_is_422() -> None:
    door = await open_door()
    reply = await door.ask("POST", CONFIG, b" " * (door.house.rulebook.body_bytes + 1))
    assert (reply.http, reply.json["statusCode"]) == (422, "1001")


async def test_another_subaccount_has_a_config_of_its_own() -> None:
    door = await open_door()
    await door.ask("POST", CONFIG, body(SFTP))
    store = door.house.store
    await store.add_subaccount("other")
    door.key = await store.create_key("other", "theirs")
    theirs = CONFIG.replace("/acme/", "/other/")
    assert (await door.ask("GET", theirs)).http == 404
    assert (await door.ask("DELETE", theirs)).http == 404
    assert (await door.ask("POST", theirs, body(S3))).json["subAccountId"] == "other"
    assert (await door.ask("GET", CONFIG)).http == 404, "nor does a key of theirs open ours"
    target = await store.push_target("acme")
    assert target is not None
    assert target.host == SFTP["host"]


@pytest.mark.parametrize("key", [None, "Bearer nobody"])
async def test_a_request_without_a_key_is_401(key: str | None) -> None:
    door = await open_door()
    for method in ("GET", "POST", "DELETE"):
        assert (await door.ask(method, CONFIG, body(SFTP), authorization=key)).http == 401


async def test_other_methods_are_405() -> None:
    reply = await (await open_door()).ask("PUT", CONFIG, body(SFTP))
    assert (reply.http, reply.headers["allow"]) == (405, "DELETE, GET, POST")


@pytest.mark.parametrize(
    ("status", "url", "shows"),
    [
        (RecordingStatus.UPLOAD_COMPLETED, "sftp://files.example/in/x.mp3", "sftp://files.example/in/x.mp3"),
        (RecordingStatus.UPLOAD_FAILED, None, "http://voice.example/recordings/"),
        (RecordingStatus.PROCESSING, None, None),
    ],
)
async def test_a_recording_shows_where_it_is(status: RecordingStatus, url: str | None, shows: str | None) -> None:
    door = await open_door()
    session = (await door.post(json.dumps({"callflow": [call()]}).encode())).json["sessionId"]
    waits = Recording(
        recording_id="rec",
        session_id=session,
        sub_account_id="acme",
        status=RecordingStatus.PROCESSING,
        started=NOW,
        path=f"{session}/rec.mp3",
        seconds=12.6,
    )
    await door.house.store.add_push(waits, [], NOW)
    if status != RecordingStatus.PROCESSING:
        await door.house.store.end_push(msgspec.structs.replace(waits, status=status, url=url), [], [])
    (row,) = (await door.ask("GET", f"{BASE}/recordings/{session}")).json["recordings"]
    assert (row["status"], row["duration"]) == (status, 13)
    assert str(row.get("externalFileUrl", "")).startswith(shows or "")
    assert ("externalFileUrl" in row) == (shows is not None)
