"""The outbox on disk.

What belongs to no session is in order for its subaccount and type: `@acme` stands where the session's id would.
Of each session and type the oldest undone delivery is HEADMOST, and it alone can be claimed; the others are BEHIND.
When it is done or dead, the next one moves up in the same transaction. So a claim, and the time of the next one, are
read from an index over the headmost, however many wait behind them.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Float,
    Integer,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    select,
    update,
)

from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import (
    BEHIND,
    DEAD,
    DONE,
    HEADMOST,
    deliveries,
    recordings,
    sessions,
    timeline,
    webhooks,
)
from ringback.adapters.store.sealing import Seal, opened_secrets
from ringback.adapters.store.statement import Statement, literal
from ringback.adapters.store.writer import Writer
from ringback.domain.recording import RecordingStatus
from ringback.service.ports import DeliveryRecord, DueDelivery, NewDelivery

WAITING: Final = "WAITING"
"""What HEADMOST and BEHIND are to others."""
LAST: Final = 2**63 - 1
"""Above the number of every row."""
OF_SUBACCOUNT: Final = "@"
"""Begins what stands in the place of a session's id; neither an id of a session nor one of a subaccount has it."""
_VRU: Final = "VRU"
REASON_LENGTH: Final = 500
"""Characters kept of why a try failed."""

_d = deliveries.c


_other = deliveries.alias("other")
_HAS_HEADMOST = exists().where(
    _other.c.session_id == bindparam("of_session"),
    _other.c.type == bindparam("of_type"),
    _other.c.state == literal(HEADMOST),
)

_INSERT = Statement(
    insert(deliveries).values(
        delivery_id=bindparam("delivery_id"),
        session_id=bindparam("of_session"),
        sub_account_id=bindparam("sub_account_id"),
        type=bindparam("of_type"),
        url=bindparam("url"),
        created=bindparam("created"),
        state=case((_HAS_HEADMOST, literal(BEHIND)), else_=literal(HEADMOST)),
        due=bindparam("created"),
        attempts=literal_column("0"),
        body=bindparam("body"),
    )
)
_CLAIM = Statement(
    update(deliveries)
    .where(
        _d.seq.in_(
            select(_d.seq)
            .where(_d.state == literal(HEADMOST), _d.due <= bindparam("now", type_=Float))
            .order_by(_d.due, _d.seq)
            .limit(bindparam("limit", type_=Integer))
            .scalar_subquery()
        )
    )
    .values(due=bindparam("until"))
    .returning(
        _d.seq, _d.delivery_id, _d.session_id, _d.sub_account_id, _d.type, _d.body, _d.created, _d.attempts, _d.url
    )
)
_WEBHOOK = Statement(
    select(webhooks.c.url, webhooks.c.authorization, webhooks.c.secrets).where(
        webhooks.c.sub_account_id == bindparam("of_subaccount"),
        webhooks.c.type == bindparam("of_type"),
        webhooks.c.enabled,
    )
)
_NEXT_DUE = Statement(select(func.min(_d.due)).where(_d.state == literal(HEADMOST)))
_COUNTS: Final = {
    state: Statement(select(func.count()).select_from(deliveries).where(_d.state == literal(state)))
    for state in (HEADMOST, BEHIND, DEAD)
}
_DONE = Statement(
    update(deliveries)
    # a dead one too: a try that outlived its lease may be taken after another one was counted as the last
    .where(_d.delivery_id == bindparam("of_delivery"), _d.state.in_((literal(HEADMOST), literal(DEAD))))
    .values(state=literal(DONE), finished=bindparam("now"), seconds=bindparam("took"))
    .returning(_d.session_id, _d.type)
)
_AGAIN = Statement(
    update(deliveries)
    .where(_d.delivery_id == bindparam("of_delivery"), _d.state == literal(HEADMOST))
    .values(
        attempts=_d.attempts + literal_column("1"),
        due=bindparam("next_attempt"),
        reason=bindparam("why"),
        seconds=bindparam("took"),
    )
)
_DEAD = Statement(
    update(deliveries)
    .where(_d.delivery_id == bindparam("of_delivery"), _d.state == literal(HEADMOST))
    .values(
        attempts=_d.attempts + literal_column("1"),
        state=literal(DEAD),
        finished=bindparam("now"),
        reason=bindparam("why"),
        seconds=bindparam("took"),
    )
    .returning(_d.session_id, _d.type)
)
_MOVE_UP = Statement(
    update(deliveries)
    .where(
        _d.seq
        == select(func.min(_other.c.seq))
        .where(
            _other.c.session_id == bindparam("of_session"),
            _other.c.type == bindparam("of_type"),
            _other.c.state == literal(BEHIND),
        )
        .scalar_subquery(),
        not_(_HAS_HEADMOST),
    )
    .values(state=literal(HEADMOST), due=bindparam("now"))
)
_TOLD = Statement(
    update(recordings)
    .where(
        recordings.c.session_id == bindparam("of_session"),
        recordings.c.vru == bindparam("of_delivery"),
        recordings.c.status.in_((literal(RecordingStatus.UPLOAD_COMPLETED), literal(RecordingStatus.CALLBACK_FAILED))),
    )
    .values(status=bindparam("to_status"))
)
_BEHIND: Final = (
    _d.session_id == bindparam("of_session"),
    _d.type == bindparam("of_type"),
    _d.state == literal(BEHIND),
)
_COUNT_BEHIND = Statement(select(func.count()).where(*_BEHIND))
_REMOVE_BEHIND = Statement(delete(deliveries).where(*_BEHIND))
_RECORD: Final = (
    *(_d.seq, _d.delivery_id, _d.session_id, _d.type, _d.url, _d.created, _d.state, _d.attempts),
    *(_d.due, _d.finished, _d.seconds, _d.reason, _d.body),
)
_OF_SESSION = Statement(
    select(*_RECORD)
    .select_from(
        sessions.join(timeline, timeline.c.session_seq == sessions.c.seq).join(
            deliveries, _d.seq.between(timeline.c.first_delivery, timeline.c.last_delivery)
        )
    )
    .where(sessions.c.session_id == bindparam("of_session"))
    .order_by(_d.seq)
)
_DEAD_ONES = Statement(
    select(*_RECORD)
    .where(
        _d.sub_account_id == bindparam("of_subaccount"),
        _d.state == literal(DEAD),
        _d.seq < bindparam("before", type_=Integer),
    )
    .order_by(_d.seq.desc())
    .limit(bindparam("limit", type_=Integer))
)
_FINISHED = Statement(
    select(_d.session_id, _d.type).where(
        _d.delivery_id == bindparam("of_delivery"),
        _d.sub_account_id == bindparam("of_subaccount"),
        _d.state.in_((literal(DONE), literal(DEAD))),
        func.length(_d.body) > literal_column("0"),  # else it was erased
    )
)
_ONCE_MORE = Statement(
    update(deliveries)
    .where(_d.delivery_id == bindparam("of_delivery"))
    .values(
        state=case((_HAS_HEADMOST, literal(BEHIND)), else_=literal(HEADMOST)),
        due=bindparam("now"),
        attempts=literal_column("0"),
        finished=None,
    )
    .returning(*_RECORD)
)


