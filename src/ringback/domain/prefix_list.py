"""Lists that an operator gives as CSV and that are asked by how a number begins: prices, number ranges."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from ringback.domain.errors import Unusable
from ringback.domain.number import MAX_DIGITS

T = TypeVar("T")


class BadList(Unusable):
    """A list cannot be read; the text names the line and what is wrong with it (the operator's fault)."""


class Longest(Generic[T]):
    """Gives what belongs to the longest prefix of a number."""

    def __init__(self, found: Mapping[str, T]) -> None:
        """`found`: by prefix, digits; an empty one fits every number."""
        self._found = found

    def of(self, digits: str) -> T | None:
        """Give what belongs to a number; None where no prefix fits."""
        for size in range(min(len(digits), MAX_DIGITS), -1, -1):
            if (found := self._found.get(digits[:size])) is not None:
                return found
        return None


def read_rows(lines: Iterable[str], columns: Sequence[str], most: int) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Read CSV whose first line names its columns, in any order; give each row with the number of its line.

    `columns`: that must be there; `most`: rows. Raises BadList.
    """
    reader = csv.DictReader(lines, strict=True)
    try:
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            message = f"line 1: there is no column {missing[0]}: name {', '.join(columns)}"
            raise BadList(message)
        for number, row in enumerate(reader):
            if number >= most:
                message = f"line {reader.line_num}: there are more than {most} rows"
                raise BadList(message)
            yield reader.line_num, {name: (text or "").strip() for name, text in row.items() if name}
    except csv.Error as fault:
        message = f"after line {reader.line_num}: {fault}"
        raise BadList(message) from None


def check(line: int, *, fits: object, how: str) -> None:
    """Raise BadList unless a cell fits; `how` says what it should be."""
    if not fits:
        message = f"line {line}: {how}"
        raise BadList(message)
