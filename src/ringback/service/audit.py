"""Who changed what: the audit log.

```
  change ──┐
           ├── one transaction      DONE: there is no change without its entry
  entry  ──┘
  entry alone                       UNCHANGED: it was so before; REFUSED: it could not be done, or not by this key
```
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

import msgspec

Outcome: TypeAlias = Literal["DONE", "UNCHANGED", "REFUSED"]
Watched: TypeAlias = Literal["settings", "webhook", "number"]

CLI: Final = "cli"
"""Stands for a key's id where `ringback admin` did it; the name is that of the user of the operating system."""
MAX_RESOURCE: Final = 200
"""Characters of a resource that are kept."""

T = TypeVar("T")


class Actor(msgspec.Struct, frozen=True):
    """Who does it."""

    id: str
    """Of the admin key, or CLI."""
    name: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be done."""

    at: float
    """Seconds since the epoch."""
    actor: Actor
    request_id: str
    action: str
    """Such as `number.import`: the words of `ringback admin`."""
    resource: str = ""
    """What it is done to, such as a number; never a secret. At most MAX_RESOURCE characters."""
    sub_account_id: str | None = None
    watched: Watched | None = None
    """Of what the names of the fields are noted that change: the settings, or the webhook or number `resource`."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, or was not."""

    place: int
    """In the order of the log."""
    note: Note
    outcome: Outcome
    fields: tuple[str, ...] = ()
    """Names of those that changed, where they are watched."""


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are listed."""

    sub_account_id: str | None = None
    action: str | None = None
    since: float = 0.0
    """Then or later; seconds since the epoch."""
    until: float = float("inf")
    """Earlier."""
    before: int | None = None
    """The `place` of the last one of the page before."""
    limit: int = 50


class AuditStore(Protocol):
    """The audit log of the store."""

    async def audited(self, note: Note, change: Callable[[], Awaitable[T]]) -> T:
        """Let a change be made, and note it in its transaction; a change that changed nothing is UNCHANGED.

        Of one that takes several transactions it is the first that changes anything. Where it raises before that,
        nothing is noted.
        """

    async def note(self, note: Note, outcome: Outcome) -> None:
        """Note what was not done."""

    async def audit(self, wanted: AuditFilter) -> Sequence[AuditEntry]:
        """List entries, the newest first."""

    async def forget_audit(self, before: float, limit: int) -> int:
        """Remove entries from before a time, `limit` at most; give how many there were."""


def changed_fields(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """Give the names whose values differ, in order."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
