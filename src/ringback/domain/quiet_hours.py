"""When nobody wants to be called: quiet hours by country, on the clocks of whoever is called.

A list of rules such as `SG 21:00-08:00, DE 20:00-08:00, DE Sun 00:00-24:00, * 22:00-07:00`; `*` is every country that
has no rule of its own. Hours that end before they begin end on the next day; days are those on which they begin.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ringback.domain.callflow import Callflow, MakeCall
from ringback.domain.number import Number

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY: Final = f"({'|'.join(DAYS)})"
_TIME: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_RULE: Final = rf"([A-Z]{{2}}|\*)( {_DAY}(-{_DAY})?)? {_TIME}-({_TIME}|24:00)"
RULES: Final = rf"^({_RULE}(, ?{_RULE})*)?\Z"
"""What a list of rules is written like: see HOW."""
HOW: Final = "rules such as SG 21:00-08:00 or DE Sun 00:00-24:00, * for every other country, with commas"
LONGEST: Final = 4096
"""Characters of such a list."""

_MINUTES: Final = 24 * 60
_WEEK: Final = 7 * _MINUTES
_AHEAD: Final = 8 * 86_400.0
"""Seconds ahead that are looked at: where several time zones leave no minute of a week, it is asked again then."""


class _Rule(msgspec.Struct, frozen=True):
    country: str
    days: frozenset[int]
    """On which it begins; 0: Monday."""
    begin: int
    """Minutes from midnight."""
    end: int
    """Minutes from the same midnight, after `begin`."""

    def end_at(self, at: float, zone: tzinfo) -> float | None:
        """Give when the quiet hours end that are at a time; None where there are none then."""
        local = datetime.fromtimestamp(at, zone)
        clock = local.replace(tzinfo=None, fold=0)
        for date in (local.date(), local.date() - timedelta(days=1)):
            midnight = datetime.combine(date, time())
            end = midnight + timedelta(minutes=self.end)
            if date.weekday() in self.days and midnight + timedelta(minutes=self.begin) <= clock < end:
                # where the clocks are put back an end may lie behind: then the hour that comes twice is quiet twice
                return max(end.replace(tzinfo=zone, fold=local.fold).timestamp(), at + 60)
        return None


def due(callflow: Callflow, quiet_hours: str, at: float) -> float:
    """Give when a callflow may first be dialled: not before a time, nor its `startAt`, nor in quiet hours.

    These are those of the number that is called first.
    """
    if callflow.start_at is not None:
        at = max(at, callflow.start_at)
    if not quiet_hours or callflow.ignores_quiet_hours:
        return at
    first = callflow.actions[0] if callflow.actions else None
    return quiet_until(quiet_hours, first.destination, at) if isinstance(first, MakeCall) else at


def quiet_until(written: str, destination: Number, at: float) -> float:
    """Give when a number may be called at a time or later; seconds since the epoch.

    `written`: as RULES says. It is quiet while it is in any of the number's time zones.
    """
    rules = _rules_of(written, destination.country)
    if not rules:
        return at
    zones = [_zone(name) for name in destination.time_zones]
    last = at + _AHEAD
    while at < last:
        ends = [end for zone in zones for rule in rules if (end := rule.end_at(at, zone)) is not None]
        if not ends:
            break
        at = max(ends)
    return at


def never_called(written: str) -> str | None:
    """Name a country for which the rules leave no minute of a week; None: there is none. `*` is all others."""
    for country in {rule.country for rule in _parsed(written)}:
        quiet: set[int] = set()
        for rule in _rules_of(written, country):
            for day in rule.days:
                quiet.update(minute % _WEEK for minute in range(day * _MINUTES + rule.begin, day * _MINUTES + rule.end))
        if len(quiet) == _WEEK:
            return country
    return None


def knows_time_zones() -> bool:
    """Tell whether this machine has the time zones of the world."""
    return _zone("Asia/Singapore") is not UTC


@lru_cache(maxsize=1024)
def _rules_of(written: str, country: str) -> Sequence[_Rule]:
    rules = _parsed(written)
    own = [rule for rule in rules if rule.country == country]
    return own or [rule for rule in rules if rule.country == "*"]


@lru_cache(maxsize=1024)
def _parsed(written: str) -> Sequence[_Rule]:
    return [_rule(rule.strip()) for rule in written.split(",") if rule]


def _rule(written: str) -> _Rule:
    country, *days, hours = written.split(" ")
    begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours.split("-"))
    if end <= begin:
        end += _MINUTES
    return _Rule(country, _days(days[0]) if days else frozenset(range(7)), begin, end)


def _days(written: str) -> frozenset[int]:
    """Read `Sun` or `Sat-Mon`."""
    first, _, last = written.partition("-")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return frozenset(day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1))


@lru_cache(maxsize=1024)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # numbers that belong to no country, such as +800
        return UTC
