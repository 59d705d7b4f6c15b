"""Asks a webhook whether it is there, without telling it anything: HEAD, which by RFC 9110, section 9.2.1, is safe."""

from collections.abc import Mapping

import aiohttp
import msgspec

from ringback.adapters.webhooks.session import open_session, reason_of
from ringback.domain.address import AddressRefused
from ringback.service.ports import NotReached

CONNECTIONS = 16


class AddressForbidden(NotReached):
    """The address is private, and the configuration keeps webhooks on public ones."""


class WebhookAnswer(msgspec.Struct, frozen=True):
    """What a webhook said to a HEAD."""

    status: int
    date: str
    """Its clock, as it came; empty where nothing is said, or where the answer was kept by a cache."""


class WebhookProbe:
    """A session for questions; `close` it."""

    def __init__(self, *, allow_private_addresses: bool) -> None:
        """Open it in the running loop; `allow_private_addresses`: as for posts."""
        self._session = open_session(
            allow_private_addresses=allow_private_addresses, connections=CONNECTIONS, per_host=CONNECTIONS
        )

    async def ask(self, url: str, headers: Mapping[str, str], seconds: float) -> WebhookAnswer:
        """Send a HEAD; a redirect is an answer like any other. Raises NotReached after `seconds` at the latest."""
        try:
            async with self._session.head(
                url, headers=dict(headers), allow_redirects=False, timeout=aiohttp.ClientTimeout(total=seconds)
            ) as response:
                cached = "Age" in response.headers
                return WebhookAnswer(response.status, "" if cached else response.headers.get("Date", ""))
        except (aiohttp.ClientError, OSError, ValueError) as fault:
            kind = AddressForbidden if _is_refusal(fault) else NotReached
            raise kind(reason_of(fault)) from fault

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()


def _is_refusal(fault: BaseException) -> bool:
    """Tell whether the guard is what kept a request from going out."""
    if isinstance(fault, aiohttp.ClientConnectorError):
        fault = fault.os_error
    if isinstance(fault, BaseExceptionGroup):
        return any(_is_refusal(each) for each in fault.exceptions)
    return isinstance(fault, AddressRefused)
