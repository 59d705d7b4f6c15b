"""Deliveries: bodies on their way to the webhooks of a program."""

from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from ringback.adapters.http.shapes.scalars import ANOTHER_UUID, MOMENT, UUID, Moment, Uuid
from ringback.adapters.http.shapes.success import Success


class ShownDelivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A delivery, but for its body."""

    delivery_id: str
    session_id: Uuid | UnsetType = UNSET
    """Absent where it is about no session, as a VNU."""
    type: str
    """Of the webhook, or `DTMF` for the digits of a `dtmfCallbackUrl`."""
    state: Literal["waiting", "done", "dead"]
    tries: int
    created_at: Moment
    due_at: Moment | UnsetType = UNSET
    """The next try, of one that waits."""
    finished_at: Moment | UnsetType = UNSET
    last_try_seconds: float | UnsetType = UNSET
    """How long the last try took."""
    reason: str | UnsetType = UNSET
    """Why the last try that failed did."""


class DeliveryPage(Success, frozen=True, kw_only=True):
    """A page of deliveries, the newest first."""

    deliveries: list[ShownDelivery]
    next_cursor: str | None
    """Asks for the next page; null: this is the last one."""


class Redelivered(ShownDelivery, frozen=True, kw_only=True):
    """The delivery as it is now: it waits."""

    status_code: Literal[0]
    status_message: Literal["ok"]


DEAD: Final = ShownDelivery(
    delivery_id=ANOTHER_UUID,
    session_id=UUID,
    type="VCS",
    state="dead",
    tries=38,
    created_at=MOMENT,
    finished_at=MOMENT,
    last_try_seconds=0.021,
    reason="HTTP 500",
)
PAGE: Final = DeliveryPage(status_code=0, status_message="ok", deliveries=[DEAD], next_cursor=None)
AGAIN: Final = Redelivered(
    status_code=0,
    status_message="ok",
    delivery_id=ANOTHER_UUID,
    session_id=UUID,
    type="VCS",
    state="waiting",
    tries=0,
    created_at=MOMENT,
    due_at=MOMENT,
)
