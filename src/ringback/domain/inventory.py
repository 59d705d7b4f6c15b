"""The virtual numbers of a subaccount: what is known of each, and what its program is told of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ringback.domain.errors import Conflict, Unusable
from ringback.domain.misfit import misfit
from ringback.domain.number import Number
from ringback.domain.scalars import format_moment

MAX_NUMBERS: Final = 10_000
"""Of one subaccount: a SNAPSHOT names them all."""
MAX_WAITING: Final = 20
"""Bodies that wait behind one that a program has not taken; then a SNAPSHOT takes their place, which says as much."""

OperationalStatus: TypeAlias = Literal["Active", "Unhealthy", "Expiring", "Inactive"]
Price = Annotated[float, Meta(ge=0, le=1_000_000_000)]
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+\Z")]


class BadDetail(Unusable):
    """What is said of a number has no such name or cannot have such a value; the text says which."""


class ImportRefused(Conflict):
    """Some numbers cannot be given to the subaccount; none was."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        """`faults`: what is wrong, by the digits of the number."""
        super().__init__("; ".join(faults.values()))
        self.faults = faults


class NumberDetails(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"
):
    """What an operator says of a number. None: nothing is said."""

    reference_id: Word | None = None
    """What the subaccount calls it; calls from and to it carry it. Always there in a store."""
    operational_status: OperationalStatus = "Active"
    rental_price: Price | None = None
    """A month."""
    incoming_rate: Price | None = None
    """A minute of a call to it."""
    billing_unit: Annotated[int, Meta(ge=1, le=3600)] | None = None
    """Seconds by which calls to it are billed."""
    billing_currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")] | None = None
    """ISO 4217."""
    number_type: Word | None = None
    number_health_check_enabled: bool = False
    trunk: Word | None = None
    """The trunk of the configuration that brings its calls; None: any."""

    def changed(self, changes: Mapping[str, object], *, strict: bool = False) -> "NumberDetails":
        """Say something else, by the names of the API, such as `rentalPrice`; None: nothing. Raises BadDetail.

        Numbers and booleans may be given as text, unless it is `strict`. A reference is never taken away.
        """
        merged = msgspec.to_builtins(self) | changes
        if merged.get("referenceId") is None:
            merged["referenceId"] = self.reference_id
        try:
            return msgspec.convert(
                {name: value for name, value in merged.items() if value is not None}, NumberDetails, strict=strict
            )
        except msgspec.ValidationError as fault:
            text = misfit(fault)
            if text.startswith("billingCurrency"):
                text = "billingCurrency: give three letters, such as USD"
            raise BadDetail(text) from None


class TrunkHealth(msgspec.Struct, frozen=True):
    """What came of asking a trunk (SIP OPTIONS)."""

    is_healthy: bool
    checked: float
    """When it was asked last; seconds since the epoch."""
    changed: float
    """When that last became so."""


class InventoryNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number of a subaccount's inventory, with all that is known of it."""

    msisdn: str
    """Digits without the plus."""
    details: NumberDetails
    created: float
    """When it was given to the subaccount; seconds since the epoch."""
    updated: float
    """When what is said of it last became so."""
    health: TrunkHealth | None = None
    """Of what brings its calls; None: not checked."""

    @property
    def operational_status(self) -> OperationalStatus:
        """What is said of it, but for an active number whose trunk is known not to answer: that is unhealthy."""
        said = self.details.operational_status
        return "Unhealthy" if said == "Active" and self.health is not None and not self.health.is_healthy else said

    @property
    def last_update(self) -> float:
        """When what is said or known of it last changed; seconds since the epoch."""
        return self.updated if self.health is None else max(self.updated, self.health.changed)


def health_of(details: NumberDetails, trunks: Mapping[str, TrunkHealth]) -> TrunkHealth | None:
    """Give the health of a number that is to be checked: of its trunk, or where none is named of the best of all.

    None: it is not to be checked, or nothing is known.
    """
    if not details.number_health_check_enabled:
        return None
    if details.trunk is not None:
        return trunks.get(details.trunk)
    return max(trunks.values(), key=lambda trunk: (trunk.is_healthy, trunk.checked), default=None)


# ---------------------------------------------------------------- what is told


def inventory_body(numbers: Sequence[InventoryNumber], base: str) -> dict[str, Any]:
    """Show an inventory (`GET /numbers`); `base`: the URL to which digits are added for that of one number.

    Every field is there, null where it has no value: programs read them all.
    """
    newest = max((number.last_update for number in numbers), default=None)
    return {
        "totalNumbers": len(numbers),
        "lastUpdatedAt": None if newest is None else format_moment(newest),
        "numbers": [_number(number, base + number.msisdn) for number in numbers],
    }


def _number(number: InventoryNumber, uri: str) -> dict[str, Any]:
    details, health = number.details, number.health
    told = None if health is None else ("Healthy" if health.is_healthy else "Unhealthy")
    return {
        "msisdn": f"+{number.msisdn}",
        "dateCreated": format_moment(number.created),
        "dateUpdated": format_moment(number.last_update),
        "countryCode": Number(number.msisdn).country,
        "operationalStatus": number.operational_status,
        **_billing(details),
        "numberType": details.number_type,
        "uri": uri,
        "numberHealthCheckEnabled": details.number_health_check_enabled,
        "numberHealth": {
            "isHealthy": None if health is None else health.is_healthy,
            "status": told or "Unknown",
            "lastCheckedTime": None if health is None else format_moment(health.checked),
        },
    }


def vnu_body(
    sub_account_id: str, kind: Literal["SNAPSHOT", "UPDATES"], total: int, numbers: Sequence[InventoryNumber]
) -> bytes:
    """Tell of numbers (VNU): all of them, or those that changed; see `taken_away` for one that left.

    Every field is there, null where it has no value.
    """
    status = "UPDATED" if kind == "UPDATES" else "NO_CHANGE"
    payload = {
        "subAccountId": sub_account_id,
        "totalNumbers": total,
        "updateEventType": kind,
        "virtualNumbers": [
            {
                "msisdn": f"+{number.msisdn}",
                "updatedTimestamp": format_moment(number.last_update),
                "countryCode": Number(number.msisdn).country,
                "operationalStatus": number.operational_status,
                **_billing(number.details),
                "numberHealthCheckEnabled": number.details.number_health_check_enabled,
                "updateStatus": status,
            }
            for number in numbers
        ],
    }
    description = "Status of account virtual number(s) updated"
    return msgspec.json.encode(
        {"namespace": "VOICE", "eventType": "VIRTUAL_NUMBER_UPDATE", "description": description, "payload": payload}
    )


def taken_away(number: InventoryNumber, now: float) -> InventoryNumber:
    """Give a number as its program is told of it when it is not its own any more."""
    details = msgspec.structs.replace(number.details, operational_status="Inactive")
    return msgspec.structs.replace(number, details=details, updated=now)


def _billing(details: NumberDetails) -> dict[str, Any]:
    return {
        "referenceId": details.reference_id,
        "rentalPrice": details.rental_price,
        "incomingRate": details.incoming_rate,
        "billingUnit": details.billing_unit,
        "billingCurrency": details.billing_currency,
    }
