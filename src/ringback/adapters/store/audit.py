"""The audit log on disk: an entry is written in the unit of work of the change that it tells of."""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Float, Integer, bindparam, delete, insert, literal_column, or_, select

from ringback.adapters.store import inventory
from ringback.adapters.store.schema import audit
from ringback.adapters.store.statement import Statement
from ringback.adapters.store.tenants import TenantRows
from ringback.adapters.store.writer import WITNESS, Work
from ringback.domain.inventory import NumberDetails
from ringback.domain.settings import Settings
from ringback.service.audit import Actor, AuditEntry, AuditFilter, Note, Outcome, changed_fields
from ringback.service.ports import WebhookType

T = TypeVar("T")

_a = audit.c
_ADD = Statement(
    insert(audit).values(
        at=bindparam("time"),
        actor_id=bindparam("who"),
        actor_name=bindparam("called"),
        request_id=bindparam("request"),
        action=bindparam("what"),
        resource=bindparam("to"),
        sub_account_id=bindparam("of_subaccount"),
        outcome=bindparam("came"),
        fields=bindparam("changed"),
    )
)
_AT: Final = literal_column("+audit.at", Float)
"""With a plus no index of it is taken: the newest are wanted in the order of the log, and that needs no sorting."""
_PAGE: Final = {
    # one statement for each question: so that each is answered from its index
    (by_subaccount, by_action): Statement(
        select(
            _a.seq,
            _a.at,
            _a.actor_id,
            _a.actor_name,
            _a.request_id,
            _a.action,
            _a.resource,
            _a.sub_account_id,
            _a.outcome,
            _a.fields,
        )
        .where(
            *([_a.sub_account_id == bindparam("of_subaccount")] if by_subaccount else []),
            *([_a.action == bindparam("what")] if by_action else []),
            bindparam("since", type_=Float) <= _AT,
            bindparam("until", type_=Float) > _AT,
            or_(_a.seq < bindparam("before", type_=Integer), bindparam("before").is_(None)),
        )
        .order_by(_a.seq.desc())
        .limit(bindparam("most", type_=Integer))
    )
    for by_subaccount in (True, False)
    for by_action in (True, False)
}
_FORGET = Statement(
    delete(audit).where(
        _a.seq.in_(
            select(_a.seq)
            .where(_a.at < bindparam("before", type_=Float))
            .limit(bindparam("most", type_=Integer))
            .scalar_subquery()
        )
    )
)


class AuditRows(TenantRows):
    """The audit log of `ringback.service.audit.AuditStore`."""

    async def audited(self, note: Note, change: Callable[[], Awaitable[T]]) -> T:
        """Let a change be made, and note it in its transaction; a change that changed nothing is UNCHANGED.

        Of one that takes several units of work it is the first that changes anything. Where it raises before that,
        nothing is noted.
        """
        noted = False

        def witness(work: Work) -> Work:
            def watched(connection: sqlite3.Connection) -> Any:  # noqa: ANN401 - what the work gives
                nonlocal noted
                if noted:
                    return work(connection)
                count, before = connection.total_changes, self._watched(connection, note)
                result = work(connection)
                fields = changed_fields(before, self._watched(connection, note))
                # of a change in many transactions the first one: no part of it is without an entry
                if not noted and connection.total_changes > count and (fields or note.watched is None):
                    _write(connection, note, "DONE", fields)
                    noted = True
                return result

            return watched

        token = WITNESS.set(witness)
        try:
            result = await change()
        finally:
            WITNESS.reset(token)
        if not noted:
            await self.note(note, "UNCHANGED")
        return result

    async def note(self, note: Note, outcome: Outcome) -> None:
        """Note what was not done."""
        await self._writer.submit(lambda connection: _write(connection, note, outcome, ()))

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        """List entries, the newest first."""
        page = _PAGE[wanted.sub_account_id is not None, wanted.action is not None]
        asked: dict[str, Any] = {
            "since": wanted.since,
            "until": wanted.until,
            "before": wanted.before,
            "most": wanted.limit,
        }
        if wanted.sub_account_id is not None:
            asked["of_subaccount"] = wanted.sub_account_id
        if wanted.action is not None:
            asked["what"] = wanted.action
        return await self._readers.read(lambda connection: [_entry(row) for row in page.run(connection, **asked)])

    async def forget_audit(self, before: float, limit: int) -> int:
        """Remove entries from before a time, `limit` at most; give how many there were."""
        return await self._writer.submit(lambda connection: _FORGET.run(connection, before=before, most=limit).rowcount)

    def _watched(self, connection: sqlite3.Connection, note: Note) -> Mapping[str, object]:
        """Give the fields that the note watches as they are now."""
        if note.watched == "number":
            return number_fields(inventory.details(connection, note.resource.removeprefix("+")))
        if note.watched is None or note.sub_account_id is None:
            return {}
        if note.watched == "settings":
            return settings_fields(self._settings(connection, note.sub_account_id))
        return webhook_fields(self._hook_of(connection, note.sub_account_id, note.resource))


def settings_fields(settings: Settings | None) -> Mapping[str, object]:
    """Give settings by their names; those that have their default are not there."""
    return {} if settings is None else msgspec.to_builtins(settings)


def number_fields(details: NumberDetails) -> Mapping[str, object]:
    """Give what is said of a number by the names of the API; what has its default is not there."""
    fields: Mapping[str, object] = msgspec.to_builtins(details)
    return fields


def webhook_fields(webhook: WebhookType | None) -> Mapping[str, object]:
    """Give what a webhook consists of, by the names of the API."""
    if webhook is None:
        return {}
    return {
        "url": webhook.url,
        "httpAuthHeader": webhook.authorization,
        "enabled": webhook.enabled,
        "secrets": webhook.secrets or None,
    }


def _write(connection: sqlite3.Connection, note: Note, outcome: Outcome, fields: Sequence[str]) -> None:
    _ADD.run(
        connection,
        time=note.at,
        who=note.actor.id,
        called=note.actor.name,
        request=note.request_id,
        what=note.action,
        to=note.resource,
        of_subaccount=note.sub_account_id,
        came=outcome,
        changed=" ".join(fields),
    )


def _entry(row: tuple[Any, ...]) -> AuditEntry:
    place, at, actor_id, actor_name, request_id, action, resource, sub_account_id, outcome, fields = row
    note = Note(
        at=at,
        actor=Actor(actor_id, actor_name),
        request_id=request_id,
        action=action,
        resource=resource,
        sub_account_id=sub_account_id,
    )
    return AuditEntry(place=place, note=note, outcome=outcome, fields=tuple(fields.split()))
