"""Sessions on disk: the queue, the timeline, the summary."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Float, Integer, bindparam, delete, insert, literal_column, select, update
from sqlalchemy.sql import ColumnElement

from ringback.adapters.store import deliveries as outbox
from ringback.adapters.store import encoding
from ringback.adapters.store.errors import UnknownSession
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import DIALLING, ENDED, QUEUED, sessions, timeline, traces
from ringback.adapters.store.statement import Statement, literal
from ringback.adapters.store.writer import ROOM_FOR_NEW, Writer
from ringback.domain.session import Session
from ringback.service.ports import NewDelivery, NewSession, QueuedSession, SessionRecord, SipTrace, TimelineEntry

_s = sessions.c


def in_state(name: str) -> ColumnElement[bool]:
    """Compare with a literal: only then does SQLite use the partial indexes."""
    return _s.state == literal(name)


_RETRY: Final = (_s.retry_of, _s.attempt)
SHOWN: Final = (_s.session_id, _s.sub_account_id, _s.request_id, _s.created, _s.trunk, _s.callflow, _s.seq, *_RETRY)
_NOW = bindparam("now", type_=Float)
_LIMIT = bindparam("limit", type_=Integer)

_NEW = insert(sessions).values(
    session_id=bindparam("session_id"),
    sub_account_id=bindparam("sub_account_id"),
    request_id=bindparam("request_id"),
    created=bindparam("created"),
    due=bindparam("due"),
    trunk=bindparam("trunk"),
    valid_until=bindparam("valid_until"),
    callflow=bindparam("callflow"),
    retry_of=bindparam("retry_of"),
    attempt=bindparam("attempt"),
)
_INSERT = Statement(_NEW.values(state=literal(QUEUED)))
_BEGIN = Statement(_NEW.values(state=literal(DIALLING), owner=bindparam("by"), claimed=_NOW))
_UNFINISHED = Statement(select(*SHOWN).where(in_state(DIALLING)).order_by(_s.created, _s.seq).limit(_LIMIT))
_END = Statement(
    update(sessions)
    .where(_s.session_id == bindparam("of_session"), _s.state != literal(ENDED))
    .values(
        state=literal(ENDED),
        status=bindparam("as_status"),
        ended=bindparam("at"),
        summary=bindparam("written"),
    )
    .returning(_s.seq)
)
_SEQ = Statement(select(_s.seq).where(_s.session_id == bindparam("of_session")))
_NOTE = Statement(
    insert(timeline).values(
        session_seq=bindparam("of_seq"),
        entries=bindparam("written"),
        first_delivery=bindparam("first"),
        last_delivery=bindparam("last"),
    )
)
_RECORD: Final = (
    *(_s.seq, _s.session_id, _s.sub_account_id, _s.state, _s.created, _s.due, _s.callflow, _s.summary),
    *_RETRY,
)
_READ = Statement(select(*_RECORD).where(_s.session_id == bindparam("of_session")))
_LATEST = Statement(select(*_RECORD).order_by(_s.seq.desc()).limit(_LIMIT))
_TIMELINE = Statement(
    select(timeline.c.entries).where(timeline.c.session_seq == bindparam("of_seq")).order_by(timeline.c.seq)
)
_KEEP_TRACE = Statement(
    insert(traces).values(session_seq=bindparam("of_seq"), ended=bindparam("at"), messages=bindparam("written"))
)
_TRACE = Statement(
    select(traces.c.messages)
    .join(sessions, _s.seq == traces.c.session_seq)
    .where(_s.session_id == bindparam("of_session"))
)
# of the sessions that were created first, which ended first, or nearly: an index by age would cost every session
_OLDEST = (
    select(traces.c.session_seq, traces.c.ended).order_by(traces.c.session_seq).limit(literal_column("1000")).subquery()
)
_FORGET_TRACES = Statement(
    delete(traces).where(
        traces.c.session_seq.in_(
            select(_OLDEST.c.session_seq).where(_OLDEST.c.ended < bindparam("before")).limit(_LIMIT).scalar_subquery()
        )
    )
)


NO_ENTRIES: Final = encoding.encode_entries(())


class SessionRows:
    """The sessions of `ringback.service.ports.Store`."""

    _writer: Writer
    _readers: Readers

    async def create_session(self, session: NewSession) -> None:
        """Put a session on disk, queued. Raises StoreBusy, StoreFailed (an id that is there already)."""
        await self._writer.submit(queueing(session), ROOM_FOR_NEW)

    async def begin_session(self, session: NewSession, owner: str, now: float) -> None:
        """Put the session of a caller on disk, in DIALLING: it never was in the queue.

        Raises StoreBusy, StoreFailed (an id that is there already).
        """
        values = _row(session) | {"by": owner, "now": now}
        await self._writer.submit(lambda connection: _insert(connection, _BEGIN, values), ROOM_FOR_NEW)

    async def append_timeline(
        self, session_id: str, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery] = ()
    ) -> None:
        """Add to a session's timeline and to the outbox in one transaction. Raises UnknownSession."""
        await self._writer.submit(adding(session_id, entries, deliveries), can_wait=not deliveries)

    async def end_session(
        self,
        summary: Session,
        entries: Sequence[TimelineEntry],
        deliveries: Sequence[NewDelivery],
        trace: SipTrace | None = None,
        retry: NewSession | None = None,
    ) -> bool:
        """Store summary, last timeline, deliveries and trace in one transaction; False if it had ended before.

        `retry`: is queued in that transaction, too. Raises UnknownSession, StoreFailed (the retry is there already).
        """
        session_id, ended, status = summary.session_id, summary.ended, str(summary.status)
        encoded = encoding.encode_summary(summary)
        written = encoding.encode_entries(entries) if entries else None
        deliveries = tuple(deliveries)
        queue = None if retry is None else queueing(retry)

        def work(connection: sqlite3.Connection) -> bool:
            row = _END.run(connection, of_session=session_id, as_status=status, at=ended, written=encoded).fetchone()
            if row is None:
                if _SEQ.run(connection, of_session=session_id).fetchone() is None:
                    raise UnknownSession(session_id)
                return False
            _add(connection, row[0], written, deliveries)
            if trace is not None:
                _KEEP_TRACE.run(connection, of_seq=row[0], at=ended, written=encoding.encode_trace(trace))
            if queue is not None:
                queue(connection)
            return True

        return await self._writer.submit(work)

    async def unfinished_sessions(self, limit: int) -> Sequence[QueuedSession]:
        """List sessions in DIALLING, the oldest first: at start, those that a crash left."""
        if limit <= 0:
            return ()
        return await self._readers.read(
            lambda connection: [queued_of(row) for row in _UNFINISHED.run(connection, limit=limit)]
        )

    async def session(self, session_id: str) -> SessionRecord | None:
        """Read a session with its timeline."""

        def work(connection: sqlite3.Connection) -> SessionRecord | None:
            row = _READ.run(connection, of_session=session_id).fetchone()
            if row is None:
                return None
            pieces = _TIMELINE.run(connection, of_seq=row[0]).fetchall()
            return _record(row, encoding.decode_entries(piece for (piece,) in pieces))

        return await self._readers.read(work)

    async def latest_sessions(self, limit: int) -> Sequence[SessionRecord]:
        """List the sessions created last, the newest first, without their timelines."""
        if limit <= 0:
            return ()
        return await self._readers.read(
            lambda connection: [_record(row) for row in _LATEST.run(connection, limit=limit)]
        )

    async def trace(self, session_id: str) -> SipTrace | None:
        """Read the SIP messages of a session that ended; None where they were not kept, or are forgotten."""

        def work(connection: sqlite3.Connection) -> SipTrace | None:
            row = _TRACE.run(connection, of_session=session_id).fetchone()
            return None if row is None else encoding.decode_trace(row[0])

        return await self._readers.read(work)

    async def forget_traces(self, before: float, limit: int) -> int:
        """Remove the traces of sessions that ended before a time, `limit` at most; give how many there were."""
        if limit <= 0:
            return 0
        return await self._writer.submit(
            lambda connection: _FORGET_TRACES.run(connection, before=before, limit=limit).rowcount
        )


