"""The sessions of one subaccount, page by page; and a queued one that somebody wants out of the queue."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Float, Integer, bindparam, func, or_, select, tuple_, update

from ringback.adapters.store import encoding
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import DIALLING, QUEUED, sessions
from ringback.adapters.store.sessions import SHOWN, queued_of
from ringback.adapters.store.statement import Statement, literal
from ringback.adapters.store.writer import Writer
from ringback.service.ports import ListedSession, QueuedSession, SessionFilter

_s = sessions.c
_STATUS: Final = func.coalesce(_s.status, _s.state)
_PAGE = Statement(
    select(_s.seq, _s.session_id, _s.state, _s.created, _s.due, _s.callflow, _s.summary)
    .where(
        _s.sub_account_id == bindparam("of_subaccount"),
        _s.created >= bindparam("since", type_=Float),
        tuple_(_s.created, _s.seq) < tuple_(bindparam("before", type_=Float), bindparam("before_seq", type_=Integer)),
        or_(bindparam("of_status").is_(None), bindparam("of_status") == _STATUS),
    )
    .order_by(_s.created.desc(), _s.seq.desc())
    .limit(bindparam("limit", type_=Integer))
)
_TAKE = Statement(
    update(sessions)
    .where(
        _s.session_id == bindparam("of_session"),
        _s.sub_account_id == bindparam("of_subaccount"),
        _s.state == literal(QUEUED),
    )
    .values(state=literal(DIALLING), owner=bindparam("by"), claimed=bindparam("now"))
    .returning(*SHOWN)
)


class SessionPages:
    """Lists of `ringback.service.ports.Store`."""

    _writer: Writer
    _readers: Readers

    async def list_sessions(self, wanted: SessionFilter) -> Sequence[ListedSession]:
        """List sessions of a subaccount, the newest first."""
        # one upper bound: of two SQLite might search by the one that does not move, and read all before the page
        before = min(wanted.before or (float("inf"), 0), (wanted.until, 0))

        def work(connection: sqlite3.Connection) -> Sequence[ListedSession]:
            rows = _PAGE.run(
                connection,
                of_subaccount=wanted.sub_account_id,
                of_status=wanted.status,
                since=wanted.since,
                before=before[0],
                before_seq=before[1],
                limit=wanted.limit,
            )
            return [
                ListedSession(
                    place=(created, seq),
                    session_id=session_id,
                    state=state,
                    callflow=encoding.decode_callflow(callflow),
                    due=due,
                    summary=None if summary is None else encoding.decode_summary(summary),
                )
                for seq, session_id, state, created, due, callflow, summary in rows
            ]

        return await self._readers.read(work)

    async def take_session(self, sub_account_id: str, session_id: str, owner: str, now: float) -> QueuedSession | None:
        """Take a queued session out of the queue, into DIALLING, and give it; None: not queued, or not theirs."""

        def work(connection: sqlite3.Connection) -> QueuedSession | None:
            row = _TAKE.run(
                connection, of_session=session_id, of_subaccount=sub_account_id, by=owner, now=now
            ).fetchone()
            return None if row is None else queued_of(row)

        return await self._writer.submit(work)
