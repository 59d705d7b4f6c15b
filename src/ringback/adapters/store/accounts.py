"""Accounts on disk, and which subaccounts belong to them."""

import sqlite3
import time
from collections.abc import Sequence

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from ringback.adapters.store.errors import AccountInUse, BadAccountId
from ringback.adapters.store.schema import accounts, subaccounts
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.tenants import ID, TenantRows, require, require_account
from ringback.service.account_store import DEFAULT_ACCOUNT, Account, Tenant

_a, _s = accounts.c, subaccounts.c
_ADD = Statement(
    insert(accounts).values(account_id=bindparam("of_account"), created=bindparam("at")).on_conflict_do_nothing()
)
_REMOVE = Statement(delete(accounts).where(_a.account_id == bindparam("of_account")))
_LIST = Statement(
    select(_a.account_id, _a.created, func.count(_s.sub_account_id))
    .outerjoin(subaccounts, _s.account_id == _a.account_id)
    .group_by(_a.account_id)
    .order_by(_a.account_id)
)
_HAS_ANY = Statement(select(_s.sub_account_id).where(_s.account_id == bindparam("of_account")).limit(1))
_MOVE = Statement(
    update(subaccounts)
    .where(_s.sub_account_id == bindparam("of_subaccount"), _s.account_id != bindparam("of_account"))
    .values(account_id=bindparam("of_account"))
)
_TENANTS = Statement(
    select(_s.sub_account_id, _s.account_id, _s.created)
    .where(or_(_s.account_id == bindparam("of_account"), bindparam("of_account").is_(None)))
    .order_by(_s.sub_account_id)
)


class AccountRows(TenantRows):
    """The accounts of `ringback.service.account_store.AccountStore`."""

    async def add_account(self, account_id: str) -> bool:
        """Add an account; False if it is there already. Raises BadAccountId."""
        checked_account(account_id)
        return await self._writer.submit(
            lambda connection: _ADD.run(connection, of_account=account_id, at=time.time()).rowcount > 0
        )

    async def remove_account(self, account_id: str) -> bool:
        """Remove an account; False: not there. Raises AccountInUse."""

        def work(connection: sqlite3.Connection) -> bool:
            refuse_in_use(account_id, has_any=_HAS_ANY.run(connection, of_account=account_id).fetchone() is not None)
            return _REMOVE.run(connection, of_account=account_id).rowcount > 0

        return await self._writer.submit(work)

    async def list_accounts(self) -> Sequence[Account]:
        """List the accounts in the order of their ids."""
        return await self._readers.read(
            lambda connection: [
                Account(account_id=account_id, created=created, subaccounts=count)
                for account_id, created, count in _LIST.run(connection)
            ]
        )

    async def move_subaccount(self, sub_account_id: str, account_id: str) -> None:
        """Put a subaccount into another account. Raises UnknownSubaccount, UnknownAccount."""

        def work(connection: sqlite3.Connection) -> None:
            require(connection, sub_account_id)
            require_account(connection, account_id)
            _MOVE.run(connection, of_subaccount=sub_account_id, of_account=account_id)

        await self._tell_tenants(work)

    async def list_tenants(self, account_id: str | None = None) -> Sequence[Tenant]:
        """List the subaccounts of an account, or of all, in the order of their ids."""
        return await self._readers.read(
            lambda connection: [
                Tenant(sub_account_id=name, account_id=account, created=created)
                for name, account, created in _TENANTS.run(connection, of_account=account_id)
            ]
        )


def checked_account(account_id: str) -> str:
    """Give an account id. Raises BadAccountId unless it is well formed."""
    if not ID.fullmatch(account_id):
        message = "an account id is 3..50 of A-Z a-z 0-9 - . _ &"
        raise BadAccountId(message)
    return account_id


def refuse_in_use(account_id: str, *, has_any: bool) -> None:
    """Raise AccountInUse for an account that must stay; `has_any`: subaccounts."""
    if account_id == DEFAULT_ACCOUNT:
        message = f"the account {DEFAULT_ACCOUNT} stays"
        raise AccountInUse(message)
    if has_any:
        message = f"the account {account_id} has subaccounts"
        raise AccountInUse(message)
