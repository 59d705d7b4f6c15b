"""What calls cost: rates by how numbers begin, and the increments in which time is counted."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from ringback.domain.errors import RingbackError
from ringback.domain.number import MAX_DIGITS
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


class BadRate(RingbackError):
    """A price list cannot be read; the text names the line and what is wrong with it (the operator's fault)."""


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
        self._rates: Mapping[tuple[str, str], Rate] = {(rate.direction, rate.prefix): rate for rate in rates}

    def of(self, direction: Direction, digits: str) -> Rate | None:
        """Give the rate of the longest prefix that a called number begins with; None where there is none."""
        for size in range(min(len(digits), MAX_DIGITS), -1, -1):
            if (rate := self._rates.get((direction, digits[:size]))) is not None:
                return rate
        return None


def parse_rates(lines: Iterable[str]) -> Sequence[Rate]:
    """Read a price list: CSV whose first line names its columns, in any order. Raises BadRate."""
    reader = csv.DictReader(lines, strict=True)
    rates: dict[tuple[str, str], Rate] = {}
    try:
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
            message = f"line 1: there is no column {missing[0]}: name {', '.join(COLUMNS)}"
            raise BadRate(message)
        for row in reader:
            rate = _rate({name: (text or "").strip() for name, text in row.items() if name}, reader.line_num)
            if (rate.direction, rate.prefix) in rates:
                message = f"line {reader.line_num}: the prefix {rate.prefix!r} is there twice"
                raise BadRate(message)
            rates[rate.direction, rate.prefix] = rate
            if len(rates) > MAX_RATES:
                message = f"there are more than {MAX_RATES} rates"
                raise BadRate(message)
    except csv.Error as fault:
        message = f"after line {reader.line_num}: {fault}"
        raise BadRate(message) from None
    return list(rates.values())


def _rate(row: Mapping[str, str], line: int) -> Rate:
    def check(*, fits: object, how: str) -> None:
        if not fits:
            message = f"line {line}: {how}"
            raise BadRate(message)

    prefix = row["prefix"].removeprefix("+")
    check(fits=_PREFIX.fullmatch(prefix), how=f"prefix: should be at most {MAX_DIGITS} digits")
    check(fits=_is_price(row["price"]), how=f"price: should be 0..{MAX_PRICE} with at most six places")
    check(fits=_CURRENCY.fullmatch(row["currency"]), how="currency: should be three capitals, such as EUR")
    increment = _INCREMENT.fullmatch(row["increment"])
    sizes = tuple(map(int, increment.groups())) if increment else (0, 0)
    check(
        fits=all(1 <= size <= MAX_SECONDS for size in sizes),
        how=f"increment: should be such as 60/60 or 6/6, each 1..{MAX_SECONDS} seconds",
    )
    direction = row.get("direction", "").upper() or Direction.OUTBOUND
    check(fits=direction in set(Direction), how="direction: should be OUTBOUND or INBOUND")
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
