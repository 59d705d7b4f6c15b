"""Webhook posts that a program never took."""

from collections.abc import AsyncGenerator

from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.envelopes import DeliveryPage
from ringback.client.http import Call, Query, segment
from ringback.client.replies import Delivery


class AsyncDeliveries:
    """Shows what was never taken, and sends it once more."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def dead(self, *, page_size: int = 50) -> AsyncGenerator[Delivery]:
        """Give what was never taken, the newest first, page by page as it is asked for; `page_size`: 1..200.

        Raises ClientError.
        """
        query: Query = {"state": "dead", "limit": page_size}
        async for page in self._connection.pages("/deliveries", DeliveryPage, query):
            for delivery in page.deliveries:
                yield delivery

    async def redeliver(self, delivery_id: str) -> Delivery:
        """Send a post that is dead or was taken once more. Raises NotFound and every other ClientError."""
        return await self._connection.send(Call("POST", f"/deliveries/{segment(delivery_id)}/redeliver", Delivery))
