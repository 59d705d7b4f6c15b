"""What the opt-out lists need of the store: each subaccount has one, of numbers that want no more calls."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from ringback.domain.number import Number


class OptedOut(msgspec.Struct, frozen=True, kw_only=True):
    """A number on the list, written in its one canonical way."""

    place: int
    """In the order in which they were added."""
    number: Number
    created: float
    """Seconds since the epoch."""
    session_id: str | None
    """In whose call the key was pressed; None: an operator or a program added it."""


class OptOutStore(Protocol):
    """The opt-out lists of the store. Every method that writes returns after its COMMIT.

    A number is the same in whatever way it is written; see `Number.canonical`.
    """

    async def add_opt_out(
        self, sub_account_id: str, number: Number, now: float, session_id: str | None = None
    ) -> OptedOut:
        """Put a number on the list of a subaccount, or give it as it is there."""

    async def import_opt_outs(self, sub_account_id: str, numbers: Sequence[Number], now: float) -> int:
        """Put numbers on the list, all or none, and give how many were not there."""

    async def remove_opt_out(self, sub_account_id: str, number: Number) -> OptedOut | None:
        """Take a number off the list, and give it as it was."""

    async def opt_out(self, sub_account_id: str, number: Number) -> OptedOut | None:
        """Read a number of the list; None: it is not there."""

    async def is_opted_out(self, sub_account_id: str, number: Number) -> bool:
        """Tell whether a number is on the list."""

    async def list_opt_outs(self, sub_account_id: str, before: int | None, limit: int) -> Sequence[OptedOut]:
        """List numbers, the newest first; `before`: the `place` of the last one seen."""
