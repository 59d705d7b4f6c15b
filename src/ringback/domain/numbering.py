"""Whose number ranges are: operators, and their mobile country and network codes (ITU-T E.212)."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ringback.domain.number import MAX_DIGITS, Number
from ringback.domain.prefix_list import Longest, check, read_rows

COLUMNS: Final = ("prefix", "operator", "mcc", "mnc")
"""That a list of number ranges must have."""
MAX_RANGES: Final = 500_000
MAX_NAME: Final = 100
"""Characters of an operator's name."""
_PREFIX: Final = re.compile(rf"[0-9]{{1,{MAX_DIGITS}}}", re.ASCII)
_MCC: Final = re.compile(r"([0-9]{3})?", re.ASCII)
_MNC: Final = re.compile(r"([0-9]{2,3})?", re.ASCII)


class NumberRange(msgspec.Struct, frozen=True):
    """Numbers that begin alike, and whose they are."""

    prefix: str
    """Digits without plus, 1..15."""
    operator: str
    mcc: str
    """Three digits; empty where it is not known."""
    mnc: str
    """Two or three digits; empty where it is not known."""


class Numbering:
    """The ranges that an operator gave us; beyond them libphonenumber knows the names of mobile operators."""

    def __init__(self, ranges: Iterable[NumberRange] = ()) -> None:
        """`ranges`: no two of one prefix."""
        self._ranges = Longest({each.prefix: each for each in ranges})

    def of(self, number: Number) -> NumberRange:
        """Give the range of a number; what is not known of it is empty.

        A number that was ported since is somebody else's; nobody but the operators knows.
        """
        return self._ranges.of(number.digits) or NumberRange("", number.operator, "", "")


def parse_numbering(lines: Iterable[str]) -> Sequence[NumberRange]:
    """Read a list of number ranges: CSV whose first line names its columns, in any order. Raises BadList."""
    ranges: dict[str, NumberRange] = {}
    for line, row in read_rows(lines, COLUMNS, MAX_RANGES):
        prefix = row["prefix"].removeprefix("+")
        check(line, fits=_PREFIX.fullmatch(prefix), how=f"prefix: should be 1..{MAX_DIGITS} digits")
        check(line, fits=prefix not in ranges, how=f"the prefix {prefix!r} is there twice")
        check(line, fits=len(row["operator"]) <= MAX_NAME, how=f"operator: should be at most {MAX_NAME} characters")
        check(line, fits=_MCC.fullmatch(row["mcc"]), how="mcc: should be three digits, or empty")
        check(line, fits=_MNC.fullmatch(row["mnc"]), how="mnc: should be two or three digits, or empty")
        ranges[prefix] = NumberRange(prefix, row["operator"], row["mcc"], row["mnc"])
    return list(ranges.values())
