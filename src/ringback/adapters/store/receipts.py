"""Receipts that are given again: to a request that was sent before with the same Idempotency-Key."""

import sqlite3
from typing import Final

from sqlalchemy import Float, Integer, bindparam, delete, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from ringback.adapters.store import sessions
from ringback.adapters.store.schema import receipts
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.writer import ROOM_FOR_NEW, Writer
from ringback.service.ports import KeptReceipt, NewSession

LIFETIME: Final = 86_400.0
"""Seconds that a receipt is given again."""

_r = receipts.c
_OF_KEY: Final = (_r.sub_account_id == bindparam("of_subaccount"), _r.key == bindparam("of_key"))
_FIND = Statement(
    select(_r.digest, _r.created, _r.http, _r.body).where(*_OF_KEY, _r.created > bindparam("since", type_=Float))
)
_KEEP = Statement(
    insert(receipts)
    .prefix_with("OR REPLACE")
    .values(
        sub_account_id=bindparam("of_subaccount"),
        key=bindparam("of_key"),
        digest=bindparam("of_body"),
        created=bindparam("at"),
        http=bindparam("status"),
        body=bindparam("answer"),
    )
)
_ROW: Final = literal_column("rowid", Integer)
_FORGET = Statement(
    delete(receipts).where(
        _ROW.in_(
            select(_ROW)
            .select_from(receipts)
            .where(_r.created <= bindparam("before", type_=Float))
            .limit(bindparam("limit", type_=Integer))
            .scalar_subquery()
        )
    )
)


class ReceiptRows:
    """The receipts of `ringback.service.ports.Store`."""

    _writer: Writer

    async def create_once(self, receipt: KeptReceipt, session: NewSession | None) -> KeptReceipt | None:
        """Keep a receipt and put its session on disk, queued; or give the receipt that its key got within a day.

        Then nothing is written. Raises StoreBusy, StoreFailed.
        """
        queue = None if session is None else sessions.queueing(session)

        def work(connection: sqlite3.Connection) -> KeptReceipt | None:
            key = {"of_subaccount": receipt.sub_account_id, "of_key": receipt.key}
            row = _FIND.run(connection, since=receipt.created - LIFETIME, **key).fetchone()
            if row is not None:
                return KeptReceipt(receipt.sub_account_id, receipt.key, *row)
            _KEEP.run(
                connection,
                of_body=receipt.digest,
                at=receipt.created,
                status=receipt.http,
                answer=receipt.body,
                **key,
            )
            if queue is not None:
                queue(connection)
            return None

        return await self._writer.submit(work, ROOM_FOR_NEW)

    async def forget_receipts(self, now: float, limit: int) -> int:
        """Remove receipts that are not given again any more, `limit` at most; give how many there were."""
        before = now - LIFETIME
        return await self._writer.submit(
            lambda connection: _FORGET.run(connection, before=before, limit=limit).rowcount
        )
