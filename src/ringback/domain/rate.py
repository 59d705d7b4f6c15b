"""What calls cost: rates by how numbers begin, and the increments in which time is counted."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from ringback.domain.number import MAX_DIGITS
from ringback.domain.prefix_list import Longest, check, read_rows
from ringback.domain.session import Direction

COLUMNS: Final = ("prefix", "price", "currency", "increment")
"""That a price list must have; `direction` may stand beside them."""
MAX_RATES: Final = 200_000
MAX_PRICE: Final = Decimal(1_000_000)
MAX_SECONDS: Final = 3600
"""Longest increment."""
_PLACES: Final = Decimal("0.000001")
_PREFIX: Final = re.compile(rf"[0-9]{{0,{MAX_DIGITS}}}", re.ASCII)
_PRICE: Final = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_INCREMENT: Final = re.compile(r"([0-9]{1,4})/([0-9]{1,4})", re.ASCII)


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """What a minute costs to numbers that begin alike."""

    direction: Direction
    """An inbound call is rated by the number that was called, as an outbound one is."""
    prefix: str
    """Digits without plus; empty: every number that no longer prefix fits."""
    price: str
    """Of a minute; decimal, with a point, six places at most."""
    currency: str
    """ISO 4217, such as `EUR`."""
    first: int
    """Seconds that every answered call is counted as at least, 1..3600."""
    further: int
    """What comes after them is counted in pieces of so many seconds, 1..3600."""

    @property
    def increment(self) -> str:
        """Give the increments as they are written: `60/60`, `6/6`."""
        return f"{self.first}/{self.further}"

    def billable(self, seconds: int) -> int:
        """Give the seconds that count of a call that lasted so many; 0 for one that was not connected."""
        if seconds <= 0:
            return 0
        return self.first + self.further * -(min(0, self.first - seconds) // self.further)

    def total(self, seconds: int) -> str:
        """Give what a call of so many seconds costs, to a millionth, rounded half up."""
        exact = Decimal(self.price) * self.billable(seconds) / 60
        return f"{exact.quantize(_PLACES, ROUND_HALF_UP).normalize():f}"


class Rates:
    """A price list, asked for the rate of a number."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        """`rates`: no two of one direction and prefix."""
        by_direction: dict[Direction, dict[str, Rate]] = {direction: {} for direction in Direction}
        for rate in rates:
            by_direction[rate.direction][rate.prefix] = rate
        self._rates = {direction: Longest(found) for direction, found in by_direction.items()}

    def of(self, direction: Direction, digits: str) -> Rate | None:
        """Give the rate of the longest prefix that a called number begins with; None where there is none."""
        return self._rates[direction].of(digits)


def parse_rates(lines: Iterable[str]) -> Sequence[Rate]:
    """Read a price list: CSV whose first line names its columns, in any order. Raises BadList."""
    rates: dict[tuple[str, str], Rate] = {}
    for line, row in read_rows(lines, COLUMNS, MAX_RATES):
        rate = _rate(row, line)
        check(line, fits=(rate.direction, rate.prefix) not in rates, how=f"the prefix {rate.prefix!r} is there twice")
        rates[rate.direction, rate.prefix] = rate
    return list(rates.values())


def _rate(row: Mapping[str, str], line: int) -> Rate:
    prefix = row["prefix"].removeprefix("+")
    check(line, fits=_PREFIX.fullmatch(prefix), how=f"prefix: should be at most {MAX_DIGITS} digits")
    check(line, fits=_is_price(row["price"]), how=f"price: should be 0..{MAX_PRICE} with at most six places")
    check(line, fits=_CURRENCY.fullmatch(row["currency"]), how="currency: should be three capitals, such as EUR")
    increment = _INCREMENT.fullmatch(row["increment"])
    sizes = tuple(map(int, increment.groups())) if increment else (0, 0)
    check(
        line,
        fits=all(1 <= size <= MAX_SECONDS for size in sizes),
        how=f"increment: should be such as 60/60 or 6/6, each 1..{MAX_SECONDS} seconds",
    )
    direction = row.get("direction", "").upper() or Direction.OUTBOUND
    check(line, fits=direction in set(Direction), how="direction: should be OUTBOUND or INBOUND")
    return Rate(
        direction=Direction(direction),
        prefix=prefix,
        price=row["price"],
        currency=row["currency"],
        first=sizes[0],
        further=sizes[1],
    )


def _is_price(text: str) -> bool:
    return _PRICE.fullmatch(text) is not None and Decimal(text) <= MAX_PRICE
