"""What the commands of `ringback admin` have in common: the store that they open, and what they are given."""

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter

from ringback.app.clock import SystemClock
from ringback.app.config import load
from ringback.app.identifier import new_id
from ringback.domain.errors import RingbackError
from ringback.service.audit import CLI, Actor
from ringback.service.operator import Operator

if TYPE_CHECKING:
    from ringback.adapters.store import Database
    from ringback.service.erasure import Eraser
    from ringback.service.rulebook import Rulebook

T = TypeVar("T")

Settings = Annotated[
    Path | None, Parameter(name="--config", help="The configuration file; only `[store]` and `[secrets]` are used.")
]
_SUBACCOUNT = "A subaccount: 3..50 of A-Z a-z 0-9 - . _ &"
Account = Annotated[str, Parameter(name="--subaccount", help=_SUBACCOUNT)]
AccountArgument = Annotated[str, Parameter(help=_SUBACCOUNT)]
Group = Annotated[str, Parameter(name="--account", help="The account that it belongs to.")]
NumberArgument = Annotated[str, Parameter(help="In E.164, such as +15550100100; the plus may be left out.")]

CallerIdArgument = Annotated[
    str, Parameter(help="In E.164, such as +15550100100, or how numbers begin and one *, such as '+1555*'.")
]


class AdminFailed(RingbackError):
    """What was asked for cannot be done; the text says why."""


def with_store(config: Path | None, work: "Callable[[Database], Awaitable[T]]") -> T:
    """Open the store of a configuration, and do a piece of work on it."""
    from ringback.adapters.store import open_store

    async def run() -> T:
        settings = load(config)
        async with open_store(settings.store.url, exclusive=False, key=settings.secrets.key) as store:
            return await work(store)

    return asyncio.run(run())


def with_operator(config: Path | None, work: Callable[[Operator], Awaitable[T]]) -> T:
    """Open the store of a configuration, and let whoever runs the command work on it."""
    return with_store(config, lambda store: work(operator_of(store, config)))


def operator_of(store: "Database", config: Path | None) -> Operator:
    """Give whoever runs this process, as an operator; `config`: of the server whose rules callflows are held to."""
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:  # such as in a container that runs as a mere number
        name = str(user)

    def book() -> "Rulebook":
        from ringback.app.check import rulebook

        return rulebook(load(config))

    def eraser() -> "Eraser":
        from ringback.app.erasing import eraser_of

        return eraser_of(load(config), store, SystemClock())

    return Operator(store, SystemClock(), Actor(CLI, name), new_id(), book, eraser)


def show(rows: Iterable[object]) -> None:
    """Print one row a line."""
    for row in rows:
        print(row)  # noqa: T201 - what a command answers


def require(found: object, what: str) -> None:
    """Raise AdminFailed where there is no such thing."""
    if not found:
        message = f"there is no {what}"
        raise AdminFailed(message)


def changes_of(texts: Iterable[str]) -> dict[str, object]:
    """Read NAME=VALUE; nothing behind the = is None. Raises AdminFailed."""
    changes: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            message = f"{text!r}: give it as NAME=VALUE"
            raise AdminFailed(message)
        changes[name] = value or None
    return changes
