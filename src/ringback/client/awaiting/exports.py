"""Exports: calls as CSV."""

from datetime import date, datetime
from typing import IO

import msgspec

from ringback.client.actions import moment
from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.envelopes import ExportJob
from ringback.client.http import Call, Nothing, segment
from ringback.client.replies import Export


class AsyncExports:
    """Asks for exports, and fetches them."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def create(
        self, *, since: date | datetime | None = None, until: date | datetime | None = None, limit: int | None = None
    ) -> str:
        """Ask for the calls of a time and give the id of the job.

        `since`: None: seven days ago; `until`: None: today, and a date is that whole day; `limit`: of rows.
        Raises TooManyRequests and every other ClientError, ValueError for a time without a zone.
        """
        asked = {"from": _text(since), "to": _text(until), "limit": limit}
        body = msgspec.json.encode({name: value for name, value in asked.items() if value is not None})
        return (await self._connection.send(Call("POST", "/messages/exports", ExportJob, body=body))).job_id

    async def get(self, job_id: str) -> Export:
        """Say where a job stands. Raises NotFound and every other ClientError."""
        return await self._connection.send(_shown(job_id))

    async def wait(self, job_id: str, *, within: float, every: float = 1.0) -> Export:
        """Wait until a job is over, `within` seconds at most, and give how it ended.

        `every`: seconds between two looks. Raises TimedOut, NotFound and every other ClientError.
        """
        return await self._connection.until_over(_shown(job_id), within, every)

    async def cancel(self, job_id: str) -> None:
        """Stop a job, or take back its files. Raises NotFound and every other ClientError."""
        await self._connection.send(Call("DELETE", f"/messages/exports/{segment(job_id)}", Nothing))

    async def download(self, url: str, to: IO[bytes]) -> int:
        """Write the file of a link (`Export.data`) to an open one and give its size. Raises ClientError, OSError."""
        return await self._connection.fetch(url, to)


def _shown(job_id: str) -> Call[Export]:
    return Call("GET", f"/messages/exports/{segment(job_id)}", Export)


def _text(at: date | datetime | None) -> str | None:
    if isinstance(at, datetime):
        return moment(at)
    return None if at is None else at.isoformat()
