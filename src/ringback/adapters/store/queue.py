"""The queue on disk: which sessions wait, in which lines, and who takes them."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from sqlalchemy import Float, Integer, bindparam, func, or_, select, text, update
from sqlalchemy.sql import Select

from ringback.adapters.store import encoding
from ringback.adapters.store.errors import StoreError
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import DIALLING, QUEUED, sessions
from ringback.adapters.store.sessions import SHOWN, in_state, queued_of
from ringback.adapters.store.statement import Statement, literal
from ringback.adapters.store.writer import Writer
from ringback.domain.callflow import Callflow
from ringback.domain.settings import Settings
from ringback.service.ports import QueuedSession
from ringback.service.queue_store import LINE_COUNTED, QueuedLine

_log = structlog.get_logger(__name__)

_s = sessions.c
_NOW: Final = bindparam("now", type_=Float)
_LIMIT: Final = bindparam("limit", type_=Integer)


def _claiming(chosen: Select[int]) -> Statement:
    return Statement(
        update(sessions)
        .where(_s.seq.in_(chosen.limit(_LIMIT).scalar_subquery()))
        .values(state=literal(DIALLING), owner=bindparam("by"), claimed=_NOW)
        .returning(*SHOWN)
    )


def _next(*columns: Any) -> Select[Any]:  # noqa: ANN401 - as those of select
    """Choose what is due of a line, in the order in which it was."""
    return (
        select(*columns)
        .where(
            in_state(QUEUED),
            _s.trunk == bindparam("of_trunk"),
            _s.sub_account_id == bindparam("of_subaccount"),
            _s.due <= _NOW,
            or_(_s.valid_until.is_(None), _s.valid_until >= _NOW),
        )
        .order_by(_s.due, _s.seq)
    )


_CLAIM = _claiming(_next(_s.seq))
_AHEAD = Statement(_next(_s.session_id, _s.callflow).limit(_LIMIT))
_DEFER = Statement(
    update(sessions).where(_s.session_id == bindparam("of_session"), in_state(QUEUED)).values(due=bindparam("until"))
)
_EXPIRE = _claiming(select(_s.seq).where(in_state(QUEUED), _s.valid_until < _NOW).order_by(_s.valid_until))
_REQUEUE = Statement(
    update(sessions)
    .where(_s.session_id == bindparam("of_session"), in_state(DIALLING))
    .values(state=literal(QUEUED), owner=None, claimed=None)
)
_WAITING = Statement(select(_s.trunk, func.count()).where(in_state(QUEUED)).group_by(_s.trunk))
# from one line to the next by the index: what it costs grows with the lines, and not with those who stand in them
_LINES = Statement(
    text("""
    WITH RECURSIVE head (seq) AS (
        SELECT (SELECT seq FROM sessions WHERE state = 'QUEUED' ORDER BY trunk, sub_account_id, due LIMIT 1)
        UNION ALL
        SELECT coalesce((
            SELECT next.seq FROM sessions AS next
            WHERE next.state = 'QUEUED' AND next.trunk = line.trunk AND next.sub_account_id > line.sub_account_id
            ORDER BY next.sub_account_id, next.due LIMIT 1
        ), (
            SELECT next.seq FROM sessions AS next
            WHERE next.state = 'QUEUED' AND next.trunk > line.trunk
            ORDER BY next.trunk, next.sub_account_id, next.due LIMIT 1
        ))
        FROM head JOIN sessions AS line ON line.seq = head.seq
    )
    SELECT line.trunk, line.sub_account_id, (
        SELECT count(*) FROM (
            SELECT 1 FROM sessions AS one
            WHERE one.state = 'QUEUED' AND one.trunk = line.trunk AND one.sub_account_id = line.sub_account_id
            AND one.due <= :now LIMIT :most
        )
    ), (
        SELECT min(one.due) FROM sessions AS one
        WHERE one.state = 'QUEUED' AND one.trunk = line.trunk AND one.sub_account_id = line.sub_account_id
        AND one.due > :now
    ), (
        SELECT settings FROM subaccounts WHERE subaccounts.sub_account_id = line.sub_account_id
    )
    FROM head JOIN sessions AS line ON line.seq = head.seq
