"""Pushes on disk: where to, and one row for each recording that waits to be pushed.

A row is due at a time and may be held by a server until another one: what it holds is claimed by nobody. The row goes
when the recording has its status.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BindParameter,
    Float,
    Integer,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql import ColumnElement

from ringback.adapters.store import recordings as recording_rows
from ringback.adapters.store import sessions
from ringback.adapters.store.deliveries import REASON_LENGTH
from ringback.adapters.store.errors import UnknownSession
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import push_targets, pushes, recordings
from ringback.adapters.store.sealing import Seal
from ringback.adapters.store.statement import Statement, literal
from ringback.adapters.store.tenants import require
from ringback.adapters.store.writer import Writer
from ringback.domain.push import PushProtocol, PushTarget
from ringback.domain.recording import Recording, RecordingStatus
from ringback.service.ports import NewDelivery, TimelineEntry
from ringback.service.push_store import Push, WaitingPushes

_p, _r, _t = pushes.c, recordings.c, push_targets.c
_SUBACCOUNT: Final[BindParameter[str]] = bindparam("of_subaccount")
_RECORDING: Final[BindParameter[str]] = bindparam("of_recording")
_FIELDS: Final = tuple(column for column in _t if column.name != "sub_account_id")

_TARGET = Statement(select(*_FIELDS).where(_t.sub_account_id == _SUBACCOUNT))
_NEW: Final[Mapping[str, BindParameter[Any]]] = {column.name: bindparam(f"new_{column.name}") for column in _FIELDS}
_SET_TARGET = Statement(
    insert(push_targets)
    .values(sub_account_id=_SUBACCOUNT, **_NEW)
    .on_conflict_do_update(index_elements=["sub_account_id"], set_=_NEW)
)
_REMOVE_TARGET = Statement(delete(push_targets).where(_t.sub_account_id == _SUBACCOUNT))
_LEARN = Statement(
    update(push_targets).where(_t.sub_account_id == _SUBACCOUNT, _t.host_key == "").values(host_key=bindparam("shown"))
)

_SEQ: Final = select(_r.seq).where(_r.recording_id == _RECORDING).scalar_subquery()
_WAITS: Final = (_p.recording_seq == _SEQ,)
_WRITTEN: Final = ("recording_seq", "sub_account_id", "created", "due", "attempts", "reason")
_FRESH: Final[Sequence[ColumnElement[Any]]] = (
    *(bindparam("now", type_=Float), bindparam("now", type_=Float)),
    *(literal_column("0"), literal_column("''")),
)
_ADD = Statement(
    insert(pushes)
    .from_select(_WRITTEN, select(_r.seq, _r.sub_account_id, *_FRESH).where(_r.recording_id == _RECORDING))
    .on_conflict_do_nothing()
)
_AGAIN = Statement(
    insert(pushes)
    .from_select(
        _WRITTEN,
        select(_r.seq, _r.sub_account_id, *_FRESH).where(
            _r.sub_account_id == _SUBACCOUNT, _r.status == literal(RecordingStatus.UPLOAD_FAILED)
        ),
    )
    .on_conflict_do_nothing()
)
_ANEW = Statement(
    update(pushes)
    .where(_p.sub_account_id == _SUBACCOUNT)
    .values(created=bindparam("now"), due=bindparam("now"), attempts=literal_column("0"))
)
_WAITING = Statement(select(func.count()).where(_p.sub_account_id == _SUBACCOUNT))
_LATEST_REASON = Statement(
    select(_p.reason)
    .where(_p.sub_account_id == _SUBACCOUNT, _p.failed.is_not(None))
    .order_by(_p.failed.desc())
    .limit(literal_column("1"))
)
_NEXT_OWNER = Statement(select(func.min(_p.sub_account_id)).where(_p.sub_account_id > bindparam("after")))
_FIRST_DUE = Statement(
    select(_p.due, _p.recording_seq)
    .where(
        _p.sub_account_id == _SUBACCOUNT,
        _p.due <= bindparam("now", type_=Float),
        or_(_p.held.is_(None), _p.held <= bindparam("now", type_=Float)),
    )
    .order_by(_p.due, _p.recording_seq)
    .limit(literal_column("1", Integer))
)
_CLAIM = Statement(
    update(pushes)
    .where(_p.recording_seq == bindparam("of_seq"))
    .values(held=bindparam("until"))
    .returning(_p.recording_seq, _p.sub_account_id, _p.created, _p.attempts, _p.reason)
)
_HOLD = Statement(update(pushes).where(*_WAITS, _p.held.is_not(None)).values(held=bindparam("until")))
_RELEASE = Statement(update(pushes).where(*_WAITS).values(due=bindparam("at"), held=None))
_FAILED = Statement(
    update(pushes)
    .where(*_WAITS)
    .values(
        due=bindparam("at"),
        held=None,
        attempts=_p.attempts + literal_column("1"),
        failed=bindparam("now"),
        reason=bindparam("why"),
    )
)
_END = Statement(delete(pushes).where(*_WAITS))


class PushRows:
    """Implements `ringback.service.push_store.PushStore`."""

    _writer: Writer
    _readers: Readers
    _seal: Seal

    async def push_target(self, sub_account_id: str) -> PushTarget | None:
        """Read where a subaccount lets its recordings be pushed to."""
        return await self._readers.read(lambda connection: self._target(connection, sub_account_id))

    async def set_push_target(self, sub_account_id: str, target: PushTarget, now: float) -> PushTarget:
        """Add or replace a target and give it; what waits is due at once, and its tries are counted anew.

        A host key that was learned stays where protocol, host and port do and the new target has none. Raises
        UnknownSubaccount.
        """

        def work(connection: sqlite3.Connection) -> PushTarget:
            require(connection, sub_account_id)
            set_ = target.knowing(self._target(connection, sub_account_id))
            row = {**msgspec.structs.asdict(set_), "password": self._seal.close(set_.password)}
            values = {f"new_{name}": str(value) if name == "protocol" else value for name, value in row.items()}
            _SET_TARGET.run(connection, of_subaccount=sub_account_id, **values)
            _ANEW.run(connection, of_subaccount=sub_account_id, now=now)
            return set_

        return await self._writer.submit(work)

    async def remove_push_target(self, sub_account_id: str, now: float) -> PushTarget | None:
        """Remove a target and give what it was; what waits is due at once."""

        def work(connection: sqlite3.Connection) -> PushTarget | None:
            target = self._target(connection, sub_account_id)
            if target is not None:
                _REMOVE_TARGET.run(connection, of_subaccount=sub_account_id)
                _ANEW.run(connection, of_subaccount=sub_account_id, now=now)
            return target

        return await self._writer.submit(work)

    async def learn_host_key(self, sub_account_id: str, target: PushTarget, key: str) -> PushTarget | None:
        """Keep the key of a target that has none, and give the target as it is then; None: it is another one now."""

        def work(connection: sqlite3.Connection) -> PushTarget | None:
            _LEARN.run(connection, of_subaccount=sub_account_id, shown=key)
            known = self._target(connection, sub_account_id)
            return known if target.is_still(known) else None

        return await self._writer.submit(work)

    async def waiting_pushes(self, sub_account_id: str) -> WaitingPushes:
        """Count what a subaccount has to push."""

        def work(connection: sqlite3.Connection) -> WaitingPushes:
            count = _WAITING.run(connection, of_subaccount=sub_account_id).fetchone()[0]
            latest = _LATEST_REASON.run(connection, of_subaccount=sub_account_id).fetchone()
            return WaitingPushes(count, latest[0] if latest else "")

        return await self._readers.read(work)

    async def add_push(self, recording: Recording, entries: Sequence[TimelineEntry], now: float) -> bool:
        """Let a recording whose sound file was made wait to be pushed, with the timeline in one transaction.

        It is in PROCESSING until then. False, and nothing is written, where it waits or is done already. Raises
        UnknownSession.
        """
        write_timeline = sessions.adding(recording.session_id, entries, ())

        def work(connection: sqlite3.Connection) -> bool:
            if not recording_rows.make(connection, recording):
                return False
            _ADD.run(connection, of_recording=recording.recording_id, now=now)
            write_timeline(connection)
            return True

        return await self._writer.submit(work)

    async def claim_push(self, busy: Collection[str], now: float, lease: float) -> Push | None:
        """Take the push that is due for the longest, of no subaccount that is busy; None where there is none.

        Untouched it is due again after `lease` seconds.
        """

        def work(connection: sqlite3.Connection) -> Push | None:
            # subaccount by subaccount: however much of a busy one waits, the others are found at once
            firsts = [
                first
                for owner in _owners(connection)
                if owner not in busy
                for first in _FIRST_DUE.run(connection, of_subaccount=owner, now=now).fetchall()
            ]
            if not firsts:
                return None
            claimed = _CLAIM.run(connection, of_seq=min(firsts)[1], until=now + lease).fetchone()
            seq, sub_account_id, created, attempts, reason = claimed
            return Push(
                recording=recording_rows.find(connection, seq),
                created=created,
                attempts=attempts,
                reason=reason,
                target=self._target(connection, sub_account_id),
            )

        return await self._writer.submit(work)

    async def hold_push(self, recording_id: str, until: float) -> None:
        """Let nobody else take a push before a time."""
        await self._writer.submit(
            lambda connection: _HOLD.run(connection, of_recording=recording_id, until=until).rowcount
        )

    async def release_push(self, recording_id: str, due: float) -> None:
        """Let a push that was no try be due at a time."""
        await self._writer.submit(
            lambda connection: _RELEASE.run(connection, of_recording=recording_id, at=due).rowcount
        )

    async def push_failed(
        self, recording: Recording, reason: str, now: float, due: float, entries: Sequence[TimelineEntry]
    ) -> None:
        """Count a try that failed; the push is due again at `due`. With the timeline in one transaction."""
        write_timeline = sessions.adding(recording.session_id, entries, ())
        why = reason[:REASON_LENGTH]

        def work(connection: sqlite3.Connection) -> None:
            if _FAILED.run(connection, of_recording=recording.recording_id, at=due, now=now, why=why).rowcount:
                with contextlib.suppress(UnknownSession):  # it was erased
                    write_timeline(connection)

        await self._writer.submit(work)

    async def end_push(
        self,
        recording: Recording,
        entries: Sequence[TimelineEntry],
        deliveries: Sequence[NewDelivery],
        *,
        clear: bool = False,
    ) -> bool:
        """Store what came of a push with timeline and deliveries in one transaction; False: it waits no longer."""
        write_timeline = sessions.adding(recording.session_id, entries, deliveries)
        vru = deliveries[0].delivery_id if deliveries and recording.url is not None else None

        def work(connection: sqlite3.Connection) -> bool:
            if not _END.run(connection, of_recording=recording.recording_id).rowcount:
                return False
            recording_rows.pushed(connection, recording, vru, clear=clear)
            with contextlib.suppress(UnknownSession):  # it was erased: nobody is told
                write_timeline(connection)
            return True

        return await self._writer.submit(work)

    async def retry_pushes(self, sub_account_id: str, now: float) -> int:
        """Let what a subaccount has in UPLOAD_FAILED wait again, in PROCESSING, and give how many there are."""

        def work(connection: sqlite3.Connection) -> int:
            _AGAIN.run(connection, of_subaccount=sub_account_id, now=now)
            return recording_rows.unfail(connection, sub_account_id)

        return await self._writer.submit(work)

    def _target(self, connection: sqlite3.Connection, sub_account_id: str) -> PushTarget | None:
        row: tuple[Any, ...] | None = _TARGET.run(connection, of_subaccount=sub_account_id).fetchone()
        if row is None:
            return None
        fields = dict(zip((column.name for column in _FIELDS), row, strict=True))
        protocol, password = PushProtocol(fields.pop("protocol")), self._seal.open(fields.pop("password"))
        return PushTarget(protocol=protocol, password=password, **fields)


def _owners(connection: sqlite3.Connection) -> Iterator[str]:
    """Give the subaccounts that have something to push, by as many looks into the index."""
    owner = ""
    while (owner := _NEXT_OWNER.run(connection, after=owner).fetchone()[0]) is not None:
        yield owner
