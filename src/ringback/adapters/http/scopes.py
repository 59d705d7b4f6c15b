"""What a key must be allowed to do for a request, by its path and method."""

from typing import Final

from ringback.domain.scope import Scope

_READING: Final = frozenset({"GET", "HEAD"})
_OF_CALLS: Final = ("/callflows", "/sessions")


def scope_of(path: str, method: str) -> Scope:
    """Give the scope of an endpoint; `path`: below the base path, as in `Routes`."""
    if method in _READING:
        return Scope.READ
    return Scope.CALLS if path.startswith(_OF_CALLS) else Scope.MANAGE
