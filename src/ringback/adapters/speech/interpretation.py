"""What a voice is given for a text: the `say-as` of SSML, and what English voices would read wrongly otherwise."""

import re
from typing import Final

from ringback.adapters.speech import english
from ringback.adapters.speech.digits import groups_of, telephone_groups, told
from ringback.domain.ssml import Manner, SayAs, Spoken

_NUMBERS: Final = re.compile(r"\d+")
_ORDERS: Final = re.compile(r"[dmy]{1,8}")
_WORDS: Final = re.compile(r"[^\W\d_]{3}")
_COMPACT: Final = len("20260120")
_LONGEST_CARDINAL: Final = 15
_OLDEST: Final = 70
"""Years of two digits from here on are of the last century."""


def interpreted(spoken: Spoken, locale: str, before: str = "") -> str:
    """Write what is spoken so that a voice of a locale reads it as it is meant; `before`: what the text said before."""
    language, *rest = locale.split("-")
    if language == "en" and "Shaw" not in rest:  # the Shavian alphabet has its own words
        return _in_english(spoken.text, spoken.manner, before, american=locale == "en-US")
    match spoken.manner.say_as:
        case SayAs.DIGITS:
            return told(groups_of(spoken.text), english=False)
        case SayAs.TELEPHONE:
            return told(telephone_groups(spoken.text), english=False)
        case SayAs.CHARACTERS:
            return ", ".join("".join(spoken.text.split()))
    return spoken.text


def _in_english(text: str, manner: Manner, before: str, *, american: bool) -> str:
    match manner.say_as:
        case SayAs.DIGITS:
            return told(groups_of(text), english=True)
        case SayAs.TELEPHONE:
            return told(telephone_groups(text), english=True)
        case SayAs.CHARACTERS:
            return english.spelled(text)
        case SayAs.CARDINAL:
            return _cardinal(text)
        case SayAs.DATE:
            return _date(text, manner.format, american=american) or text
    return english.read(text, american=american, before=before)


def _cardinal(text: str) -> str:
    """Keep four digits from being read as a year."""
    digits = text.strip()
    return f"{int(digits):,}" if digits.isdecimal() and len(digits) <= _LONGEST_CARDINAL else text


def _date(text: str, order: str, *, american: bool) -> str | None:
    """Write a date in words; `order`: the fields of the text, such as `mdy`; None where the text is no such date."""
    numbers = _NUMBERS.findall(text)
    if not numbers or _WORDS.search(text):
        return None
    if not _ORDERS.fullmatch(order):
        order = _usual_order(numbers, american=american)
    fields = "".join(dict.fromkeys(order))  # yyyymmdd says the same as ymd
    if len(numbers) == 1 and len(numbers[0]) == _COMPACT and len(fields) == len("ymd"):
        numbers = _parted(numbers[0], fields)
    if len(numbers) != len(fields) or "m" not in fields:
        return None
    found = dict(zip(fields, numbers, strict=True))
    day = int(found["d"]) if "d" in found and len(found["d"]) <= len("31") else None
    if ("d" in found and day is None) or len(found["m"]) > len("12"):
        return None
    return english.date(day, int(found["m"]), _year(found.get("y", "")), american=american)


def _usual_order(numbers: list[str], *, american: bool) -> str:
    first = "md" if american else "dm"
    if len(numbers) == len("md"):
        return first
    return "ymd" if len(numbers[0]) >= len("2026") else first + "y"


def _parted(digits: str, fields: str) -> list[str]:
    found, start = [], 0
    for field in fields:
        size = 4 if field == "y" else 2
        found.append(digits[start : start + size])
        start += size
    return found


def _year(digits: str) -> str:
    if len(digits) != len("26"):
        return digits
    return f"{19 if int(digits) >= _OLDEST else 20}{digits}"
