"""`ringback admin erase` and `ringback admin compact`: what was stored of people goes."""

from ringback.app.admin_store import AdminFailed, Settings, show, with_operator
from ringback.app.config import load


def erase(
    session: str | None = None, subaccount: str | None = None, number: str | None = None, *, config: Settings = None
) -> None:
    """Erase a session, or everything of a subaccount about a number; also while a server runs.

    Texts, digits, timeline, webhook posts, SIP messages and local recordings go, and exports that hold them. Opt-outs
    stay: they protect the person. What was pushed to S3 or SFTP is yours to remove.

    Parameters
    ----------
    session:
        Its id.
    subaccount:
        Whose sessions with --number, those that it called and that called it.
    number:
        In E.164, or as it called; the plus may be left out.
    """
    if session is not None and number is None:
        with_operator(config, lambda operator: operator.erase_session(session, subaccount))
        return
    if session is not None or subaccount is None or number is None:
        message = "give --session ID, or --subaccount and --number"
        raise AdminFailed(message)
    erased = with_operator(config, lambda operator: operator.erase_number(subaccount, number))
    show([f"{erased.sessions} sessions erased"])
    if erased.left:
        left = ", ".join(erased.left)
        message = f"these wait or run, or their webhooks or recordings are under way, do it again later: {left}"
        raise AdminFailed(message)


def compact(*, config: Settings = None) -> None:
    """Write the database anew: it gets as small as what is in it, and nothing of what was erased is left in the file.

    The server must be stopped; it takes about as much free space as the database has, and a minute for some gigabytes.
    """
    from ringback.adapters.store import compact_store

    compact_store(load(config).store.url)
