"""Admin keys: each opens `/admin/v1` to read, or to change whatever `ringback admin` can."""

import secrets
from collections.abc import Sequence
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from ringback.domain.errors import Unusable
from ringback.service.key_store import SECRET_BYTES, new_key_id

AdminScope: TypeAlias = Literal["read", "write"]
"""`write` may read, too."""

MAX_KEYS: Final = 100
"""Admin keys that are neither revoked nor expired."""
MAX_NAME: Final = 100
PREFIX: Final = "rba_"
"""Of a secret: no API key of a subaccount begins like that."""


class AdminKey(msgspec.Struct, frozen=True, kw_only=True):
    """An admin key without its secret. Times are seconds since the epoch."""

    key_id: str
    """16 hexadecimal digits."""
    name: str
    scope: AdminScope
    created: float
    expires: float | None = None
    """From when on it opens nothing; None: never."""
    last_used: float | None = None
    """To the minute; None: never."""
    revoked: float | None = None
    """None while it is in use."""

    def state(self, now: float) -> Literal["valid", "expired", "revoked"]:
        """Tell whether it opens anything."""
        if self.revoked is not None:
            return "revoked"
        return "valid" if self.expires is None or now < self.expires else "expired"


class AdminKeyStore(Protocol):
    """The admin keys of the store. Every method that writes returns after its COMMIT."""

    async def add_admin_key(self, key: AdminKey, key_hash: str) -> None:
        """Put a key on disk. Raises Conflict where there are MAX_KEYS in use."""

    async def admin_key(self, key_hash: str) -> AdminKey | None:
        """Find a key by the SHA-256 of its secret, revoked and expired ones included."""

    async def list_admin_keys(self) -> Sequence[AdminKey]:
        """List the keys, the oldest first; revoked ones included."""

    async def revoke_admin_key(self, key_id: str, now: float) -> bool:
        """Revoke a key; False if none such is in use."""

    async def note_admin_key_used(self, key_id: str, now: float) -> None:
        """Keep when a key was used last."""


def new_admin_key(name: str, scope: AdminScope, now: float, expires: float | None) -> tuple[AdminKey, str]:
    """Make a key and its secret. Raises Unusable."""
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        message = f"name: should be 1..{MAX_NAME} printable characters"
        raise Unusable(message)
    if expires is not None and not expires > now:
        message = "expires: should be in the future"
        raise Unusable(message)
    key = AdminKey(key_id=new_key_id(), name=name, scope=scope, created=now, expires=expires)
    return key, PREFIX + secrets.token_urlsafe(SECRET_BYTES)
