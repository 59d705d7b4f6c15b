"""English as it is read out: codes and telephone numbers digit by digit; money, times and dates in words.

Numbers that a voice reads rightly by itself (cardinals, ordinals, decimals, percentages, years) stay as they are, and
so do web and mail addresses, versions and what is part of a word.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ringback.adapters.speech.digits import groups_of, telephone_groups, told

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_CURRENCIES: Final[Mapping[str, tuple[str, str, str, str]]] = MappingProxyType(
    {
        "$": ("dollar", "dollars", "cent", "cents"),
        "US$": ("US dollar", "US dollars", "cent", "cents"),
        "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
        "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
        "HK$": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
        "NZ$": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
        "S$": ("Singapore dollar", "Singapore dollars", "cent", "cents"),
        "£": ("pound", "pounds", "penny", "pence"),
        "€": ("euro", "euros", "cent", "cents"),
    }
)
_NAMED_CURRENCIES: Final[Mapping[str, str]] = MappingProxyType(
    {"USD": "US$", "AUD": "A$", "CAD": "C$", "HKD": "HK$", "NZD": "NZ$", "SGD": "S$", "GBP": "£", "EUR": "€"}
)
_AMOUNT: Final = r"(?:\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.\d{1,2})?"
_NO_MORE: Final = r"(?![\w%]|[.,:/-]\d)"
_SHORT_MONTHS: Final = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_FOUND: Final = re.compile(
    rf"""
    (?P<address>(?<!\S)\S*?(?:@|://|www\.)\S*)
    |(?P<money>(?:(?P<range>(?<=\d)\s?[-\u2013]\s?)|(?<![\w$£€])(?P<minus>-)|(?<![\w$£€]))(?P<currency>(?:US|HK|NZ|[ACS])?\$|[£€]|(?:USD|AUD|CAD|HKD|NZD|SGD|GBP|EUR)\b)
        \s?(?P<sum>{_AMOUNT})(?P<scale>\s(?:thousand|million|billion|trillion)\b|){_NO_MORE})
    |(?P<time>(?:(?P<until>(?<=[\dMm])\s?[-\u2013]\s?)|(?<![\w:.]))(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d)|(?=\s?[AaPp]\.?[Mm]\b))
        (?:\s?(?P<half>[AaPp])\.?[Mm]\b(?:\.(?=\s+[a-z]))?)?(?![\w:]))
    |(?P<iso>(?<![\w.-])(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-]))
    |(?P<date>(?<![\w./-])(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<second>\d{{1,2}})(?P=mark)(?P<third>\d{{4}})(?![\w/-]|\.\d))
    |(?P<day_month>(?<![\w./-])(?P<early>\d{{1,2}})/(?P<later>\d{{1,2}})(?![\w/-]|\.\d))
    |(?P<telephone>(?<![\w+.,/-])
        (?:\(?\+(?:\d{{7,15}}|\d{{1,3}}\)?(?:[ .-]{{1,2}}\(?\d{{2,10}}\)?){{1,6}})
        |(?:1[ .-])?(?:\(\d{{3}}\)\s?|\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}
        |\d{{3}}-\d{{4}}
        |0\d{{2,5}}(?:[ -]\d{{3,8}}){{1,3}}
        |\d{{2,5}}(?:[ -]\d{{2,5}}){{2,6}}){_NO_MORE})
    |(?P<pair>(?<![\w+.,/-])(?:\d{{3,4}}[ -]\d{{3,4}}|\d(?:-\d){{3,15}}){_NO_MORE})
    |(?P<mixed>(?<![\w.-])(?=[A-Z-]{{0,50}}\d)(?=[\d-]{{0,50}}[A-Z])[A-Z\d]{{1,12}}(?:-[A-Z\d]{{1,12}}){{0,4}}(?![\w-]|[.:]\d))
    |(?P<number>(?<![\w+/-])(?<!\d[:,.])\d{{1,30}}{_NO_MORE})
    |(?P<month_name>(?<!\w)(?:{_SHORT_MONTHS})\b\.?(?=\s\d{{1,4}}\b)|(?<=\d\s)(?:{_SHORT_MONTHS})\b)
    |(?P<hash>(?<![\w&\#])\#(?=\d))
    |(?P<key>(?<![\w*\#])[*\#](?![\w*\#]))
    """,
    re.VERBOSE,
)

_RISKY: Final = re.compile(r"[\d*#]")
"""A text with none of these is read rightly."""
_BESIDE: Final = 60
"""Characters before and after a number that tell what it is."""
_CODES: Final = (
    "code|pin|otp|passcode|password|token|reference|ref|order|booking|ticket|invoice|account|card|tracking"
    "|confirmation|verification|policy|customer|member|membership|serial|licence|license|id|extension|ext|zip|postcode"
    "|number|digits"
)
_CODE_BEFORE: Final = re.compile(
    rf"\b(?:{_CODES})s?\b[\s:.#(\"']*(?:(?:is|are|was|number|no|code|id)\b[\s:.#\"']*){{0,3}}$"
    r"|\b(?:code|pin|otp|passcode|password)\b[^.!?]{0,40}\b(?:is|are)\b[\s:\"']*$"
    r"|\bending(?:\s+(?:in|with))?\s+$"
    r"|\b(?:enter|type|key\s+in|quote)\s+(?:the\s+)?[\"']?$",
    re.IGNORECASE,
)
_CODE_AFTER: Final = re.compile(
    r"[\"')]*\s+(?:is|as)\s+(?:your|the|a)\b[^.!?]{0,40}\b(?:code|pin|otp|passcode|password|number|id)\b", re.IGNORECASE
)
_SHORT_CODE: Final = re.compile(r"\b(?:code|pin|otp|passcode|ext|extension)\b", re.IGNORECASE)
_CALL_BEFORE: Final = re.compile(
    r"\b(?:call|dial|phone|telephone|tel|mobile|text|ring|contact|fax)\b[\s:.]*(?:us\s+|me\s+)?(?:on\s+|at\s+)?$",
    re.IGNORECASE,
)
_KEY_BEFORE: Final = re.compile(r"\b(?:press|key|hit|dial|the|or|and|by|with|then|a)\s+[\"'(]?$", re.IGNORECASE)
_YEAR_BEFORE: Final = re.compile(
    r"\b(?:in|since|until|till|by|year|before|after|from|of|the|early|late|mid|summer|autumn|winter|spring"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)\s+$|\d(?:th|st|nd|rd),?\s+$",
    re.IGNORECASE,
)
_DAY_BEFORE: Final = re.compile(r"\b(?:on|by|until|till|before|after|from|since|due|to)\s+$", re.IGNORECASE)
_COUNTED_AFTER: Final = re.compile(r"\s+(?!(?:was|is|has|as|its|this)\b)[a-z]+s\b")
_WORD_AFTER: Final = re.compile(r"\s+[a-z]")
_THING_AFTER: Final = re.compile(
    r"\s+(?!(?:a|an|and|are|as|at|by|can|for|from|has|have|if|in|is|now|of|on|or|please|so|the|then|to|until|was|were"
    r"|when|will|with)\b)[a-z]{3}"
)
_NAMED_BEFORE: Final = re.compile(
    r"\b(?:room|flight|bus|train|gate|unit|suite|apartment|building|house|line|channel|[A-Z]{1,5})\s+$"
)
_SPELLED: Final = re.compile(r"\d+|\S")
_SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "-": "dash",
        ".": "dot",
        ",": "comma",
        "_": "underscore",
        "/": "slash",
        "\\": "backslash",
        "@": "at",
        "+": "plus",
        "*": "star",
        "#": "hash",
        "&": "and",
        "%": "percent",
        "$": "dollar",
        ":": "colon",
        ";": "semicolon",
        "!": "exclamation mark",
        "?": "question mark",
        "=": "equals",
        "'": "apostrophe",
        '"': "quote",
        "(": "open bracket",
        ")": "close bracket",
    }
)

_SHORTEST_CODE: Final = 3
_USUAL_CODE: Final = 4
_BARE_CODE: Final = 6
"""Digits of a number that is a code unless a word tells what is counted."""
_COUNTABLE: Final = 9
"""Digits of a number that somebody may count to."""
_SHORTEST_TELEPHONE: Final = 7
_MANY_RUNS: Final = 2
"""Runs of letters or digits that a word has at most: `B2`, `COVID-19`."""
_TWO_DIGITS: Final = 10
_LONGEST_MONTH: Final = 31
_YEARS_OF_NOW: Final = range(1900, 2100)
"""Years unless a word after says what is counted."""


def read(text: str, *, american: bool, before: str = "") -> str:
    """Rewrite what an English voice would read wrongly. `american`: 1/2/2026 is in January, # is the pound key.

    `before`: what was said just before, which may tell what the first number is.
    """
    if not _RISKY.search(text):
        return text
    whole, end, read_out = before + text, len(before), ""
    for found in _FOUND.finditer(whole, end):
        read_out += whole[end : found.start()] + _READINGS[found.lastgroup or "address"](found, american)
        end = found.end()
    return read_out + whole[end:]


def spelled(text: str) -> str:
    """Write a text so that it is spelled: `A1-b22` is `A, one, dash, B, two two`."""
    return ", ".join(
        told(groups_of(run), english=True) if run.isdecimal() else _SIGNS.get(run, run.upper())
        for run in _SPELLED.findall(text)
    )


def date(day: int | None, month: int, year: str, *, american: bool) -> str | None:
    """Write a date in words; None where there is no such day. `year`: may be empty."""
    if not 1 <= month <= len(_MONTHS):
        return None
    name = _MONTHS[month - 1]
    if day is None:
        return f"{name} {year}"
    if not 1 <= day <= _LONGEST_MONTH:
        return None
    if american:
        return f"{name} {_ordinal(day)}{', ' if year else ''}{year}"
    return f"the {_ordinal(day)} of {name}{' ' if year else ''}{year}"


def _ordinal(day: int) -> str:
    ending = "th" if day // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _as_it_is(found: re.Match[str], _american: object) -> str:
    return found[0]


def _money(found: re.Match[str], _american: object) -> str:
    sign = found["currency"]
    one, many, cent, cents = _CURRENCIES[_NAMED_CURRENCIES.get(sign, sign)]
    lead = "minus " if found["minus"] else " to " if found["range"] else ""
    total = found["sum"]
    whole, _, part = total.partition(".")
    units = int(whole.replace(",", ""))
    if found["scale"] or len(part) == 1:
        return f"{lead}{total}{found['scale']} {many}"
    said = f"{units:,} {one if units == 1 else many}"
    if not int(part or 0):
        return lead + said
    rest = f"{int(part)} {cent if int(part) == 1 else cents}"
    return lead + (f"{said} and {rest}" if units else rest)


def _time(found: re.Match[str], _american: object) -> str:
    minute = int(found["minute"] or 0)
    said = f"{' to ' if found['until'] else ''}{int(found['hour'])}"
    if minute:
        said += f" oh {minute}" if minute < _TWO_DIGITS else f" {minute}"
    if found["half"]:
        return f"{said} {found['half'].upper()}M"
    return said if minute else f"{said} o'clock"


def _iso(found: re.Match[str], american: bool) -> str:  # noqa: FBT001 - the table of readings passes it by position
    return date(int(found["day"]), int(found["month"]), found["year"], american=american) or found[0]


def _date(found: re.Match[str], american: bool) -> str:  # noqa: FBT001 - as above
    month_first = american and found["mark"] != "."
    return _ordered(found["first"], found["second"], found["third"], month_first, american) or found[0]


def _day_month(found: re.Match[str], american: bool) -> str:  # noqa: FBT001 - as above
    if not _DAY_BEFORE.search(_before(found)):
        return found[0]
    return _ordered(found["early"], found["later"], "", american, american) or found[0]


def _ordered(first: str, second: str, year: str, month_first: bool, american: bool) -> str | None:  # noqa: FBT001 - as above
    """Write a date whose day and month come in the usual order, or in the other one where that is no date."""
    month, day = (int(first), int(second)) if month_first else (int(second), int(first))
    if month > len(_MONTHS):
        month, day = day, month
    return date(day, month, year, american=american)


def _telephone(found: re.Match[str], _american: object) -> str:
    if sum(sign.isdigit() for sign in found[0]) < _SHORTEST_TELEPHONE:
        return found[0]
    return told(telephone_groups(found[0]), english=True)


def _pair(found: re.Match[str], _american: object) -> str:
    if _is_named(found) or _CALL_BEFORE.search(_before(found)):
        return told(groups_of(found[0]), english=True)
    return found[0]


def _mixed(found: re.Match[str], _american: object) -> str:
    runs = len(re.findall(r"[A-Z]+|\d+", found[0]))
    if (runs > _MANY_RUNS and len(found[0]) > _USUAL_CODE) or _is_named(found):
        return spelled(found[0].replace("-", ""))
    return found[0]


def _number(found: re.Match[str], _american: object) -> str:
    digits, after = found[0], _after(found)
    size = len(digits)
    if _is_code(found) or (digits[0] == "0" and size > 1):
        return told(groups_of(digits), english=True)
    if not digits.endswith("00") and size >= _BARE_CODE:
        counted = (_WORD_AFTER if size == _BARE_CODE else _COUNTED_AFTER).match(after) and size <= _COUNTABLE
        if not counted:
            return told(groups_of(digits), english=True)
    if size == len("1234") and _is_counted(int(digits), _before(found), after):
        return f"{int(digits):,}"
    return digits


def _is_code(found: re.Match[str]) -> bool:
    size = len(found[0])
    if size < _SHORTEST_CODE:
        return False
    if size >= _USUAL_CODE and _CODE_AFTER.match(_after(found)):
        return True
    if _CALL_BEFORE.search(_before(found)):
        return _COUNTED_AFTER.match(_after(found)) is None
    before = _CODE_BEFORE.search(_before(found))
    return before is not None and (size >= _USUAL_CODE or _SHORT_CODE.search(before[0]) is not None)


def _is_named(found: re.Match[str]) -> bool:
    """Tell whether the words beside something call it a code."""
    return _CODE_BEFORE.search(_before(found)) is not None or _CODE_AFTER.match(_after(found)) is not None


def _is_counted(number: int, before: str, after: str) -> bool:
    """Tell whether four digits count things: voices read others as years, two by two, which names and streets like."""
    if _NAMED_BEFORE.search(before) or not _THING_AFTER.match(after):
        return False
    may_be_year = number in _YEARS_OF_NOW and not _COUNTED_AFTER.match(after)
    return not may_be_year and not _YEAR_BEFORE.search(before)


def _month_name(found: re.Match[str], _american: object) -> str:
    return next(name for name in _MONTHS if name.startswith(found[0][:3]))


def _hash(_found: object, _american: object) -> str:
    return "number "


def _key(found: re.Match[str], american: bool) -> str:  # noqa: FBT001 - as above
    if not _KEY_BEFORE.search(_before(found)):
        return found[0]
    return "star" if found[0] == "*" else "pound" if american else "hash"


def _before(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - _BESIDE) : found.start()]


def _after(found: re.Match[str]) -> str:
    return found.string[found.end() : found.end() + _BESIDE]


_READINGS: Final[Mapping[str, Callable[[re.Match[str], bool], str]]] = MappingProxyType(
    {
        "address": _as_it_is,
        "money": _money,
        "time": _time,
        "iso": _iso,
        "date": _date,
        "day_month": _day_month,
        "telephone": _telephone,
        "pair": _pair,
        "mixed": _mixed,
        "number": _number,
        "month_name": _month_name,
        "hash": _hash,
        "key": _key,
    }
)
