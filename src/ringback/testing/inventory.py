"""The virtual numbers of a store in memory."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from ringback.adapters.store import InventoryFull, NumberTaken
from ringback.adapters.store.inventory import TOLD_BY
from ringback.domain.inventory import (
    MAX_NUMBERS,
    MAX_WAITING,
    ImportRefused,
    InventoryNumber,
    NumberDetails,
    TrunkHealth,
    health_of,
    taken_away,
    vnu_body,
)
from ringback.domain.number import Number
from ringback.service.ports import NewDelivery, Subaccount, VirtualNumber


class InMemoryInventory:
    """Virtual numbers as `ringback.adapters.store.Database` has them."""

    _tenant: Callable[[str], Subaccount]
    _change: Callable[..., None]
    _put_delivery: Callable[[NewDelivery], None]
    _make_room: Callable[[str, str, int], bool]

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._inventory: dict[str, tuple[str, InventoryNumber]] = {}
        """Owner and number by digits; without health."""
        self._trunk_health: dict[str, TrunkHealth] = {}

    async def add_number(
        self, sub_account_id: str, msisdn: str, details: Mapping[str, object] | None = None
    ) -> VirtualNumber:
        """Add a virtual number, or give it as it is there. Raises as `Database.add_number` does."""
        digits = Number.parse(msisdn).digits
        self._import(sub_account_id, {digits: details or {}})
        return self._tenant(sub_account_id).numbers[digits]

    async def change_number(self, sub_account_id: str, msisdn: str, changes: Mapping[str, object]) -> bool:
        """Change what is said of a virtual number; False if the subaccount has none such. Raises BadDetail."""
        digits = msisdn.removeprefix("+")
        if await self.number_owner(digits) != sub_account_id:
            return False
        self._import(sub_account_id, {digits: changes})
        return True

    async def import_numbers(self, sub_account_id: str, numbers: Mapping[str, Mapping[str, object]]) -> int:
        """Add or change virtual numbers, all or none. Raises as `Database.import_numbers` does."""
        taken = self._taken(sub_account_id, numbers)
        if taken:
            raise ImportRefused(taken)
        return self._import(sub_account_id, numbers)

    async def remove_number(self, sub_account_id: str, msisdn: str) -> bool:
        """Remove a virtual number; False if the subaccount has none such."""
        digits = msisdn.removeprefix("+")
        if await self.number_owner(digits) != sub_account_id:
            return False
        _, number = self._inventory.pop(digits)
        self._show(sub_account_id)
        self._tell(sub_account_id, "UPDATES", [taken_away(self._known(number), time.time())])
        return True

    async def list_numbers(self, sub_account_id: str) -> Sequence[InventoryNumber]:
        """List the virtual numbers with all that is known of them. Raises UnknownSubaccount."""
        self._tenant(sub_account_id)
        return self._of(sub_account_id)

    async def tell_numbers(self, sub_account_id: str) -> bool:
        """Tell all numbers to the VNU webhook; False where none is enabled. Raises UnknownSubaccount."""
        return self._tell(sub_account_id, "SNAPSHOT", self._of(sub_account_id))

    async def number_owner(self, digits: str) -> str | None:
        """Give the subaccount whose virtual number this is."""
        owner, _ = self._inventory.get(digits, (None, None))
        return owner

    async def any_number_checked(self) -> bool:
        """Tell whether the health of any virtual number is to be checked."""
        return any(number.details.number_health_check_enabled for _, number in self._inventory.values())

    async def note_trunk_health(self, healthy: Mapping[str, bool], now: float) -> None:
        """Note which trunks answer, all that there are, and tell the programs whose numbers that changes."""
        before = {digits: self._known(number) for digits, (_, number) in self._inventory.items()}
        known = self._trunk_health
        self._trunk_health = {
            trunk: TrunkHealth(
                is_healthy, now, old.changed if (old := known.get(trunk)) and old.is_healthy == is_healthy else now
            )
            for trunk, is_healthy in healthy.items()
        }
        changed: dict[str, list[InventoryNumber]] = {}
        for digits, (owner, number) in sorted(self._inventory.items()):
            if self._known(number).operational_status != before[digits].operational_status:
                changed.setdefault(owner, []).append(self._known(number))
        for owner, numbers in changed.items():
            self._tell(owner, "UPDATES", numbers)

    def _import(self, sub_account_id: str, numbers: Mapping[str, Mapping[str, object]]) -> int:
        self._tenant(sub_account_id)
        for message in self._taken(sub_account_id, numbers).values():
            raise NumberTaken(message)
        now, written = time.time(), {}
        for digits, changes in numbers.items():
            _, before = self._inventory.get(digits, (None, None))
            details = (NumberDetails() if before is None else before.details).changed(changes)
            if before is None or details != before.details:
                details = msgspec.structs.replace(details, reference_id=details.reference_id or str(uuid.uuid4()))
                created = now if before is None else before.created
                written[digits] = InventoryNumber(msisdn=digits, details=details, created=created, updated=now)
        if len({number.msisdn for number in self._of(sub_account_id)} | written.keys()) > MAX_NUMBERS:
            message = f"a subaccount has at most {MAX_NUMBERS} numbers"
            raise InventoryFull(message)
        self._inventory |= {digits: (sub_account_id, number) for digits, number in written.items()}
        self._show(sub_account_id)
        if written:
            self._tell(sub_account_id, "UPDATES", [self._known(number) for number in written.values()])
        return len(written)

    def _taken(self, sub_account_id: str, numbers: Mapping[str, object]) -> Mapping[str, str]:
        owners = {digits: self._inventory.get(digits, (sub_account_id, None))[0] for digits in numbers}
        return {
            digits: f"+{digits} belongs to another subaccount"
            for digits, owner in owners.items()
            if owner != sub_account_id
        }

    def _tell(
        self, sub_account_id: str, kind: Literal["SNAPSHOT", "UPDATES"], numbers: Sequence[InventoryNumber]
    ) -> bool:
        hook = self._tenant(sub_account_id).webhooks.get(TOLD_BY)
        if hook is None or not hook.enabled:
            return False
        if self._make_room(sub_account_id, TOLD_BY, MAX_WAITING):
            kind, numbers = "SNAPSHOT", self._of(sub_account_id)
        self._put_delivery(
            NewDelivery(
                delivery_id=str(uuid.uuid4()),
                session_id=None,
                sub_account_id=sub_account_id,
                type=TOLD_BY,
                body=vnu_body(sub_account_id, kind, len(self._of(sub_account_id)), numbers),
                created=time.time(),
            )
        )
        return True

    def _show(self, sub_account_id: str) -> None:
        references = [(each.msisdn, each.details.reference_id or "") for each in self._of(sub_account_id)]
        self._change(sub_account_id, numbers={digits: VirtualNumber(digits, name) for digits, name in references})

    def _of(self, sub_account_id: str) -> list[InventoryNumber]:
        found = [number for owner, number in self._inventory.values() if owner == sub_account_id]
        return [self._known(number) for number in sorted(found, key=lambda number: number.msisdn)]

    def _known(self, number: InventoryNumber) -> InventoryNumber:
        return msgspec.structs.replace(number, health=health_of(number.details, self._trunk_health))

    def _forget(self, sub_account_id: str) -> None:
        self._inventory = {digits: kept for digits, kept in self._inventory.items() if kept[0] != sub_account_id}
