"""A leg as a line of an export file (wire specification, section 3)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ringback.domain.countries import country_name
from ringback.domain.number import Number
from ringback.domain.numbering import Numbering
from ringback.domain.rate import Rates
from ringback.domain.scalars import format_moment
from ringback.domain.session import Leg, Session

COLUMNS: Final = (
    "SessionId",
    "CallId",
    "AccountId",
    "SubAccountId",
    "Direction",
    "SourceCountryCode",
    "SourceCountry",
    "SourceOperator",
    "SourceMCC",
    "SourceMNC",
    "SourceEndpoint",
    "DestinationCountryCode",
    "DestinationCountry",
    "DestinationOperator",
    "DestinationMCC",
    "DestinationMNC",
    "DestinationEndpoint",
    "InitiatedAt",
    "ConnectedAt",
    "DisconnectedAt",
    "DurationInSec",
    "Product",
    "BillingUnit",
    "BillingIncrement",
    "BillableDurationInSec",
    "UnitPrice",
    "UnitPriceCurrency",
    "TotalPriceOfCall",
    "CallType",
    "SipStatus",
    "SessionStatus",
    "CallStatus",
    "TTSLength",
    "MOS",
    "Content",
)
MAX_CONTENT: Final = 10_000
"""Characters of the spoken text that a line holds."""
PRODUCT: Final = "VOICE"
CALL_TYPE: Final = "PSTN"
BILLING_UNIT: Final = "MINUTE"
"""What a unit price is the price of."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet may run (OWASP, CSV injection)."""


class Spoken(msgspec.Struct, frozen=True):
    """A text that was spoken to a leg."""

    call_id: str
    text: str
    """Its beginning, where it is long; empty where it was erased."""
    characters: int
    """Of all of it."""


class Lists(msgspec.Struct, frozen=True):
    """What is known beyond the sessions of a subaccount."""

    rates: Rates
    numbering: Numbering
    account_id: str
    """Empty where the subaccount is gone."""


def lines(session: Session, spoken: Sequence[Spoken], lists: Lists) -> Iterator[Sequence[str]]:
    """Give the cells of each leg of a session that is over, in the order of dialling."""
    for leg in session.legs:
        said = [each for each in spoken if each.call_id == leg.call_id]
        cells = {"AccountId": lists.account_id, **_cells(session, leg, said, lists)}
        yield [defused(cells[name]) for name in COLUMNS]


def defused(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula: an apostrophe goes before it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(session: Session, leg: Leg, spoken: Sequence[Spoken], lists: Lists) -> Mapping[str, str]:
    duration = leg.duration(leg.initiated if session.ended is None else session.ended)
    return {
        "SessionId": session.session_id,
        "CallId": leg.call_id,
        "SubAccountId": session.sub_account_id,
        "Direction": str(leg.direction),
        **_end("Source", leg.source, lists.numbering),
        **_end("Destination", leg.destination, lists.numbering),
        "InitiatedAt": format_moment(leg.initiated),
        "ConnectedAt": "" if leg.connected is None else format_moment(leg.connected),
        "DisconnectedAt": "" if leg.disconnected is None else format_moment(leg.disconnected),
        "DurationInSec": str(duration),
        "Product": PRODUCT,
        **_price(leg, duration, lists.rates),
        "CallType": CALL_TYPE,
        "SipStatus": str(leg.sip_code),
        "SessionStatus": "" if session.status is None else str(session.status),
        "CallStatus": "" if leg.status is None else str(leg.status),
        "TTSLength": str(sum(each.characters for each in spoken)),
        "MOS": "" if leg.quality is None else f"{leg.quality.mos:.2f}",
        "Content": " ".join(each.text for each in spoken if each.text)[:MAX_CONTENT],
    }


def _end(side: str, number: Number, numbering: Numbering) -> Mapping[str, str]:
    """Describe a number: without its plus, which a spreadsheet would take for a formula's."""
    known = numbering.of(number)
    return {
        f"{side}CountryCode": number.country,
        f"{side}Country": country_name(number.country),
        f"{side}Operator": known.operator,
        f"{side}MCC": known.mcc,
        f"{side}MNC": known.mnc,
        f"{side}Endpoint": number.digits,
    }


def _price(leg: Leg, duration: int, rates: Rates) -> Mapping[str, str]:
    rate = rates.of(leg.direction, leg.destination.digits)
    if rate is None:
        names = ("BillingUnit", "BillingIncrement", "BillableDurationInSec", "UnitPrice", "UnitPriceCurrency")
        return dict.fromkeys((*names, "TotalPriceOfCall"), "")
    return {
        "BillingUnit": BILLING_UNIT,
        "BillingIncrement": rate.increment,
        "BillableDurationInSec": str(rate.billable(duration)),
        "UnitPrice": rate.price,
        "UnitPriceCurrency": rate.currency,
        "TotalPriceOfCall": rate.total(duration),
    }
