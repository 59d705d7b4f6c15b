"""The opt-out lists of a store in memory."""

from collections.abc import Callable, Sequence

from ringback.domain.number import Number
from ringback.service.opt_out_store import OptedOut
from ringback.service.ports import Subaccount


class InMemoryOptOuts:
    """Opt-out lists as `ringback.adapters.store.Database` has them."""

    _tenant: Callable[[str], Subaccount]

    def __init__(self) -> None:
        """Start with empty ones."""
        super().__init__()
        self._opt_outs: dict[tuple[str, str], OptedOut] = {}
        """By subaccount and canonical digits."""
        self._last_place = 0

    async def add_opt_out(
        self, sub_account_id: str, number: Number, now: float, session_id: str | None = None
    ) -> OptedOut:
        """Put a number on the list of a subaccount, or give it as it is there. Raises UnknownSubaccount."""
        self._tenant(sub_account_id)
        key = (sub_account_id, number.canonical.digits)
        if key not in self._opt_outs:
            self._last_place += 1
            self._opt_outs[key] = OptedOut(
                place=self._last_place, number=number.canonical, created=now, session_id=session_id
            )
        return self._opt_outs[key]

    async def import_opt_outs(self, sub_account_id: str, numbers: Sequence[Number], now: float) -> int:
        """Put numbers on the list and give how many were not there. Raises UnknownSubaccount."""
        before = len(self._opt_outs)
        self._tenant(sub_account_id)
        for number in numbers:
            await self.add_opt_out(sub_account_id, number, now)
        return len(self._opt_outs) - before

    async def remove_opt_out(self, sub_account_id: str, number: Number) -> OptedOut | None:
        """Take a number off the list, and give it as it was."""
        return self._opt_outs.pop((sub_account_id, number.canonical.digits), None)

    async def opt_out(self, sub_account_id: str, number: Number) -> OptedOut | None:
        """Read a number of the list; None: it is not there."""
        return self._opt_outs.get((sub_account_id, number.canonical.digits))

    async def is_opted_out(self, sub_account_id: str, number: Number) -> bool:
        """Tell whether a number is on the list."""
        return await self.opt_out(sub_account_id, number) is not None

    async def list_opt_outs(self, sub_account_id: str, before: int | None, limit: int) -> Sequence[OptedOut]:
        """List numbers, the newest first; `before`: the `place` of the last one seen."""
        found = [
            each
            for (owner, _), each in self._opt_outs.items()
            if owner == sub_account_id and (before is None or each.place < before)
        ]
        return sorted(found, key=lambda each: each.place, reverse=True)[:limit]

    def _forget_opt_outs(self, sub_account_id: str) -> None:
        self._opt_outs = {key: each for key, each in self._opt_outs.items() if key[0] != sub_account_id}
