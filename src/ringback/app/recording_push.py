"""`ringback admin recording-push`: where the recordings of a subaccount are pushed to."""

import getpass
import json
import sys
from typing import Final

from cyclopts import App

from ringback.app.admin_store import Account, AdminFailed, Settings, changes_of, show, with_operator
from ringback.app.config import load
from ringback.service import recording_push as rules
from ringback.service.webhooks import ParameterInvalid

NAMES: Final = frozenset(rules.PushRequest.__struct_encode_fields__) - {"password"}
"""What may be said on the command line."""

recording_push = App(name="recording-push", help="Where recordings are pushed to: S3 or SFTP.")


@recording_push.command(name="show")
def show_target(subaccount: Account, *, config: Settings = None) -> None:
    """Print where to as JSON, never with the password; and what waits, with the reason why the latest try failed."""
    target, waiting = with_operator(config, lambda operator: operator.push_target(subaccount))
    show([json.dumps({**rules.view(subaccount, target), **rules.waiting_view(waiting)}, ensure_ascii=False)])


@recording_push.command(name="set")
def set_target(*target: str, subaccount: Account, config: Settings = None) -> None:
    """Let recordings be pushed; what waits goes there at once. The password is asked for, or read from standard input.

    Parameters
    ----------
    target:
        NAME=VALUE, such as protocol=SFTP. Names: protocol (S3, SFTP), host, username, path and, where they are needed,
        port and hostKey (of SFTP), region (of S3 with the URL of an endpoint); as those of recording-push-config.
    """
    given = changes_of(target)
    if unknown := sorted(given.keys() - NAMES):
        message = f"{unknown[0]}: should be one of: {', '.join(sorted(NAMES))}"
        raise AdminFailed(message)
    allow_http = load(config).webhooks.allow_private_addresses
    try:
        checked = rules.of({**given, "password": _password()}, allow_http=allow_http)
    except ParameterInvalid as fault:
        raise AdminFailed(str(fault)) from None
    with_operator(config, lambda operator: operator.set_push_target(subaccount, checked))


@recording_push.command(name="retry")
def retry_pushes(subaccount: Account, *, config: Settings = None) -> None:
    """Push what could not be pushed in its 24 hours (UPLOAD_FAILED), for another 24 hours."""
    count = with_operator(config, lambda operator: operator.retry_pushes(subaccount))
    show([f"{count} recordings are pushed again"])


@recording_push.command(name="remove")
def remove_target(subaccount: Account, *, config: Settings = None) -> None:
    """Let recordings be pushed no longer; what waits stays in the folder."""
    with_operator(config, lambda operator: operator.remove_push_target(subaccount))


def _password() -> str:
    """Read the password from where it is neither shown nor listed among the processes."""
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
