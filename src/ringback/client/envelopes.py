"""What the parts of replies come in."""

import msgspec

from ringback.client.replies import Delivery, ListedSession, Number, OptOut, Recording, Scenario, SpeechProfile, Webhook


class Batch(msgspec.Struct, frozen=True, rename="camel"):
    """What became of many callflows."""

    results: tuple[msgspec.Raw, ...]


class ScenarioList(msgspec.Struct, frozen=True, rename="camel"):
    """The scenarios."""

    scenarios: tuple[Scenario, ...]


class SpeechProfileList(msgspec.Struct, frozen=True, rename="camel"):
    """The voices."""

    speech_profiles: tuple[SpeechProfile, ...]


class WebhookList(msgspec.Struct, frozen=True, rename="camel"):
    """The webhooks of a subaccount."""

    webhooks: tuple[Webhook, ...]


class RecordingList(msgspec.Struct, frozen=True, rename="camel"):
    """The recordings of a session."""

    recordings: tuple[Recording, ...]


class NumberList(msgspec.Struct, frozen=True, rename="camel"):
    """The inventory of a subaccount."""

    numbers: tuple[Number, ...]


class OneNumber(msgspec.Struct, frozen=True, rename="camel"):
    """One number of an inventory."""

    payload: Number


class ExportJob(msgspec.Struct, frozen=True, rename="camel"):
    """An export that was asked for."""

    job_id: str


class Page(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of a list."""

    next_cursor: str | None = None
    """Asks for the next one; None: it is the last."""


class SessionPage(Page, frozen=True, kw_only=True):
    """A page of sessions."""

    sessions: tuple[ListedSession, ...]


class DeliveryPage(Page, frozen=True, kw_only=True):
    """A page of deliveries."""

    deliveries: tuple[Delivery, ...]


class OptOutPage(Page, frozen=True, kw_only=True):
    """A page of an opt-out list."""

    opt_outs: tuple[OptOut, ...]