""")
)


class QueueRows:
    """Implements `ringback.service.queue_store.QueueStore`."""

    _writer: Writer
    _readers: Readers

    async def claim_sessions(
        self, trunk: str, shares: Mapping[str, int], owner: str, now: float
    ) -> Sequence[QueuedSession]:
        """Move sessions of a trunk that are due to DIALLING and give them: no other claim gets them.

        `shares`: how many at most of each subaccount; those that were due first. Those whose validUntil passed are left
        to `expire_sessions`.
        """
        values = {"of_trunk": trunk, "by": owner, "now": now}
        return await self._claim(
            _CLAIM,
            [
                values | {"of_subaccount": sub_account_id, "limit": limit}
                for sub_account_id, limit in shares.items()
                if limit > 0
            ],
        )

    async def due_callflows(self, trunk: str, sub_account_id: str, now: float, limit: int) -> Mapping[str, Callflow]:
        """Read what would be claimed next of a subaccount for a trunk: callflows by session, in that order."""
        values = {"of_trunk": trunk, "of_subaccount": sub_account_id, "now": now, "limit": limit}
        rows = await self._readers.read(lambda connection: _AHEAD.run(connection, **values).fetchall())
        return {session_id: encoding.decode_callflow(callflow) for session_id, callflow in rows}

    async def defer_sessions(self, dues: Mapping[str, float]) -> None:
        """Let sessions that are queued be due at another time."""

        def work(connection: sqlite3.Connection) -> None:
            for session_id, due in dues.items():
                _DEFER.run(connection, of_session=session_id, until=due)

        await self._writer.submit(work)

    async def expire_sessions(self, now: float, limit: int) -> Sequence[QueuedSession]:
        """Move queued sessions whose validUntil passed to DIALLING and give them: they end with -2007."""
        return await self._claim(_EXPIRE, [{"by": None, "now": now, "limit": limit}] if limit > 0 else [])

    async def queued_lines(self, now: float) -> Sequence[QueuedLine]:
        """List the lines in which sessions are queued, by trunk and subaccount."""
        rows = await self._readers.read(
            lambda connection: _LINES.run(connection, now=now, most=LINE_COUNTED).fetchall()
        )
        return [
            QueuedLine(
                trunk=trunk,
                sub_account_id=sub_account_id,
                waiting=waiting,
                next_due=due,
                settings=Settings() if settings is None else encoding.decode_settings(settings),
            )
            for trunk, sub_account_id, waiting, due, settings in rows
        ]

    async def queued_trunks(self) -> Mapping[str, int]:
        """Count the queued sessions by trunk (those without a trunk under ""), due or not."""
        return await self._readers.read(lambda connection: dict(_WAITING.run(connection).fetchall()))

    async def _claim(self, statement: Statement, runs: Sequence[Mapping[str, object]]) -> Sequence[QueuedSession]:
        if not runs:
            return ()

        def work(connection: sqlite3.Connection) -> Sequence[QueuedSession]:
            rows = [row for values in runs for row in statement.run(connection, **values).fetchall()]
            rows.sort(key=lambda row: (row[3], row[6]))  # RETURNING has no order
            return [queued_of(row) for row in rows]

        claim = self._writer.submit(work)
        try:
            return await asyncio.shield(claim)
        except asyncio.CancelledError:  # nobody will run them: back into the queue, since nothing was dialled
            claim.add_done_callback(self._give_back)
            raise

    def _give_back(self, claim: "asyncio.Future[Sequence[QueuedSession]]") -> None:
        if claim.cancelled() or claim.exception() is not None or not claim.result():
            return
        ids = [session.session_id for session in claim.result()]

        def work(connection: sqlite3.Connection) -> None:
            for session_id in ids:
                _REQUEUE.run(connection, of_session=session_id)

        try:
            self._writer.submit(work)
        except StoreError as fault:  # they stay in DIALLING: the next start ends them
            _log.warning("claim-not-given-back", sessions=ids, reason=str(fault))
