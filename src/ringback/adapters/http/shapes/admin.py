"""What the admin API takes and gives."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ringback.adapters.http.docstrings import attribute_docs
from ringback.adapters.http.shapes.scalars import MOMENT, SOURCE, UUID, Moment, Msisdn, Uuid
from ringback.adapters.http.shapes.success import Success
from ringback.domain.inventory import NumberDetails, OperationalStatus
from ringback.domain.scalars import ACCOUNT_ID
from ringback.domain.scope import Scope
from ringback.domain.settings import Settings
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.audit import Outcome
from ringback.service.keys import GRACE, MAX_GRACE, MAX_NAME
from ringback.service.operator import MAX_ALIAS
from ringback.service.webhooks import Header, Type, Url, WebhookView

ID: Final = f"^{ACCOUNT_ID}$"
"""How the ids of accounts and subaccounts are made."""
GivenId = Annotated[str, Meta(extra_json_schema={"pattern": ID})]
GivenCallerId = Annotated[str, Meta(extra_json_schema={"pattern": r"^\+?[1-9][0-9]{0,14}\*?$"})]
MAX_LISTED: Final = 1000
"""Caller IDs, or numbers, of one bootstrap."""


class _Request(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    pass


class _Shown(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class Page(Success, frozen=True, kw_only=True):
    """Part of a list."""

    next_cursor: str | None
    """Asks for the next page; null: this is the last one."""


def _patch(name: str, of: type[msgspec.Struct], says: str) -> type[msgspec.Struct]:
    """Make the type of what changes a Struct in part: each of its fields may be absent, or null."""
    said_of = attribute_docs(of)
    fields = [
        (field.name, Annotated[field.type | None, Meta(description=said_of.get(field.name, ""))], None)
        for field in msgspec.structs.fields(of)
    ]
    return msgspec.defstruct(
        name, fields, rename="camel", forbid_unknown_fields=True, namespace={"__doc__": says}, module=name
    )


SettingsChange: Final = _patch("SettingsChange", Settings, "What is not given stays; null takes the default again.")
DetailsChange: Final = _patch("DetailsChange", NumberDetails, "What is not given stays; null says nothing any more.")


# ---------------------------------------------------------------- accounts


class ShownAccount(_Shown, frozen=True, kw_only=True):
    """An account, which groups subaccounts."""

    account_id: str
    created_at: Moment
    sub_accounts: int
    """How many it has."""


class AccountList(Page, frozen=True, kw_only=True):
    """Accounts in the order of their ids."""

    accounts: list[ShownAccount]


class KeptAccount(Success, frozen=True, kw_only=True):
    """The account is there."""

    account_id: str


# ---------------------------------------------------------------- subaccounts


class ListedSubaccount(_Shown, frozen=True, kw_only=True):
    """A subaccount in a list."""

    sub_account_id: str
    account_id: str
    created_at: Moment


class SubaccountList(Page, frozen=True, kw_only=True):
    """Subaccounts in the order of their ids."""

    sub_accounts: list[ListedSubaccount]


class FoundSubaccount(Success, frozen=True, kw_only=True):
    """A subaccount."""

    sub_account_id: str
    account_id: str
    settings: Settings


class PlacedSubaccount(_Request, kw_only=True):
    """A subaccount as it is to be."""

    account_id: GivenId | None = None
    """The account that it belongs to; absent: the default one where it is new, else the one that it has."""


class GivenWebhook(_Request, kw_only=True):
    """A webhook as it is to be."""

    url: Url
    """http or https."""
    http_auth_header: Header | None = None
    """Sent as `Authorization` with every post: printable ASCII. Absent: none is sent."""
    enabled: bool = True


class TypedWebhook(GivenWebhook, kw_only=True):
    """A webhook as it is to be, and what is posted to it."""

    type: Type
    """In any case."""


class Bootstrap(_Request, kw_only=True):
    """All that a subaccount needs."""

    sub_account_id: GivenId
    account_id: GivenId = DEFAULT_ACCOUNT
    """Of one that is new."""
    caller_ids: Annotated[list[GivenCallerId], Meta(max_length=MAX_LISTED)] = []
    """Numbers that it may call from, or how they begin and one `*`."""
    numbers: Annotated[list[str], Meta(max_length=MAX_LISTED)] = []
    """Its virtual numbers, E.164."""
    webhooks: Annotated[list[TypedWebhook], Meta(max_length=10)] = []


class Bootstrapped(Success, frozen=True, kw_only=True):
    """The subaccount is ready."""

    sub_account_id: str
    api_key: str
    """A new one, shown only now."""


class ChangedSettings(Success, frozen=True, kw_only=True):
    """The settings of a subaccount; those that are not there have their default."""

    settings: Settings


# ---------------------------------------------------------------- API keys


class GivenKey(_Request, kw_only=True):
    """An API key as it is to be."""

    name: Annotated[str, Meta(max_length=MAX_NAME)] = ""
    """What lists call it."""
    scopes: list[Scope] = []
    """What it may do; empty: everything."""
    expires_at: Moment | None = None
    """From when on it opens nothing; absent: never."""


class Rotation(_Request, kw_only=True):
    """How a key gets another secret."""

    grace_seconds: Annotated[float, Meta(ge=0, le=MAX_GRACE)] = GRACE
    """How long the secret that it has opens too."""
    expires_at: Moment | None = None
    """Of the key from now on; absent: as before."""


class ShownKey(_Shown, frozen=True, kw_only=True):
    """An API key without its secret."""

    key_id: str
    name: str
    scopes: list[Scope]
    state: Annotated[str, Meta(extra_json_schema={"enum": ["valid", "expired", "revoked"]})]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    """To the minute; null: never."""
    old_secret_until: Moment | None
    """Until when the secret before the last rotation opens too; null: there is none."""


class KeyList(Page, frozen=True, kw_only=True):
    """API keys in the order of their ids."""

    keys: list[ShownKey]


class KeyWithSecret(Success, frozen=True, kw_only=True):
    """A key, and its secret."""

    key: ShownKey
    secret: str
    """What programs send; it is shown only now."""


# ---------------------------------------------------------------- caller IDs


class CallerIdList(Page, frozen=True, kw_only=True):
    """Numbers that a subaccount may call from, and patterns, in order."""

    caller_ids: list[str]


class KeptCallerId(Success, frozen=True, kw_only=True):
    """The subaccount may call from it."""

    caller_id: str


# ---------------------------------------------------------------- numbers


class OwnedNumber(_Shown, frozen=True, kw_only=True):
    """A virtual number."""

    msisdn: Msisdn
    operational_status: OperationalStatus
    """What is said, but for an active number whose trunk does not answer."""
    created_at: Moment
    updated_at: Moment
    details: NumberDetails
    """What is said of it; what is not there has its default."""


class OwnedNumberList(Page, frozen=True, kw_only=True):
    """Virtual numbers in the order of their digits."""

    numbers: list[OwnedNumber]


class KeptNumber(Success, frozen=True, kw_only=True):
    """A virtual number of the subaccount."""

    number: OwnedNumber


class GivenNumberDetails(_Request, kw_only=True):
    """A virtual number as it is to be."""

    msisdn: Annotated[str, Meta(extra_json_schema={"pattern": r"^\+?[1-9][0-9]{6,14}$"})]
    """E.164, with or without a plus."""
    details: dict[str, Any] = {}
    """What is said of it, by the names of NumberDetails."""


class Imported(Success, frozen=True, kw_only=True):
    """The file was taken."""

    count: int
    """Rows that it has."""
    changed: int | UnsetType = UNSET
    """How many of them that changed anything."""


# ---------------------------------------------------------------- webhooks


class ShownWebhook(WebhookView, frozen=True, rename="camel", kw_only=True):
    """A webhook, never with its secrets."""

    signed: bool
    """Whether its posts are signed."""


class ShownWebhooks(Success, frozen=True, kw_only=True):
    """The webhooks of a subaccount, one of each type at most."""

    webhooks: list[ShownWebhook]


class NewSecret(Success, frozen=True, kw_only=True):
    """The webhook's posts are signed with it, and until the next one with the one before."""

    secret: str
    """It is shown only now."""


