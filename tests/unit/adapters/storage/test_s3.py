"""Files in a real S3 server, moto's."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from tests.peers.s3 import BUCKET, S3Site, s3_site
from tests.peers.tls import certificate, tls_before
from tests.unit.adapters.storage.files import content, fill

from ringback.adapters.storage import S3Storage, dial, s3
from ringback.adapters.storage.s3 import PART
from ringback.domain.push import PushProtocol, PushTarget
from ringback.service.storage import UploadFailed

NAME = "session/recording_20260115T120000Z.mp3"
SECRET = "the secret of the access key"  # noqa: S105 - of a test


@pytest.fixture(scope="module")
def site() -> Iterator[S3Site]:
    with s3_site() as opened:
        yield opened


@pytest_asyncio.fixture
async def storage() -> AsyncIterator[S3Storage]:
    made = S3Storage(allow_private_addresses=True)
    yield made
    await made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "sound.mp3"
    fill(made, 50_000)
    return made


def target(site: S3Site, **changes: object) -> PushTarget:
    made = PushTarget(
        protocol=PushProtocol.S3,
        host=site.url,
        port=443,
        username="AKID",
        password=SECRET,
        path=f"/{BUCKET}/calls/of acme/",
    )
    return msgspec.structs.replace(made, **changes)


async def test_a_file_arrives_in_its_bucket_and_says_what_it_is(storage: S3Storage, site: S3Site, file: Path) -> None:
    await storage.upload(target(site), file, NAME)
    assert site.get(f"{BUCKET}/calls/of%20acme/{NAME}") == (content(file), "audio/mpeg")


async def test_a_large_file_goes_in_parts_and_arrives_the_same(storage: S3Storage, site: S3Site, file: Path) -> None:
    fill(file, 2 * PART + 777)
    await storage.upload(target(site, path=BUCKET), file, NAME)
    assert site.get(f"{BUCKET}/{NAME}")[0] == content(file)
    assert site.parts(f"{BUCKET}/{NAME}") == 3


async def test_a_file_is_replaced_by_the_same_one(storage: S3Storage, site: S3Site, file: Path) -> None:
    for _ in range(2):
        await storage.upload(target(site), file, NAME)
    assert site.get(f"{BUCKET}/calls/of%20acme/{NAME}")[0] == content(file)


async def test_requests_are_signed_with_the_targets_key_whatever_the_environment_holds(
    storage: S3Storage, site: S3Site, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "OURS",
        "AWS_SECRET_ACCESS_KEY": "ours",
        "AWS_SESSION_TOKEN": "ours",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "eu-west-1",
        "AWS_SKIP_SIGNATURE": "true",
    }.items():
        monkeypatch.setenv(name, value)
    with site.requests() as asked:
        await storage.upload(target(site, region="mars-1"), file, NAME)
    (put,) = [each for each in asked if each.method == "PUT"]
    assert put.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/mars-1/s3/" in put.headers["authorization"]
    assert "x_amz_security_token" not in put.headers


async def test_a_bucket_that_is_not_there_is_told(storage: S3Storage, site: S3Site, file: Path) -> None:
    with pytest.raises(UploadFailed, match=r"^404 Not Found: NoSuchBucket: The specified bucket does not exist$"):
        await storage.upload(target(site, path="/nowhere/"), file, NAME)


@pytest.mark.parametrize("size", [10, PART + 1])
async def test_a_key_that_is_not_known_is_told_without_its_secret(
    storage: S3Storage, site: S3Site, file: Path, size: int
) -> None:
    fill(file, size)
    with site.with_keys(), pytest.raises(UploadFailed, match=r"^403 Forbidden: InvalidAccessKeyId: ") as told:
        await storage.upload(target(site), file, NAME)
    assert SECRET not in str(told.value)


async def test_a_host_that_is_not_there_is_told(storage: S3Storage, site: S3Site, file: Path) -> None:
    with pytest.raises(UploadFailed, match="no connection: ") as told:
        await storage.upload(target(site, host="http://127.0.0.1:1"), file, NAME)
    assert SECRET not in str(told.value)
    with pytest.raises(UploadFailed):
        await storage.upload(target(site, host="http://nobody.invalid"), file, NAME)


async def test_a_file_that_is_gone_is_told(storage: S3Storage, site: S3Site, file: Path) -> None:
    with pytest.raises(UploadFailed):
        await storage.upload(target(site), file.with_name("gone.mp3"), NAME)


async def test_a_private_address_is_refused(site: S3Site, file: Path) -> None:
    storage = S3Storage(allow_private_addresses=False)
    with site.requests() as asked, pytest.raises(UploadFailed, match="is not a public address"):
        await storage.upload(target(site, host=f"https://127.0.0.1:{site.port}"), file, NAME)
    await storage.close()
    assert asked == []


async def test_a_public_address_is_reached_over_tls_through_the_gateway_alone(
    site: S3Site, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, own = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    monkeypatch.setattr(dial, "is_public", lambda text: text == "127.0.0.1")
    fill(file, PART + 1)
    storage = S3Storage(allow_private_addresses=False)
    async with tls_before(site.port, own) as port:
        there = target(site, host=f"https://localhost:{port}", path=f"/{BUCKET}/tls/")
        await storage.upload(there, file, NAME)
        assert site.get(f"{BUCKET}/tls/{NAME}")[0] == content(file)
        reached = dial.dial

        async def once(host: str, port: int, *, allow_private_addresses: bool) -> socket.socket:
            connection = await reached(host, port, allow_private_addresses=allow_private_addresses)
            monkeypatch.setattr(dial, "is_public", lambda _text: False)  # the name leads elsewhere from now on
            return connection

        monkeypatch.setattr(s3, "dial", once)
        with site.requests() as asked, pytest.raises(UploadFailed):
            await storage.upload(there, file, NAME)
        await storage.close()
    assert asked == []


async def test_a_host_needs_no_introduction(storage: S3Storage, site: S3Site) -> None:
    assert await storage.introduce(target(site)) == ""
