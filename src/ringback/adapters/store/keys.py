"""API keys on disk: only their SHA-256 is kept, so a key is shown once."""

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import bindparam, func, insert, or_, select, update

from ringback.adapters.store.cache import Cache
from ringback.adapters.store.schema import api_keys
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.tenants import TenantRows, require
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.ports import WebhookType

PREFIX: Final = "rb_"
KEY_BYTES: Final = 32
"""Random bytes in a key."""
KEY_ID_LENGTH: Final = 16

_k = api_keys.c
_KEY_ID = func.substr(_k.key_hash, 1, KEY_ID_LENGTH)

_OPENS = Statement(select(_k.sub_account_id).where(_k.key_hash == bindparam("hash"), _k.revoked.is_(None)))
_ADD = Statement(
    insert(api_keys).values(
        key_hash=bindparam("hash"),
        sub_account_id=bindparam("of_subaccount"),
        name=bindparam("called"),
        created=bindparam("at"),
    )
)
_LIST = Statement(
    select(_KEY_ID, _k.sub_account_id, _k.name, _k.created, _k.revoked)
    .where(or_(_k.sub_account_id == bindparam("of_subaccount"), bindparam("of_subaccount").is_(None)))
    .order_by(_k.created)
)
_REVOKE = Statement(
    update(api_keys)
    .where(or_(_k.key_hash == bindparam("hash"), bindparam("key_id") == _KEY_ID), _k.revoked.is_(None))
    .values(revoked=bindparam("at"))
)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as listed: the key itself is not known any more."""

    key_id: str
    """The first 16 hexadecimal digits of its SHA-256."""
    sub_account_id: str
    name: str
    created: float
    revoked: float | None
    """Seconds since the epoch; None while it opens its subaccount."""


class KeyRows(TenantRows):
    """The API keys of `ringback.service.ports.Store`, and what `ringback admin` does to them."""

    _opened: Cache[frozenset[str]]

    async def authenticate(self, key_hash: str) -> frozenset[str] | None:
        """Give the subaccounts that an API key (SHA-256, hex) opens; None for an unknown or revoked key.

        May be as old as one second where another process changed it.
        """

        def work(connection: sqlite3.Connection) -> frozenset[str] | None:
            return frozenset(name for (name,) in _OPENS.run(connection, hash=key_hash)) or None

        return await self._opened.get(key_hash, lambda: self._readers.read(work))

    async def create_key(self, sub_account_id: str, name: str = "") -> str:
        """Make an API key for a subaccount and give it, this once. Raises UnknownSubaccount."""
        key = new_key()

        def work(connection: sqlite3.Connection) -> None:
            require(connection, sub_account_id)
            _insert(connection, sub_account_id, key, name)

        await self._writer.submit(work)
        return key

    async def list_keys(self, sub_account_id: str | None = None) -> Sequence[ApiKey]:
        """List the API keys of a subaccount, or of all, the oldest first; revoked ones included."""

        def work(connection: sqlite3.Connection) -> Sequence[ApiKey]:
            return [
                ApiKey(key_id=key_id, sub_account_id=owner, name=name, created=created, revoked=revoked)
                for key_id, owner, name, created, revoked in _LIST.run(connection, of_subaccount=sub_account_id)
            ]

        return await self._readers.read(work)

    async def revoke_key(self, key: str) -> bool:
        """Revoke an API key, given itself or its `key_id`; False if none such is in use."""
        try:
            return await self._writer.submit(
                lambda connection: _REVOKE.run(connection, hash=hash_key(key), key_id=key, at=time.time()).rowcount > 0
            )
        finally:
            self._opened.clear()

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
        UnknownAccount, NotANumber, NumberTaken, InventoryFull; nothing was written then.
        """
        key = new_key()
        await self._furnish(
            sub_account_id,
            caller_ids,
            numbers,
            webhooks,
            account_id,
            lambda connection: _insert(connection, sub_account_id, key, "bootstrap"),
        )
        return key


def new_key() -> str:
    """Make an API key."""
    return PREFIX + secrets.token_urlsafe(KEY_BYTES)


def hash_key(key: str) -> str:
    """Give the SHA-256 of an API key, hexadecimal: what is stored of it."""
    return hashlib.sha256(key.encode()).hexdigest()


def _insert(connection: sqlite3.Connection, sub_account_id: str, key: str, name: str) -> None:
    _ADD.run(connection, hash=hash_key(key), of_subaccount=sub_account_id, called=name, at=time.time())
