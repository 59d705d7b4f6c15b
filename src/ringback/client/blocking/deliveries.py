# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/deliveries.py; do not edit.
"""Webhook posts that a program never took."""

from collections.abc import Generator

from ringback.client.blocking.connection import Connection
from ringback.client.envelopes import DeliveryPage
from ringback.client.http import Call, Query, segment
from ringback.client.replies import Delivery


class Deliveries:
    """Shows what was never taken, and sends it once more."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def dead(self, *, page_size: int = 50) -> Generator[Delivery]:
        """Give what was never taken, the newest first, page by page as it is asked for; `page_size`: 1..200.

        Raises ClientError.
        """
        query: Query = {"state": "dead", "limit": page_size}
        for page in self._connection.pages("/deliveries", DeliveryPage, query):
            for delivery in page.deliveries:
                yield delivery

    def redeliver(self, delivery_id: str) -> Delivery:
        """Send a post that is dead or was taken once more. Raises NotFound and every other ClientError."""
        return self._connection.send(Call("POST", f"/deliveries/{segment(delivery_id)}/redeliver", Delivery))
