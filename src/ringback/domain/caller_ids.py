"""Who may be shown as the caller: numbers, and patterns of numbers such as `1555*`."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple, Self

from ringback.domain.errors import NotACallerId
from ringback.domain.number import MAX_DIGITS, Number, is_possible

WILDCARD: Final = "*"
_PATTERN: Final = re.compile(rf"[1-9][0-9]{{0,{MAX_DIGITS - 2}}}\*", re.ASCII)


def parse_caller_id(text: str) -> str:
    """Read a caller ID as it is kept: the digits of a number, or 1..14 digits and one `*` for whatever they begin.

    A plus in front may be given. Raises NotACallerId for such a pattern that is none, NotANumber for another text.
    """
    if WILDCARD not in text:
        return Number.parse(text).digits
    pattern = text.removeprefix("+")
    if not _PATTERN.fullmatch(pattern):
        raise NotACallerId
    return pattern


class _Prefixes(NamedTuple):
    lengths: tuple[int, ...]
    known: frozenset[str]


class CallerIds(frozenset[str]):
    """A set of digits that also holds every possible number of its patterns.

    A number that is in the set itself costs what it costs in any set; another one a look-up for each length of a
    pattern, however many there are.
    """

    _prefixes: _Prefixes

    def __new__(cls, numbers: Iterable[str], patterns: Iterable[str]) -> Self:
        """`patterns`: as `parse_caller_id` gives them."""
        made = super().__new__(cls, numbers)
        known = frozenset(pattern.removesuffix(WILDCARD) for pattern in patterns)
        made._prefixes = _Prefixes(tuple(sorted({len(prefix) for prefix in known})), known)
        return made

    def __contains__(self, digits: object) -> bool:
        """Tell whether these digits are in the set, or are a possible number that begins like a pattern."""
        if super().__contains__(digits):
            return True
        lengths, known = self._prefixes
        return isinstance(digits, str) and any(digits[:length] in known for length in lengths) and is_possible(digits)


def allowed(caller_ids: Iterable[str], numbers: Iterable[str]) -> frozenset[str]:
    """Give what may be a source: caller IDs, patterns among them, and virtual numbers. Plain where nothing is more."""
    caller_ids = frozenset(caller_ids)
    patterns = [each for each in caller_ids if each.endswith(WILDCARD)]
    every = caller_ids.difference(patterns).union(numbers)
    return CallerIds(every, patterns) if patterns else every
