"""`ringback admin key`: API keys."""

from typing import Annotated

from cyclopts import App, Parameter

from ringback.app.admin_store import Account, Settings, show, with_operator
from ringback.app.clock import SystemClock
from ringback.app.spans import parse_end, parse_span
from ringback.domain.scalars import format_moment
from ringback.service.key_store import ApiKey

Expiry = Annotated[
    str | None,
    Parameter(help="When it opens nothing any more: in 90d, 12h or 30m, or at a date such as 2027-01-31 (UTC)."),
]
KeyArgument = Annotated[str, Parameter(help="Its id, as the list shows it.")]

key = App(name="key", help="API keys.")


@key.command(name="list")
def list_keys(
    subaccount: Annotated[str | None, Parameter(name="--subaccount", help="This one's only; else all.")] = None,
    *,
    config: Settings = None,
) -> None:
    """List API keys, never their secrets: id, subaccount, state, scopes, created, expires, last used, name."""
    now = SystemClock().now()
    show(_row(each, now) for each in with_operator(config, lambda operator: operator.keys(subaccount)))


@key.command(name="add")
def add_key(
    subaccount: Account,
    name: str = "",
    scope: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    expires: Expiry = None,
    *,
    config: Settings = None,
) -> None:
    """Make an API key and print its secret: it is shown only now.

    Parameters
    ----------
    name:
        What the list calls it.
    scope:
        What it may do: calls (start, end, replace), read (every GET), manage (change all else); none given is all.
    """
    end = _end(expires)
    issued = with_operator(config, lambda operator: operator.add_key(subaccount, name, scope or (), end))
    show([issued.secret])


@key.command(name="rotate")
def rotate_key(key_id: KeyArgument, /, grace: str = "24h", expires: Expiry = None, *, config: Settings = None) -> None:
    """Give a key another secret and print it: it is shown only now.

    Parameters
    ----------
    grace:
        How long the secret that it had opens too: 24h, 30m, 7d, or 0 for no longer.
    """
    seconds, end = parse_span(grace), _end(expires)
    issued = with_operator(config, lambda operator: operator.rotate_key(key_id, seconds, end))
    show([issued.secret])


@key.command(name=("revoke", "remove"))
def revoke_key(key: str, /, *, config: Settings = None) -> None:
    """Revoke a key: it opens nothing any more, within a second.

    Parameters
    ----------
    key:
        Its id, or its secret.
    """
    with_operator(config, lambda operator: operator.revoke_key(key))


def _end(text: str | None) -> float | None:
    return None if text is None else parse_end(text, SystemClock().now())


def _row(key: ApiKey, now: float) -> str:
    times = ("never" if at is None else format_moment(at) for at in (key.expires, key.last_used))
    scopes = ",".join(sorted(key.scopes))
    return " ".join(
        (key.key_id, key.sub_account_id, key.state(now), scopes, format_moment(key.created), *times, key.name)
    )
