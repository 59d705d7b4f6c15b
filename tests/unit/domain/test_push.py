import msgspec
import pytest

from ringback.domain.push import PushProtocol, PushTarget

NAME = "s1/r1_20260115T120000Z.mp3"
SFTP = PushTarget(
    protocol=PushProtocol.SFTP,
    host="files.example",
    port=22,
    username="ann",
    password="open sesame",  # noqa: S106 - of a test
)
S3 = msgspec.structs.replace(SFTP, protocol=PushProtocol.S3, host="ap-southeast-2", port=443)


@pytest.mark.parametrize(
    ("path", "where", "url"),
    [
        ("", NAME, f"sftp://files.example/~/{NAME}"),
        ("/", f"/{NAME}", f"sftp://files.example/{NAME}"),
        ("in", f"in/{NAME}", f"sftp://files.example/~/in/{NAME}"),
        ("/in/", f"/in/{NAME}", f"sftp://files.example/in/{NAME}"),
        ("/in the/box", f"/in the/box/{NAME}", f"sftp://files.example/in%20the/box/{NAME}"),
    ],
)
def test_a_file_of_sftp_is_below_the_path(path: str, where: str, url: str) -> None:
    target = msgspec.structs.replace(SFTP, path=path)
    assert (target.path_of(NAME), target.url_of(NAME)) == (where, url)


@pytest.mark.parametrize(
    ("host", "port", "begins"),
    [("files.example", 2222, "sftp://files.example:2222/"), ("2001:db8::1", 22, "sftp://[2001:db8::1]/")],
)
def test_a_url_of_sftp_names_an_unusual_port_and_brackets_an_address(host: str, port: int, begins: str) -> None:
    assert msgspec.structs.replace(SFTP, host=host, port=port).url_of(NAME).startswith(begins)


@pytest.mark.parametrize(
    ("host", "path", "key", "url"),
    [
        ("ap-southeast-2", "/b-1/", NAME, f"https://s3.ap-southeast-2.amazonaws.com/b-1/{NAME}"),
        ("cn-north-1", "b-1", NAME, f"https://s3.cn-north-1.amazonaws.com.cn/b-1/{NAME}"),
        ("https://s3.example:9000/", "/b-1/a b/c", f"a b/c/{NAME}", f"https://s3.example:9000/b-1/a%20b/c/{NAME}"),
    ],
)
def test_a_file_of_s3_is_in_its_bucket(host: str, path: str, key: str, url: str) -> None:
    target = msgspec.structs.replace(S3, host=host, path=path)
    assert (target.bucket, target.key_of(NAME), target.url_of(NAME)) == ("b-1", key, url)


def test_a_target_is_still_the_same_when_its_host_key_was_learned() -> None:
    known = msgspec.structs.replace(SFTP, host_key="SHA256:x")
    assert SFTP.is_still(SFTP)
    assert SFTP.is_still(known)
    assert known.is_still(known)
    assert not known.is_still(SFTP)
    assert not known.is_still(msgspec.structs.replace(SFTP, host_key="SHA256:y"))
    assert not SFTP.is_still(msgspec.structs.replace(known, path="/in"))
    assert not SFTP.is_still(None)
