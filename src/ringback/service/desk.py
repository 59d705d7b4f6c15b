"""What every running session shares."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeGuard, TypeVar

import structlog

from ringback.domain import payloads
from ringback.domain.quiet_hours import due
from ringback.domain.session import Session
from ringback.service.ask import Ask
from ringback.service.ports import (
    Clock,
    NewDelivery,
    NewSession,
    QueuedSession,
    SipTrace,
    Store,
    Subaccount,
    Telephone,
    TimelineEntry,
)
from ringback.service.prompts import Prompts
from ringback.service.recorder import Recorder
from ringback.service.trunks import Trunks

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0, 5.0)
"""Seconds between two tries of what a session cannot do without; what they do not reach ends at the next start."""

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Desk:
    """What every running session shares: the ports, and who runs."""

    def __init__(
        self,
        store: Store,
        telephone: Telephone,
        prompts: Prompts,
        ask: Ask,
        trunks: Trunks,
        clock: Clock,
        *,
        new_id: Callable[[], str],
        max_session_seconds: float,
    ) -> None:
        """`new_id`: gives a UUID; `max_session_seconds`: a session that lasts longer is hung up."""
        self.store = store
        self.telephone = telephone
        self.prompts = prompts
        self.ask = ask
        self.trunks = trunks
        self.clock = clock
        self.new_id = new_id
        self.max_session_seconds = max_session_seconds
        self.record: Callable[[str, str, str], None] = lambda _account, _session, _call: None
        """Records a leg of a session of a subaccount; nothing is recorded where nobody does."""
        self.recorder = Recorder()
        self.on_delivery: Callable[[], None] = lambda: None
        """Called just before something is put into the outbox: its claim then shares the COMMIT."""
        self.on_timeline: Callable[[str, str, TimelineEntry], None] = lambda _account, _session, _entry: None
        """Called with every timeline entry as it happens."""


def session_of(queued: QueuedSession) -> Session:
    """Give a claimed session as it starts."""
    return Session(
        session_id=queued.session_id,
        sub_account_id=queued.sub_account_id,
        request_id=queued.request_id,
        client_request_id=queued.callflow.client_request_id,
        retry_of=queued.retry_of,
        attempt=queued.attempt,
        started=queued.created,
    )


def retry_of(
    queued: QueuedSession, session: Session, subaccount: Subaccount | None, new_id: Callable[[], str]
) -> NewSession | None:
    """Give the session that tries again what one that has ended did not reach; None: it is not tried again.

    Neither is what would not be valid any more then, or whose subaccount is gone.
    """
    callflow = queued.callflow
    moment = None if callflow.retry is None else callflow.retry.due(session)
    if moment is None or subaccount is None:
        return None
    moment = due(callflow, subaccount.settings.quiet_hours, moment)
    if callflow.valid_until is not None and moment >= callflow.valid_until:
        return None
    return NewSession(
        session_id=new_id(),
        sub_account_id=queued.sub_account_id,
        request_id=queued.request_id,
        created=session.ended or moment,
        trunk=queued.trunk,
        callflow=callflow,
        due=moment,
        retry_of=session.retry_of or session.session_id,
        attempt=session.attempt + 1,
    )


def wants(subaccount: Subaccount | None, type_: str) -> TypeGuard[Subaccount]:
    """Tell whether a subaccount has an enabled webhook of a type."""
    return subaccount is not None and (hook := subaccount.webhooks.get(type_)) is not None and hook.enabled


def summary_delivery(desk: Desk, subaccount: Subaccount | None, session: Session) -> Sequence[NewDelivery]:
    """Give the summary as a delivery where the program wants one."""
    if not wants(subaccount, "VSS"):
        return ()
    return [
        NewDelivery(
            delivery_id=desk.new_id(),
            session_id=session.session_id,
            sub_account_id=session.sub_account_id,
            type="VSS",
            body=payloads.vss_body(session, tenant=subaccount),
            created=desk.clock.now(),
        )
    ]


async def store_end(
    desk: Desk,
    session: Session,
    entries: Sequence[TimelineEntry],
    deliveries: Sequence[NewDelivery],
    trace: SipTrace | None = None,
    retry: NewSession | None = None,
) -> None:
    """Put the end of a session on disk; tried again where the store is busy or full, for it happens only once.

    Raises what the store raised last.
    """
    await insist(lambda: desk.store.end_session(session, entries, deliveries, trace, retry), session.session_id)


async def subaccount_of(desk: Desk, queued: QueuedSession) -> Subaccount | None:
    """Read the subaccount of a session that begins; tried again, for without it nobody would be told of the end.

    Raises what the store raised last.
    """
    return await insist(lambda: desk.store.subaccount(queued.sub_account_id), queued.session_id)


async def insist(work: Callable[[], Awaitable[T]], session_id: str, pauses: Sequence[float] | None = None) -> T:
    """Ask the store for something of a session again and again for a while. Raises what it raised last.

    `pauses`: between two tries; None: PAUSES.
    """
    for pause in PAUSES if pauses is None else pauses:
        try:
            return await work()
        except Exception:  # noqa: BLE001 - whatever the store says, the session must not be forgotten
            _log.exception("store-failed", session=session_id, again_in=pause)
            await asyncio.sleep(pause)
    return await work()
