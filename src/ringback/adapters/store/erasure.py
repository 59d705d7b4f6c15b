"""What is erased of sessions on disk.

Texts are blanked in the order in which sessions were created; `blanked` has the place that was reached of each
subaccount, so a pass costs what is new. A session that is old and not settled is passed by: `unblanked` has it.

```
  created ──────────────────────────────────────────────> now
  blanked │ to be blanked │ too young
          ^ reached       ^ the oldest that is kept
```
"""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    Float,
    Integer,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from ringback.adapters.store import encoding
from ringback.adapters.store.opening import StoreFile
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import (
    BEHIND,
    DEAD,
    DIALLING,
    DONE,
    ENDED,
    HEADMOST,
    QUEUED,
    blanked,
    deliveries,
    receipts,
    recordings,
    sessions,
    subaccounts,
    timeline,
    traces,
    unblanked,
)
from ringback.adapters.store.statement import Statement, literal, oldest_of_each
from ringback.adapters.store.writer import Writer
from ringback.domain.callflow import MakeCall
from ringback.domain.recording import RecordingStatus
from ringback.domain.settings import Settings
from ringback.service.erasure_store import Match, Owner, Page, Settled
from ringback.service.ports import TimelineEntry
from ringback.service.queries import BEGINNINGS
from ringback.service.redaction import blanked_callflow, blanked_entries

OVERDUE: Final = 3_600.0
"""Seconds that the sessions behind one that is not settled wait for it; then it is passed by."""
PASSED_BY_AT_ONCE: Final = 1_000
"""Sessions that were passed by and are looked at again in one pass; the next pass takes the next ones."""
SHED_SECONDS: Final = 0.1
"""How long shedding waits for readers: nobody writes meanwhile."""

_s, _d, _t, _r = sessions.c, deliveries.c, timeline.c, recordings.c
_SUBACCOUNT: Final[BindParameter[str]] = bindparam("of_subaccount")
_SEQ: Final = bindparam("of_seq", type_=Integer)
_LIMIT: Final = bindparam("limit", type_=Integer)


_UNTAKEN: Final = exists().where(_d.session_id == _s.session_id, _d.state == literal(HEADMOST))
_UNMADE: Final = exists().where(_r.session_id == _s.session_id, _r.status == literal(RecordingStatus.PROCESSING))
_SETTLED: Final = and_(_s.state == literal(ENDED), ~_UNTAKEN, ~_UNMADE)
_AFTER: Final = tuple_(_s.created, _s.seq) > tuple_(
    bindparam("after", type_=Float), bindparam("after_seq", type_=Integer)
)
_OWNERS = """
    WITH RECURSIVE owners(id) AS (
        SELECT min(sub_account_id) FROM {table}
        UNION ALL SELECT (SELECT min(sub_account_id) FROM {table} WHERE sub_account_id > owners.id) FROM owners
        WHERE owners.id IS NOT NULL
    )
    SELECT id FROM owners WHERE id IS NOT NULL
"""
_SETTINGS = Statement(select(subaccounts.c.sub_account_id, subaccounts.c.settings))
_SHOWN: Final = (_s.session_id, _s.sub_account_id, _s.created, _s.summary)
_OLD = Statement(
    select(*_SHOWN)
    .where(
        _s.sub_account_id == _SUBACCOUNT,
        _s.created < bindparam("before", type_=Float),
        _s.ended < bindparam("before", type_=Float),
        _SETTLED,
    )
    .order_by(_s.created, _s.seq)
    .limit(_LIMIT)
)
_ONE = Statement(select(*_SHOWN).where(_s.session_id == bindparam("of_session"), _SETTLED))
_FIND = Statement(select(_s.seq).where(_s.session_id == bindparam("of_session"), _SETTLED))

