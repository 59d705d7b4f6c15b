"""Exports on disk: the jobs, the sessions that they write, and what calls cost."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    Float,
    Integer,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql import ColumnElement

from ringback.adapters.store import encoding
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import ENDED, exports, numbering, rates, sessions, timeline
from ringback.adapters.store.statement import Statement, literal
from ringback.adapters.store.writer import Writer
from ringback.domain.call_record import Spoken
from ringback.domain.numbering import NumberRange
from ringback.domain.rate import Rate
from ringback.domain.session import Direction
from ringback.service.export_store import MAX_KEPT, MAX_WAITING, EndedSession, ExportJob, ExportState
from ringback.service.ports import TimelineEntry
from ringback.service.queries import PROMPT_PLAYED

_e, _r, _s = exports.c, rates.c, sessions.c
_JOB: Final[BindParameter[str]] = bindparam("of_job")
_SUBACCOUNT: Final[BindParameter[str]] = bindparam("of_subaccount")
_COLUMNS: Final = (
    *(_e.job_id, _e.name, _e.token, _e.sub_account_id, _e.created, _e.since, _e.until, _e.most, _e.state),
    *(_e.reached, _e.reached_seq, _e.lines, _e.size, _e.expires),
)


def _is(*states: ExportState) -> ColumnElement[bool]:
    return _e.state.in_([literal(state) for state in states])


_UNFINISHED: Final = _is(ExportState.QUEUED, ExportState.RUNNING)
_KEPT: Final = _is(ExportState.QUEUED, ExportState.RUNNING, ExportState.SUCCEEDED)
_HELD = Statement(select(func.count(), func.count().filter(_UNFINISHED)).where(_e.sub_account_id == _SUBACCOUNT, _KEPT))
_ALL_KEPT = Statement(select(*_COLUMNS).where(_e.sub_account_id == _SUBACCOUNT, _KEPT).order_by(_e.seq))
_ADD = Statement(insert(exports).values({column.name: bindparam(f"new_{column.name}") for column in _COLUMNS}))
_FIND = Statement(select(*_COLUMNS).where(_e.job_id == _JOB, _e.sub_account_id == _SUBACCOUNT))
_NAMED = Statement(select(*_COLUMNS).where(_e.name == bindparam("called")))
_BEGIN = Statement(
    update(exports)
    .where(_e.seq == select(func.min(_e.seq)).where(_UNFINISHED).scalar_subquery())
    .values(state=literal(ExportState.RUNNING))
    .returning(*_COLUMNS)
)
_SAVE = Statement(
    update(exports)
    .where(_e.job_id == _JOB, _is(ExportState.RUNNING))
    .values(
        reached=bindparam("to_reached"),
        reached_seq=bindparam("to_seq"),
        lines=bindparam("to_lines"),
        size=bindparam("to_size"),
    )
)
_ENDING: Final = {"state": bindparam("as_state"), "expires": bindparam("until_when", type_=Float)}
_END = Statement(update(exports).where(_e.job_id == _JOB, _is(ExportState.RUNNING)).values(_ENDING))
_CANCEL = Statement(update(exports).where(_e.job_id == _JOB, _e.sub_account_id == _SUBACCOUNT, _KEPT).values(_ENDING))
_EXPIRED = Statement(
    select(*_COLUMNS).where(_e.expires <= bindparam("now", type_=Float)).limit(bindparam("limit", type_=Integer))
)
_REMOVE = Statement(delete(exports).where(_e.job_id == _JOB))

_PAGE = Statement(
    select(_s.seq, _s.created, _s.summary)
    .where(
        _s.sub_account_id == _SUBACCOUNT,
        _s.created < bindparam("until", type_=Float),
        tuple_(_s.created, _s.seq) > tuple_(bindparam("after", type_=Float), bindparam("after_seq", type_=Integer)),
        _s.state == literal(ENDED),
        _s.summary.is_not(None),
    )
    .order_by(_s.created, _s.seq)
    .limit(bindparam("limit", type_=Integer))
)
_PIECES = Statement(
    select(timeline.c.entries).where(timeline.c.session_seq == bindparam("of_seq")).order_by(timeline.c.seq)
)
_MARK: Final = PROMPT_PLAYED.encode()

_LATEST = Statement(select(*_COLUMNS).order_by(_e.seq.desc()).limit(bindparam("limit", type_=Integer)))
_NUMBERING = Statement(select(*numbering.c).order_by(numbering.c.prefix))
_NO_NUMBERING = Statement(delete(numbering))
_ADD_RANGE = Statement(
    insert(numbering).values({column.name: bindparam(f"new_{column.name}") for column in numbering.c})
)
_RATES = Statement(select(*rates.c).order_by(_r.direction, _r.prefix))
_NO_RATES = Statement(delete(rates))
_ADD_RATE = Statement(insert(rates).values({column.name: bindparam(f"new_{column.name}") for column in rates.c}))


class ExportRows:
    """Implements `ringback.service.export_store.ExportStore`."""

    _writer: Writer
    _readers: Readers

    async def add_export(self, job: ExportJob) -> bool:
        """Put a job on disk; False where its subaccount has MAX_WAITING or MAX_KEPT already."""
        values = {f"new_{name}": value for name, value in _row(job).items()}

        def work(connection: sqlite3.Connection) -> bool:
            kept, waiting = _HELD.run(connection, of_subaccount=job.sub_account_id).fetchone()
            if waiting >= MAX_WAITING or kept >= MAX_KEPT:
                return False
            _ADD.run(connection, **values)
            return True

        return await self._writer.submit(work)

    async def export(self, sub_account_id: str, job_id: str) -> ExportJob | None:
        """Read a job of a subaccount."""
        return await self._readers.read(
            lambda connection: _job(_FIND.run(connection, of_job=job_id, of_subaccount=sub_account_id).fetchone())
        )

    async def export_named(self, name: str) -> ExportJob | None:
        """Read the job of a file."""
        return await self._readers.read(lambda connection: _job(_NAMED.run(connection, called=name).fetchone()))

    async def begin_export(self) -> ExportJob | None:
        """Give the oldest job that waits or was cut short, as running; None where there is none."""
        return await self._writer.submit(lambda connection: _job(_BEGIN.run(connection).fetchone()))

    async def save_export(self, job: ExportJob) -> bool:
        """Keep how far a job came; False: it runs no longer."""
        reached, seq = job.reached
        return await self._writer.submit(
            lambda connection: (
                _SAVE.run(
                    connection, of_job=job.job_id, to_reached=reached, to_seq=seq, to_lines=job.lines, to_size=job.size
                ).rowcount
                > 0
            )
        )

    async def end_export(self, job_id: str, state: ExportState, expires: float) -> bool:
        """Say how a job ended; False: it runs no longer."""
        return await self._writer.submit(
            lambda connection: _END.run(connection, of_job=job_id, as_state=str(state), until_when=expires).rowcount > 0
        )

    async def cancel_export(self, sub_account_id: str, job_id: str, expires: float) -> ExportJob | None:
        """Cancel a job that is not over, or that has a file, and give it as it is then; None: no job of theirs."""
        theirs = {"of_job": job_id, "of_subaccount": sub_account_id}

        def work(connection: sqlite3.Connection) -> ExportJob | None:
            _CANCEL.run(connection, as_state=str(ExportState.CANCELLED), until_when=expires, **theirs)
            return _job(_FIND.run(connection, **theirs).fetchone())

        return await self._writer.submit(work)

    async def kept_exports(self, sub_account_id: str) -> Sequence[ExportJob]:
        """List the jobs of a subaccount that wait, run or have a file."""

        def work(connection: sqlite3.Connection) -> Sequence[ExportJob]:
            rows = _ALL_KEPT.run(connection, of_subaccount=sub_account_id)
            return [job for row in rows if (job := _job(row)) is not None]

        return await self._readers.read(work)

    async def expired_exports(self, now: float, limit: int) -> Sequence[ExportJob]:
        """List jobs that are to be forgotten."""

        def work(connection: sqlite3.Connection) -> Sequence[ExportJob]:
            return [job for row in _EXPIRED.run(connection, now=now, limit=limit) if (job := _job(row)) is not None]

        return await self._readers.read(work)

    async def remove_export(self, job_id: str) -> None:
        """Forget a job."""
        await self._writer.submit(lambda connection: _REMOVE.run(connection, of_job=job_id).rowcount)

    async def ended_sessions(self, job: ExportJob, limit: int) -> Sequence[EndedSession]:
        """List the next sessions of a job that are over, the oldest first."""
        # one lower bound: of two SQLite might search by the one that does not move, and read all before the page
        after, after_seq = max(job.reached, (job.since, 0))

        def work(connection: sqlite3.Connection) -> Sequence[EndedSession]:
            rows = _PAGE.run(
                connection,
                of_subaccount=job.sub_account_id,
                until=job.until,
                after=after,
                after_seq=after_seq,
                limit=limit,
            ).fetchall()
            return [
                EndedSession(
                    (created, seq),
                    encoding.decode_summary(summary),
                    spoken_in(piece for (piece,) in _PIECES.run(connection, of_seq=seq)),
                )
                for seq, created, summary in rows
            ]

        return await self._readers.read(work)

    async def rates(self) -> Sequence[Rate]:
        """List the price list, by direction and prefix."""

        def work(connection: sqlite3.Connection) -> Sequence[Rate]:
            return [
                Rate(
                    direction=Direction(direction),
                    prefix=prefix,
                    price=price,
                    currency=currency,
                    first=first,
                    further=further,
                )
                for direction, prefix, price, currency, first, further in _RATES.run(connection)
            ]

        return await self._readers.read(work)

    async def replace_rates(self, rates: Sequence[Rate]) -> None:
        """Put another price list in the place of the one that is there."""
        await self._writer.submit(_replacing(rates, _NO_RATES, _ADD_RATE))

    async def numbering(self) -> Sequence[NumberRange]:
        """List the number ranges, by prefix."""
        return await self._readers.read(
            lambda connection: [NumberRange(*columns) for columns in _NUMBERING.run(connection)]
        )

    async def replace_numbering(self, ranges: Sequence[NumberRange]) -> None:
        """Put other number ranges in the place of those that are there."""
        await self._writer.submit(_replacing(ranges, _NO_NUMBERING, _ADD_RANGE))

    async def list_exports(self, limit: int) -> Sequence[ExportJob]:
        """List the jobs of all subaccounts, the newest first."""
        return await self._readers.read(
            lambda connection: [job for row in _LATEST.run(connection, limit=limit) if (job := _job(row)) is not None]
        )


def _replacing(
    new: Sequence[msgspec.Struct], remove_all: Statement, add: Statement
) -> Callable[[sqlite3.Connection], None]:
    """Put a list in the place of the one that is there."""
    rows = [{f"new_{name}": value for name, value in msgspec.to_builtins(each).items()} for each in new]

    def work(connection: sqlite3.Connection) -> None:
        remove_all.run(connection)
        connection.executemany(add.text, rows)

    return work


def spoken_in(pieces: Iterable[bytes]) -> Sequence[Spoken]:
    """Give what was spoken, of a timeline as it is written; pieces without a prompt are not decoded."""
    entries = encoding.decode_entries(piece for piece in pieces if _MARK in piece)
    return [_spoken(entry) for entry in entries if entry.name == PROMPT_PLAYED and "text" in entry.details]


def _spoken(entry: TimelineEntry) -> Spoken:
    text = str(entry.details["text"])
    return Spoken(str(entry.details.get("call", "")), text, int(entry.details.get("characters", len(text))))


def _row(job: ExportJob) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.structs.asdict(job)
    row["reached"], row["reached_seq"] = job.reached
    row["state"] = str(job.state)
    return row


def _job(row: tuple[Any, ...] | None) -> ExportJob | None:
    if row is None:
        return None
    job_id, name, token, sub_account_id, created, since, until, most, state, reached, seq, lines, size, expires = row
    return ExportJob(
        job_id=job_id,
        name=name,
        token=token,
        sub_account_id=sub_account_id,
        created=created,
        since=since,
        until=until,
        most=most,
        state=ExportState(state),
        reached=(reached, seq),
        lines=lines,
        size=size,
        expires=expires,
    )
