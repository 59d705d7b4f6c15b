"""`ringback admin audit`: who changed what."""

from typing import Annotated

from cyclopts import Parameter

from ringback.app.admin_store import AdminFailed, Settings, show, with_operator
from ringback.app.printable import printable
from ringback.domain.scalars import format_moment, parse_moment
from ringback.service.audit import AuditEntry, AuditFilter

MOST = 10_000


def audit(
    limit: int = 50,
    subaccount: str | None = None,
    action: str | None = None,
    since: Annotated[str | None, Parameter(name="--from")] = None,
    until: Annotated[str | None, Parameter(name="--to")] = None,
    *,
    config: Settings = None,
) -> None:
    """Show what was changed, the newest first: time, who, action, outcome, subaccount, what, fields, request id.

    Parameters
    ----------
    limit:
        Entries, 1..10000.
    subaccount:
        This one's only.
    action:
        This one only, such as number.import.
    since:
        Then or later: a date-time such as 2026-01-13T08:26:58Z.
    until:
        Earlier than that.
    """
    if not 1 <= limit <= MOST:
        message = f"--limit {limit}: should be 1..{MOST}"
        raise AdminFailed(message)
    wanted = AuditFilter(
        sub_account_id=subaccount,
        action=action,
        since=0.0 if since is None else _moment("--from", since),
        until=float("inf") if until is None else _moment("--to", until),
        limit=limit,
    )
    show(map(_row, with_operator(config, lambda operator: operator.audit(wanted))))


def _moment(name: str, text: str) -> float:
    moment = parse_moment(text)
    if moment is None:
        message = f"{name} {text!r}: give a date-time such as 2026-01-13T08:26:58Z"
        raise AdminFailed(message)
    return moment


def _row(entry: AuditEntry) -> str:
    note = entry.note
    who = f"{note.actor.id}:{note.actor.name}"
    what = (note.sub_account_id or "-", note.resource or "-", ",".join(entry.fields) or "-")
    return printable(" ".join((format_moment(note.at), who, note.action, entry.outcome, *what, note.request_id)))
