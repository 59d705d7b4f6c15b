"""Which calls an export is asked for."""

import msgspec
import pytest

from ringback.service.export_request import DAY, MAX_DAYS, MAX_LINES, Period, parse
from ringback.service.webhooks import ParameterInvalid

MIDNIGHT = 1_799_971_200.0
"""2027-01-15T00:00:00Z."""
NOW = MIDNIGHT + 8 * 3600


def asked(**fields: object) -> Period:
    return parse(msgspec.json.encode({name.rstrip("_"): value for name, value in fields.items()}), NOW)


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b'{"from": null, "to": null, "limit": null}', b'{"more": 1}'])
def test_nothing_asked_for_is_the_last_seven_days_and_today_so_far(body: bytes) -> None:
    assert parse(body, NOW) == Period(since=MIDNIGHT - 7 * DAY, until=NOW, most=0)


def test_a_date_is_a_whole_day_that_of_to_included() -> None:
    period = asked(from_="2027-01-02", to="2027-01-03", limit=9)
    assert period == Period(since=MIDNIGHT - 13 * DAY, until=MIDNIGHT - 11 * DAY, most=9)
    assert asked(from_="2027-01-02", to="2027-01-02").until == MIDNIGHT - 12 * DAY


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-14T12:00:00Z", MIDNIGHT - DAY / 2),
        ("2027-01-14T12:00:00.250Z", MIDNIGHT - DAY / 2 + 0.25),
        ("2027-01-14T12:00:00", MIDNIGHT - DAY / 2),
        ("2027-01-14T20:00:00+08:00", MIDNIGHT - DAY / 2),
        ("2027-01-14T06:30:00-05:30", MIDNIGHT - DAY / 2),
    ],
)
def test_a_date_time_is_a_moment_whatever_its_offset(text: str, moment: float) -> None:
    assert asked(from_=text).since == moment
    assert asked(to=text).until == moment


def test_nothing_of_the_future_is_exported() -> None:
    assert asked(to="2027-01-20").until == NOW
    assert asked(to="2027-01-15").until == NOW


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"from_": "yesterday"}, "from: should be a date"),
        ({"to": "2027-02-30"}, "to: should be a date"),
        ({"to": "2027-01-14T25:00:00Z"}, "to: should be a date"),
        ({"from_": ""}, "from: should be a date"),
        ({"from_": "2027-01-03", "to": "2027-01-02T23:59:59Z"}, "from: should not be later than to"),
        ({"from_": "2026-01-13", "to": "2027-01-14"}, f"from: should be at most {MAX_DAYS} days"),
        ({"from_": 1}, "Expected `str | null`"),
        ({"limit": -1}, "Expected `int` >= 0"),
        ({"limit": MAX_LINES + 1}, "Expected `int` <= "),
        ({"limit": "1"}, "Expected `int | null`"),
    ],
)
def test_what_cannot_be_is_named(fields: dict[str, object], names: str) -> None:
    with pytest.raises(ParameterInvalid) as caught:
        asked(**fields)
    assert str(caught.value).startswith(names)


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"', b"\xff", b'{"from": "\xff"}', b'{"from": "\\ud800"}'])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ParameterInvalid):
        parse(body, NOW)


def test_the_longest_time_is_taken() -> None:
    assert asked(from_="2026-01-14", to="2027-01-14").until == MIDNIGHT
