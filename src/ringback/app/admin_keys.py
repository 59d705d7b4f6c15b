"""`ringback admin admin-key`: keys that open `/admin/v1`. They are made here alone: no key can make another."""

from typing import Annotated

from cyclopts import App, Parameter

from ringback.app.admin_store import Settings, show, with_operator
from ringback.app.clock import SystemClock
from ringback.app.keys import Expiry
from ringback.app.spans import parse_end
from ringback.domain.scalars import format_moment
from ringback.service.admin_keys import AdminKey, AdminScope

admin_key = App(name="admin-key", help="Keys of the admin API.")


@admin_key.command(name="list")
def list_admin_keys(*, config: Settings = None) -> None:
    """List admin keys, never their secrets: id, state, scope, created, expires, last used, name."""
    now = SystemClock().now()
    show(_row(each, now) for each in with_operator(config, lambda operator: operator.admin_keys()))


@admin_key.command(name="add")
def add_admin_key(
    name: Annotated[str, Parameter(help="What the list and the audit log call it.")],
    scope: Annotated[AdminScope, Parameter(help="read: look at everything; write: change it, too.")] = "write",
    expires: Expiry = None,
    *,
    config: Settings = None,
) -> None:
    """Make an admin key and print its secret: it is shown only now."""
    end = None if expires is None else parse_end(expires, SystemClock().now())
    show([with_operator(config, lambda operator: operator.add_admin_key(name, scope, end))])


@admin_key.command(name="revoke")
def revoke_admin_key(
    key_id: Annotated[str, Parameter(help="Its id, as the list shows it.")], /, *, config: Settings = None
) -> None:
    """Revoke an admin key: it opens nothing any more."""
    with_operator(config, lambda operator: operator.revoke_admin_key(key_id))


def _row(key: AdminKey, now: float) -> str:
    times = ("never" if at is None else format_moment(at) for at in (key.expires, key.last_used))
    return " ".join((key.key_id, key.state(now), key.scope, format_moment(key.created), *times, key.name))
