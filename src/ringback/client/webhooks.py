"""What the server posts, for the program that it is posted to: who posted it, what it says, what to answer.

```python
def take(headers: Mapping[str, str], body: bytes) -> bytes:
    webhooks.verify(headers, body, SECRET)
    match webhooks.parse(body):
        case webhooks.CallAction(digits="1"):
            return webhooks.answer(Say(text="You pressed one.", language="en-US"), Hangup())
        case _:
            return b""
```
"""

import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

import msgspec
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from ringback.client.actions import Action, Callflow
from ringback.client.errors import UNREADABLE, SignatureInvalid, WebhookInvalid
from ringback.client.summary import CallDescription, SessionSummary

__all__ = [
    "CallAction",
    "CallStatus",
    "NumberUpdate",
    "NumbersUpdated",
    "Posted",
    "RecordingStatus",
    "SessionSummary",
    "answer",
    "parse",
    "verify",
]

TOLERANCE: Final = 300.0
"""Seconds that the clocks of both, and the way, may take."""


class EventData(msgspec.Struct, frozen=True):
    """What an event is about."""

    dtmf: str | None = None
    event: str | None = None


class _LiveCall(CallDescription, frozen=True, kw_only=True):
    """What VCA and VCS say of a call."""

    session_id: str
    event_id: str | None = None
    """The same for every try of a post."""
    sub_account_id: str | None = None
    sip_code: int | None = None
    timestamp: datetime | None = None
    dtmf: str | None = None
    event_data: EventData | str | None = None

    @property
    def digits(self) -> str | None:
        """What was pressed, from whichever of its two places; None: nothing was captured."""
        data = self.event_data
        return self.dtmf or (data.dtmf if isinstance(data, EventData) else data) or None


class CallAction(_LiveCall, frozen=True, kw_only=True):
    """The server asks what is next (VCA): CALL_RECEIVED or ACTION_COMPLETED. To be answered with `answer`."""

    client_action_id: str | None = None
    """Of the callflow just finished."""


class CallStatus(_LiveCall, frozen=True, kw_only=True):
    """Something happened to a call (VCS)."""

    @property
    def change(self) -> str | None:
        """What changed with CALL_UPDATED: ringing, bridged, unbridged, hold or resumed."""
        return self.event_data.event if isinstance(self.event_data, EventData) else None


class RecordingStatus(msgspec.Struct, frozen=True, rename="camel"):
    """What became of a recording (VRU)."""

    session_id: str
    recording_id: str
    status: str
    duration_seconds: float | None = None
    file_path: str | None = None


class NumberUpdate(msgspec.Struct, frozen=True, rename="camel"):
    """A virtual number, as it is now."""

    msisdn: str
    update_status: str | None = None
    """NO_CHANGE or UPDATED."""
    updated_timestamp: datetime | None = None
    country_code: str | None = None
    operational_status: str | None = None
    """Active, Unhealthy, Expiring or Inactive."""
    reference_id: str | None = None
    rental_price: float | None = None
    incoming_rate: float | None = None
    billing_unit: int | None = None
    """Seconds."""
    billing_currency: str | None = None
    number_health_check_enabled: bool | None = None


class NumbersUpdated(msgspec.Struct, frozen=True, rename="camel"):
    """The virtual numbers (VNU): all of them (SNAPSHOT), or those that changed (UPDATES)."""

    update_event_type: str
    sub_account_id: str | None = None
    total_numbers: int | None = None
    virtual_numbers: tuple[NumberUpdate, ...] = ()


Posted: TypeAlias = CallAction | CallStatus | SessionSummary | RecordingStatus | NumbersUpdated
"""What may be posted."""


class _Envelope(msgspec.Struct, rename="camel"):
    event_type: str
    payload: msgspec.Raw


_envelope = msgspec.json.Decoder(_Envelope)
_TYPES: Final[Mapping[str, msgspec.json.Decoder[Posted]]] = {
    "CALL_ACTION": msgspec.json.Decoder(CallAction, strict=False),
    "CALL_STATUS": msgspec.json.Decoder(CallStatus, strict=False),
    "SESSION_SUMMARY": msgspec.json.Decoder(SessionSummary, strict=False),
    "CALL_RECORDING_STATUS": msgspec.json.Decoder(RecordingStatus, strict=False),
    "VIRTUAL_NUMBER_UPDATE": msgspec.json.Decoder(NumbersUpdated, strict=False),
}


def parse(body: bytes) -> Posted:
    """Read a post. Raises WebhookInvalid for what is none of the API, or of a type that is not known here."""
    try:
        envelope = _envelope.decode(body)
        decoder = _TYPES.get(envelope.event_type)
        if decoder is not None:
            return decoder.decode(envelope.payload)
    except UNREADABLE as fault:
        raise WebhookInvalid(str(fault)) from None
    message = f"eventType {envelope.event_type[:50]!r} is not known"
    raise WebhookInvalid(message)


def answer(*actions: Action, client_action_id: str | None = None) -> bytes:
    """Write the answer to a CallAction: the actions that run next; `client_action_id` comes back in the one after."""
    return Callflow(actions=actions, client_action_id=client_action_id).body()


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: str | Sequence[str],
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> None:
    """Hold a post to its signature (Standard Webhooks): `body` as it came, byte for byte.

    `secrets`: one (`whsec_…`), or several of which any may have signed; `tolerance`: seconds that the post may be old,
    or ahead; `now`: in seconds since the epoch, None: the clock's. Raises SignatureInvalid, ValueError for no secret.

    A post that is repeated within the tolerance passes: tell it by its `webhook-id`.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, signed_at = given.get("webhook-id"), given.get("webhook-timestamp", "")
    if not message_id or not (signed_at.isascii() and signed_at.isdecimal() and len(signed_at) <= len("9999999999")):
        message = "the post is not signed: no webhook-id or webhook-timestamp"
        raise SignatureInvalid(message)
    moment = int(signed_at)
    if not abs((time.time() if now is None else now) - moment) <= tolerance:
        message = "the post is too old, or from the future"
        raise SignatureInvalid(message)
    signatures = [each.encode(errors="replace") for each in given.get("webhook-signature", "").split()]
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        expected = _signature(secret, message_id, moment, body)
        if any([hmac.compare_digest(expected, each) for each in signatures]):  # noqa: C419 - all, in the same time
            return
    message = "no signature of the post was made with the secret"
    raise SignatureInvalid(message)


def _signature(secret: str, message_id: str, moment: int, body: bytes) -> bytes:
    try:
        key = Webhook(secret)
    except (EmptyWebhookSecretError, ValueError):
        message = "a secret should be as the server gave it: whsec_…"
        raise ValueError(message) from None
    try:
        return key.sign(message_id, datetime.fromtimestamp(moment, UTC), body.decode()).encode()
    except UnicodeError:
        message = "the post is no text"
        raise SignatureInvalid(message) from None
