"""The opt-out list as it is shown."""

from typing import Final, Literal

import msgspec

from ringback.adapters.http.shapes.scalars import DESTINATION, MOMENT, UUID, Moment, Msisdn, Uuid
from ringback.adapters.http.shapes.success import Success


class OptOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A number that wants no more calls."""

    msisdn: Msisdn
    """Without a national prefix that it may have been given with."""
    created_at: Moment
    session_id: Uuid | None
    """In whose call the key was pressed; null: an operator or a program added it."""


class FoundOptOut(OptOut, frozen=True, kw_only=True):
    """It is on the list."""

    status_code: Literal[0]
    status_message: Literal["ok"]


class DeletedOptOut(OptOut, frozen=True, kw_only=True):
    """The entry as it was."""

    status_code: Literal[0]
    status_message: Literal["deleted"]


class OptOutPage(Success, frozen=True, kw_only=True):
    """A page of the list, the newest first."""

    opt_outs: list[OptOut]
    next_cursor: str | None
    """Asks for the next page; null: this is the last one."""


_ENTRY: Final = OptOut(msisdn=DESTINATION, created_at=MOMENT, session_id=UUID)
PAGE: Final = OptOutPage(status_code=0, status_message="ok", opt_outs=[_ENTRY], next_cursor=None)
FOUND: Final = FoundOptOut(msisdn=DESTINATION, created_at=MOMENT, session_id=None, status_code=0, status_message="ok")
DELETED: Final = DeletedOptOut(
    msisdn=DESTINATION, created_at=MOMENT, session_id=UUID, status_code=0, status_message="deleted"
)
"""For examples."""
