"""What the queue needs of the store."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from ringback.domain.callflow import Callflow
from ringback.domain.settings import Settings
from ringback.service.ports import QueuedSession

LINE_COUNTED: Final = 1000
"""Sessions of a line that are counted at most: more than are dialled before they are counted again."""


class QueuedLine(msgspec.Struct, frozen=True, kw_only=True):
    """The queued sessions of a subaccount for a trunk."""

    trunk: str
    """Empty: those without one."""
    sub_account_id: str
    waiting: int
    """Sessions that are due: 0..LINE_COUNTED."""
    next_due: float | None
    """When the first of the others is, seconds since the epoch; None: there are no others."""
    settings: Settings = Settings()
    """Of the subaccount, as far as it still is there."""


class QueueStore(Protocol):
    """The queued sessions of the store. Every method that writes returns after its COMMIT."""

    async def claim_sessions(
        self, trunk: str, shares: Mapping[str, int], owner: str, now: float
    ) -> Sequence[QueuedSession]:
        """Move sessions of a trunk that are due to DIALLING and give them: no other claim gets them.

        `shares`: how many at most of each subaccount; those that were due first.
        """

    async def due_callflows(self, trunk: str, sub_account_id: str, now: float, limit: int) -> Mapping[str, Callflow]:
        """Read what would be claimed next of a subaccount for a trunk: callflows by session, in that order."""

    async def defer_sessions(self, dues: Mapping[str, float]) -> None:
        """Let sessions that are queued be due at another time."""

    async def expire_sessions(self, now: float, limit: int) -> Sequence[QueuedSession]:
        """Move queued sessions whose validUntil passed to DIALLING and give them: they end with -2007."""

    async def queued_lines(self, now: float) -> Sequence[QueuedLine]:
        """List the lines in which sessions are queued, by trunk and subaccount."""

    async def queued_trunks(self) -> Mapping[str, int]:
        """Count the queued sessions by trunk (those without a trunk under ""), due or not."""
