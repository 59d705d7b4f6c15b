# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/recordings.py; do not edit.
"""Recordings of sessions."""

from collections.abc import Sequence
from typing import IO

from ringback.client.blocking.connection import Connection
from ringback.client.envelopes import RecordingList
from ringback.client.http import Call, segment
from ringback.client.replies import Recording


class Recordings:
    """Shows recordings, and fetches them."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def list(self, session_id: str) -> Sequence[Recording]:
        """Give the recordings of a session. Raises NotFound where there are none, and every other ClientError."""
        call = Call("GET", f"/recordings/{segment(session_id)}", RecordingList)
        return (self._connection.send(call)).recordings

    def download(self, url: str, to: IO[bytes]) -> int:
        """Write the file of a link (`Recording.external_file_url`) to an open one and give its size.

        Raises ClientError, OSError.
        """
        return self._connection.fetch(url, to)
