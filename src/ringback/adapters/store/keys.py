"""API keys on disk: of a secret only its SHA-256 is kept, so it is shown once."""

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Float, bindparam, delete, func, insert, or_, select, update

from ringback.adapters.store.cache import Cache
from ringback.adapters.store.errors import TooManyKeys
from ringback.adapters.store.schema import api_keys
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.tenants import TenantRows, require
from ringback.domain.scope import ALL, Scope
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.key_store import MAX_KEYS, ApiKey, Grant, hash_key, new_key_id, new_secret
from ringback.service.ports import WebhookType

_k = api_keys.c
_NOW: Final = bindparam("now", type_=Float)
_IN_USE: Final = (_k.revoked.is_(None), or_(_k.expires.is_(None), _k.expires > _NOW))
_SHOWN: Final = (
    *(_k.key_id, _k.sub_account_id, _k.name, _k.scopes, _k.created),
    *(_k.expires, _k.last_used, _k.revoked, _k.old_until),
)

_OPENS = Statement(
    select(_k.key_id, _k.sub_account_id, _k.scopes, _k.expires, _k.old_until, _k.old_hash == bindparam("hash")).where(
        or_(_k.key_hash == bindparam("hash"), _k.old_hash == bindparam("hash")), _k.revoked.is_(None)
    )
)
_COUNT = Statement(select(func.count()).where(_k.sub_account_id == bindparam("of_subaccount"), *_IN_USE))
_ADD = Statement(
    insert(api_keys).values(
        key_hash=bindparam("hash"),
        key_id=bindparam("key_id"),
        sub_account_id=bindparam("of_subaccount"),
        name=bindparam("called"),
        scopes=bindparam("may"),
        created=bindparam("at"),
        expires=bindparam("until"),
    )
)
_ROTATE = Statement(
    update(api_keys)
    .where(_k.key_id == bindparam("of_key"), *_IN_USE)
    .values(
        key_hash=bindparam("hash"),
        old_hash=_k.key_hash,
        # min of SQLite: none where one of them is
        old_until=func.min(bindparam("grace", type_=Float), func.coalesce(_k.expires, bindparam("grace", type_=Float))),
        expires=func.coalesce(bindparam("until", type_=Float), _k.expires),
    )
    .returning(*_SHOWN)
)
_LIST = Statement(
    select(*_SHOWN)
    .where(or_(_k.sub_account_id == bindparam("of_subaccount"), bindparam("of_subaccount").is_(None)))
    .order_by(_k.created)
)
_READ = Statement(select(*_SHOWN).where(_k.key_id == bindparam("of_key")))
_REVOKE = Statement(
    update(api_keys)
    .where(or_(_k.key_hash == bindparam("hash"), _k.key_id == bindparam("of_key")), _k.revoked.is_(None))
    .values(revoked=_NOW)
)
_REMOVE = Statement(delete(api_keys).where(_k.key_id == bindparam("of_key")))
_USED = Statement(update(api_keys).where(_k.key_id == bindparam("of_key")).values(last_used=_NOW))


