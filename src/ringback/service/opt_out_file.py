"""Numbers for an opt-out list from a CSV file: everything that is wrong with it is told, line by line."""

from collections.abc import Sequence
from typing import Final

from ringback.domain.errors import NotANumber
from ringback.domain.number import Number
from ringback.service.number_file import MSISDN, FileRefused, rows

MAX_LINES: Final = 50_000
"""They are written in one transaction, which must not keep calls waiting."""


def parse(content: bytes) -> Sequence[Number]:
    """Read the column `msisdn` of a file; other columns are not looked at, a number may be there twice.

    UTF-8, with or without a mark, comma-separated, a header row; at most `number_file.MAX_BYTES` and MAX_LINES. Raises
    FileRefused.
    """
    lines = rows(content)
    _, header = next(lines, (1, []))
    columns = [name.strip() for name in header]
    if columns.count(MSISDN) != 1:
        raise FileRefused({1: f"there must be one column {MSISDN}"})
    place = columns.index(MSISDN)
    numbers: dict[str, Number] = {}
    faults: dict[int, str] = {}
    for count, (line, row) in enumerate(lines, start=1):
        if count > MAX_LINES:
            faults[line] = f"more than {MAX_LINES} lines"
            break
        text = row[place].strip() if place < len(row) else ""
        try:
            number = Number.parse(text)
        except NotANumber:
            faults[line] = f"{MSISDN}: {text[:100]!r} is no number in E.164"
        else:
            numbers[number.digits] = number
    if faults:
        raise FileRefused(faults)
    return list(numbers.values())
