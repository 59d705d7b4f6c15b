"""HTTP for the client that awaits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import aiohttp
import yarl

from ringback.client.errors import ConnectionFailed
from ringback.client.http import Request
from ringback.client.incoming import Incoming

_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class AiohttpTransport:
    """Connections to the server, of one event loop."""

    def __init__(self, connect: float) -> None:
        """`connect`: seconds until there is a connection."""
        self._connect = connect
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def stream(self, request: Request, silence: float) -> AsyncIterator[Incoming[AsyncIterator[bytes]]]:
        """Send a request and give its answer as it comes; `silence`: seconds until more of it comes."""
        if self._session is None:  # a session needs its loop
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        with _faults():
            response = await self._session.request(
                request.method,
                yarl.URL(request.url, encoded=True),
                data=request.body,
                headers=request.headers,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect, sock_read=silence),
                allow_redirects=False,
            )
        async with response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            yield Incoming(response.status, headers, _chunks(response))

    async def pause(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    with _faults():
        async for chunk in response.content.iter_any():
            yield chunk


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError) as fault:
        message = str(fault) or type(fault).__name__
        raise ConnectionFailed(message, sent=not isinstance(fault, _NOT_SENT)) from None
