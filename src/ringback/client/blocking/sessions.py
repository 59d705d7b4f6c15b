# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/sessions.py; do not edit.
"""Sessions: what became of callflows."""

from collections.abc import Generator
from datetime import datetime

from ringback.client.actions import Action, Callflow, moment
from ringback.client.blocking.connection import Connection
from ringback.client.envelopes import SessionPage
from ringback.client.http import Call, Nothing, segment
from ringback.client.replies import Event, ListedSession, Session, TimelineEntry


class Sessions:
    """Shows sessions, and changes those that run."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def list(
        self,
        *,
        status: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = 50,
    ) -> Generator[ListedSession]:
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
        for page in self._connection.pages("/sessions", SessionPage, query):
            for session in page.sessions:
                yield session

    def get(self, session_id: str) -> Session:
        """Give all that is known of a session. Raises NotFound and every other ClientError."""
        return self._connection.send(_shown(session_id))

    def end(self, session_id: str) -> None:
        """Cancel a queued session, hang up a live one; its summary follows.

        Raises Conflict where it has ended or is leaving the queue, NotFound, and every other ClientError.
        """
        self._connection.send(Call("DELETE", f"/sessions/{segment(session_id)}", Nothing))

    def replace_callflow(self, session_id: str, *actions: Action, client_action_id: str | None = None) -> None:
        """Stop what a live session plays or asks for, and run these actions instead.

        Raises Conflict where it has ended or sets up a call, CallflowRejected, NotFound, and every other ClientError.
        """
        body = Callflow(actions=actions, client_action_id=client_action_id).body()
        self._connection.send(Call("POST", f"/sessions/{segment(session_id)}/callflows", Nothing, body=body))

    def follow(self, session_id: str, *, every: float = 0.5) -> Generator[TimelineEntry]:
        """Give all that happened in a session and happens until it ends.

        `every`: seconds between two looks. Raises NotFound and every other ClientError.
        """
        shown = 0
        while True:
            session = self.get(session_id)
            for entry in session.timeline[shown:]:
                yield entry
            shown = len(session.timeline)
            if session.is_over:
                return
            self._connection.pause(every)

    def wait(self, session_id: str, *, within: float, every: float = 0.5) -> Session:
        """Wait until a session has ended, `within` seconds at most, and give all that is known of it.

        `every`: seconds between two looks. Raises TimedOut, NotFound and every other ClientError.
        """
        return self._connection.until_over(_shown(session_id), within, every)

    def events(self, session_id: str) -> Generator[Event]:
        """Give what happens in a session from now on, at once, until it ends; else as `Client.events`."""
        return self._connection.events(f"/sessions/{segment(session_id)}/events")


def _shown(session_id: str) -> Call[Session]:
    return Call("GET", f"/sessions/{segment(session_id)}", Session)
