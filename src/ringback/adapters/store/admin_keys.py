"""Admin keys on disk: of a secret only its SHA-256 is kept."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Float, bindparam, func, insert, or_, select, update

from ringback.adapters.store.errors import TooManyAdminKeys
from ringback.adapters.store.readers import Readers
from ringback.adapters.store.schema import admin_keys
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.writer import Writer
from ringback.service.admin_keys import MAX_KEYS, AdminKey

_k = admin_keys.c
_NOW: Final = bindparam("now", type_=Float)
_ROW: Final = (_k.key_id, _k.name, _k.scope, _k.created, _k.expires, _k.last_used, _k.revoked)

_IN_USE = Statement(
    select(func.count())
    .where(_k.revoked.is_(None), or_(_k.expires.is_(None), _k.expires > _NOW))
    .select_from(admin_keys)
)
_ADD = Statement(
    insert(admin_keys).values(
        key_hash=bindparam("hash"),
        key_id=bindparam("of_key"),
        name=bindparam("called"),
        scope=bindparam("may"),
        created=_NOW,
        expires=bindparam("until", type_=Float),
    )
)
_FIND = Statement(select(*_ROW).where(_k.key_hash == bindparam("hash")))
_LIST = Statement(select(*_ROW).order_by(_k.created, _k.key_id))
_REVOKE = Statement(
    update(admin_keys).where(_k.key_id == bindparam("of_key"), _k.revoked.is_(None)).values(revoked=_NOW)
)
_USED = Statement(update(admin_keys).where(_k.key_id == bindparam("of_key")).values(last_used=_NOW))


class AdminKeyRows:
    """Implements `ringback.service.admin_keys.AdminKeyStore`."""

    _writer: Writer
    _readers: Readers

    async def add_admin_key(self, key: AdminKey, key_hash: str) -> None:
        """Put a key on disk. Raises TooManyAdminKeys."""

        def work(connection: sqlite3.Connection) -> None:
            refuse_more(_IN_USE.run(connection, now=key.created).fetchone()[0])
            _ADD.run(
                connection,
                hash=key_hash,
                of_key=key.key_id,
                called=key.name,
                may=key.scope,
                now=key.created,
                until=key.expires,
            )

        await self._writer.submit(work)

    async def admin_key(self, key_hash: str) -> AdminKey | None:
        """Find a key by the SHA-256 of its secret, revoked and expired ones included."""
        row = await self._readers.read(lambda connection: _FIND.run(connection, hash=key_hash).fetchone())
        return None if row is None else _key(row)

    async def list_admin_keys(self) -> Sequence[AdminKey]:
        """List the keys, the oldest first; revoked ones included."""
        return await self._readers.read(lambda connection: [_key(row) for row in _LIST.run(connection)])

    async def revoke_admin_key(self, key_id: str, now: float) -> bool:
        """Revoke a key; False if none such is in use."""
        return await self._writer.submit(
            lambda connection: _REVOKE.run(connection, of_key=key_id, now=now).rowcount > 0
        )

    async def note_admin_key_used(self, key_id: str, now: float) -> None:
        """Keep when a key was used last."""
        await self._writer.submit(lambda connection: _USED.run(connection, of_key=key_id, now=now).rowcount)


def refuse_more(in_use: int) -> None:
    """Raise TooManyAdminKeys where so many keys in use leave no room for one more."""
    if in_use >= MAX_KEYS:
        message = f"there are {MAX_KEYS} admin keys: revoke some"
        raise TooManyAdminKeys(message)


def _key(row: tuple[Any, ...]) -> AdminKey:
    key_id, name, scope, created, expires, last_used, revoked = row
    return AdminKey(
        key_id=key_id,
        name=name,
        scope=scope,
        created=created,
        expires=expires,
        last_used=last_used,
        revoked=revoked,
    )
