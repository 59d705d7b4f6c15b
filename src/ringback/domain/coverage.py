"""Where a subaccount may call: prefixes and countries that are allowed, and those that are blocked."""

from functools import lru_cache
from typing import Final

import msgspec

from ringback.domain.number import MAX_DIGITS, Number

_AREA: Final = rf"(\+?[1-9][0-9]{{0,{MAX_DIGITS - 1}}}|[A-Z]{{2}})"
AREAS: Final = rf"^({_AREA}(,{_AREA})*)?\Z"
"""What a list of areas is written like: see HOW."""
HOW: Final = "prefixes such as 65 or +1900 and countries such as DE (ISO 3166-1), with commas and without spaces"
LONGEST: Final = 4096
"""Characters of such a list."""


class _Areas(msgspec.Struct, frozen=True):
    prefixes: tuple[str, ...]
    countries: frozenset[str]

    def __contains__(self, destination: Number) -> bool:
        return destination.digits.startswith(self.prefixes) or (
            bool(self.countries) and destination.country in self.countries
        )


def is_covered(destination: Number, allowed: str, blocked: str) -> bool:
    """Tell whether a destination may be called: it is in `allowed` (empty: everywhere), and not in `blocked`.

    Both are written as AREAS says; what is in both is blocked.
    """
    if blocked and destination in _areas(blocked):
        return False
    return not allowed or destination in _areas(allowed)


@lru_cache(maxsize=1024)
def _areas(written: str) -> _Areas:
    areas = [area.removeprefix("+") for area in written.split(",")]
    prefixes = tuple(area for area in areas if area.isdigit())
    return _Areas(prefixes, frozenset(areas).difference(prefixes))
