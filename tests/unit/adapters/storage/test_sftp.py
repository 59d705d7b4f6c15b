"""Files on a real SFTP server, of asyncssh's."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from tests.peers.sftp import PASSWORD, USER, SftpSite, sftp_site
from tests.unit.adapters.storage.files import content, fill

from ringback.adapters.storage import SftpStorage, sftp
from ringback.adapters.storage.sftp import CHUNK
from ringback.domain.push import PushProtocol, PushTarget
from ringback.service.storage import UploadFailed

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIILjkMd0R2vNQpcThEw/AgCZm3baEU/TV+p0lmUduQ96"
NAME = "session/recording_20260115T120000Z.mp3"
PART = "in/session/.recording_20260115T120000Z.mp3.part"
THERE = f"in/{NAME}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SftpSite]:
    with sftp_site(tmp_path / "site") as opened:
        yield opened


@pytest_asyncio.fixture
async def storage() -> AsyncIterator[SftpStorage]:
    made = SftpStorage(allow_private_addresses=True)
    yield made
    await made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "sound.mp3"
    fill(made, 2 * CHUNK + 12345)
    return made


def target(site: SftpSite, **changes: object) -> PushTarget:
    made = PushTarget(
        protocol=PushProtocol.SFTP,
        host="127.0.0.1",
        port=site.port,
        username=USER,
        password=PASSWORD,
        path="/in/",
        host_key=site.host_key,
    )
    return msgspec.structs.replace(made, **changes)


async def test_a_file_arrives_whole_in_folders_that_are_made(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    await storage.upload(target(site), file, NAME)
    assert site.files == {THERE: content(file)}
    assert site.logins == [(USER, PASSWORD)]


@pytest.mark.parametrize(("path", "there"), [("", NAME), ("/", NAME), ("in/deep", f"in/deep/{NAME}")])
async def test_a_path_is_from_where_the_login_leads_to(
    storage: SftpStorage, site: SftpSite, file: Path, path: str, there: str
) -> None:
    await storage.upload(target(site, path=path), file, NAME)
    assert list(site.files) == [there]


async def test_an_empty_file_arrives(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    fill(file, 0)
    await storage.upload(target(site), file, NAME)
    assert site.files == {THERE: b""}


async def test_a_host_shows_its_key_before_anything_is_told_to_it(storage: SftpStorage, site: SftpSite) -> None:
    assert await storage.introduce(target(site, host_key="")) == site.host_key
    assert site.logins == []


@pytest.mark.parametrize("kind", ["key", "fingerprint"])
async def test_another_host_key_is_told_and_nothing_is_sent(
    storage: SftpStorage, site: SftpSite, file: Path, kind: str
) -> None:
    other = SftpSite(site.root)
    key = other.host_key if kind == "key" else other.key.get_fingerprint()
    other.end()
    with pytest.raises(UploadFailed, match="the host key is another one") as told:
        await storage.upload(target(site, host_key=key), file, NAME)
    assert site.key.get_fingerprint() in str(told.value)
    assert site.logins == []
    assert site.files == {}


async def test_a_host_is_known_by_the_fingerprint_of_its_key(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    await storage.upload(target(site, host_key=site.key.get_fingerprint()), file, NAME)
    assert list(site.files) == [THERE]


async def test_a_key_that_is_none_is_told(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    with pytest.raises(UploadFailed, match="cannot be read"):
        await storage.upload(target(site, host_key="ssh-ed25519 AAAA"), file, NAME)


async def test_a_wrong_password_is_told_without_it(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    with pytest.raises(UploadFailed, match=r"^the login was refused$"):
        await storage.upload(target(site, password="wrong"), file, NAME)  # noqa: S106 - of a test
    assert site.files == {}


async def test_a_host_that_is_not_there_is_told(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    site.close()
    with pytest.raises(UploadFailed, match="no connection: "):
        await storage.upload(target(site), file, NAME)
    with pytest.raises(UploadFailed, match="no connection: "):
        await storage.introduce(target(site))


async def test_a_private_address_is_refused_and_nobody_is_connected_to(site: SftpSite, file: Path) -> None:
    storage = SftpStorage(allow_private_addresses=False)
    for host in ("127.0.0.1", "localhost"):
        with pytest.raises(UploadFailed, match="is not a public address"):
            await storage.upload(target(site, host=host), file, NAME)
        with pytest.raises(UploadFailed, match="is not a public address"):
            await storage.introduce(target(site, host=host))
    await storage.close()
    assert site.connections == 0


async def test_a_place_that_cannot_be_written_is_told(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    (site.root / "in").write_text("a file where a folder should be")
    with pytest.raises(UploadFailed):
        await storage.upload(target(site), file, NAME)


async def test_an_upload_that_was_cut_short_is_gone_on_with(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    fill(file, 4 * CHUNK)
    site.room = 2 * CHUNK
    cut = asyncio.create_task(storage.upload(target(site), file, NAME))
    async with asyncio.timeout(30):
        while site.written < 2 * CHUNK:  # noqa: ASYNC110 - the site tells nothing
            await asyncio.sleep(0.01)
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    assert list(site.files) == [PART]
    site.room, before = None, len(site.offsets)
    await storage.upload(target(site), file, NAME)
    assert site.files == {THERE: content(file)}
    assert min(site.offsets[before:]) >= CHUNK, "the first chunk is not sent again"


async def test_a_part_that_is_longer_than_the_file_is_begun_anew(
    storage: SftpStorage, site: SftpSite, file: Path
) -> None:
    part = site.root / PART
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 4 * CHUNK)
    await storage.upload(target(site), file, NAME)
    assert site.files == {THERE: content(file)}


async def test_a_file_that_is_there_already_is_not_sent_again(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    await storage.upload(target(site), file, NAME)
    before = site.written
    await storage.upload(target(site), file, NAME)
    assert site.written == before


async def test_another_file_of_that_name_is_replaced(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    (site.root / THERE).parent.mkdir(parents=True)
    (site.root / THERE).write_bytes(b"half a recording")
    await storage.upload(target(site), file, NAME)
    assert site.files == {THERE: content(file)}


async def test_the_loop_goes_on_while_a_file_is_sent(storage: SftpStorage, site: SftpSite, file: Path) -> None:
    site.room = 0
    upload = asyncio.create_task(storage.upload(target(site), file, NAME))
    async with asyncio.timeout(30):
        while not site.logins:  # noqa: ASYNC110 - the site tells nothing
            await asyncio.sleep(0.01)
    assert not upload.done()
    site.room = None
    await upload
    assert list(site.files) == [THERE]


async def test_a_host_whose_key_is_of_another_kind_is_told_and_nothing_is_sent(
    storage: SftpStorage, site: SftpSite, file: Path
) -> None:
    known = target(site)
    site.close()
    site.renew_key("ecdsa-sha2-nistp256")
    site.open()
    with pytest.raises(UploadFailed, match="host key"):
        await storage.upload(known, file, NAME)
    assert site.logins == []


async def test_a_host_that_says_nothing_is_left(
    storage: SftpStorage, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp, "STALLED", 0.2)
    heard = asyncio.Queue[bytes]()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.read())  # until the other end closes
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        silent = PushTarget(
            protocol=PushProtocol.SFTP,
            host="127.0.0.1",
            port=server.sockets[0].getsockname()[1],
            username=USER,
            password=PASSWORD,
            host_key=HOST_KEY,
        )
        for ask in (storage.introduce(silent), storage.upload(silent, file, NAME)):
            with pytest.raises(UploadFailed, match=r"^no answer in time$"):
                await ask
            async with asyncio.timeout(10):
                assert (await heard.get()).startswith(b"SSH-2.0-"), "and the connection is closed"
