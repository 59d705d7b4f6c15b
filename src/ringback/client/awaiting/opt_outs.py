"""The numbers that want no more calls."""

from collections.abc import AsyncGenerator

import msgspec

from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.envelopes import OptOutPage
from ringback.client.http import Call, segment
from ringback.client.replies import OptOut


class AsyncOptOuts:
    """Shows and changes the opt-out list."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def list(self, *, page_size: int = 50) -> AsyncGenerator[OptOut]:
        """Give the list, the newest first, page by page as it is asked for; `page_size`: 1..200. Raises ClientError."""
        async for page in self._connection.pages("/opt-outs", OptOutPage, {"limit": page_size}):
            for entry in page.opt_outs:
                yield entry

    async def get(self, msisdn: str) -> OptOut:
        """Give the entry of a number. Raises NotFound where it may be called, and every other ClientError."""
        return await self._connection.send(Call("GET", f"/opt-outs/{segment(msisdn)}", OptOut))

    async def add(self, msisdn: str) -> OptOut:
        """Put a number on the list; one that is there stays as it was. Raises Invalid and every other ClientError."""
        body = msgspec.json.encode({"msisdn": msisdn})
        return await self._connection.send(Call("POST", "/opt-outs", OptOut, body=body, repeatable=True))

    async def delete(self, msisdn: str) -> OptOut:
        """Take a number off the list, and give what its entry was. Raises NotFound and every other ClientError."""
        return await self._connection.send(Call("DELETE", f"/opt-outs/{segment(msisdn)}", OptOut))
