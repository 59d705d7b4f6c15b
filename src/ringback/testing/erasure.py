"""What is erased in a store in memory."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from ringback.adapters.store.encoding import decode_summary
from ringback.adapters.store.erasure import OVERDUE, has_leg
from ringback.adapters.store.schema import DEAD, ENDED, QUEUED
from ringback.domain.callflow import MakeCall
from ringback.domain.recording import Recording, RecordingStatus
from ringback.domain.settings import Settings
from ringback.service.erasure_store import Match, Owner, Page, Settled
from ringback.service.ports import KeptReceipt, Subaccount
from ringback.service.redaction import blanked_callflow, blanked_entries
from ringback.testing.queue import StoredSession

if TYPE_CHECKING:
    from ringback.testing.store import StoredDelivery


class InMemoryErasure:
    """Erases as `ringback.adapters.store.Database` does."""

    sessions: dict[str, StoredSession]
    deliveries: "dict[str, StoredDelivery]"
    _recordings: dict[str, Recording]
    _subaccounts: dict[str, Subaccount]
    _receipts: dict[tuple[str, str], KeptReceipt]

    def __init__(self) -> None:
        """Nothing is blanked."""
        super().__init__()
        self._blanked: set[str] = set()

    async def owners(self) -> Sequence[Owner]:
        """List who has sessions or recordings."""
        names = {stored.session.sub_account_id for stored in self.sessions.values()}
        names |= {recording.sub_account_id for recording in self._recordings.values()}
        known = {name: tenant.settings for name, tenant in self._subaccounts.items()}
        return [Owner(name, known.get(name, Settings())) for name in sorted(names)]

    async def blank_texts(self, before: Mapping[str, float], limit: int) -> int:
        """Blank texts and digits of settled sessions that ended before a time, by subaccount; give of how many."""
        found = [each for each in self._by_age(before) if each.session.session_id not in self._blanked][:limit]
        young = (each for each in found if not self._is_due(each, before))
        first = next((each for each in young if each.session.created >= _oldest(each, before) - OVERDUE), None)
        reached = found if first is None else found[: found.index(first)]
        for stored in reached:
            if self._is_due(stored, before):
                self._blank(stored)
        return len(reached)

    async def settled_before(self, before: Mapping[str, float], limit: int) -> Sequence[Settled]:
        """List settled sessions that ended before a time, by subaccount, the oldest of each first."""
        return [_settled(stored) for stored in self._by_age(before) if self._is_due(stored, before)][:limit]

    async def settled(self, session_ids: Sequence[str]) -> Sequence[Settled]:
        """List those of the sessions that are settled."""
        found = (self.sessions[session_id] for session_id in session_ids if session_id in self.sessions)
        return [_settled(stored) for stored in found if self._is_settled(stored)]

    async def erase_sessions(self, session_ids: Sequence[str]) -> Sequence[str]:
        """Remove those of the sessions that are settled, with all that is about them; give which they were."""
        gone = [settled.session_id for settled in await self.settled(session_ids)]
        for session_id in gone:
            del self.sessions[session_id]
        for delivery_id in [key for key, each in self.deliveries.items() if each.delivery.session_id in gone]:
            del self.deliveries[delivery_id]
        self._recordings = {key: each for key, each in self._recordings.items() if each.session_id not in gone}
        return gone

    async def sessions_with(self, sub_account_id: str, digits: str, after: tuple[float, int], limit: int) -> Page:
        """Look through the next `limit` sessions of a subaccount for those that a number called or was called by."""
        places = sorted(
            ((stored.session.created, number), stored)
            for number, stored in enumerate(self.sessions.values(), start=1)
            if stored.session.sub_account_id == sub_account_id and (stored.session.created, number) > after
        )[:limit]
        found = [
            Match(stored.session.session_id, stored.session.created) for _, stored in places if _has(stored, digits)
        ]
        return Page(found, places[-1][0] if len(places) == limit else None)

    async def session_ids_of(self, sub_account_id: str, limit: int) -> Sequence[str]:
        """List sessions of a subaccount, the oldest first."""
        return [stored.session.session_id for stored in self._by_age({sub_account_id: float("inf")})][:limit]

    async def unfinished_of(self, sub_account_id: str) -> int:
        """Count the sessions of a subaccount that wait or run, and its recordings that are under way."""
        live = [stored.session.sub_account_id for stored in self.sessions.values() if stored.state != ENDED]
        unmade = [
            each.sub_account_id for each in self._recordings.values() if each.status == RecordingStatus.PROCESSING
        ]
        return (live + unmade).count(sub_account_id)

    async def hurry_left(self, sub_account_id: str) -> int:
        """Let what a subaccount that is gone left in the queue be due at once; give how many."""
        left = [
            stored
            for stored in self.sessions.values()
            if stored.session.sub_account_id == sub_account_id
            and stored.state == QUEUED
            and sub_account_id not in self._subaccounts
        ]
        for stored in left:
            stored.due = stored.session.created
        return len(left)

    async def drop_outbox(self, sub_account_id: str) -> None:
        """Give up every webhook post of a subaccount that was not taken: they are dead."""
        for stored in self.deliveries.values():
            if stored.delivery.sub_account_id == sub_account_id and not stored.state:
                stored.state, stored.finished = DEAD, stored.delivery.created

    async def drop_rest(self, sub_account_id: str) -> None:
        """Remove what a subaccount left that is about no session: receipts, VNU deliveries."""
        for name in [name for name in self._receipts if name[0] == sub_account_id]:
            del self._receipts[name]
        for delivery_id in [
            key
            for key, each in self.deliveries.items()
            if each.delivery.session_id is None and each.delivery.sub_account_id == sub_account_id
        ]:
            del self.deliveries[delivery_id]

    async def shed(self) -> bool:
        """Do nothing: there is no disk."""
        return True

    def _by_age(self, before: Mapping[str, float]) -> list[StoredSession]:
        """List the sessions that were created before a time, by subaccount, the oldest of each first."""
        stored = sorted(self.sessions.values(), key=lambda each: each.session.created)
        return [
            each
            for name, moment in before.items()
            for each in stored
            if each.session.sub_account_id == name and each.session.created < moment
        ]

    def _is_settled(self, stored: StoredSession) -> bool:
        session_id = stored.session.session_id
        return (
            stored.state == ENDED
            and all(each.state for each in self.deliveries.values() if each.delivery.session_id == session_id)
            and not any(
                each.session_id == session_id and each.status == RecordingStatus.PROCESSING
                for each in self._recordings.values()
            )
        )

    def _is_due(self, stored: StoredSession, before: Mapping[str, float]) -> bool:
        return self._is_settled(stored) and (stored.ended or 0.0) < _oldest(stored, before)

    def _blank(self, stored: StoredSession) -> None:
        session = stored.session
        stored.session = msgspec.structs.replace(session, callflow=blanked_callflow(session.callflow))
        stored.timeline = list(blanked_entries(stored.timeline))
        stored.trace = None
        for each in self.deliveries.values():
            if each.delivery.session_id == session.session_id:
                each.delivery = msgspec.structs.replace(each.delivery, body=b"")
        self._blanked.add(session.session_id)


def _oldest(stored: StoredSession, before: Mapping[str, float]) -> float:
    return before[stored.session.sub_account_id]


def _settled(stored: StoredSession) -> Settled:
    legs = () if stored.summary is None else decode_summary(stored.summary).legs
    return Settled(
        session_id=stored.session.session_id,
        sub_account_id=stored.session.sub_account_id,
        created=stored.session.created,
        calls=[(leg.call_id, leg.initiated) for leg in legs],
    )


def _has(stored: StoredSession, digits: str) -> bool:
    legs = () if stored.summary is None else decode_summary(stored.summary).legs
    calls = [action for action in stored.session.callflow.actions if isinstance(action, MakeCall)]
    return any(digits in {each.source.digits, each.destination.digits} for each in (*legs, *calls)) or (
        stored.summary is None and has_leg(stored.timeline, digits)
    )