def add(connection: sqlite3.Connection, delivery: NewDelivery) -> int | None:
    """Put a delivery into the outbox, due at once or behind an older one, and give its number."""
    return _INSERT.run(
        connection,
        delivery_id=delivery.delivery_id,
        of_session=delivery.session_id or OF_SUBACCOUNT + delivery.sub_account_id,
        sub_account_id=delivery.sub_account_id,
        of_type=delivery.type,
        url=delivery.url,
        created=delivery.created,
        body=delivery.body,
    ).lastrowid


def make_room(connection: sqlite3.Connection, sub_account_id: str, type_: str, most: int) -> bool:
    """Remove what waits behind the headmost of a subaccount and type where that is `most` or more; tell whether."""
    kind = {"of_session": OF_SUBACCOUNT + sub_account_id, "of_type": type_}
    if _COUNT_BEHIND.run(connection, **kind).fetchone()[0] < most:
        return False
    return _REMOVE_BEHIND.run(connection, **kind).rowcount > 0


class DeliveryRows:
    """The outbox of `ringback.service.ports.Store`."""

    _writer: Writer
    _readers: Readers
    _seal: Seal

    async def claim_deliveries(self, limit: int, now: float, lease: float) -> Sequence[DueDelivery]:
        """Take due deliveries, in order per session and type; untouched they are due again after `lease` seconds."""
        if limit <= 0:
            return ()

        def work(connection: sqlite3.Connection) -> Sequence[DueDelivery]:
            rows = _CLAIM.run(connection, limit=limit, now=now, until=now + lease).fetchall()
            rows.sort(key=lambda row: row[0])  # RETURNING has no order
            return [_due(connection, row, self._seal) for row in rows]

        return await self._writer.submit(work)

    async def next_delivery_due(self) -> float | None:
        """Give the time at which the next delivery is due, or is due again; None for an empty outbox."""

        def work(connection: sqlite3.Connection) -> float | None:
            due: float | None = _NEXT_DUE.run(connection).fetchone()[0]
            return due

        return await self._readers.read(work)

    async def waiting_deliveries(self) -> Mapping[str, int]:
        """Count the deliveries that are not done, by state: WAITING or DEAD."""

        def work(connection: sqlite3.Connection) -> Mapping[str, int]:
            found = {state: count.run(connection).fetchone()[0] for state, count in _COUNTS.items()}
            return {WAITING: found[HEADMOST] + found[BEHIND], DEAD: found[DEAD]}

        return await self._readers.read(work)

    async def delivery_done(self, delivery_id: str, now: float, seconds: float | None = None) -> bool:
        """Mark as taken by the program; tell whether the next of its session and type became due."""

        def work(connection: sqlite3.Connection) -> bool:
            done = _DONE.run(connection, of_delivery=delivery_id, now=now, took=seconds).fetchall()
            return _finish(connection, done, delivery_id, now, taken=True)

        return await self._writer.submit(work, can_wait=True)

    async def delivery_failed(
        self, delivery_id: str, now: float, next_attempt: float | None, reason: str, seconds: float | None = None
    ) -> bool:
        """Count a failed try: due again at `next_attempt`, or dead with None; tell whether the next became due."""
        why = reason[:REASON_LENGTH]

        def work(connection: sqlite3.Connection) -> bool:
            if next_attempt is None:
                dead = _DEAD.run(connection, of_delivery=delivery_id, now=now, why=why, took=seconds)
                return _finish(connection, dead.fetchall(), delivery_id, now, taken=False)
            _AGAIN.run(connection, of_delivery=delivery_id, next_attempt=next_attempt, why=why, took=seconds)
            return False

        return await self._writer.submit(work)

    async def deliveries_of(self, session_id: str) -> Sequence[DeliveryRecord]:
        """List what a session put into the outbox, in that order."""
        return await self._readers.read(
            lambda connection: [_record(row) for row in _OF_SESSION.run(connection, of_session=session_id)]
        )

    async def dead_deliveries(self, sub_account_id: str, before: int | None, limit: int) -> Sequence[DeliveryRecord]:
        """List what a subaccount's program never took, the newest first; `before`: the `place` of the last one seen."""
        bounds = {"before": LAST if before is None else before, "limit": limit}
        return await self._readers.read(
            lambda connection: [
                _record(row) for row in _DEAD_ONES.run(connection, of_subaccount=sub_account_id, **bounds)
            ]
        )

    async def redeliver(self, sub_account_id: str, delivery_id: str, now: float) -> DeliveryRecord | None:
        """Send a delivery that is done or dead once more, in its turn; None where there is no such one of theirs."""

        def work(connection: sqlite3.Connection) -> DeliveryRecord | None:
            found = _FINISHED.run(connection, of_delivery=delivery_id, of_subaccount=sub_account_id).fetchone()
            if found is None:
                return None
            kind = {"of_session": found[0], "of_type": found[1]}
            return _record(_ONCE_MORE.run(connection, of_delivery=delivery_id, now=now, **kind).fetchone())

        return await self._writer.submit(work)


