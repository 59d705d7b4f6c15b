import json

import msgspec
import pytest

from ringback.domain.push import PushProtocol, PushTarget
from ringback.service import recording_push
from ringback.service.webhooks import ParameterInvalid

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIILjkMd0R2vNQpcThEw/AgCZm3baEU/TV+p0lmUduQ96"
PRINT = "SHA256:N+Bght/OHZI0NVLa+BVAt6HZvTrqqVqDBslNHFY6yY8"
SFTP = {"protocol": "SFTP", "host": "files.example", "username": "ann", "password": "hush", "path": "/in/"}
S3 = {"protocol": "S3", "host": "ap-southeast-2", "username": "AKID", "password": "hush", "path": "/bucket/prefix/"}


def parse(given: object, *, allow_http: bool = False) -> PushTarget:
    return recording_push.parse(json.dumps(given).encode(), allow_http=allow_http)


def test_what_is_left_out_has_its_default() -> None:
    assert parse({**SFTP, "path": None}) == PushTarget(
        protocol=PushProtocol.SFTP,
        host="files.example",
        port=22,
        username="ann",
        password="hush",  # noqa: S106 - of a test
    )
    assert parse(S3).port == 443


def test_a_protocol_matches_in_any_case() -> None:
    assert parse({**S3, "protocol": "s3"}).protocol is PushProtocol.S3


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "192.0.2.1"},
        {"host": "2001:db8::1"},
        {"host": "my_host.example."},
        {"port": 2222},
        {"path": ""},
        {"path": "/"},
        {"path": "a/b c/Grüße"},
        {"hostKey": KEY},
        {"hostKey": PRINT},
        {"hostKey": ""},
        {"unknown": 1},
    ],
)
def test_a_target_of_sftp_is_taken(changes: dict[str, object]) -> None:
    target = parse({**SFTP, **changes})
    shown = recording_push.view("acme", target)
    assert all(shown.get(name, "") == value for name, value in changes.items() if name != "unknown")


@pytest.mark.parametrize("given", [f" {KEY}  ann@home ", KEY])
def test_the_comment_of_a_host_key_is_left_out(given: str) -> None:
    assert parse({**SFTP, "hostKey": given}).host_key == KEY


def test_the_filling_of_a_fingerprint_is_left_out() -> None:
    assert parse({**SFTP, "hostKey": f"{PRINT}="}).host_key == PRINT


@pytest.mark.parametrize(
    "changes",
    [{"host": "https://s3.example:9000"}, {"host": "https://s3.example", "region": "gra"}, {"path": "bucket"}],
)
def test_a_target_of_s3_is_taken(changes: dict[str, object]) -> None:
    parse({**S3, **changes})


def test_an_endpoint_without_tls_is_for_development() -> None:
    given = {**S3, "host": "http://127.0.0.1:9000"}
    assert parse(given, allow_http=True).host == given["host"]
    with pytest.raises(ParameterInvalid, match="host: should be an https URL"):
        parse(given)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "Expected `object`"),
        ({}, "required field"),
        *(({name: value for name, value in SFTP.items() if name != left_out}, left_out) for left_out in list(SFTP)[:4]),
        *(({**SFTP, name: 1}, f"$.{name}") for name in ("protocol", "host", "username", "password", "path", "hostKey")),
        ({**SFTP, "port": "22"}, "$.port"),
        ({**SFTP, "port": True}, "$.port"),
        ({**SFTP, "port": 2.5}, "$.port"),
        ({**SFTP, "password": None}, "$.password"),
        ({**SFTP, "protocol": "FTP"}, "protocol: should be one of: S3, SFTP"),
        *(({**SFTP, "port": port}, "port: should be 1..65535") for port in (0, -1, 65536, 10**20)),
        *(({**SFTP, "host": host}, "host: ") for host in ("", "a b", "a..b", "-a", "ann@b", "b:22", "[::1]", "::1%lo")),
        ({**SFTP, "host": "a" * 254}, "host: "),
        *(({**SFTP, name: ""}, f"{name}: should be 1..1024") for name in ("username", "password")),
        *(({**SFTP, name: "a" * 1025}, f"{name}: should be 1..1024") for name in ("username", "password")),
        ({**SFTP, "username": "a\nb"}, "username: "),
        *(({**SFTP, "path": path}, "path: ") for path in ("..", "/a/../b", "a//b", "./a", "//", "a\0b", "a" * 1025)),
        ({**SFTP, "region": "eu-west-1"}, "region: "),
        *(({**SFTP, "hostKey": key}, "hostKey: ") for key in ("x", "SHA256:x", "ssh-dss AAAA", "ssh-ed25519 AAAA")),
        ({**SFTP, "hostKey": KEY.replace("ed25519", "rsa")}, "hostKey: "),
        ({**SFTP, "hostKey": "ssh-ed25519 Grüße"}, "hostKey: "),
        *(
            ({**S3, "host": host}, "host: ")
            for host in ("", "s3.example", "mars", "https://a:0", "ftp://a", "https://")
        ),
        *(({**S3, "host": f"https://s3.example{more}"}, "host: ") for more in ("/a", "?a", "#a", ":99999")),
        ({**S3, "host": "https://ann:hush@s3.example"}, "host: "),
        ({**S3, "region": "eu-west-1"}, "region: "),
        ({**S3, "host": "https://s3.example", "region": "a/b"}, "region: "),
        *(({**S3, "path": path}, "path: ") for path in ("", "/", "/ab/", "/Bucket/", "/a_b_c/", "/bucket/../x")),
        ({**S3, "hostKey": KEY}, "hostKey: "),
    ],
)
def test_what_cannot_be_used_is_said(given: object, says: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        parse(given)
    assert says in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_body_that_is_no_json_is_said() -> None:
    with pytest.raises(ParameterInvalid):
        recording_push.parse(b"\xff", allow_http=False)


def test_a_target_is_shown_without_its_password() -> None:
    shown = recording_push.view("acme", parse({**SFTP, "hostKey": KEY}))
    assert shown == {
        "subAccountId": "acme",
        "protocol": "SFTP",
        "host": "files.example",
        "port": 22,
        "username": "ann",
        "passwordSet": True,
        "path": "/in/",
        "hostKey": KEY,
    }
    assert b"hush" not in msgspec.json.encode(shown)