# ---------------------------------------------------------------- voices, rates and number ranges


class ShownVoice(_Shown, frozen=True, kw_only=True):
    """An installed voice."""

    code: str
    locale: str
    gender: str
    description: str


class VoiceList(Success, frozen=True, kw_only=True):
    """The installed voices."""

    voices: list[ShownVoice]


class ShownAlias(_Shown, frozen=True, kw_only=True):
    """Another name for a voice."""

    alias: str
    voice: str


class AliasList(Page, frozen=True, kw_only=True):
    """The configured voice aliases, in the order of their names."""

    voice_aliases: list[ShownAlias]


class GivenAlias(_Request, kw_only=True):
    """What a name stands for."""

    voice: Annotated[str, Meta(min_length=1, max_length=MAX_ALIAS)]
    """Its code; it need not be installed yet."""


class ShownRate(_Shown, frozen=True, kw_only=True):
    """What a minute costs to numbers that begin alike."""

    direction: Literal["OUTBOUND", "INBOUND"]
    prefix: str
    price: str
    currency: str
    increment: str
    """Seconds at least, then in pieces of, such as `60/60`."""


class RateList(Page, frozen=True, kw_only=True):
    """The price list, by direction and prefix."""

    rates: list[ShownRate]


class ShownRange(_Shown, frozen=True, kw_only=True):
    """Numbers that begin alike, and whose they are."""

    prefix: str
    operator: str
    mcc: str
    mnc: str