def _finish(
    connection: sqlite3.Connection, finished: Sequence[tuple[str, str]], delivery_id: str, now: float, *, taken: bool
) -> bool:
    """Let the next one of its session and type move up, and tell whether there was one.

    The recording that was pushed, and whose VRU this is, has its last status.
    """
    moved = 0
    for session_id, type_ in finished:
        moved += _MOVE_UP.run(connection, of_session=session_id, of_type=type_, now=now).rowcount
        if type_ == _VRU:
            status = RecordingStatus.CALLBACK_COMPLETED if taken else RecordingStatus.CALLBACK_FAILED
            _TOLD.run(connection, of_session=session_id, of_delivery=delivery_id, to_status=str(status))
    return moved > 0


def _record(row: tuple[Any, ...]) -> DeliveryRecord:
    seq, delivery_id, session_id, type_, url, created, state, failed, due, finished, seconds, reason, body = row
    return DeliveryRecord(
        place=seq,
        delivery_id=delivery_id,
        session_id=_session(session_id),
        type=type_,
        url=url,
        created=created,
        state=state if state in {DONE, DEAD} else WAITING,
        tries=failed + (state == DONE),
        due=due,
        finished=finished,
        seconds=seconds,
        reason=reason,
        body=body,
    )


def _session(kept: str) -> str | None:
    return None if kept.startswith(OF_SUBACCOUNT) else kept


def _due(connection: sqlite3.Connection, row: tuple[Any, ...], seal: Seal) -> DueDelivery:
    _, delivery_id, session_id, sub_account_id, type_, body, created, attempts, url = row
    authorization = secrets = None
    if url is None:
        webhook = _WEBHOOK.run(connection, of_subaccount=sub_account_id, of_type=type_).fetchone()
        url, authorization, secrets = webhook or (None, None, None)
    return DueDelivery(
        delivery_id=delivery_id,
        session_id=_session(session_id),
        sub_account_id=sub_account_id,
        type=type_,
        body=body,
        created=created,
        attempts=attempts,
        url=url,
        authorization=None if authorization is None else seal.open(authorization),
        secrets=opened_secrets(seal, secrets),
    )