_REACHED = Statement(select(blanked.c.created, blanked.c.seq).where(blanked.c.sub_account_id == _SUBACCOUNT))
_NEXT = Statement(
    select(_s.seq, _s.created, and_(_SETTLED, _s.ended < bindparam("before", type_=Float)))
    .where(_s.sub_account_id == _SUBACCOUNT, _AFTER, _s.created < bindparam("before", type_=Float))
    .order_by(_s.created, _s.seq)
    .limit(_LIMIT)
)
_PASSED_BY = Statement(
    select(unblanked.c.session_seq)
    .where(unblanked.c.session_seq > bindparam("after_seq", type_=Integer))
    .order_by(unblanked.c.session_seq)
    .limit(_LIMIT)
)
_SINCE = Statement(select(_s.sub_account_id, _s.ended).where(_s.seq == _SEQ, _SETTLED))
_STILL = Statement(select(_s.seq).where(_s.seq == _SEQ, _SETTLED))
_REACH = Statement(
    insert(blanked)
    .values(
        sub_account_id=_SUBACCOUNT,
        created=bindparam("after", type_=Float),
        seq=bindparam("after_seq", type_=Integer),
    )
    .on_conflict_do_update(
        index_elements=["sub_account_id"],
        set_={"created": bindparam("after", type_=Float), "seq": bindparam("after_seq", type_=Integer)},
    )
)
_PASS_BY = Statement(insert(unblanked).values(session_seq=_SEQ).on_conflict_do_nothing())
_CATCH_UP = Statement(delete(unblanked).where(unblanked.c.session_seq == _SEQ))
_CALLFLOW = Statement(select(_s.callflow).where(_s.seq == _SEQ))
_PIECES = Statement(
    select(_t.seq, _t.entries, _t.first_delivery, _t.last_delivery).where(_t.session_seq == _SEQ).order_by(_t.seq)
)
_BLANK_CALLFLOW = Statement(update(sessions).where(_s.seq == _SEQ).values(callflow=bindparam("written")))
_BLANK_PIECE = Statement(update(timeline).where(_t.seq == _SEQ).values(entries=bindparam("written")))
_RANGE: Final = _d.seq.between(bindparam("first", type_=Integer), bindparam("last", type_=Integer))
_BLANK_BODIES = Statement(
    update(deliveries).where(_RANGE, _d.state.in_((literal(DONE), literal(DEAD)))).values(body=literal_column("x''"))
)
_NO_DELIVERIES = Statement(delete(deliveries).where(_RANGE))
_NO_TRACE = Statement(delete(traces).where(traces.c.session_seq == _SEQ))
_NO_RECORDINGS = Statement(delete(recordings).where(_r.session_id == bindparam("of_session")))
_NO_SESSION = Statement(delete(sessions).where(_s.seq == _SEQ))

_STRETCH = Statement(
    select(_s.seq, _s.session_id, _s.created, _s.callflow, _s.summary)
    .where(_s.sub_account_id == _SUBACCOUNT, _AFTER)
    .order_by(_s.created, _s.seq)
    .limit(_LIMIT)
)
_IDS = Statement(
    select(_s.session_id).where(_s.sub_account_id == _SUBACCOUNT).order_by(_s.created, _s.seq).limit(_LIMIT)
)
# with the plus SQLite leaves the index by subaccount alone: few sessions wait or run, many are over
_THEIRS: Final = literal_column("+sessions.sub_account_id") == _SUBACCOUNT
_UNFINISHED = tuple(
    Statement(select(func.count()).select_from(sessions).where(_s.state == literal(state), _THEIRS))
    for state in (QUEUED, DIALLING)
)
_UNMADE_OF = Statement(
    select(func.count())
    .select_from(recordings)
    .where(
        _r.status == literal(RecordingStatus.PROCESSING), literal_column("+recordings.sub_account_id") == _SUBACCOUNT
    )
)
_HURRY = Statement(
    update(sessions)
    .where(_s.state == literal(QUEUED), _THEIRS, ~exists().where(subaccounts.c.sub_account_id == _SUBACCOUNT))
    .values(due=_s.created)
)
_GIVE_UP = tuple(
    Statement(
        update(deliveries)
        .where(_d.state == literal(state), _d.sub_account_id == _SUBACCOUNT)
        .values(state=literal(DEAD), finished=_d.created)
    )
    for state in (HEADMOST, BEHIND)
)
_OF_NO_SESSION = Statement(select(_d.seq).where(_d.session_id == bindparam("of_session")))
_NO_RECEIPTS = Statement(delete(receipts).where(receipts.c.sub_account_id == _SUBACCOUNT))
_NO_REACHED = Statement(delete(blanked).where(blanked.c.sub_account_id == _SUBACCOUNT))


