"""Fetches sound files."""

import asyncio

import aiohttp
from yarl import URL

from ringback.adapters.webhooks.session import open_session, reason_of
from ringback.service.ports import FetchFailed

FILE_BYTES = 5_242_880
"""Largest file that is played."""
SECONDS = 15.0
"""For everything: redirects, connections and the last byte."""
REDIRECTS = 5
_REDIRECT = frozenset({301, 302, 303, 307, 308})
_OK = 200
_CONNECTIONS = 64
_PER_HOST = 16


class FileDownloads:
    """Implements `ringback.service.ports.Files`."""

    def __init__(
        self, *, allow_private_addresses: bool, file_bytes: int = FILE_BYTES, seconds: float = SECONDS
    ) -> None:
        """`allow_private_addresses`: also fetch from this machine and its networks, for development."""
        self._allow_private_addresses = allow_private_addresses
        self._file_bytes = file_bytes
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def fetch(self, url: str) -> bytes:
        """GET an http or https URL; the address of every redirect is checked as the first one's. Raises FetchFailed."""
        if self._session is None:
            self._session = open_session(
                allow_private_addresses=self._allow_private_addresses, connections=_CONNECTIONS, per_host=_PER_HOST
            )
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(self._session, URL(url))
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise FetchFailed(reason_of(fault)) from fault

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow(self, session: aiohttp.ClientSession, url: URL) -> bytes:
        for _ in range(REDIRECTS + 1):
            if url.scheme not in {"http", "https"} or not url.host:
                reason = "not an http or https URL"
                raise FetchFailed(reason)
            async with session.get(url, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=None)) as response:
                if response.status not in _REDIRECT:
                    return await self._read(response)
                location = response.headers.get("Location", "")
                response.close()
            if not location:
                reason = f"HTTP {response.status} without a Location"
                raise FetchFailed(reason)
            url = url.join(URL(location))
        reason = f"more than {REDIRECTS} redirects"
        raise FetchFailed(reason)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        if response.status != _OK:
            reason = f"HTTP {response.status}"
        elif response.headers.get("Content-Encoding", "identity").lower() != "identity":
            reason = "a content encoding that was not asked for"
        elif (response.content_length or 0) > self._file_bytes:
            reason = self._too_large()
        else:
            content = bytearray()
            async for piece in response.content.iter_any():
                content += piece
                if len(content) > self._file_bytes:
                    break
            else:
                return bytes(content)
            reason = self._too_large()
        response.close()  # not read to its end, so the connection is of no more use
        raise FetchFailed(reason)

    def _too_large(self) -> str:
        return f"larger than {self._file_bytes} bytes"
