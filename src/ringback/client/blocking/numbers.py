# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/numbers.py; do not edit.
"""The virtual numbers of the subaccount."""

from collections.abc import Sequence

from ringback.client.blocking.connection import Connection
from ringback.client.envelopes import NumberList, OneNumber
from ringback.client.http import Call, segment
from ringback.client.replies import Number


class Numbers:
    """Shows numbers."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def list(self) -> Sequence[Number]:
        """Give all numbers. Raises ClientError."""
        return (self._connection.send(Call("GET", "/numbers", NumberList))).numbers

    def get(self, number: str) -> Number:
        """Give a number's own name and country, and no more. Raises NotFound and every other ClientError."""
        path = f"/numbers/{segment(number.removeprefix('+'))}"
        return (self._connection.send(Call("GET", path, OneNumber))).payload
