"""Posts JSON to the program's webhooks."""

from collections.abc import Mapping

import aiohttp

from ringback.adapters.webhooks.session import open_session, reason_of
from ringback.service.ports import Answer, NotReached

ANSWER_BYTES = 262_144
"""How much of an answer is read."""
CONNECTIONS = 1024
PER_HOST = 512


class WebhookClient:
    """Implements `ringback.service.ports.Callbacks`."""

    def __init__(self, *, allow_private_addresses: bool) -> None:
        """`allow_private_addresses`: also post to this machine and its networks, for development."""
        self._allow_private_addresses = allow_private_addresses
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:  # noqa: ASYNC109 - the port's face
        """POST a JSON body; of the answer at most 256 KiB are read, and a redirect is an answer like any other.

        `timeout`: seconds for the whole exchange. Raises NotReached.
        """
        if self._session is None:
            self._session = open_session(
                allow_private_addresses=self._allow_private_addresses, connections=CONNECTIONS, per_host=PER_HOST
            )
        try:
            async with self._session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json"} | dict(headers),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                return Answer(response.status, await _read(response))
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            raise NotReached(reason_of(fault)) from fault

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    answer = bytearray()
    async for piece in response.content.iter_any():
        answer += piece
        if len(answer) >= ANSWER_BYTES:
            response.close()  # the rest is not wanted, so the connection is of no more use
            break
    return bytes(answer[:ANSWER_BYTES])
