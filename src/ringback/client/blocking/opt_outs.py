# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/opt_outs.py; do not edit.
"""The numbers that want no more calls."""

from collections.abc import Generator

import msgspec

from ringback.client.blocking.connection import Connection
from ringback.client.envelopes import OptOutPage
from ringback.client.http import Call, segment
from ringback.client.replies import OptOut


class OptOuts:
    """Shows and changes the opt-out list."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def list(self, *, page_size: int = 50) -> Generator[OptOut]:
        """Give the list, the newest first, page by page as it is asked for; `page_size`: 1..200. Raises ClientError."""
        for page in self._connection.pages("/opt-outs", OptOutPage, {"limit": page_size}):
            for entry in page.opt_outs:
                yield entry

    def get(self, msisdn: str) -> OptOut:
        """Give the entry of a number. Raises NotFound where it may be called, and every other ClientError."""
        return self._connection.send(Call("GET", f"/opt-outs/{segment(msisdn)}", OptOut))

    def add(self, msisdn: str) -> OptOut:
        """Put a number on the list; one that is there stays as it was. Raises Invalid and every other ClientError."""
        body = msgspec.json.encode({"msisdn": msisdn})
        return self._connection.send(Call("POST", "/opt-outs", OptOut, body=body, repeatable=True))

    def delete(self, msisdn: str) -> OptOut:
        """Take a number off the list, and give what its entry was. Raises NotFound and every other ClientError."""
        return self._connection.send(Call("DELETE", f"/opt-outs/{segment(msisdn)}", OptOut))
