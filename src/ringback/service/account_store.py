"""Accounts: each groups subaccounts, and is what an export calls AccountId."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

DEFAULT_ACCOUNT: Final = "default"
"""The account of whoever was put into no other; it is always there."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account."""

    account_id: str
    """3..50 of `A-Z a-z 0-9 - . _ &`."""
    created: float
    """Seconds since the epoch."""
    subaccounts: int
    """How many it has."""


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """A subaccount in a list."""

    sub_account_id: str
    account_id: str
    created: float
    """Seconds since the epoch."""


class AccountStore(Protocol):
    """The accounts of the store. Every method that writes returns after its COMMIT."""

    async def add_account(self, account_id: str) -> bool:
        """Add an account; False if it is there already."""

    async def remove_account(self, account_id: str) -> bool:
        """Remove an account that has no subaccount and is not the default one; False: not there."""

    async def list_accounts(self) -> Sequence[Account]:
        """List the accounts in the order of their ids."""

    async def move_subaccount(self, sub_account_id: str, account_id: str) -> None:
        """Put a subaccount into another account."""

    async def list_tenants(self, account_id: str | None = None) -> Sequence[Tenant]:
        """List the subaccounts of an account, or of all, in the order of their ids."""
