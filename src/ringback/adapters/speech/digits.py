"""Digits that are told one by one: codes, account numbers and telephone numbers, in groups that an ear can hold."""

import re
from collections.abc import Sequence
from typing import Final

import phonenumbers

_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_RUNS: Final = re.compile(r"\d+")
_GROUPS: Final = {7: (3, 4), 8: (4, 4), 10: (3, 3, 4), 11: (1, 3, 3, 4), 16: (4, 4, 4, 4)}
"""How so many digits are parted; up to five stay together, others go by threes."""
_HELD: Final = 5


def grouped(digits: str) -> Sequence[str]:
    """Part a run of digits as people do: 482913 is 482, 913."""
    if len(digits) <= _HELD:
        return [digits]
    sizes = _GROUPS.get(len(digits))
    if sizes is None:
        rest = len(digits) % 3
        first = (rest + 3,) if rest == 1 else (rest,) if rest else ()
        sizes = (*first, *(3 for _ in range((len(digits) - sum(first)) // 3)))
    found, start = [], 0
    for size in sizes:
        found.append(digits[start : start + size])
        start += size
    return found


def groups_of(text: str) -> Sequence[str]:
    """Give the groups of digits that a writer made, the long ones parted."""
    return [group for run in _RUNS.findall(text) for group in grouped(run)]


def telephone_groups(text: str) -> Sequence[str]:
    """Give the groups of a telephone number: the writer's, else those of its country; a plus stays with the first."""
    if not text.lstrip(" (").startswith("+"):
        return groups_of(text)
    runs = _RUNS.findall(text)
    groups = groups_of(_international("+" + runs[0]) if len(runs) == 1 else text)
    return ["+" + groups[0], *groups[1:]] if groups else []


def _international(number: str) -> str:
    """Write a number as its country does."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def told(groups: Sequence[str], *, english: bool) -> str:
    """Write groups so that a voice says digit after digit, with a short rest at each comma.

    A plus is a word in English; other voices are given figures, and know their own words for them.
    """
    if not english:
        return ", ".join(" ".join(group) for group in groups)
    return ", ".join(" ".join(_word(sign) for sign in group) for group in groups)


def _word(sign: str) -> str:
    return "plus" if sign == "+" else _WORDS[int(sign)]