class _Blank(msgspec.Struct):
    """A session as it is to be written."""

    seq: int
    callflow: bytes
    pieces: list[tuple[int, bytes]]
    bodies: list[tuple[int, int]]
    """First and last delivery that was made with each piece."""


class _Survey(msgspec.Struct):
    """What a pass found."""

    blanks: list[_Blank] = []
    passed_by: list[int] = []
    reached: dict[str, tuple[float, int]] = {}
    caught_up: int = 0
    """The last one that was looked at of those that were passed by before; 0: all of them were."""
    looked_at: int = 0
    """Of those that were not passed by before."""


class ErasureRows:
    """Implements `ringback.service.erasure_store.ErasureStore`."""

    _writer: Writer
    _readers: Readers
    _file: StoreFile
    _caught_up: int = 0

    async def owners(self) -> Sequence[Owner]:
        """List who has sessions or recordings."""

        def work(connection: sqlite3.Connection) -> Sequence[Owner]:
            known = dict(_SETTINGS.run(connection).fetchall())
            names = {
                name
                for table in ("sessions", "recordings")
                for (name,) in connection.execute(_OWNERS.format(table=table))
            }
            return [
                Owner(name, encoding.decode_settings(known[name]) if name in known else Settings())
                for name in sorted(names)
            ]

        return await self._readers.read(work)

    async def blank_texts(self, before: Mapping[str, float], limit: int) -> int:
        """Blank texts and digits of settled sessions that ended before a time, by subaccount; give of how many."""
        after = self._caught_up
        survey = await self._readers.read(lambda connection: _survey(connection, before, limit, after))
        self._caught_up = survey.caught_up

        def work(connection: sqlite3.Connection) -> None:
            for blank in survey.blanks:
                if _STILL.run(connection, of_seq=blank.seq).fetchone() is not None:
                    _write(connection, blank)
                else:  # somebody asked for a webhook once more since it was read
                    _PASS_BY.run(connection, of_seq=blank.seq)
            for seq in survey.passed_by:
                _PASS_BY.run(connection, of_seq=seq)
            for name, (created, seq) in survey.reached.items():
                _REACH.run(connection, of_subaccount=name, after=created, after_seq=seq)

        if survey.blanks or survey.reached:
            await self._writer.submit(work)
        return survey.looked_at

    async def settled_before(self, before: Mapping[str, float], limit: int) -> Sequence[Settled]:
        """List settled sessions that ended before a time, by subaccount, the oldest of each first."""
        return await self._readers.read(
            lambda connection: [_settled(row) for row in oldest_of_each(connection, _OLD, before, limit)]
        )

    async def settled(self, session_ids: Sequence[str]) -> Sequence[Settled]:
        """List those of the sessions that are settled."""
        return await self._readers.read(
            lambda connection: [
                _settled(row)
                for session_id in session_ids
                if (row := _ONE.run(connection, of_session=session_id).fetchone()) is not None
            ]
        )

    async def erase_sessions(self, session_ids: Sequence[str]) -> Sequence[str]:
        """Remove those of the sessions that are settled, with all that is about them; give which they were."""

        def work(connection: sqlite3.Connection) -> Sequence[str]:
            return [session_id for session_id in session_ids if _erase(connection, session_id)]

        return await self._writer.submit(work)

    async def sessions_with(self, sub_account_id: str, digits: str, after: tuple[float, int], limit: int) -> Page:
        """Look through the next `limit` sessions of a subaccount for those that a number called or was called by."""
        sought = digits.encode()

        def work(connection: sqlite3.Connection) -> Page:
            rows = _STRETCH.run(
                connection, of_subaccount=sub_account_id, after=after[0], after_seq=after[1], limit=limit
            ).fetchall()
            found = [
                Match(session_id, created)
                for seq, session_id, created, callflow, summary in rows
                # most have it nowhere: what does not hold its digits is not decoded
                if (sought in callflow and _calls(callflow, digits))
                or (sought in summary and _is_leg(summary, digits) if summary else _is_live(connection, seq, digits))
            ]
            return Page(found, (rows[-1][2], rows[-1][0]) if len(rows) == limit else None)

        return await self._readers.read(work)

    async def session_ids_of(self, sub_account_id: str, limit: int) -> Sequence[str]:
        """List sessions of a subaccount, the oldest first."""
        return await self._readers.read(
            lambda connection: [
                session_id for (session_id,) in _IDS.run(connection, of_subaccount=sub_account_id, limit=limit)
            ]
        )

    async def unfinished_of(self, sub_account_id: str) -> int:
        """Count the sessions of a subaccount that wait or run, and its recordings that are under way."""
        return await self._readers.read(
            lambda connection: sum(
                count.run(connection, of_subaccount=sub_account_id).fetchone()[0]
                for count in (*_UNFINISHED, _UNMADE_OF)
            )
        )

    async def hurry_left(self, sub_account_id: str) -> int:
        """Let what a subaccount that is gone left in the queue be due at once; give how many: none while it is there.

        Whoever takes such a session ends it, and calls nobody.
        """
        return await self._writer.submit(
            lambda connection: _HURRY.run(connection, of_subaccount=sub_account_id).rowcount
        )

    async def drop_outbox(self, sub_account_id: str) -> None:
        """Give up every webhook post of a subaccount that was not taken: they are dead."""

        def work(connection: sqlite3.Connection) -> None:
            for give_up in _GIVE_UP:
                give_up.run(connection, of_subaccount=sub_account_id)

        await self._writer.submit(work)

    async def drop_rest(self, sub_account_id: str) -> None:
        """Remove what a subaccount left that is about no session: receipts, VNU deliveries."""
        told = await self._readers.read(
            lambda connection: [seq for (seq,) in _OF_NO_SESSION.run(connection, of_session=f"@{sub_account_id}")]
        )

        def work(connection: sqlite3.Connection) -> None:
            for seq in told:
                _NO_DELIVERIES.run(connection, first=seq, last=seq)
            _NO_RECEIPTS.run(connection, of_subaccount=sub_account_id)
            _NO_REACHED.run(connection, of_subaccount=sub_account_id)

        await self._writer.submit(work)

    async def shed(self) -> bool:
        """Let what was erased leave the disk too; False: a reader stands in the way, ask again.

        Erased bytes are overwritten in the file (`secure_delete`), but the pages as they were are in the write-ahead
        log until it is emptied.
        """
        return await asyncio.to_thread(self._empty_log)

    def _empty_log(self) -> bool:
        with closing(sqlite3.connect(self._file.path, timeout=SHED_SECONDS)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy


def _survey(connection: sqlite3.Connection, before: Mapping[str, float], limit: int, after: int) -> _Survey:
    """Find what is to be blanked; `after`: the last one that was looked at of those that were passed by."""
    found = _Survey()
    passed_by = _PASSED_BY.run(connection, after_seq=after, limit=PASSED_BY_AT_ONCE).fetchall()
    for (seq,) in passed_by:
        row = _SINCE.run(connection, of_seq=seq).fetchone()
        if row is not None and row[1] < before.get(row[0], 0.0):
            found.blanks.append(_blank(connection, seq))
        found.caught_up = seq
        if len(found.blanks) == limit:
            break
    else:
        found.caught_up = found.caught_up if len(passed_by) == PASSED_BY_AT_ONCE else 0
    found.looked_at = len(found.blanks)
    for name, oldest in before.items():
        if found.looked_at >= limit:
            break
        _walk(connection, found, name, oldest, limit - found.looked_at)
    return found


def _walk(connection: sqlite3.Connection, found: _Survey, name: str, oldest: float, limit: int) -> None:
    after, after_seq = _REACHED.run(connection, of_subaccount=name).fetchone() or (0.0, 0)
    rows = _NEXT.run(connection, of_subaccount=name, after=after, after_seq=after_seq, before=oldest, limit=limit)
    for seq, created, is_due in rows.fetchall():
        if is_due:
            found.blanks.append(_blank(connection, seq))
        elif created < oldest - OVERDUE:
            found.passed_by.append(seq)
        else:
            break
        found.looked_at += 1
        found.reached[name] = created, seq


def _blank(connection: sqlite3.Connection, seq: int) -> _Blank:
    """Read a session and blank it; what is to be written is short, and made where no call waits for it."""
    callflow = _CALLFLOW.run(connection, of_seq=seq).fetchone()[0]
    pieces = _PIECES.run(connection, of_seq=seq).fetchall()
    return _Blank(
        seq=seq,
        callflow=encoding.encode_callflow(blanked_callflow(encoding.decode_callflow(callflow))),
        pieces=[
            (piece, written)
            for piece, entries, _, _ in pieces
            if (written := encoding.encode_entries(blanked_entries(encoding.decode_entries([entries])))) != entries
        ],
        bodies=[(first, last) for _, _, first, last in pieces if first is not None],
    )


def _write(connection: sqlite3.Connection, blank: _Blank) -> None:
    _BLANK_CALLFLOW.run(connection, of_seq=blank.seq, written=blank.callflow)
    for piece, written in blank.pieces:
        _BLANK_PIECE.run(connection, of_seq=piece, written=written)
    for first, last in blank.bodies:
        _BLANK_BODIES.run(connection, first=first, last=last)
    _NO_TRACE.run(connection, of_seq=blank.seq)  # a digit may be in it, told by INFO
    _CATCH_UP.run(connection, of_seq=blank.seq)


def _erase(connection: sqlite3.Connection, session_id: str) -> bool:
    row = _FIND.run(connection, of_session=session_id).fetchone()
    if row is None:
        return False
    (seq,) = row
    for _, _, first, last in _PIECES.run(connection, of_seq=seq).fetchall():
        if first is not None:
            _NO_DELIVERIES.run(connection, first=first, last=last)
    _NO_RECORDINGS.run(connection, of_session=session_id)
    _NO_SESSION.run(connection, of_seq=seq)  # timeline and trace go with it
    return True


def _settled(row: tuple[Any, ...]) -> Settled:
    session_id, sub_account_id, created, summary = row
    legs = encoding.decode_summary(summary).legs if summary else ()
    return Settled(
        session_id=session_id,
        sub_account_id=sub_account_id,
        created=created,
        calls=[(leg.call_id, leg.initiated) for leg in legs],
    )


def _calls(callflow: bytes, digits: str) -> bool:
    return any(
        digits in {action.source.digits, action.destination.digits}
        for action in encoding.decode_callflow(callflow).actions
        if isinstance(action, MakeCall)
    )


def _is_leg(summary: bytes, digits: str) -> bool:
    return any(digits in {leg.source.digits, leg.destination.digits} for leg in encoding.decode_summary(summary).legs)


def _is_live(connection: sqlite3.Connection, seq: int, digits: str) -> bool:
    """Tell whether a session that is not over has a leg with a number."""
    pieces = [entries for _, entries, _, _ in _PIECES.run(connection, of_seq=seq).fetchall()]
    return has_leg(encoding.decode_entries(pieces), digits)


def has_leg(entries: Sequence[TimelineEntry], digits: str) -> bool:
    """Tell whether a timeline has a leg with a number."""
    return any(
        digits in {entry.details.get("source"), entry.details.get("destination")}
        for entry in entries
        if entry.name in BEGINNINGS
    )
