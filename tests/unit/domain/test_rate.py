"""Price lists, and what calls cost by them."""

import pytest

from ringback.domain import rate as rates
from ringback.domain.prefix_list import BadList
from ringback.domain.rate import Rate, Rates, parse_rates
from ringback.domain.session import Direction

HEAD = "prefix,price,currency,increment"


def rate(increment: str = "60/60", price: str = "0.03", prefix: str = "65") -> Rate:
    (read,) = parse_rates([HEAD, f"{prefix},{price},EUR,{increment}"])
    return read


@pytest.mark.parametrize(
    ("increment", "seconds", "billable"),
    [
        ("60/60", 0, 0),
        ("60/60", 1, 60),
        ("60/60", 60, 60),
        ("60/60", 61, 120),
        ("6/6", 7, 12),
        ("6/6", 6, 6),
        ("30/6", 31, 36),
        ("30/6", 36, 36),
        ("30/6", 37, 42),
        ("1/1", 14400, 14400),
    ],
)
def test_time_is_counted_in_increments(increment: str, seconds: int, billable: int) -> None:
    assert rate(increment).billable(seconds) == billable


@pytest.mark.parametrize(
    ("price", "increment", "seconds", "total"),
    [
        ("0.03", "60/60", 61, "0.06"),
        ("0.01", "1/1", 1, "0.000167"),
        ("0.000003", "1/1", 10, "0.000001"),
        ("100", "60/60", 60, "100"),
        ("0", "60/60", 60, "0"),
        ("0.03", "60/60", 0, "0"),
    ],
)
def test_a_call_costs_its_counted_time_to_a_millionth(price: str, increment: str, seconds: int, total: str) -> None:
    assert rate(increment, price).total(seconds) == total


def test_the_longest_prefix_wins_and_an_empty_one_fits_all() -> None:
    listed = parse_rates([HEAD, ",1,EUR,60/60", "6,2,EUR,60/60", "+6581,3,EUR,6/6"])
    priced = Rates(listed)

    def price(digits: str) -> str | None:
        found = priced.of(Direction.OUTBOUND, digits)
        return None if found is None else found.price

    assert [price(digits) for digits in ("6581234567", "6512345678", "49301234", "")] == ["3", "2", "1", "1"]
    assert priced.of(Direction.INBOUND, "6581234567") is None


def test_inbound_calls_have_rates_of_their_own() -> None:
    priced = Rates(parse_rates([f"direction,{HEAD}", "inbound,65,1,EUR,1/1", ",65,2,EUR,1/1"]))
    found = [priced.of(direction, "6512345678") for direction in (Direction.INBOUND, Direction.OUTBOUND)]
    assert [each.price for each in found if each is not None] == ["1", "2"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("6x,1,EUR,60/60", "line 2: prefix"),
        ("1234567890123456,1,EUR,60/60", "line 2: prefix"),
        ("65,-1,EUR,60/60", "line 2: price"),
        ('65,"1,5",EUR,60/60', "line 2: price"),
        ("65,1000000.1,EUR,60/60", "line 2: price"),
        ("65,0.0000001,EUR,60/60", "line 2: price"),
        ("65,1,euro,60/60", "line 2: currency"),
        ("65,1,EUR,60", "line 2: increment"),
        ("65,1,EUR,0/60", "line 2: increment"),
        ("65,1,EUR,60/3601", "line 2: increment"),
        ("65,1", "line 2: currency"),
        ('65,"1', "after line 1: "),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, names: str) -> None:
    with pytest.raises(BadList) as caught:
        parse_rates([HEAD, line])
    assert str(caught.value).startswith(names)


def test_a_list_without_a_head_with_a_double_or_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadList, match="no column prefix"):
        parse_rates(["65,1,EUR,60/60"])
    with pytest.raises(BadList, match="no column prefix"):
        parse_rates([])
    with pytest.raises(BadList, match="line 3: the prefix '65' is there twice"):
        parse_rates([HEAD, "65,1,EUR,60/60", "+65,2,EUR,60/60"])
    with pytest.raises(BadList, match="direction"):
        parse_rates([f"{HEAD},direction", "65,1,EUR,60/60,sideways"])
    monkeypatch.setattr(rates, "MAX_RATES", 1)
    with pytest.raises(BadList, match="more than 1 rows"):
        parse_rates([HEAD, "65,1,EUR,60/60", "66,2,EUR,60/60"])
