"""The virtual numbers of `ringback.service.ports.Store`, and what `ringback admin` does to them."""

import sqlite3
import time
from collections.abc import Mapping, Sequence

from ringback.adapters.store import inventory
from ringback.adapters.store.errors import NumberTaken
from ringback.adapters.store.tenants import TenantRows, require
from ringback.domain.inventory import ImportRefused, InventoryNumber
from ringback.domain.number import Number
from ringback.service.ports import VirtualNumber


class NumberRows(TenantRows):
    """Virtual numbers; what changes is told to the subaccount's VNU webhook in the same transaction."""

    async def add_number(
        self, sub_account_id: str, msisdn: str, details: Mapping[str, object] | None = None
    ) -> VirtualNumber:
        """Add a virtual number, or give it as it is there; `details`: what is said of it.

        Raises UnknownSubaccount, NotANumber, NumberTaken, InventoryFull, BadDetail.
        """
        digits = Number.parse(msisdn).digits

        def work(connection: sqlite3.Connection) -> VirtualNumber:
            require(connection, sub_account_id)
            return inventory.give(connection, sub_account_id, digits, details or {})

        return await self._tell_tenants(work)

    async def change_number(self, sub_account_id: str, msisdn: str, changes: Mapping[str, object]) -> bool:
        """Change what is said of a virtual number; False if the subaccount has none such. Raises BadDetail.

        `changes`: see `ringback.domain.inventory.NumberDetails.changed`.
        """
        digits = msisdn.removeprefix("+")

        def work(connection: sqlite3.Connection) -> bool:
            if inventory.owner(connection, digits) != sub_account_id:
                return False
            inventory.give(connection, sub_account_id, digits, changes)
            return True

        return await self._tell_tenants(work)

    async def import_numbers(self, sub_account_id: str, numbers: Mapping[str, Mapping[str, object]]) -> int:
        """Add or change virtual numbers, all or none, and give how many of them that changed.

        `numbers`: what is said of each, by its digits. Raises UnknownSubaccount, ImportRefused, InventoryFull,
        BadDetail.
        """

        def work(connection: sqlite3.Connection) -> int:
            require(connection, sub_account_id)
            now, changed, faults = time.time(), [], {}
            for digits, details in numbers.items():
                try:
                    number, is_new = inventory.put(connection, sub_account_id, digits, details, now)
                    changed += [number] if is_new else []
                except NumberTaken as fault:
                    faults[digits] = str(fault)
            if faults:
                raise ImportRefused(faults)
            inventory.check_room(connection, sub_account_id)
            inventory.tell(connection, sub_account_id, changed)
            return len(changed)

        return await self._tell_tenants(work)

    async def remove_number(self, sub_account_id: str, msisdn: str) -> bool:
        """Remove a virtual number; False if the subaccount has none such."""
        digits = msisdn.removeprefix("+")
        return await self._tell_tenants(lambda connection: inventory.remove(connection, sub_account_id, digits))

    async def list_numbers(self, sub_account_id: str) -> Sequence[InventoryNumber]:
        """List the virtual numbers with all that is known of them. Raises UnknownSubaccount."""

        def work(connection: sqlite3.Connection) -> Sequence[InventoryNumber]:
            require(connection, sub_account_id)
            return inventory.read(connection, sub_account_id)

        return await self._readers.read(work)

    async def tell_numbers(self, sub_account_id: str) -> bool:
        """Tell all numbers to the VNU webhook; False where none is enabled. Raises UnknownSubaccount."""

        def work(connection: sqlite3.Connection) -> bool:
            require(connection, sub_account_id)
            return inventory.tell_all(connection, sub_account_id)

        return await self._writer.submit(work)

    async def number_owner(self, digits: str) -> str | None:
        """Give the subaccount whose virtual number this is."""
        return await self._readers.read(lambda connection: inventory.owner(connection, digits))

    async def any_number_checked(self) -> bool:
        """Tell whether the health of any virtual number is to be checked."""
        return await self._readers.read(inventory.any_checked)

    async def note_trunk_health(self, healthy: Mapping[str, bool], now: float) -> None:
        """Note which trunks answer, all that there are, and tell the programs whose numbers that changes."""
        await self._writer.submit(lambda connection: inventory.note_health(connection, healthy, now))