class RangeList(Page, frozen=True, kw_only=True):
    """The number ranges, by prefix."""

    numbering: list[ShownRange]


class ShownExportJob(_Shown, frozen=True, kw_only=True):
    """An export of some subaccount."""

    name: str
    """Of its file."""
    sub_account_id: str
    status: str
    created_at: Moment
    lines: int
    """In its file so far."""


class ExportJobs(Success, frozen=True, kw_only=True):
    """The latest exports of all subaccounts, the newest first."""

    exports: list[ShownExportJob]


# ---------------------------------------------------------------- erasing


class NumberToErase(_Request, kw_only=True):
    """Whose sessions are to be erased."""

    number: Annotated[str, Meta(extra_json_schema={"pattern": r"^\+?[0-9]{1,40}$"})]
    """In E.164, or as it called; the plus may be left out."""


class ErasedNumber(Success, frozen=True, kw_only=True):
    """What came of it."""

    sessions: int
    """That are gone."""
    left: list[str]
    """Ids of those that wait or run, or whose webhooks or recordings are under way: they are still there."""


# ---------------------------------------------------------------- the audit log


class ShownActor(_Shown, frozen=True, kw_only=True):
    """Who did it."""

    id: str
    """Of the admin key, or `cli` for `ringback admin`."""
    name: str
    """Of the key, or of the user of the operating system."""


class ShownEntry(_Shown, frozen=True, kw_only=True):
    """Something that was done, or was not."""

    at: Moment
    actor: ShownActor
    action: str
    """In the words of `ringback admin`, such as `number.import`; `request`: one that the key may not send."""
    outcome: Outcome
    """`DONE`, `UNCHANGED` (it was so before) or `REFUSED`."""
    sub_account_id: str | None
    resource: str
    """What it was done to; never a secret."""
    fields: list[str]
    """Names of those that changed, where settings, a number or a webhook was set."""
    request_id: Uuid


class AuditLog(Page, frozen=True, kw_only=True):
    """A page of the audit log, the newest first."""

    entries: list[ShownEntry]


# ---------------------------------------------------------------- for examples

SHOWN_ONCE: Final = "rb_..."
"""A secret."""
OK: Final = Success(status_code=0, status_message="ok")
KEY: Final = ShownKey(
    key_id="7c3f0a9be1d24486",
    name="laptop",
    scopes=[Scope.CALLS, Scope.READ],
    state="valid",
    created_at=MOMENT,
    expires_at=None,
    last_used_at=MOMENT,
    old_secret_until=None,
)
NUMBER: Final = OwnedNumber(
    msisdn=SOURCE,
    operational_status="Active",
    created_at=MOMENT,
    updated_at=MOMENT,
    details=NumberDetails(reference_id="hotline", rental_price=5.0),
)
WEBHOOK: Final = ShownWebhook(
    *("VSS", "https://acme.example/hooks"), enabled=True, http_auth_header_available=False, signed=True
)
ENTRY: Final = ShownEntry(
    at=MOMENT,
    actor=ShownActor(id="0d3a5c7e9b1f2468", name="ops"),
    action="subaccount.set",
    outcome="DONE",
    sub_account_id="acme",
    resource="acme",
    fields=["noOfTries"],
    request_id=UUID,
)


def said(**fields: object) -> dict[str, Any]:
    """Give what marks success, and fields."""
    return {"status_code": 0, "status_message": "ok", **fields}
