"""The violations that a walk collects, each with its place in the order of precedence."""

from enum import IntEnum
from typing import Final

from ringback.domain.status import ACTION_UNKNOWN, ENTRY_INVALID, INVALID_JSON, PRECEDENCE, STATUS_CODES
from ringback.domain.verdict import Notice, Violation

MAX_VIOLATIONS: Final = 100
"""In one verdict."""
MAX_OF_A_KIND: Final = 25
"""Violations of one code that are kept; the earliest."""

ACTIONS: Final = "say, sayAndCapture, makeCall, hangup, playFile"


class Place(IntEnum):
    """Which -1009 it is: the first, second or third of PRECEDENCE."""

    CALLFLOW = 0
    PARAMS = 1
    ENVELOPE = 2


_PLACES: Final = tuple(rank for rank, code in enumerate(PRECEDENCE) if code == ENTRY_INVALID)
_RANKS: Final = {code: rank for rank, code in enumerate(PRECEDENCE) if code != ENTRY_INVALID}


class Findings:
    """Collects violations, to be told in order of precedence, within a code in the order of their discovery."""

    def __init__(self) -> None:
        """Start with none."""
        self.count = 0
        """Violations found, those beyond the bounds included."""
        self.notices: list[Notice] = []
        """What is allowed but hardly meant."""
        self._by_rank: dict[int, list[Violation]] = {}

    def rule(self, code: int, path: str) -> None:
        """Note a broken rule that has a code of its own."""
        if self._is_kept(_RANKS[code]):
            message = f"{path} should be one of: {ACTIONS}" if code == ACTION_UNKNOWN else STATUS_CODES[code].message
            self._by_rank[_RANKS[code]].append(Violation(code, path, message))

    def json(self, reason: str) -> None:
        """Note a body that is no request at all."""
        if self._is_kept(_RANKS[INVALID_JSON]):
            self._by_rank[_RANKS[INVALID_JSON]].append(Violation(INVALID_JSON, "$", reason))

    def entry(self, place: Place, path: str, reason: str) -> None:
        """Note a value that is missing, of a wrong type or out of range."""
        if self._is_kept(_PLACES[place]):
            self._by_rank[_PLACES[place]].append(Violation(ENTRY_INVALID, path, f"{path}: {reason}"))

    def notice(self, path: str, message: str) -> None:
        """Note something that breaks no rule."""
        self.notices.append(Notice(path, message))

    def all(self) -> tuple[Violation, ...]:
        """Give the violations, the one to be reported first."""
        found = [violation for rank in sorted(self._by_rank) for violation in self._by_rank[rank]]
        return tuple(found[:MAX_VIOLATIONS])

    def _is_kept(self, rank: int) -> bool:
        """Count a violation; tell whether there is room for it (a body of 256 KiB may hold a hundred thousand)."""
        self.count += 1
        return len(self._by_rank.setdefault(rank, [])) < MAX_OF_A_KIND
