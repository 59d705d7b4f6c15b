"""The queue of the store in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ringback.adapters.store.schema import DIALLING, QUEUED
from ringback.domain.callflow import Callflow
from ringback.domain.settings import Settings
from ringback.service.ports import QueuedSession, Subaccount, TimelineEntry
from ringback.service.queue_store import LINE_COUNTED, QueuedLine


@dataclass
class StoredSession:
    """A session, and where it stands."""

    session: QueuedSession
    due: float
    state: str = QUEUED
    owner: str | None = None
    timeline: list[TimelineEntry] = field(default_factory=list)
    summary: bytes | None = None
    ended: float | None = None
    trace: bytes | None = None


class InMemoryQueue:
    """Implements `ringback.service.queue_store.QueueStore`."""

    _subaccounts: dict[str, Subaccount]

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.sessions: dict[str, StoredSession] = {}
        """By id, in the order of their creation."""

    async def claim_sessions(
        self, trunk: str, shares: Mapping[str, int], owner: str, now: float
    ) -> Sequence[QueuedSession]:
        """Move sessions of a trunk that are due to DIALLING and give them: so many at most of each subaccount."""
        found: list[StoredSession] = []
        for sub_account_id, limit in shares.items():
            found += self._next(trunk, sub_account_id, now)[: max(limit, 0)]
        return dialling(found, owner)

    async def due_callflows(self, trunk: str, sub_account_id: str, now: float, limit: int) -> Mapping[str, Callflow]:
        """Read what would be claimed next of a subaccount for a trunk: callflows by session, in that order."""
        found = self._next(trunk, sub_account_id, now)[: max(limit, 0)]
        return {stored.session.session_id: stored.session.callflow for stored in found}

    async def defer_sessions(self, dues: Mapping[str, float]) -> None:
        """Let sessions that are queued be due at another time."""
        for session_id, due in dues.items():
            stored = self.sessions.get(session_id)
            if stored is not None and stored.state == QUEUED:
                stored.due = due

    async def expire_sessions(self, now: float, limit: int) -> Sequence[QueuedSession]:
        """Move queued sessions whose validUntil passed to DIALLING and give them."""
        found = [stored for stored in self._in_state(QUEUED) if _expired(stored.session, now)]
        found.sort(key=lambda stored: stored.session.callflow.valid_until or 0.0)
        return dialling(found[: max(limit, 0)], None)

    async def queued_lines(self, now: float) -> Sequence[QueuedLine]:
        """List the lines in which sessions are queued, by trunk and subaccount."""
        names = {(stored.session.trunk, stored.session.sub_account_id) for stored in self._in_state(QUEUED)}
        found = []
        for trunk, sub_account_id in sorted(names):
            dues = [stored.due for stored in self._in_line(trunk, sub_account_id)]
            found.append(
                QueuedLine(
                    trunk=trunk,
                    sub_account_id=sub_account_id,
                    waiting=min(sum(due <= now for due in dues), LINE_COUNTED),
                    next_due=min((due for due in dues if due > now), default=None),
                    settings=self._subaccounts[sub_account_id].settings
                    if sub_account_id in self._subaccounts
                    else Settings(),
                )
            )
        return found

    async def queued_trunks(self) -> Mapping[str, int]:
        """Count the queued sessions by trunk, due or not."""
        return Counter(stored.session.trunk for stored in self._in_state(QUEUED))

    def _next(self, trunk: str, sub_account_id: str, now: float) -> Sequence[StoredSession]:
        """Give what is due of a line, in the order in which it was."""
        return [
            stored
            for stored in self._in_line(trunk, sub_account_id)
            if stored.due <= now and not _expired(stored.session, now)
        ]

    def _in_line(self, trunk: str, sub_account_id: str) -> Sequence[StoredSession]:
        """Give the queued sessions of a subaccount for a trunk, those that are due first first."""
        line = (trunk, sub_account_id)
        found = [
            stored for stored in self._in_state(QUEUED) if (stored.session.trunk, stored.session.sub_account_id) == line
        ]
        return sorted(found, key=lambda stored: stored.due)

    def _in_state(self, state: str) -> list[StoredSession]:
        found = [stored for stored in self.sessions.values() if stored.state == state]
        return sorted(found, key=lambda stored: stored.session.created)


def _expired(session: QueuedSession, now: float) -> bool:
    return session.callflow.valid_until is not None and session.callflow.valid_until < now


def dialling(chosen: Sequence[StoredSession], owner: str | None) -> Sequence[QueuedSession]:
    """Move sessions to DIALLING and give them, the oldest first."""
    for stored in chosen:
        stored.state, stored.owner = DIALLING, owner
    return [stored.session for stored in sorted(chosen, key=lambda stored: stored.session.created)]
