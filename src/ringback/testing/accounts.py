"""Accounts and the audit log of a store in memory."""

import copy
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from ringback.adapters.store import UnknownAccount
from ringback.adapters.store.accounts import checked_account, refuse_in_use
from ringback.adapters.store.audit import number_fields, settings_fields, webhook_fields
from ringback.domain.inventory import InventoryNumber
from ringback.service.account_store import DEFAULT_ACCOUNT, Account, Tenant
from ringback.service.audit import AuditEntry, AuditFilter, Note, Outcome, changed_fields
from ringback.service.ports import Subaccount

T = TypeVar("T")


class InMemoryAccounts:
    """Accounts and the audit log as `ringback.adapters.store.Database` has them."""

    _subaccounts: dict[str, Subaccount]
    _inventory: dict[str, tuple[str, InventoryNumber]]
    _change: Callable[..., None]

    def __init__(self) -> None:
        """Start with the default account."""
        super().__init__()
        self._accounts: dict[str, float] = {DEFAULT_ACCOUNT: time.time()}
        self._since: dict[str, float] = {}
        """When subaccounts were made."""
        self._log: tuple[AuditEntry, ...] = ()

    async def add_account(self, account_id: str) -> bool:
        """Add an account; False if it is there already. Raises BadAccountId."""
        if checked_account(account_id) in self._accounts:
            return False
        self._accounts[account_id] = time.time()
        return True

    async def remove_account(self, account_id: str) -> bool:
        """Remove an account; False: not there. Raises AccountInUse."""
        has_any = any(tenant.account_id == account_id for tenant in self._subaccounts.values())
        refuse_in_use(account_id, has_any=has_any)
        return self._accounts.pop(account_id, None) is not None

    async def list_accounts(self) -> Sequence[Account]:
        """List the accounts in the order of their ids."""
        owners = [tenant.account_id for tenant in self._subaccounts.values()]
        return [
            Account(account_id=name, created=created, subaccounts=owners.count(name))
            for name, created in sorted(self._accounts.items())
        ]

    async def move_subaccount(self, sub_account_id: str, account_id: str) -> None:
        """Put a subaccount into another account. Raises UnknownSubaccount, UnknownAccount."""
        self._change(sub_account_id)
        self._change(sub_account_id, account_id=self._account(account_id))

    async def list_tenants(self, account_id: str | None = None) -> Sequence[Tenant]:
        """List the subaccounts of an account, or of all, in the order of their ids."""
        return [
            Tenant(sub_account_id=name, account_id=tenant.account_id, created=self._since[name])
            for name, tenant in sorted(self._subaccounts.items())
            if account_id in {None, tenant.account_id}
        ]

    def _account(self, account_id: str) -> str:
        if account_id not in self._accounts:
            raise UnknownAccount(account_id)
        return account_id

    # -- the audit log

    async def audited(self, note: Note, change: Callable[[], Awaitable[T]]) -> T:
        """Let a change be made, and note it; a change that changed nothing is UNCHANGED."""
        state, before = self._state(), self._watched(note)
        result = await change()
        fields = changed_fields(before, self._watched(note))
        is_done = bool(fields) if note.watched else self._state() != state
        self._write(note, "DONE" if is_done else "UNCHANGED", fields)
        return result

    async def note(self, note: Note, outcome: Outcome) -> None:
        """Note what was not done."""
        self._write(note, outcome, ())

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        """List entries, the newest first."""
        found = [
            entry
            for entry in reversed(self._log)
            if wanted.sub_account_id in {None, entry.note.sub_account_id}
            and wanted.action in {None, entry.note.action}
            and wanted.since <= entry.note.at < wanted.until
            and (wanted.before is None or entry.place < wanted.before)
        ]
        return found[: wanted.limit]

    async def forget_audit(self, before: float, limit: int) -> int:
        """Remove entries from before a time, `limit` at most; give how many there were."""
        old = [entry for entry in self._log if entry.note.at < before][:limit]
        self._log = tuple(entry for entry in self._log if entry not in old)
        return len(old)

    def _write(self, note: Note, outcome: Outcome, fields: tuple[str, ...]) -> None:
        place = self._log[-1].place + 1 if self._log else 1
        kept = msgspec.structs.replace(note, watched=None)
        self._log += (AuditEntry(place=place, note=kept, outcome=outcome, fields=fields),)

    def _state(self) -> Mapping[str, object]:
        """Give all that is stored, but for the log."""
        return {name: copy.copy(value) for name, value in vars(self).items() if name != "_log"}

    def _watched(self, note: Note) -> Mapping[str, object]:
        if note.watched == "number":
            owned = self._inventory.get(note.resource.removeprefix("+"))
            return {} if owned is None else number_fields(owned[1].details)
        tenant = self._subaccounts.get(note.sub_account_id or "")
        if note.watched is None or tenant is None:
            return {}
        if note.watched == "settings":
            return settings_fields(tenant.settings)
        return webhook_fields(tenant.webhooks.get(note.resource))
