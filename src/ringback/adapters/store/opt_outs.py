"""Opt-out lists on disk."""

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Integer, bindparam, delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from ringback.adapters.store.schema import opt_outs
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.tenants import TenantRows, require
from ringback.domain.number import Number
from ringback.service.opt_out_store import OptedOut

_o = opt_outs.c
_SUBACCOUNT: Final[BindParameter[str]] = bindparam("of_subaccount")
_COLUMNS: Final = (_o.seq, _o.digits, _o.created, _o.session_id)
_ONE: Final = (_o.sub_account_id == _SUBACCOUNT, _o.digits == bindparam("number"))
_ADD = Statement(
    insert(opt_outs)
    .values(
        sub_account_id=_SUBACCOUNT,
        digits=bindparam("number"),
        created=bindparam("at"),
        session_id=bindparam("of_session"),
    )
    .on_conflict_do_nothing()
)
_FIND = Statement(select(*_COLUMNS).where(*_ONE))
_REMOVE = Statement(delete(opt_outs).where(*_ONE).returning(*_COLUMNS))
_PAGE = Statement(
    select(*_COLUMNS)
    .where(
        _o.sub_account_id == _SUBACCOUNT,
        or_(_o.seq < bindparam("before", type_=Integer), bindparam("before").is_(None)),
    )
    .order_by(_o.seq.desc())
    .limit(bindparam("most", type_=Integer))
)


class OptOutRows(TenantRows):
    """Implements `ringback.service.opt_out_store.OptOutStore`."""

    async def add_opt_out(
        self, sub_account_id: str, number: Number, now: float, session_id: str | None = None
    ) -> OptedOut:
        """Put a number on the list of a subaccount, or give it as it is there. Raises UnknownSubaccount."""
        digits = number.canonical.digits

        def work(connection: sqlite3.Connection) -> OptedOut:
            require(connection, sub_account_id)
            _ADD.run(connection, of_subaccount=sub_account_id, number=digits, at=now, of_session=session_id)
            return _opted_out(_FIND.run(connection, of_subaccount=sub_account_id, number=digits).fetchone())

        return await self._writer.submit(work)

    async def import_opt_outs(self, sub_account_id: str, numbers: Sequence[Number], now: float) -> int:
        """Put numbers on the list, all or none, and give how many were not there. Raises UnknownSubaccount."""
        # in a thread: libphonenumber takes its time
        canonical = await asyncio.to_thread(lambda: [number.canonical.digits for number in numbers])

        def work(connection: sqlite3.Connection) -> int:
            require(connection, sub_account_id)
            added = 0
            for digits in canonical:
                row = _ADD.run(connection, of_subaccount=sub_account_id, number=digits, at=now, of_session=None)
                added += row.rowcount
            return added

        return await self._writer.submit(work)

    async def remove_opt_out(self, sub_account_id: str, number: Number) -> OptedOut | None:
        """Take a number off the list, and give it as it was."""
        digits = number.canonical.digits

        def work(connection: sqlite3.Connection) -> OptedOut | None:
            rows = _REMOVE.run(connection, of_subaccount=sub_account_id, number=digits).fetchall()
            return _opted_out(rows[0]) if rows else None

        return await self._writer.submit(work)

    async def opt_out(self, sub_account_id: str, number: Number) -> OptedOut | None:
        """Read a number of the list; None: it is not there."""
        digits = number.canonical.digits

        def work(connection: sqlite3.Connection) -> OptedOut | None:
            row = _FIND.run(connection, of_subaccount=sub_account_id, number=digits).fetchone()
            return None if row is None else _opted_out(row)

        return await self._readers.read(work)

    async def is_opted_out(self, sub_account_id: str, number: Number) -> bool:
        """Tell whether a number is on the list."""
        return await self.opt_out(sub_account_id, number) is not None

    async def list_opt_outs(self, sub_account_id: str, before: int | None, limit: int) -> Sequence[OptedOut]:
        """List numbers, the newest first; `before`: the `place` of the last one seen."""
        return await self._readers.read(
            lambda connection: [
                _opted_out(row)
                for row in _PAGE.run(connection, of_subaccount=sub_account_id, before=before, most=limit)
            ]
        )


def _opted_out(row: tuple[Any, ...]) -> OptedOut:
    place, digits, created, session_id = row
    return OptedOut(place=place, number=Number(digits), created=created, session_id=session_id)
