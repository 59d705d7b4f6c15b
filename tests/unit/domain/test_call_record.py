"""The lines of export files."""

import phonenumbers
import pytest

from ringback.domain import call_record
from ringback.domain.call_record import COLUMNS, MAX_CONTENT, Lists, Spoken, defused
from ringback.domain.countries import country_name
from ringback.domain.number import Number
from ringback.domain.numbering import Numbering, NumberRange
from ringback.domain.rate import Rates, parse_rates
from ringback.domain.session import Direction, Leg, LegStatus, Quality, Session, SessionStatus

NOW = 1_800_000_000.0
LISTS = Lists(
    Rates(parse_rates(["prefix,price,currency,increment", "65,0.03,EUR,60/60"])),
    Numbering([NumberRange("65812", "Example Mobile", "525", "01")]),
    "main",
)


def leg(name: str = "callA", destination: str = "6581234567", **fields: object) -> Leg:
    made = Leg(
        name=name,
        call_id=f"id-{name}",
        direction=Direction.OUTBOUND,
        source=Number("15550100100"),
        destination=Number(destination),
        initiated=NOW,
        connected=NOW + 2.25,
        disconnected=NOW + 64.5,
        status=LegStatus.COMPLETED,
        quality=Quality(4.4, 0.0, 1.0),
    )
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def lines(*legs: Leg, spoken: list[Spoken] | None = None, lists: Lists = LISTS) -> list[dict[str, str]]:
    session = Session(
        session_id="s1",
        sub_account_id="acme",
        request_id="r1",
        started=NOW,
        ended=NOW + 70,
        status=SessionStatus.COMPLETED,
        legs=list(legs),
    )
    rows = call_record.lines(session, spoken or [], lists)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def test_there_are_the_published_columns_in_their_order() -> None:
    assert ", ".join(COLUMNS) == (
        "SessionId, CallId, AccountId, SubAccountId, Direction, SourceCountryCode, SourceCountry, SourceOperator, "
        "SourceMCC, SourceMNC, SourceEndpoint, DestinationCountryCode, DestinationCountry, DestinationOperator, "
        "DestinationMCC, DestinationMNC, DestinationEndpoint, InitiatedAt, ConnectedAt, DisconnectedAt, DurationInSec, "
        "Product, BillingUnit, BillingIncrement, BillableDurationInSec, UnitPrice, UnitPriceCurrency, "
        "TotalPriceOfCall, CallType, SipStatus, SessionStatus, CallStatus, TTSLength, MOS, Content"
    )
    assert len(COLUMNS) == 35


def test_a_leg_is_a_line() -> None:
    (line,) = lines(leg(), spoken=[Spoken("id-callA", "Hello", 5), Spoken("id-callA", "World", 905)])
    assert line == {
        "SessionId": "s1",
        "CallId": "id-callA",
        "AccountId": "main",
        "SubAccountId": "acme",
        "Direction": "OUTBOUND",
        "SourceCountryCode": "US",
        "SourceCountry": "United States",
        "SourceOperator": "",
        "SourceMCC": "",
        "SourceMNC": "",
        "SourceEndpoint": "15550100100",
        "DestinationCountryCode": "SG",
        "DestinationCountry": "Singapore",
        "DestinationOperator": "Example Mobile",
        "DestinationMCC": "525",
        "DestinationMNC": "01",
        "DestinationEndpoint": "6581234567",
        "InitiatedAt": "2027-01-15T08:00:00.000Z",
        "ConnectedAt": "2027-01-15T08:00:02.250Z",
        "DisconnectedAt": "2027-01-15T08:01:04.500Z",
        "DurationInSec": "62",
        "Product": "VOICE",
        "BillingUnit": "MINUTE",
        "BillingIncrement": "60/60",
        "BillableDurationInSec": "120",
        "UnitPrice": "0.03",
        "UnitPriceCurrency": "EUR",
        "TotalPriceOfCall": "0.06",
        "CallType": "PSTN",
        "SipStatus": "200",
        "SessionStatus": "COMPLETED",
        "CallStatus": "COMPLETED",
        "TTSLength": "910",
        "MOS": "4.40",
        "Content": "Hello World",
    }


def test_each_leg_has_what_was_spoken_to_it() -> None:
    first, second = lines(leg(), leg("callB"), spoken=[Spoken("id-callB", "x" * MAX_CONTENT * 2, MAX_CONTENT * 2)])
    assert (first["TTSLength"], first["Content"]) == ("0", "")
    assert (second["TTSLength"], len(second["Content"])) == (str(MAX_CONTENT * 2), MAX_CONTENT)


def test_a_leg_that_was_not_answered_costs_nothing_and_has_no_quality() -> None:
    (line,) = lines(leg(connected=None, quality=None, status=LegStatus.BUSY, sip_code=486))
    shown = ("ConnectedAt", "DurationInSec", "BillableDurationInSec", "TotalPriceOfCall", "MOS", "SipStatus")
    assert [line[name] for name in shown] == ["", "0", "0", "0", "", "486"]


def test_without_a_rate_the_cells_of_prices_are_empty() -> None:
    (line,) = lines(leg(destination="493012345678"))
    names = COLUMNS[COLUMNS.index("BillingUnit") : COLUMNS.index("CallType")]
    assert [line[name] for name in names] == [""] * 6


def test_a_caller_who_is_no_number_is_carried_as_he_came_and_defused() -> None:
    (line,) = lines(leg(source=Number("=HYPERLINK(1)"), direction=Direction.INBOUND))
    cells = [line[name] for name in ("SourceEndpoint", "SourceCountryCode", "SourceCountry", "SourceOperator")]
    assert cells == ["'=HYPERLINK(1)", "XX", "", ""]


@pytest.mark.parametrize("cell", ["=1+1", "+651", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "6512", "Press 1 = yes", "'=1"])
def test_any_other_cell_is_left_alone(cell: str) -> None:
    assert defused(cell) == cell


def test_every_country_of_a_number_has_a_name() -> None:
    assert [code for code in phonenumbers.SUPPORTED_REGIONS if not country_name(code)] == []
    assert country_name("XX") == ""