class KeyRows(TenantRows):
    """Implements `ringback.service.key_store.KeyStore`."""

    _opened: Cache[Grant]

    async def authenticate(self, key_hash: str) -> Grant | None:
        """Give what a secret (SHA-256, hex) opens, be it expired or not; None for an unknown or revoked one.

        May be as old as one second where another process changed it.
        """

        def work(connection: sqlite3.Connection) -> Grant | None:
            row = _OPENS.run(connection, hash=key_hash).fetchone()
            return None if row is None else _grant(row)

        return await self._opened.get(key_hash, lambda: self._readers.read(work))

    async def create_key(self, sub_account_id: str, name: str = "") -> str:
        """Make a key that may do everything, and give its secret. Raises UnknownSubaccount, TooManyKeys."""
        secret = new_secret()
        await self.add_key(_plain(sub_account_id, name), hash_key(secret))
        return secret

    async def add_key(self, key: ApiKey, key_hash: str) -> None:
        """Put a key on disk. Raises UnknownSubaccount, TooManyKeys."""

        def work(connection: sqlite3.Connection) -> None:
            require(connection, key.sub_account_id)
            _insert(connection, key, key_hash)

        await self._writer.submit(work)

    async def rotate_key(
        self, key_id: str, key_hash: str, now: float, old_until: float | None, expires: float | None
    ) -> ApiKey | None:
        """Give a key another secret; None: there is none that is neither revoked nor expired."""

        def work(connection: sqlite3.Connection) -> ApiKey | None:
            row = _ROTATE.run(
                connection, of_key=key_id, hash=key_hash, now=now, grace=old_until, until=expires
            ).fetchone()
            return None if row is None else _key(row)

        try:
            return await self._writer.submit(work)
        finally:
            self._opened.clear()

    async def key(self, key_id: str) -> ApiKey | None:
        """Read a key."""

        def work(connection: sqlite3.Connection) -> ApiKey | None:
            row = _READ.run(connection, of_key=key_id).fetchone()
            return None if row is None else _key(row)

        return await self._readers.read(work)

    async def list_keys(self, sub_account_id: str | None = None) -> Sequence[ApiKey]:
        """List the API keys of a subaccount, or of all, the oldest first; revoked ones included."""
        return await self._readers.read(
            lambda connection: [_key(row) for row in _LIST.run(connection, of_subaccount=sub_account_id)]
        )

    async def revoke_key(self, key: str) -> bool:
        """Revoke an API key, given its secret or its id; False if none such is in use."""
        try:
            return await self._writer.submit(
                lambda connection: _REVOKE.run(connection, hash=hash_key(key), of_key=key, now=time.time()).rowcount > 0
            )
        finally:
            self._opened.clear()

    async def remove_key(self, key_id: str) -> None:
        """Forget a key."""
        try:
            await self._writer.submit(lambda connection: _REMOVE.run(connection, of_key=key_id).rowcount)
        finally:
            self._opened.clear()

    async def note_keys_used(self, used: Mapping[str, float]) -> None:
        """Keep when keys were used last, by their ids."""

        def work(connection: sqlite3.Connection) -> None:
            for key_id, at in used.items():
                _USED.run(connection, of_key=key_id, now=at)

        await self._writer.submit(work, can_wait=True)

    async def remove_subaccount(self, sub_account_id: str) -> bool:
        """Remove a subaccount with its keys, caller IDs, numbers and webhooks; its sessions stay. False: not there."""
        try:
            return await super().remove_subaccount(sub_account_id)
        finally:
            self._opened.clear()

    async def bootstrap(
        self,
        sub_account_id: str,
        caller_ids: Iterable[str],
        numbers: Iterable[str],
        webhooks: Iterable[WebhookType],
        account_id: str = DEFAULT_ACCOUNT,
    ) -> str:
        """Make a subaccount ready and give a new API key for it.

        What is there already stays, in its account; a webhook of the same type is replaced. Raises BadSubaccountId,
        UnknownAccount, NotANumber, NumberTaken, InventoryFull, TooManyKeys; nothing was written then.
        """
        secret = new_secret()
        await self._furnish(
            sub_account_id,
            caller_ids,
            numbers,
            webhooks,
            account_id,
            lambda connection: _insert(connection, _plain(sub_account_id, "bootstrap"), hash_key(secret)),
        )
        return secret


def _plain(sub_account_id: str, name: str) -> ApiKey:
    return ApiKey(key_id=new_key_id(), sub_account_id=sub_account_id, name=name, created=time.time())


def _insert(connection: sqlite3.Connection, key: ApiKey, key_hash: str) -> None:
    kept = _COUNT.run(connection, of_subaccount=key.sub_account_id, now=key.created).fetchone()[0]
    if kept >= MAX_KEYS:
        message = f"{key.sub_account_id} has {MAX_KEYS} API keys: revoke some"
        raise TooManyKeys(message)
    _ADD.run(
        connection,
        hash=key_hash,
        key_id=key.key_id,
        of_subaccount=key.sub_account_id,
        called=key.name,
        may=" ".join(scope for scope in Scope if scope in key.scopes),
        at=key.created,
        until=key.expires,
    )


def _scopes(written: str) -> frozenset[Scope]:
    return frozenset(map(Scope, written.split())) or ALL


def _grant(row: tuple[Any, ...]) -> Grant:
    key_id, sub_account_id, scopes, expires, old_until, is_old = row
    return Grant(
        key_id=key_id,
        sub_account_id=sub_account_id,
        scopes=_scopes(scopes),
        # without a time the old one is over
        until=(old_until or 0.0) if is_old else expires,
    )


def _key(row: tuple[Any, ...]) -> ApiKey:
    key_id, sub_account_id, name, scopes, created, expires, last_used, revoked, old_until = row
    return ApiKey(
        key_id=key_id,
        sub_account_id=sub_account_id,
        name=name,
        scopes=_scopes(scopes),
        created=created,
        expires=expires,
        last_used=last_used,
        revoked=revoked,
        old_until=old_until,
    )
