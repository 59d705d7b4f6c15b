"""What is erased: by itself when its time is over, and at once where somebody asks for it.

Files go first: after a crash in between, the row is there still, and erasing goes on.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from ringback.domain.errors import Conflict, NotThere, Unusable
from ringback.domain.settings import Settings
from ringback.service.erasure_store import ErasureStore, Match, Owner, Settled
from ringback.service.exports import Exports
from ringback.service.ports import Clock, SessionRecord

DAY: Final = 86_400.0
BATCH: Final = 50
"""Sessions that are erased in one unit of work: the ends of others must not wait for long."""
STRETCH: Final = 2_000
"""Sessions that are looked through at a time."""
MAX_DIGITS: Final = 40
"""Of a number: also of one that is impossible, as some callers have."""
PATIENCE: Final = 10
"""How often it is tried to empty the log of the store."""
PAUSE: Final = 0.5
"""Seconds between two tries."""

_log = structlog.get_logger(__name__)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """After how many days something goes, where a subaccount says nothing; 0: never."""

    texts: float = 0.0
    sessions: float = 0.0
    recordings: float = 0.0


class EraseStore(ErasureStore, Protocol):
    """What erasing needs of the store."""

    async def session(self, session_id: str) -> SessionRecord | None:
        """Read a session."""

    async def remove_subaccount(self, sub_account_id: str) -> bool:
        """Remove a subaccount with its keys, caller IDs, numbers and webhooks; False: not there."""


class Erased(msgspec.Struct, frozen=True):
    """What came of it."""

    sessions: int
    """That are gone."""
    left: Sequence[str] = ()
    """Ids of those that wait or run, or whose webhooks or recordings are under way."""


class Eraser:
    """Erases sessions with their files."""

    def __init__(
        self,
        store: EraseStore,
        exports: Exports,
        *,
        recordings: Path | None,
        forget_packets: Callable[[str, float], None],
    ) -> None:
        """Take the folder of recordings; None: there is none.

        `forget_packets`: removes what was kept of a leg's packets, given its call id and when it began; it blocks and
        may raise OSError.
        """
        self._store = store
        self._exports = exports
        self._recordings = recordings
        self._forget_packets = forget_packets

    async def session(self, session_id: str, sub_account_id: str | None = None) -> Erased:
        """Erase a session; `sub_account_id`: whose it must be, None: whoever's.

        Raises NotThere, and Conflict where it is not settled.
        """
        record = await self._store.session(session_id)
        if record is None or sub_account_id not in {None, record.sub_account_id}:
            message = f"there is no session {session_id}"
            raise NotThere(message)
        erased = await self._erase(record.sub_account_id, [Match(session_id, record.created)])
        if erased.left:
            message = f"the session {session_id} waits or runs, or its webhooks or recordings are under way"
            raise Conflict(message)
        return erased

    async def number(self, sub_account_id: str, number: str) -> Erased:
        """Erase every session of a subaccount that a number called, or was called by. Raises Unusable."""
        digits = number.removeprefix("+")
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS):
            message = "number: should be digits, with or without a plus"
            raise Unusable(message)
        after: tuple[float, int] | None = (0.0, 0)
        found: list[Match] = []
        while after is not None:
            page = await self._store.sessions_with(sub_account_id, digits, after, STRETCH)
            found += page.found
            after = page.reached
        return await self._erase(sub_account_id, found)

    async def subaccount(self, sub_account_id: str) -> Erased:
        """Remove a subaccount with everything that is stored of it; going on where it was cut short.

        Raises NotThere, and Conflict where a session of it waits or runs, or a recording is under way: nothing was
        removed then. What came into the queue while it was removed is ended, and goes when it is removed once more.
        """
        live = await self._store.unfinished_of(sub_account_id)
        if live:
            if await self._store.hurry_left(sub_account_id):
                message = f"{sub_account_id} left {live} sessions that are just being ended: do it again in a while"
                raise Conflict(message)
            message = f"{sub_account_id} has {live} sessions that wait or run, or recordings under way: end them first"
            raise Conflict(message)
        was_there = await self._store.remove_subaccount(sub_account_id)
        await self._store.drop_outbox(sub_account_id)
        await self._store.hurry_left(sub_account_id)
        gone, left = 0, 0
        # what is not settled stays in the list: past as many
        while len(ids := await self._store.session_ids_of(sub_account_id, left + BATCH)) > left:
            erased = await self._remove(await self._store.settled(ids[left:]))
            gone += len(erased)
            left += len(ids[left:]) - len(erased)
        await self._exports.withdraw(sub_account_id)
        await self._store.drop_rest(sub_account_id)
        await self.shed()
        if not was_there and not gone and not left:
            message = f"there is no subaccount {sub_account_id}"
            raise NotThere(message)
        if left:
            message = f"{left} sessions of {sub_account_id} could not be removed (see the log) or are new: do it again"
            raise Conflict(message)
        return Erased(gone)

    async def _erase(self, sub_account_id: str, found: Sequence[Match]) -> Erased:
        gone = 0
        left: list[str] = []
        for start in range(0, len(found), BATCH):
            ids = [match.session_id for match in found[start : start + BATCH]]
            erased = await self._remove(await self._store.settled(ids))
            gone += len(erased)
            left += set(ids) - set(erased)
        await self._exports.withdraw(sub_account_id, [match.created for match in found if match.session_id not in left])
        if gone:
            await self.shed()
        return Erased(gone, sorted(left))

    async def _remove(self, settled: Sequence[Settled]) -> Sequence[str]:
        """Remove sessions, files first, and give which; those whose files cannot be removed stay."""
        ids = await asyncio.to_thread(self._without_files, settled)
        return await self._store.erase_sessions(ids) if ids else ()

    def _without_files(self, settled: Sequence[Settled]) -> Sequence[str]:
        gone = []
        for each in settled:
            try:
                for call_id, begun in each.calls:
                    self._forget_packets(call_id, begun)
                if self._recordings is not None and (folder := self._recordings / each.session_id).is_dir():
                    shutil.rmtree(folder)
            except OSError as fault:
                _log.warning("files-not-removed", session=each.session_id, reason=str(fault))
            else:
                gone.append(each.session_id)
        return gone

    async def old_sessions(self, before: Mapping[str, float], limit: int) -> int:
        """Erase sessions that ended before a time, by subaccount; give how many there were."""
        settled = await self._store.settled_before(before, min(limit, BATCH))
        gone = len(await self._remove(settled))
        return limit if gone == BATCH else gone

    async def shed(self) -> None:
        """Let what was erased leave the disk too."""
        for _ in range(PATIENCE):
            if await self._store.shed():
                return
            await asyncio.sleep(PAUSE)
        _log.warning("store-log-not-emptied", reason="a reader stood in the way")


class Retention:
    """Erases what its subaccount, or the configuration, keeps no longer."""

    def __init__(self, store: ErasureStore, eraser: Eraser, clock: Clock, terms: Terms) -> None:
        """`terms`: of the configuration."""
        self._store = store
        self.eraser = eraser
        self._clock = clock
        self._terms = terms
        self._erased = False

    async def texts(self, limit: int) -> int:
        """Blank texts that are too old; give how many sessions were looked at."""
        before = await self._before(lambda settings: settings.keep_texts_days, self._terms.texts)
        looked_at = await self._store.blank_texts(before, limit) if before else 0
        self._erased = self._erased or looked_at > 0
        return looked_at

    async def sessions(self, limit: int) -> int:
        """Erase sessions that are too old; give how many there were, `limit` where there are more."""
        before = await self._before(lambda settings: settings.keep_sessions_days, self._terms.sessions)
        gone = await self.eraser.old_sessions(before, limit) if before else 0
        self._erased = self._erased or gone > 0
        return gone

    async def shed(self, _limit: int) -> int:
        """Let what was erased in this pass leave the disk too."""
        if self._erased:
            self._erased = False
            await self.eraser.shed()
        return 0

    async def recordings_before(self) -> Mapping[str, float]:
        """Give the time, by subaccount, before which recordings are too old."""
        return await self._before(lambda settings: settings.keep_recordings_days, self._terms.recordings)

    async def _before(self, kept: Callable[[Settings], int | None], otherwise: float) -> Mapping[str, float]:
        def days(owner: Owner) -> float:
            own = kept(owner.settings)
            return otherwise if own is None else own

        now = self._clock.now()
        return {owner.sub_account_id: now - days(owner) * DAY for owner in await self._store.owners() if days(owner)}
