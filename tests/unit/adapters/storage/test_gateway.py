"""The proxy that keeps uploads to S3 on public addresses."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from ringback.adapters.storage import dial
from ringback.adapters.storage.gateway import HEAD_BYTES, Gateway


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    yield made
    await made.close()


@pytest.fixture
def loopback_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dial, "is_public", lambda text: text == "127.0.0.1")


@asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """Give the port of a server that sends back what it gets."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            writer.write(piece)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def ask(
    gateway: Gateway, head: str, *, password: bool = True
) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a request and give the status line."""
    url = urlsplit(await gateway.url())
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    userinfo = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    field = f"Proxy-Authorization: Basic {userinfo}\r\n" if password else ""
    writer.write(f"{head}\r\n{field}\r\n".encode())
    async with asyncio.timeout(10):
        answer = await reader.read(12)
    return answer, reader, writer


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


@pytest.mark.usefixtures("loopback_is_public")
async def test_what_goes_to_a_public_address_is_passed_on_both_ways(gateway: Gateway) -> None:
    async with echo() as port:
        answer, reader, writer = await ask(gateway, f"CONNECT 127.0.0.1:{port} HTTP/1.1")
        assert answer == b"HTTP/1.1 200"
        await reader.readuntil(b"\r\n\r\n")
        for piece in (b"a" * 200_000, b"end"):
            writer.write(piece)
            async with asyncio.timeout(10):
                assert await reader.readexactly(len(piece)) == piece
        await close(writer)


async def test_a_private_address_is_not_connected_to(gateway: Gateway) -> None:
    async with echo() as port:
        for host in ("127.0.0.1", "localhost", "[::1]"):
            answer, _, writer = await ask(gateway, f"CONNECT {host}:{port} HTTP/1.1")
            assert answer == b"HTTP/1.1 502"
            await close(writer)


@pytest.mark.usefixtures("loopback_is_public")
@pytest.mark.parametrize(
    "head",
    [
        "GET http://127.0.0.1:{port}/ HTTP/1.1",
        "CONNECT 127.0.0.1 HTTP/1.1",
        "CONNECT 127.0.0.1:x HTTP/1.1",
        "CONNECT 127.0.0.1:0 HTTP/1.1",
        "CONNECT 127.0.0.1:99999 HTTP/1.1",
        "CONNECT :{port} HTTP/1.1",
        "",
    ],
)
async def test_what_is_no_connect_is_forbidden(gateway: Gateway, head: str) -> None:
    async with echo() as port:
        answer, _, writer = await ask(gateway, head.format(port=port))
        assert answer == b"HTTP/1.1 403"
        await close(writer)


@pytest.mark.usefixtures("loopback_is_public")
async def test_whoever_has_no_password_is_forbidden(gateway: Gateway) -> None:
    async with echo() as port:
        answer, _, writer = await ask(gateway, f"CONNECT 127.0.0.1:{port} HTTP/1.1", password=False)
        assert answer == b"HTTP/1.1 403"
        await close(writer)


async def test_a_request_that_is_too_long_is_cut(gateway: Gateway) -> None:
    answer, _, writer = await ask(gateway, "CONNECT a:1 HTTP/1.1\r\nX: " + "x" * 2 * HEAD_BYTES)
    assert answer == b""
    await close(writer)
