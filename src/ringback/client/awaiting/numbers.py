"""The virtual numbers of the subaccount."""

from collections.abc import Sequence

from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.envelopes import NumberList, OneNumber
from ringback.client.http import Call, segment
from ringback.client.replies import Number


class AsyncNumbers:
    """Shows numbers."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def list(self) -> Sequence[Number]:
        """Give all numbers. Raises ClientError."""
        return (await self._connection.send(Call("GET", "/numbers", NumberList))).numbers

    async def get(self, number: str) -> Number:
        """Give a number's own name and country, and no more. Raises NotFound and every other ClientError."""
        path = f"/numbers/{segment(number.removeprefix('+'))}"
        return (await self._connection.send(Call("GET", path, OneNumber))).payload
