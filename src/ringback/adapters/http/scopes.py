"""What a key must be allowed to do for a request, by its path and method."""

from typing import Final

from ringback.domain.scope import Scope
from ringback.service.admin_keys import AdminScope

_READING: Final = frozenset({"GET", "HEAD"})
_OF_CALLS: Final = ("/callflows", "/sessions")


def scope_of(path: str, method: str) -> Scope:
    """Give the scope of an endpoint; `path`: below the base path, as in `Routes`."""
    if method in _READING:
        return Scope.READ
    return Scope.CALLS if path.startswith(_OF_CALLS) else Scope.MANAGE


def admin_scope_of(method: str) -> AdminScope:
    """Give the scope that an admin key must have for a request."""
    return "read" if method in _READING else "write"
