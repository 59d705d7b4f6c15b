"""Recordings on disk: one row for each, from its beginning until retention removes it."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Float, Integer, bindparam, delete, insert, literal_column, select, update
from sqlalchemy.sql import ColumnElement

from ringback.adapters.store import sessions
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import recordings
from ringback.adapters.store.statement import Statement, literal, oldest_of_each
from ringback.adapters.store.writer import Writer
from ringback.domain.recording import MADE, Recording, RecordingStatus
from ringback.service.ports import NewDelivery, TimelineEntry

_r = recordings.c
_PROCESSING: Final[ColumnElement[str]] = literal(RecordingStatus.PROCESSING)
_MADE: Final[Sequence[ColumnElement[str]]] = tuple(literal(status) for status in sorted(MADE))
_SHOWN: Final = (_r.recording_id, _r.session_id, _r.sub_account_id, _r.status, _r.started, _r.path, _r.seconds, _r.url)

_BEGIN = Statement(
    insert(recordings)
    .prefix_with("OR IGNORE")
    .values(
        recording_id=bindparam("recording_id"),
        session_id=bindparam("session_id"),
        sub_account_id=bindparam("sub_account_id"),
        status=_PROCESSING,
        started=bindparam("started"),
        path=bindparam("path"),
    )
)
_FINISH = Statement(
    update(recordings)
    .where(_r.recording_id == bindparam("of_recording"), _r.status != bindparam("to_status"), _r.status.not_in(_MADE))
    .values(status=bindparam("to_status"), seconds=bindparam("length"), path=bindparam("at_path"))
)
_MAKE = Statement(
    update(recordings)
    .where(_r.recording_id == bindparam("of_recording"), _r.seconds.is_(None))
    .values(status=_PROCESSING, seconds=bindparam("length"), path=bindparam("at_path"))
)
_PUSHED = Statement(
    update(recordings)
    .where(_r.recording_id == bindparam("of_recording"))
    .values(status=bindparam("to_status"), url=bindparam("at"), vru=bindparam("told_by"), clear=bindparam("is_clear"))
)
_UNFAIL = Statement(
    update(recordings)
    .where(
        _r.sub_account_id == bindparam("of_subaccount"),
        _r.status == literal(RecordingStatus.UPLOAD_FAILED),
    )
    .values(status=_PROCESSING)
)
_FIND = Statement(select(*_SHOWN).where(_r.seq == bindparam("of_seq")))
_TO_CLEAR = Statement(
    select(*_SHOWN).where(literal_column("clear")).order_by(_r.seq).limit(bindparam("limit", type_=Integer))
)
_CLEARED = Statement(update(recordings).where(_r.recording_id == bindparam("of_recording")).values(clear=None))
_OF_SESSION = Statement(select(*_SHOWN).where(_r.session_id == bindparam("of_session")).order_by(_r.seq))
_UNFINISHED = Statement(
    # what has a length has a sound file and waits to be pushed
    select(*_SHOWN).where(_r.status == _PROCESSING, _r.seconds.is_(None)).order_by(_r.seq)
)
_OLD = Statement(
    select(*_SHOWN)
    .where(
        _r.sub_account_id == bindparam("of_subaccount"),
        _r.started < bindparam("before", type_=Float),
        _r.status != _PROCESSING,
    )
    .order_by(_r.started)
    .limit(bindparam("limit", type_=Integer))
)
_REMOVE = Statement(delete(recordings).where(_r.recording_id == bindparam("of_recording")))


class RecordingRows:
    """The recordings of `ringback.service.ports.Store`."""

    _writer: Writer
    _readers: Readers

    async def begin_recording(self, recording: Recording) -> None:
        """Put a recording on disk, in PROCESSING; one that is there stays as it is."""
        await self._writer.submit(lambda connection: _begin(connection, recording), can_wait=True)

    async def finish_recording(
        self, recording: Recording, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery]
    ) -> bool:
        """Store what came of a recording, with timeline and deliveries in one transaction.

        False, and nothing is written, where it had this status before, or one that is final. Raises UnknownSession.
        """
        write_timeline = sessions.adding(recording.session_id, entries, deliveries)

        def work(connection: sqlite3.Connection) -> bool:
            _begin(connection, recording)
            changed = _FINISH.run(
                connection,
                of_recording=recording.recording_id,
                to_status=str(recording.status),
                length=recording.seconds,
                at_path=recording.path,
            ).rowcount
            if changed:
                write_timeline(connection)
            return bool(changed)

        return await self._writer.submit(work)

    async def recordings(self, session_id: str) -> Sequence[Recording]:
        """List the recordings of a session in the order of their beginnings."""
        return await self._readers.read(
            lambda connection: [_recording(row) for row in _OF_SESSION.run(connection, of_session=session_id)]
        )

    async def unfinished_recordings(self) -> Sequence[Recording]:
        """List what is in PROCESSING and has no sound file: at start, what an earlier run left."""
        return await self._readers.read(lambda connection: [_recording(row) for row in _UNFINISHED.run(connection)])

    async def old_recordings(self, before: Mapping[str, float], limit: int) -> Sequence[Recording]:
        """List what began before a time, by subaccount, and is not in PROCESSING; the oldest of each first."""
        return await self._readers.read(
            lambda connection: [_recording(row) for row in oldest_of_each(connection, _OLD, before, limit)]
        )

    async def recordings_to_clear(self, limit: int) -> Sequence[Recording]:
        """List recordings whose local files are not needed any more."""
        return await self._readers.read(
            lambda connection: [_recording(row) for row in _TO_CLEAR.run(connection, limit=limit)]
        )

    async def recording_cleared(self, recording_id: str) -> None:
        """Note that a local file is removed."""
        await self._writer.submit(
            lambda connection: _CLEARED.run(connection, of_recording=recording_id).rowcount, can_wait=True
        )

    async def remove_recordings(self, recording_ids: Sequence[str]) -> None:
        """Remove the rows of recordings."""

        def work(connection: sqlite3.Connection) -> None:
            for recording_id in recording_ids:
                _REMOVE.run(connection, of_recording=recording_id)

        await self._writer.submit(work, can_wait=True)


def make(connection: sqlite3.Connection, recording: Recording) -> bool:
    """Note that a recording has a sound file, and is still in PROCESSING; False where it had one before."""
    _begin(connection, recording)
    length, path = recording.seconds, recording.path
    return _MAKE.run(connection, of_recording=recording.recording_id, length=length, at_path=path).rowcount > 0


def unfail(connection: sqlite3.Connection, sub_account_id: str) -> int:
    """Put what a subaccount has in UPLOAD_FAILED into PROCESSING, and give how many there are."""
    return _UNFAIL.run(connection, of_subaccount=sub_account_id).rowcount


def find(connection: sqlite3.Connection, seq: int) -> Recording:
    """Read a recording by the number of its row."""
    return _recording(_FIND.run(connection, of_seq=seq).fetchone())


def pushed(connection: sqlite3.Connection, recording: Recording, vru: str | None, *, clear: bool) -> None:
    """Store what came of a push; `vru`: the delivery whose end is the recording's last status."""
    _PUSHED.run(
        connection,
        of_recording=recording.recording_id,
        to_status=str(recording.status),
        at=recording.url,
        told_by=vru,
        is_clear=clear or None,
    )


def _begin(connection: sqlite3.Connection, recording: Recording) -> None:
    _BEGIN.run(
        connection,
        recording_id=recording.recording_id,
        session_id=recording.session_id,
        sub_account_id=recording.sub_account_id,
        started=recording.started,
        path=recording.path,
    )


def _recording(row: tuple[Any, ...]) -> Recording:
    recording_id, session_id, sub_account_id, status, started, path, seconds, url = row
    return Recording(
        recording_id=recording_id,
        session_id=session_id,
        sub_account_id=sub_account_id,
        status=RecordingStatus(status),
        started=started,
        path=path,
        seconds=seconds,
        url=url,
    )
