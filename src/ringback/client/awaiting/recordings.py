"""Recordings of sessions."""

from collections.abc import Sequence
from typing import IO

from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.envelopes import RecordingList
from ringback.client.http import Call, segment
from ringback.client.replies import Recording


class AsyncRecordings:
    """Shows recordings, and fetches them."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def list(self, session_id: str) -> Sequence[Recording]:
        """Give the recordings of a session. Raises NotFound where there are none, and every other ClientError."""
        call = Call("GET", f"/recordings/{segment(session_id)}", RecordingList)
        return (await self._connection.send(call)).recordings

    async def download(self, url: str, to: IO[bytes]) -> int:
        """Write the file of a link (`Recording.external_file_url`) to an open one and give its size.

        Raises ClientError, OSError.
        """
        return await self._connection.fetch(url, to)
