"""`/audit` of the admin API: who changed what."""

from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.admin import parts
from ringback.adapters.http.admin.door import AdminRoutes
from ringback.adapters.http.operation import Answer, Parameter
from ringback.adapters.http.replies import reply
from ringback.adapters.http.shapes import admin as shapes
from ringback.adapters.http.shapes.admin import said
from ringback.adapters.http.shapes.scalars import MOMENT, Moment
from ringback.domain.scalars import format_moment
from ringback.service import pages
from ringback.service.audit import AuditEntry, AuditFilter
from ringback.service.operator import Operator

_PAGE: Final = shapes.AuditLog(**said(entries=[shapes.ENTRY], next_cursor=None))


class AuditEndpoints:
    """Shows the audit log."""

    operations: ClassVar = (
        parts.operation(
            "GET",
            "/audit",
            "listAudit",
            "Read the audit log",
            Answer(200, "A page.", shapes.AuditLog, {"entries": _PAGE}),
            parts.BAD_PAGE,
            parameters=(
                Parameter("subAccountId", "query", "Entries about this one only.", str, "acme"),
                Parameter("action", "query", "This one only, such as `number.import`.", str, "number.import"),
                Parameter("from", "query", "Then or later.", Moment, MOMENT),
                Parameter("to", "query", "Earlier.", Moment, MOMENT),
                *parts.PAGE,
            ),
            description="The newest first. There is an entry for every change, written with it, and for what an "
            "operator was refused.",
        ),
    )

    def routes(self) -> AdminRoutes:
        """Give the handlers."""
        return {"/audit": {"GET": self._list}}

    async def _list(self, request: Request, operator: Operator, _request_id: str) -> Response:
        query = request.query_params
        limit = pages.limit_of(query)
        since, until = pages.moment_of(query, "from"), pages.moment_of(query, "to")
        wanted = AuditFilter(
            sub_account_id=query.get("subAccountId"),
            action=query.get("action"),
            since=0.0 if since is None else since,
            until=float("inf") if until is None else until,
            before=pages.cursor_of(query, int),
            limit=limit,
        )
        found = await operator.audit(wanted)
        cursor = pages.cursor_at(found[-1].place) if len(found) == limit else None
        return reply(200, shapes.AuditLog(**said(entries=[_shown(each) for each in found], next_cursor=cursor)))


def _shown(entry: AuditEntry) -> shapes.ShownEntry:
    note = entry.note
    return shapes.ShownEntry(
        at=format_moment(note.at),
        actor=shapes.ShownActor(id=note.actor.id, name=note.actor.name),
        action=note.action,
        outcome=entry.outcome,
        sub_account_id=note.sub_account_id,
        resource=note.resource,
        fields=list(entry.fields),
        request_id=note.request_id,
    )
