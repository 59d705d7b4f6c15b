"""Virtual numbers as they are shown (wire specification, section 3)."""

from typing import Final, Literal

import msgspec

from ringback.adapters.http.shapes.scalars import MOMENT, SOURCE, Country, Moment, Msisdn, Url
from ringback.adapters.http.shapes.success import Success
from ringback.domain.inventory import OperationalStatus


class Billing(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a number is called, and what it costs; null where nothing is said."""

    reference_id: str | None
    """What the subaccount calls it."""
    rental_price: float | None
    """A month."""
    incoming_rate: float | None
    """A minute of a call to it."""
    billing_unit: int | None
    """Seconds by which calls to it are billed."""
    billing_currency: str | None
    """ISO 4217."""


class ShownHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether the trunk that brings its calls answers."""

    is_healthy: bool | None
    """Null: not checked."""
    status: Literal["Healthy", "Unhealthy", "Unknown"]
    last_checked_time: Moment | None


class ShownNumber(Billing, frozen=True, kw_only=True):
    """A virtual number."""

    msisdn: Msisdn
    date_created: Moment
    """When it was given to the subaccount."""
    date_updated: Moment
    country_code: Country
    operational_status: OperationalStatus
    number_type: str | None
    uri: Url
    """Of the number in this API."""
    number_health_check_enabled: bool
    number_health: ShownHealth


class NumberList(Success, frozen=True, kw_only=True):
    """The virtual numbers of a subaccount."""

    total_numbers: int
    last_updated_at: Moment | None
    """When one of them last changed; null: there is none."""
    numbers: list[ShownNumber]


class NumberPayload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one virtual number is."""

    reference_id: str
    msisdn: Msisdn
    country_code: Country


class FoundNumber(Success, frozen=True, kw_only=True):
    """A virtual number of the subaccount."""

    timestamp: Moment
    payload: NumberPayload


class UnknownNumber(msgspec.Struct, frozen=True, rename="camel"):
    """The subaccount has no such number, or there is no such subaccount."""

    status_code: Literal[404]
    status_message: str
    timestamp: Moment


INVENTORY: Final = NumberList(
    status_code=0,
    status_message="ok",
    total_numbers=1,
    last_updated_at=MOMENT,
    numbers=[
        ShownNumber(
            msisdn=SOURCE,
            date_created=MOMENT,
            date_updated=MOMENT,
            country_code="SG",
            operational_status="Active",
            reference_id="hotline",
            rental_price=5.0,
            incoming_rate=0.012,
            billing_unit=60,
            billing_currency="USD",
            number_type="Local",
            uri="https://voice.example/api/v1/subaccounts/acme/numbers/6512341234",
            number_health_check_enabled=True,
            number_health=ShownHealth(is_healthy=True, status="Healthy", last_checked_time=MOMENT),
        )
    ],
)
FOUND: Final = FoundNumber(
    status_code=0,
    status_message="ok",
    timestamp=MOMENT,
    payload=NumberPayload(reference_id="hotline", msisdn=SOURCE, country_code="SG"),
)
"""For examples."""
