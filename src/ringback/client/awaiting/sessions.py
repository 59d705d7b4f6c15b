"""Sessions: what became of callflows."""

from collections.abc import AsyncGenerator
from datetime import datetime

from ringback.client.actions import Action, Callflow, moment
from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.envelopes import SessionPage
from ringback.client.http import Call, Nothing, segment
from ringback.client.replies import Event, ListedSession, Session, TimelineEntry


class AsyncSessions:
    """Shows sessions, and changes those that run."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def list(
        self,
        *,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = 50,
    ) -> AsyncGenerator[ListedSession]:
        """Give sessions, the newest first, page by page as they are asked for.

        `status`: QUEUED, IN_PROGRESS, COMPLETED, BUSY, …; `since`, `until`: of their creation; `page_size`: 1..200.
        Raises ClientError, ValueError for a time without a zone.
        """
        query = {
            "status": status,
            "from": None if since is None else moment(since),
            "to": None if until is None else moment(until),
            "limit": page_size,
        }
        async for page in self._connection.pages("/sessions", SessionPage, query):
            for session in page.sessions:
                yield session

    async def get(self, session_id: str) -> Session:
        """Give all that is known of a session. Raises NotFound and every other ClientError."""
        return await self._connection.send(_shown(session_id))

    async def end(self, session_id: str) -> None:
        """Cancel a queued session, hang up a live one; its summary follows.

        Raises Conflict where it has ended or is leaving the queue, NotFound, and every other ClientError.
        """
        await self._connection.send(Call("DELETE", f"/sessions/{segment(session_id)}", Nothing))

    async def replace_callflow(self, session_id: str, *actions: Action, client_action_id: str | None = None) -> None:
        """Stop what a live session plays or asks for, and run these actions instead.

        Raises Conflict where it has ended or sets up a call, CallflowRejected, NotFound, and every other ClientError.
        """
        body = Callflow(actions=actions, client_action_id=client_action_id).body()
        await self._connection.send(Call("POST", f"/sessions/{segment(session_id)}/callflows", Nothing, body=body))

    async def follow(self, session_id: str, *, every: float = 0.5) -> AsyncGenerator[TimelineEntry]:
        """Give all that happened in a session and happens until it ends.

        `every`: seconds between two looks. Raises NotFound and every other ClientError.
        """
        shown = 0
        while True:
            session = await self.get(session_id)
            for entry in session.timeline[shown:]:
                yield entry
            shown = len(session.timeline)
            if session.is_over:
                return
            await self._connection.pause(every)

    async def wait(self, session_id: str, *, within: float, every: float = 0.5) -> Session:
        """Wait until a session has ended, `within` seconds at most, and give all that is known of it.

        `every`: seconds between two looks. Raises TimedOut, NotFound and every other ClientError.
        """
        return await self._connection.until_over(_shown(session_id), within, every)

    def events(self, session_id: str) -> AsyncGenerator[Event]:
        """Give what happens in a session from now on, at once, until it ends; else as `AsyncClient.events`."""
        return self._connection.events(f"/sessions/{segment(session_id)}/events")


def _shown(session_id: str) -> Call[Session]:
    return Call("GET", f"/sessions/{segment(session_id)}", Session)
