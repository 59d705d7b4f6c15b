"""What erasing needs of the store.

A session may go once it is over, its webhooks are taken or dead, and its recordings are made: it is `settled`.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from ringback.domain.settings import Settings


class Owner(msgspec.Struct, frozen=True):
    """Who has sessions or recordings in the store."""

    sub_account_id: str
    settings: Settings
    """The default ones where the subaccount is gone."""


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """A session that may go."""

    session_id: str
    sub_account_id: str
    created: float
    """Seconds since the epoch."""
    calls: Sequence[tuple[str, float]] = ()
    """Ids of its legs, and when each began."""


class Match(msgspec.Struct, frozen=True):
    """A session that a number called, or that called it."""

    session_id: str
    created: float


class Page(msgspec.Struct, frozen=True):
    """What was found on a stretch of a subaccount's sessions."""

    found: Sequence[Match]
    reached: tuple[float, int] | None
    """The place from which to read on; None: there is no more."""


class ErasureStore(Protocol):
    """What may be erased. Every method that writes returns after its COMMIT."""

    async def owners(self) -> Sequence[Owner]:
        """List who has sessions or recordings."""

    async def blank_texts(self, before: Mapping[str, float], limit: int) -> int:
        """Blank texts and digits of settled sessions that ended before a time, by subaccount; give of how many.

        `limit` sessions at most are looked at. It begins where it stopped the last time.
        """

    async def settled_before(self, before: Mapping[str, float], limit: int) -> Sequence[Settled]:
        """List settled sessions that ended before a time, by subaccount, the oldest of each first."""

    async def settled(self, session_ids: Sequence[str]) -> Sequence[Settled]:
        """List those of the sessions that are settled."""

    async def erase_sessions(self, session_ids: Sequence[str]) -> Sequence[str]:
        """Remove those of the sessions that are settled, with all that is about them; give which they were.

        Timeline, trace, deliveries, recordings (but no files); opt-outs stay.
        """

    async def sessions_with(self, sub_account_id: str, digits: str, after: tuple[float, int], limit: int) -> Page:
        """Look through the next `limit` sessions of a subaccount for those that a number called or was called by."""

    async def session_ids_of(self, sub_account_id: str, limit: int) -> Sequence[str]:
        """List sessions of a subaccount, the oldest first."""

    async def unfinished_of(self, sub_account_id: str) -> int:
        """Count the sessions of a subaccount that wait or run, and its recordings that are under way."""

    async def hurry_left(self, sub_account_id: str) -> int:
        """Let what a subaccount that is gone left in the queue be due at once; give how many: none while it is there.

        Whoever takes such a session ends it, and calls nobody.
        """

    async def drop_outbox(self, sub_account_id: str) -> None:
        """Give up every webhook post of a subaccount that was not taken: they are dead."""

    async def drop_rest(self, sub_account_id: str) -> None:
        """Remove what a subaccount left that is about no session: receipts, VNU deliveries."""

    async def shed(self) -> bool:
        """Let what was erased leave the disk too; False: a reader stands in the way, ask again."""