def queueing(session: NewSession) -> Callable[[sqlite3.Connection], None]:
    """Give the piece of work that puts a session on disk, queued."""
    values = _row(session)
    return lambda connection: _insert(connection, _INSERT, values)


def adding(
    session_id: str, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery]
) -> Callable[[sqlite3.Connection], None]:
    """Give the piece of work that adds to a session's timeline and to the outbox; it raises UnknownSession."""
    written = encoding.encode_entries(entries) if entries else None
    deliveries = tuple(deliveries)

    def work(connection: sqlite3.Connection) -> None:
        row = _SEQ.run(connection, of_session=session_id).fetchone()
        if row is None:
            raise UnknownSession(session_id)
        _add(connection, row[0], written, deliveries)

    return work


def _row(session: NewSession) -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "sub_account_id": session.sub_account_id,
        "request_id": session.request_id,
        "created": session.created,
        "due": max(session.created, session.due),
        "trunk": session.trunk,
        "valid_until": session.callflow.valid_until,
        "callflow": encoding.encode_callflow(session.callflow),
        "retry_of": session.retry_of,
        "attempt": session.attempt or None,
    }


def _insert(connection: sqlite3.Connection, statement: Statement, values: Mapping[str, Any]) -> None:
    statement.run(connection, **values)


def _add(connection: sqlite3.Connection, seq: int, written: bytes | None, deliveries: Sequence[NewDelivery]) -> None:
    # a piece of the timeline tells which deliveries were made with it: they are found without an index to be kept
    numbers = [outbox.add(connection, delivery) for delivery in deliveries] or [None]
    if written is not None or deliveries:
        _NOTE.run(connection, of_seq=seq, written=written or NO_ENTRIES, first=numbers[0], last=numbers[-1])


def _record(row: tuple[Any, ...], timeline: Sequence[TimelineEntry] = ()) -> SessionRecord:
    _, session_id, sub_account_id, state, created, due, callflow, summary, retry_of, attempt = row
    return SessionRecord(
        session_id=session_id,
        sub_account_id=sub_account_id,
        state=state,
        created=created,
        due=due,
        callflow=encoding.decode_callflow(callflow),
        retry_of=retry_of,
        attempt=attempt or 0,
        summary=None if summary is None else encoding.decode_summary(summary),
        timeline=timeline,
    )


def queued_of(row: tuple[Any, ...]) -> QueuedSession:
    """Give a session of its SHOWN columns."""
    session_id, sub_account_id, request_id, created, trunk, callflow, _, retry_of, attempt = row
    return QueuedSession(
        session_id=session_id,
        sub_account_id=sub_account_id,
        request_id=request_id,
        created=created,
        trunk=trunk,
        callflow=encoding.decode_callflow(callflow),
        retry_of=retry_of,
        attempt=attempt or 0,
    )
