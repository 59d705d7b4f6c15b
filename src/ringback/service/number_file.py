"""Virtual numbers from a CSV file: everything that is wrong with it is told, line by line."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from ringback.domain.errors import NotANumber, Unusable
from ringback.domain.inventory import MAX_NUMBERS, BadDetail, NumberDetails
from ringback.domain.number import Number

MAX_BYTES: Final = 4 * 1024 * 1024
SHOWN: Final = 20
"""Faults that are told; the others are counted."""
MSISDN: Final = "msisdn"
DETAILS: Final = tuple(field.encode_name for field in msgspec.structs.fields(NumberDetails))
"""Names of the other columns."""


class FileRefused(Unusable):
    """A file of numbers cannot be used; the text names the lines and what is wrong with them."""

    def __init__(self, faults: Mapping[int, str]) -> None:
        """`faults`: by the number of the line, 1 for the header."""
        lines = [f"line {line}: {faults[line]}" for line in sorted(faults)]
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        super().__init__("\n".join(lines[:SHOWN] + more))


class NumberLine(msgspec.Struct, frozen=True):
    """A line of the file."""

    line: int
    details: Mapping[str, object]
    """What it says of the number; an empty cell says nothing."""


def parse(content: bytes) -> Mapping[str, NumberLine]:
    """Read a file: UTF-8, with or without a mark, comma-separated, a header row; give the lines by digits.

    At most MAX_BYTES and MAX_NUMBERS lines. Raises FileRefused.
    """
    lines = rows(content)
    _, header = next(lines, (1, []))
    columns = [name.strip() for name in header]
    _check_header(columns)
    found: dict[str, NumberLine] = {}
    faults: dict[int, str] = {}
    for line, row in lines:
        try:
            digits, details = _read(columns, row)
        except (BadDetail, NotANumber, ValueError) as fault:
            faults[line] = str(fault)
            continue
        if digits in found:
            faults[line] = f"+{digits} is in line {found[digits].line} already"
        found.setdefault(digits, NumberLine(line, details))
        if len(found) > MAX_NUMBERS:
            faults[line] = f"more than {MAX_NUMBERS} numbers"
            break
    if faults:
        raise FileRefused(faults)
    return found


def rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Give the rows of a file that are not empty, with the number of their last line. Raises FileRefused."""
    if len(content) > MAX_BYTES:
        raise FileRefused({1: f"the file is larger than {MAX_BYTES} bytes"})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise FileRefused({content.count(b"\n", 0, fault.start) + 1: "is not UTF-8"}) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise FileRefused({reader.line_num: f"is no CSV: {fault}"}) from None
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _check_header(columns: list[str]) -> None:
    if MSISDN not in columns:
        raise FileRefused({1: f"there is no column {MSISDN}; columns: {', '.join((MSISDN, *DETAILS))}"})
    for name in columns:
        if name not in (MSISDN, *DETAILS):
            raise FileRefused({1: f"there is no column {name[:100]!r}; columns: {', '.join((MSISDN, *DETAILS))}"})
        if columns.count(name) > 1:
            raise FileRefused({1: f"the column {name} is there twice"})


def _read(columns: list[str], row: list[str]) -> tuple[str, Mapping[str, object]]:
    if len(row) != len(columns):
        message = f"has {len(row)} cells, the header {len(columns)}"
        raise ValueError(message)
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=True) if cell.strip()}
    text = cells.pop(MSISDN, "")
    try:
        digits = Number.parse(text).digits
    except NotANumber:
        message = f"{MSISDN}: {text[:100]!r} is no number in E.164"
        raise ValueError(message) from None
    NumberDetails().changed(cells)
    return digits, cells
