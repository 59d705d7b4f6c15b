"""Files and webhooks against a real HTTP server on this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from tests.e2e.sound_site import SOUND, Site, served

from ringback.adapters.audio import SoundCodec
from ringback.adapters.webhooks import FileDownloads, WebhookClient, guard
from ringback.domain.address import is_public
from ringback.service.ports import FetchFailed, NotReached

SPELLINGS_OF_LOOPBACK = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "0"]


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    async with served("127.0.0.1") as made:
        yield made


@pytest_asyncio.fixture
async def inner() -> AsyncIterator[Site]:
    async with served("127.0.0.2") as made:
        yield made


@pytest_asyncio.fixture
async def files() -> AsyncIterator[FileDownloads]:
    made = FileDownloads(allow_private_addresses=True)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def guarded() -> AsyncIterator[FileDownloads]:
    made = FileDownloads(allow_private_addresses=False)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def webhooks() -> AsyncIterator[WebhookClient]:
    made = WebhookClient(allow_private_addresses=True)
    yield made
    await made.close()


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1, and no other address of this machine, stand for a server on the Internet."""
    monkeypatch.setattr(guard, "is_public", lambda text: text == "127.0.0.1" or is_public(text))


@pytest.fixture
def name_resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let `sounds.example` resolve to given addresses, one list for each look-up, the last one for good."""
    real = socket.getaddrinfo

    def resolve(*answers: list[str]) -> None:
        left = list(answers)

        def getaddrinfo(host: str, port: int, *args: int, **kwargs: int) -> list[Any]:
            if host != "sounds.example":
                return list(real(host, port, *args, **kwargs))
            addresses = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return resolve


# ---------------------------------------------------------------- what may be fetched


@pytest.mark.parametrize("path", ["/hello.wav", "/hello.mp3"])
async def test_a_sound_file_is_fetched_and_decoded(site: Site, files: FileDownloads, path: str) -> None:
    sound = await SoundCodec().decode(await files.fetch(site.url(path)))
    assert len(sound.samples) / 2 / sound.rate == pytest.approx(0.5, abs=0.1)


async def test_a_page_instead_of_a_sound_is_no_sound(site: Site, files: FileDownloads) -> None:
    with pytest.raises(FetchFailed, match="neither a wav nor an mp3"):
        await SoundCodec().decode(await files.fetch(site.url("/page")))


@pytest.mark.parametrize("code", [201, 204, 206, 304, 404, 500])
async def test_any_other_answer_than_200_is_refused(site: Site, files: FileDownloads, code: int) -> None:
    with pytest.raises(FetchFailed, match=f"HTTP {code}"):
        await files.fetch(site.url(f"/status/{code}"))


async def test_five_redirects_are_followed_and_no_more(site: Site, files: FileDownloads) -> None:
    assert await files.fetch(site.url("/hops/5")) == SOUND
    with pytest.raises(FetchFailed, match="more than 5 redirects"):
        await files.fetch(site.url("/hops/6"))


async def test_redirects_in_a_circle_end(site: Site, files: FileDownloads) -> None:
    with pytest.raises(FetchFailed, match="more than 5 redirects"):
        await files.fetch(site.url("/loop"))
    assert len(site.seen) == 6


async def test_a_redirect_to_nowhere_is_refused(site: Site, files: FileDownloads) -> None:
    with pytest.raises(FetchFailed, match="without a Location"):
        await files.fetch(site.url("/nowhere"))


@pytest.mark.parametrize(
    "target", ["file:///etc/hostname", "ftp://127.0.0.1/x", "http://", "http://[::1", "http://a:99999/"]
)
async def test_a_redirect_to_anything_but_http_is_refused(site: Site, files: FileDownloads, target: str) -> None:
    with pytest.raises(FetchFailed):
        await files.fetch(site.url(f"/to?where={target}"))


@pytest.mark.parametrize(
    "url",
    ["", "hello.wav", "file:///etc/hostname", "ftp://127.0.0.1/", "http://", "http://[", "http:///x", "http://a b/"],
)
async def test_what_is_not_an_http_url_is_refused(files: FileDownloads, url: str) -> None:
    with pytest.raises(FetchFailed):
        await files.fetch(url)


async def test_the_largest_file_is_fetched(site: Site, files: FileDownloads) -> None:
    assert len(await files.fetch(site.url("/large/5242880"))) == 5_242_880


@pytest.mark.parametrize("path", ["/large/5242881", "/stream/6000000"])
async def test_a_larger_file_is_refused_whether_it_says_so_or_not(site: Site, files: FileDownloads, path: str) -> None:
    with pytest.raises(FetchFailed, match="larger than 5242880 bytes"):
        await files.fetch(site.url(path))


async def test_a_compressed_answer_that_nobody_asked_for_is_refused(site: Site, files: FileDownloads) -> None:
    with pytest.raises(FetchFailed, match="content encoding"):
        await files.fetch(site.url("/zipped"))


async def test_a_server_that_drips_is_left_at_the_deadline(site: Site) -> None:
    files = FileDownloads(allow_private_addresses=True, seconds=0.3)
    async with asyncio.timeout(10):
        with pytest.raises(FetchFailed, match="no answer in time"):
            await files.fetch(site.url("/drip"))
    await files.close()


async def test_a_server_that_hangs_up_is_a_failure(site: Site, files: FileDownloads) -> None:
    with pytest.raises(FetchFailed):
        await files.fetch(site.url("/hang-up"))


# ---------------------------------------------------------------- where requests may go


@pytest.mark.parametrize("host", SPELLINGS_OF_LOOPBACK)
async def test_no_spelling_of_loopback_passes_the_guard(site: Site, guarded: FileDownloads, host: str) -> None:
    with pytest.raises(FetchFailed):
        await guarded.fetch(site.url("/hello.wav", host))
    assert site.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_without_the_guard_the_same_hosts_are_reached(site: Site, files: FileDownloads, host: str) -> None:
    assert await files.fetch(site.url("/hello.wav", host)) == SOUND


@pytest.mark.parametrize(
    "host", ["[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[fe80::1]", "169.254.169.254"]
)
async def test_a_literal_address_of_ours_is_refused_without_a_try(
    site: Site, guarded: FileDownloads, host: str
) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(FetchFailed, match="not a public address"):
            await guarded.fetch(site.url("/hello.wav", host))
    assert site.seen == []


@pytest.mark.usefixtures("loopback_is_public")
async def test_a_redirect_to_a_private_address_is_refused(site: Site, inner: Site, guarded: FileDownloads) -> None:
    with pytest.raises(FetchFailed, match="not a public address"):
        await guarded.fetch(site.url("/to?where=" + inner.url("/hello.wav")))
    assert len(site.seen) == 1
    assert inner.seen == []


async def test_without_the_guard_the_same_redirect_arrives(site: Site, inner: Site, files: FileDownloads) -> None:
    assert await files.fetch(site.url("/to?where=" + inner.url("/hello.wav"))) == SOUND


@pytest.mark.usefixtures("loopback_is_public")
async def test_a_public_address_is_reached_through_the_guard(site: Site, guarded: FileDownloads) -> None:
    assert await guarded.fetch(site.url("/hello.wav")) == SOUND


@pytest.mark.usefixtures("loopback_is_public")
async def test_a_name_with_a_private_and_a_public_address_leads_to_the_public_one(
    site: Site, guarded: FileDownloads, name_resolves: Callable[..., None]
) -> None:
    name_resolves(["127.0.0.2", "127.0.0.1"])
    assert await guarded.fetch(site.url("/hello.wav", "sounds.example")) == SOUND


@pytest.mark.usefixtures("loopback_is_public")
async def test_a_name_that_turns_private_after_the_first_answer_is_refused(
    site: Site, inner: Site, name_resolves: Callable[..., None]
) -> None:
    name_resolves(["127.0.0.1"], ["127.0.0.2"])
    first, second = (FileDownloads(allow_private_addresses=False) for _ in range(2))
    assert await first.fetch(site.url("/hello.wav", "sounds.example")) == SOUND
    with pytest.raises(FetchFailed, match="not a public address"):
        await second.fetch(f"http://sounds.example:{inner.port}/hello.wav")
    assert inner.seen == []
    await first.close()
    await second.close()


async def test_the_proxy_of_the_environment_is_not_used(
    site: Site, inner: Site, files: FileDownloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, inner.url(""))
    assert await files.fetch(site.url("/hello.wav")) == SOUND
    assert inner.seen == []


# ---------------------------------------------------------------- webhooks


async def test_a_webhook_gets_the_body_and_the_headers(site: Site, webhooks: WebhookClient) -> None:
    answer = await webhooks.post(site.url("/status/202"), b'{"a": 1}', {"Authorization": "Bearer x"}, 5)
    assert (answer.status, answer.body) == (202, b"{}")
    headers, body = site.posted[0]
    assert body == b'{"a": 1}'
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"] == "Bearer x"


@pytest.mark.parametrize("path", ["/loop", "/nowhere"])
async def test_a_redirect_of_a_webhook_is_an_answer_and_not_followed(
    site: Site, webhooks: WebhookClient, path: str
) -> None:
    answer = await webhooks.post(site.url(path), b"{}", {}, 5)
    assert answer.status == 302
    assert site.seen == [path]


@pytest.mark.parametrize("path", ["/large/300000", "/stream/300000"])
async def test_of_a_long_answer_256_kib_are_read(site: Site, webhooks: WebhookClient, path: str) -> None:
    assert len((await webhooks.post(site.url(path), b"{}", {}, 5)).body) == 262_144
    assert (await webhooks.post(site.url("/status/200"), b"{}", {}, 5)).body == b"{}"


async def test_a_webhook_that_drips_is_not_reached(site: Site, webhooks: WebhookClient) -> None:
    async with asyncio.timeout(10):
        with pytest.raises(NotReached, match="no answer in time"):
            await webhooks.post(site.url("/drip"), b"{}", {}, 0.3)


async def test_a_webhook_that_hangs_up_is_not_reached(site: Site, webhooks: WebhookClient) -> None:
    with pytest.raises(NotReached):
        await webhooks.post(site.url("/hang-up"), b"{}", {}, 5)


async def test_a_webhook_that_nobody_serves_is_not_reached(webhooks: WebhookClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(NotReached, match="no connection"):
            await webhooks.post(f"http://127.0.0.1:{unused.getsockname()[1]}/", b"{}", {}, 5)


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://[/"])
async def test_a_webhook_of_a_bad_url_is_not_reached(webhooks: WebhookClient, url: str) -> None:
    with pytest.raises(NotReached):
        await webhooks.post(url, b"{}", {}, 5)


async def test_a_header_that_would_split_the_request_is_not_sent(site: Site, webhooks: WebhookClient) -> None:
    with pytest.raises(NotReached):
        await webhooks.post(site.url("/status/200"), b"{}", {"Authorization": "x\r\nX-Evil: 1"}, 5)
    assert site.posted == []


async def test_a_webhook_at_a_private_address_is_not_reached_through_the_guard(site: Site) -> None:
    webhooks = WebhookClient(allow_private_addresses=False)
    for host in SPELLINGS_OF_LOOPBACK:
        with pytest.raises(NotReached):
            await webhooks.post(site.url("/status/200", host), b"{}", {}, 5)
    assert site.seen == []
    await webhooks.close()


async def test_cookies_are_not_kept(site: Site, webhooks: WebhookClient) -> None:
    for _ in range(2):
        assert (await webhooks.post(site.url("/cookie"), b"{}", {}, 5)).body == b"none"
