"""A store in memory, for tests of programs that use the service layer."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ringback.adapters.store import (
    NumberTaken,
    StoreFailed,
    UnknownSession,
    UnknownSubaccount,
)
from ringback.adapters.store.deliveries import REASON_LENGTH, WAITING
from ringback.adapters.store.encoding import (
    as_read,
    decode_callflow,
    decode_summary,
    decode_trace,
    encode_callflow,
    encode_entries,
    encode_summary,
    encode_trace,
)
from ringback.adapters.store.exports import spoken_in
from ringback.adapters.store.inventory import TOLD_BY
from ringback.adapters.store.receipts import LIFETIME
from ringback.adapters.store.schema import DEAD, DIALLING, DONE, ENDED, QUEUED
from ringback.adapters.store.tenants import checked_id
from ringback.domain.caller_ids import parse_caller_id
from ringback.domain.number import Number
from ringback.domain.session import Session
from ringback.domain.settings import Settings
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.export_store import EndedSession, ExportJob
from ringback.service.ports import (
    DeliveryRecord,
    DueDelivery,
    KeptReceipt,
    ListedSession,
    NewDelivery,
    NewSession,
    QueuedSession,
    SessionFilter,
    SessionRecord,
    SipTrace,
    Subaccount,
    TimelineEntry,
    WebhookType,
)
from ringback.service.signing import LIVE_SECRETS
from ringback.testing.accounts import InMemoryAccounts
from ringback.testing.admin_keys import InMemoryAdminKeys
from ringback.testing.erasure import InMemoryErasure
from ringback.testing.exports import InMemoryExports
from ringback.testing.inventory import InMemoryInventory
from ringback.testing.keys import InMemoryKeys
from ringback.testing.opt_outs import InMemoryOptOuts
from ringback.testing.pushes import InMemoryPushes
from ringback.testing.queue import InMemoryQueue, StoredSession, dialling
from ringback.testing.recordings import InMemoryRecordings
from ringback.testing.scenarios import InMemoryScenarios


@dataclass
class StoredDelivery:
    """A delivery, and where it stands."""

    delivery: NewDelivery
    due: float
    attempts: int = 0
    state: str = ""
    """`DONE` or `DEAD`; empty while it is under way."""
    reason: str | None = None
    finished: float | None = None
    seconds: float | None = None


class InMemoryStore(
    InMemoryQueue,
    InMemoryInventory,
    InMemoryPushes,
    InMemoryRecordings,
    InMemoryKeys,
    InMemoryErasure,
    InMemoryExports,
    InMemoryAccounts,
    InMemoryAdminKeys,
    InMemoryScenarios,
    InMemoryOptOuts,
):
    """Implements the stores of `ringback.service`, such as `ports.Store`, and the admin surface of `adapters.store`.

    It forgets everything with the process, and is never busy. What is read is decoded from what was written, as from
    disk.
    """

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.deliveries: dict[str, StoredDelivery] = {}
        """By id, in the order of their creation."""
        self._subaccounts: dict[str, Subaccount] = {}
        self._receipts: dict[tuple[str, str], KeptReceipt] = {}
        self._aliases: dict[str, tuple[str, str]] = {}

    async def close(self) -> None:
        """Do nothing."""

    # -- sessions

    async def create_session(self, session: NewSession) -> None:
        """Keep a session, queued."""
        self._keep(session)

    async def create_once(self, receipt: KeptReceipt, session: NewSession | None) -> KeptReceipt | None:
        """Keep a receipt and its session, or give the receipt that its key got within a day."""
        name = (receipt.sub_account_id, receipt.key)
        earlier = self._receipts.get(name)
        if earlier is not None and earlier.created > receipt.created - LIFETIME:
            return earlier
        if session is not None:
            self._keep(session)
        self._receipts[name] = receipt
        return None

    async def forget_receipts(self, now: float, limit: int) -> int:
        """Remove receipts that are not given again any more, `limit` at most."""
        old = [name for name, receipt in self._receipts.items() if receipt.created <= now - LIFETIME][:limit]
        for name in old:
            del self._receipts[name]
        return len(old)

    async def begin_session(self, session: NewSession, owner: str, now: float) -> None:
        """Keep the session of a caller, in DIALLING."""
        del now
        dialling([self._keep(session)], owner)

    def _keep(self, session: NewSession) -> StoredSession:
        if session.session_id in self.sessions:
            message = f"session {session.session_id} is there already"
            raise StoreFailed(message)
        if session.retry_of is not None and (session.retry_of, session.attempt) in self._retries():
            message = f"attempt {session.attempt} of {session.retry_of} is there already"
            raise StoreFailed(message)
        fields = msgspec.structs.asdict(session) | {"callflow": decode_callflow(encode_callflow(session.callflow))}
        due = max(session.created, fields.pop("due"))
        stored = self.sessions[session.session_id] = StoredSession(QueuedSession(**fields), due)
        return stored

    def _retries(self) -> set[tuple[str | None, int]]:
        return {(stored.session.retry_of, stored.session.attempt) for stored in self.sessions.values()}

    async def append_timeline(
        self, session_id: str, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery] = ()
    ) -> None:
        """Add to a session's timeline and to the outbox. Raises UnknownSession."""
        self._add(self._session(session_id), entries, deliveries)

    async def end_session(
        self,
        summary: Session,
        entries: Sequence[TimelineEntry],
        deliveries: Sequence[NewDelivery],
        trace: SipTrace | None = None,
        retry: NewSession | None = None,
    ) -> bool:
        """Keep summary, last timeline, deliveries, trace and retry; False if it had ended before.

        Raises UnknownSession, StoreFailed (the retry is there already).
        """
        stored = self._session(summary.session_id)
        if stored.state == ENDED:
            return False
        encoded = encode_summary(summary)
        if retry is not None:
            self._keep(retry)
        self._add(stored, entries, deliveries)
        stored.state, stored.summary, stored.ended = ENDED, encoded, summary.ended
        stored.trace = None if trace is None else encode_trace(trace)
        return True

    async def unfinished_sessions(self, limit: int) -> Sequence[QueuedSession]:
        """List sessions in DIALLING, the oldest first."""
        return [stored.session for stored in self._in_state(DIALLING)][: max(limit, 0)]

    async def session(self, session_id: str) -> SessionRecord | None:
        """Read a session with its timeline."""
        stored = self.sessions.get(session_id)
        return None if stored is None else _record(stored, tuple(stored.timeline))

    async def list_sessions(self, wanted: SessionFilter) -> Sequence[ListedSession]:
        """List sessions of a subaccount, the newest first."""
        found = []
        for seq, stored in enumerate(self.sessions.values(), start=1):
            session = stored.session
            summary = None if stored.summary is None else decode_summary(stored.summary)
            place = (session.created, seq)
            if (
                session.sub_account_id == wanted.sub_account_id
                and wanted.since <= session.created < wanted.until
                and (wanted.before is None or place < wanted.before)
                and wanted.status in {None, stored.state if summary is None else str(summary.status)}
            ):
                found.append(
                    ListedSession(
                        place=place,
                        session_id=session.session_id,
                        state=stored.state,
                        callflow=session.callflow,
                        due=stored.due,
                        summary=summary,
                    )
                )
        return sorted(found, key=lambda listed: listed.place, reverse=True)[: wanted.limit]

    async def ended_sessions(self, job: ExportJob, limit: int) -> Sequence[EndedSession]:
        """List the next sessions of a job that are over, the oldest first."""
        places = sorted(
            ((stored.session.created, number), stored)
            for number, stored in enumerate(self.sessions.values(), start=1)
            if stored.session.sub_account_id == job.sub_account_id and stored.summary is not None
        )
        return [
            EndedSession(place, decode_summary(stored.summary), spoken_in([encode_entries(stored.timeline)]))
            for place, stored in places
            if job.since <= place[0] < job.until and place > job.reached and stored.summary is not None
        ][:limit]

    async def take_session(self, sub_account_id: str, session_id: str, owner: str, now: float) -> QueuedSession | None:
        """Move a queued session to DIALLING and give it; None where it is not queued, or not theirs."""
        del now
        stored = self.sessions.get(session_id)
        if stored is None or stored.state != QUEUED or stored.session.sub_account_id != sub_account_id:
            return None
        (taken,) = dialling([stored], owner)
        return taken

    async def latest_sessions(self, limit: int) -> Sequence[SessionRecord]:
        """List the sessions created last, the newest first, without their timelines."""
        return [_record(stored) for stored in list(reversed(self.sessions.values()))[: max(limit, 0)]]

    async def trace(self, session_id: str) -> SipTrace | None:
        """Read the SIP messages of a session that ended; None where they were not kept, or are forgotten."""
        stored = self.sessions.get(session_id)
        return None if stored is None or stored.trace is None else decode_trace(stored.trace)

    async def forget_traces(self, before: float, limit: int) -> int:
        """Remove the traces of sessions that ended before a time, `limit` at most; give how many there were."""
        kept = [stored for stored in self.sessions.values() if stored.trace is not None]
        old = [stored for stored in kept if (stored.ended or 0.0) < before]
        for stored in old[: max(limit, 0)]:
            stored.trace = None
        return len(old[: max(limit, 0)])

    def _session(self, session_id: str) -> StoredSession:
        stored = self.sessions.get(session_id)
        if stored is None:
            raise UnknownSession(session_id)
        return stored

    def _add(self, stored: StoredSession, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery]) -> None:
        read = as_read(entries)
        ids = [delivery.delivery_id for delivery in deliveries]
        if len(set(ids)) < len(ids) or not self.deliveries.keys().isdisjoint(ids):
            message = "a delivery is there already"
            raise StoreFailed(message)
        stored.timeline += read
        for delivery in deliveries:
            self._put_delivery(delivery)

    def _put_delivery(self, delivery: NewDelivery) -> None:
        self.deliveries[delivery.delivery_id] = StoredDelivery(delivery, delivery.created)

    def _make_room(self, sub_account_id: str, type_: str, most: int) -> bool:
        turn = (f"@{sub_account_id}", type_)
        undone = [key for key, each in self.deliveries.items() if not each.state and _turn(each.delivery) == turn]
        if len(undone[1:]) < most:
            return False
        for key in undone[1:]:
            del self.deliveries[key]
        return True

    # -- the outbox

    async def claim_deliveries(self, limit: int, now: float, lease: float) -> Sequence[DueDelivery]:
        """Take due deliveries, in order per session and type; untouched they are due again after `lease` seconds."""
        due = [stored for stored in self._headmost() if stored.due <= now]
        due.sort(key=lambda stored: stored.due)
        chosen = {stored.delivery.delivery_id for stored in due[: max(limit, 0)]}
        claimed = [stored for stored in self.deliveries.values() if stored.delivery.delivery_id in chosen]
        for stored in claimed:
            stored.due = now + lease
        return [self._due(stored) for stored in claimed]

    async def next_delivery_due(self) -> float | None:
        """Give the time at which the next delivery is due, or is due again; None for an empty outbox."""
        return min((stored.due for stored in self._headmost()), default=None)

    async def waiting_deliveries(self) -> Mapping[str, int]:
        """Count the deliveries that are not done, by state: WAITING or DEAD."""
        return {state: sum(record.state == state for record in self._records()) for state in (WAITING, DEAD)}

    async def delivery_done(self, delivery_id: str, now: float, seconds: float | None = None) -> bool:
        """Mark as taken by the program; tell whether the next of its session and type became due."""
        stored = self.deliveries.get(delivery_id)
        if stored is None or (stored.state != DEAD and stored not in self._headmost()):
            return False
        stored.seconds = seconds
        return self._finish(stored, DONE, now)

    async def delivery_failed(
        self, delivery_id: str, now: float, next_attempt: float | None, reason: str, seconds: float | None = None
    ) -> bool:
        """Count a failed try: due again at `next_attempt`, or dead with None; tell whether the next became due."""
        stored = self.deliveries.get(delivery_id)
        if stored is None or stored not in self._headmost():
            return False
        stored.attempts += 1
        stored.reason = reason[:REASON_LENGTH]
        stored.seconds = seconds
        if next_attempt is None:
            return self._finish(stored, DEAD, now)
        stored.due = next_attempt
        return False

    async def deliveries_of(self, session_id: str) -> Sequence[DeliveryRecord]:
        """List what a session put into the outbox, in that order."""
        return [record for record in self._records() if record.session_id == session_id]

    async def dead_deliveries(self, sub_account_id: str, before: int | None, limit: int) -> Sequence[DeliveryRecord]:
        """List what a subaccount's program never took, the newest first; `before`: the `place` of the last one seen."""
        found = [
            record
            for record in self._records()
            if self.deliveries[record.delivery_id].delivery.sub_account_id == sub_account_id
            and record.state == DEAD
            and (before is None or record.place < before)
        ]
        return found[::-1][:limit]

    async def redeliver(self, sub_account_id: str, delivery_id: str, now: float) -> DeliveryRecord | None:
        """Send a delivery that is done or dead once more, in its turn; None where there is no such one of theirs."""
        stored = self.deliveries.get(delivery_id)
        if stored is None or not stored.state or stored.delivery.sub_account_id != sub_account_id:
            return None
        if not stored.delivery.body:  # it was erased
            return None
        stored.state, stored.due, stored.attempts, stored.finished = "", now, 0, None
        self.deliveries[delivery_id] = self.deliveries.pop(delivery_id)  # behind what waits
        return next(record for record in self._records() if record.delivery_id == delivery_id)

    def _records(self) -> list[DeliveryRecord]:
        return [
            DeliveryRecord(
                place=place,
                delivery_id=stored.delivery.delivery_id,
                session_id=stored.delivery.session_id,
                type=stored.delivery.type,
                url=stored.delivery.url,
                created=stored.delivery.created,
                state=stored.state or WAITING,
                tries=stored.attempts + (stored.state == DONE),
                due=stored.due,
                finished=stored.finished,
                seconds=stored.seconds,
                reason=stored.reason,
                body=stored.delivery.body,
            )
            for place, stored in enumerate(self.deliveries.values(), start=1)
        ]

    def _headmost(self) -> list[StoredDelivery]:
        first: dict[tuple[str, str], StoredDelivery] = {}
        for stored in self.deliveries.values():
            if not stored.state:
                first.setdefault(_turn(stored.delivery), stored)
        return list(first.values())

    def _finish(self, stored: StoredDelivery, state: str, now: float) -> bool:
        moves_up = not stored.state
        stored.state, stored.finished = state, now
        self._told(stored.delivery.delivery_id, taken=state == DONE)
        for other in self._headmost() if moves_up else ():
            if _turn(other.delivery) == _turn(stored.delivery):
                other.due = now
                return True
        return False

    def _due(self, stored: StoredDelivery) -> DueDelivery:
        delivery = stored.delivery
        url, authorization = delivery.url, None
        secrets: tuple[str, ...] = ()
        tenant = self._subaccounts.get(delivery.sub_account_id)
        if url is None and tenant is not None and (hook := tenant.webhooks.get(delivery.type)) and hook.enabled:
            url, authorization, secrets = hook.url, hook.authorization, hook.secrets
        fields = msgspec.structs.asdict(delivery) | {"url": url}
        return DueDelivery(**fields, attempts=stored.attempts, authorization=authorization, secrets=secrets)

    # -- tenants

    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        """Read a tenant."""
        tenant = self._subaccounts.get(sub_account_id)
        if tenant is not None and (scenarios := await self._granted(sub_account_id)) != tenant.scenarios:
            self._change(sub_account_id, scenarios=scenarios)
        return self._subaccounts.get(sub_account_id)

    async def add_subaccount(self, sub_account_id: str, account_id: str = DEFAULT_ACCOUNT) -> bool:
        """Add a subaccount; False if it is there already. Raises BadSubaccountId, UnknownAccount."""
        if checked_id(sub_account_id) in self._subaccounts:
            return False
        self._subaccounts[sub_account_id] = Subaccount(sub_account_id, account_id=self._account(account_id))
        self._since[sub_account_id] = time.time()
        return True

    async def remove_subaccount(self, sub_account_id: str) -> bool:
        """Remove a subaccount with its keys, caller IDs, numbers and webhooks; its sessions stay. False: not there."""
        self._forget_keys(sub_account_id)
        self._forget(sub_account_id)
        self._forget_grants(sub_account_id)
        self._forget_opt_outs(sub_account_id)
        self._targets.pop(sub_account_id, None)
        return self._subaccounts.pop(sub_account_id, None) is not None

    async def list_subaccounts(self) -> Sequence[str]:
        """List the ids of all subaccounts."""
        return sorted(self._subaccounts)

    async def change_settings(self, sub_account_id: str, changes: Mapping[str, object]) -> Settings:
        """Change some settings and give all; see `Settings.changed`. Raises UnknownSubaccount, BadSetting."""
        settings = self._tenant(sub_account_id).settings.changed(changes)
        self._change(sub_account_id, settings=settings)
        return settings

    async def add_caller_id(self, sub_account_id: str, msisdn: str) -> None:
        """Allow a caller ID, or a pattern such as `1555*`. Raises UnknownSubaccount, NotANumber, NotACallerId."""
        digits = parse_caller_id(msisdn)
        self._change(sub_account_id, caller_ids=self._tenant(sub_account_id).caller_ids | {digits})

    async def remove_caller_id(self, sub_account_id: str, msisdn: str) -> bool:
        """Allow a caller ID no longer; False if it was not allowed."""
        digits = msisdn.removeprefix("+")
        tenant = self._subaccounts.get(sub_account_id)
        if tenant is None or digits not in tenant.caller_ids:
            return False
        self._change(sub_account_id, caller_ids=tenant.caller_ids - {digits})
        return True

    async def list_caller_ids(self, sub_account_id: str) -> Sequence[str]:
        """List the digits of the allowed caller IDs, and the patterns. Raises UnknownSubaccount."""
        return sorted(self._tenant(sub_account_id).caller_ids)

    async def set_webhook(self, sub_account_id: str, webhook: WebhookType) -> None:
        """Add or replace the webhook of a type; one for VNU is told all numbers. Raises UnknownSubaccount."""
        known = self._tenant(sub_account_id).webhooks
        kept = known[webhook.type].secrets if webhook.type in known else ()
        self._put(sub_account_id, msgspec.structs.replace(webhook, secrets=kept))
        if webhook.type == TOLD_BY:
            await self.tell_numbers(sub_account_id)

    async def rotate_secret(self, sub_account_id: str, type_: str, secret: str | None) -> bool:
        """Let a webhook's posts be signed with a secret and with the one before it; None: signed no longer."""
        tenant = self._subaccounts.get(sub_account_id)
        if tenant is None or (hook := tenant.webhooks.get(type_)) is None:
            return False
        live = () if secret is None else (secret, *hook.secrets)[:LIVE_SECRETS]
        self._put(sub_account_id, msgspec.structs.replace(hook, secrets=live))
        return True

    def _put(self, sub_account_id: str, webhook: WebhookType) -> None:
        hooks = {**self._tenant(sub_account_id).webhooks, webhook.type: webhook}
        self._change(sub_account_id, webhooks=dict(sorted(hooks.items())))

    async def delete_webhook(self, sub_account_id: str, type_: str) -> WebhookType | None:
        """Remove a webhook and give what it was."""
        tenant = self._subaccounts.get(sub_account_id)
        if tenant is None or type_ not in tenant.webhooks:
            return None
        left = {name: hook for name, hook in tenant.webhooks.items() if name != type_}
        self._change(sub_account_id, webhooks=left)
        return tenant.webhooks[type_]

    async def list_webhooks(self, sub_account_id: str) -> Sequence[WebhookType]:
        """List the webhooks, disabled ones included. Raises UnknownSubaccount."""
        return list(self._tenant(sub_account_id).webhooks.values())

    async def bootstrap(
        self,
        sub_account_id: str,
        caller_ids: Iterable[str],
        numbers: Iterable[str],
        webhooks: Iterable[WebhookType],
        account_id: str = DEFAULT_ACCOUNT,
    ) -> str:
        """Make a subaccount ready and give a new API key for it; see `Database.bootstrap`."""
        callers = [parse_caller_id(caller) for caller in caller_ids]
        digits = [Number.parse(number).digits for number in numbers]
        for message in self._taken(sub_account_id, dict.fromkeys(digits)).values():
            raise NumberTaken(message)
        await self.add_subaccount(sub_account_id, account_id)
        for caller in callers:
            await self.add_caller_id(sub_account_id, caller)
        for number in digits:
            await self.add_number(sub_account_id, number)
        for webhook in webhooks:
            await self.set_webhook(sub_account_id, webhook)
        return await self.create_key(sub_account_id, "bootstrap")

    # -- voices

    async def set_voice_alias(self, alias: str, voice: str) -> None:
        """Let a name stand for a voice; names match without regard to case."""
        self._aliases[alias.lower()] = (alias, voice)

    async def remove_voice_alias(self, alias: str) -> bool:
        """Remove a name of a voice; False if there is none such."""
        return self._aliases.pop(alias.lower(), None) is not None

    async def list_voice_aliases(self) -> Mapping[str, str]:
        """Give the voice of each name."""
        return dict(self._aliases.values())

    def _tenant(self, sub_account_id: str) -> Subaccount:
        tenant = self._subaccounts.get(sub_account_id)
        if tenant is None:
            raise UnknownSubaccount(sub_account_id)
        return tenant

    def _change(self, sub_account_id: str, **changes: object) -> None:
        self._subaccounts[sub_account_id] = msgspec.structs.replace(self._tenant(sub_account_id), **changes)


def _turn(delivery: NewDelivery) -> tuple[str, str]:
    """Give what a delivery is in order for."""
    return delivery.session_id or f"@{delivery.sub_account_id}", delivery.type


def _record(stored: StoredSession, timeline: Sequence[TimelineEntry] = ()) -> SessionRecord:
    return SessionRecord(
        session_id=stored.session.session_id,
        sub_account_id=stored.session.sub_account_id,
        state=stored.state,
        created=stored.session.created,
        due=stored.due,
        callflow=stored.session.callflow,
        retry_of=stored.session.retry_of,
        attempt=stored.session.attempt,
        summary=None if stored.summary is None else decode_summary(stored.summary),
        timeline=timeline,
    )
