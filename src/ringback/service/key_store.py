"""What API keys need of the store. A key is its secret, of which only the SHA-256 is kept, and an id that names it."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

from ringback.domain.scope import ALL, Scope

MAX_KEYS: Final = 1_000
"""Keys of a subaccount that are neither revoked nor expired."""
PREFIX: Final = "rb_"
SECRET_BYTES: Final = 32
"""Random bytes in a secret."""
_ID_BYTES: Final = 8


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key without its secret. Times are seconds since the epoch."""

    key_id: str
    """16 hexadecimal digits; it stays when the secret is rotated."""
    sub_account_id: str
    name: str = ""
    scopes: frozenset[Scope] = ALL
    created: float
    expires: float | None = None
    """From when on it opens nothing; None: never."""
    last_used: float | None = None
    """To the minute; None: never."""
    revoked: float | None = None
    """None while it is in use."""
    old_until: float | None = None
    """Until when the secret before the last rotation opens too; None: there is none."""

    def state(self, now: float) -> str:
        """Give `revoked`, `expired` or `valid`."""
        if self.revoked is not None:
            return "revoked"
        return "valid" if self.expires is None or now < self.expires else "expired"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a secret opens."""

    key_id: str
    sub_account_id: str
    scopes: frozenset[Scope]
    until: float | None = None
    """From when on it opens nothing, by its expiry or by a rotation; seconds since the epoch, None: never."""


class KeyStore(Protocol):
    """The API keys of the store. Every method that writes returns after its COMMIT."""

    async def authenticate(self, key_hash: str) -> Grant | None:
        """Give what a secret (SHA-256, hex) opens, be it expired or not; None for an unknown or revoked one.

        May be as old as a second.
        """

    async def add_key(self, key: ApiKey, key_hash: str) -> None:
        """Put a key on disk. Raises UnknownSubaccount, TooManyKeys."""

    async def rotate_key(
        self, key_id: str, key_hash: str, now: float, old_until: float | None, expires: float | None
    ) -> ApiKey | None:
        """Give a key another secret; None: there is none that is neither revoked nor expired.

        `old_until`: until when the secret before opens too, but no longer than it would have; None: no more.
        `expires`: of the key; None: as before.
        """

    async def revoke_key(self, key: str) -> bool:
        """Revoke an API key, given its secret or its id; False if none such is in use."""

    async def remove_key(self, key_id: str) -> None:
        """Forget a key."""

    async def key(self, key_id: str) -> ApiKey | None:
        """Read a key."""

    async def list_keys(self, sub_account_id: str | None = None) -> Sequence[ApiKey]:
        """List the API keys of a subaccount, or of all, the oldest first; revoked ones included."""

    async def note_keys_used(self, used: Mapping[str, float]) -> None:
        """Keep when keys were used last, by their ids."""


def new_secret() -> str:
    """Make a secret."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def hash_key(secret: str) -> str:
    """Give the SHA-256 of a secret, hexadecimal: what is stored of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_key_id() -> str:
    """Make the id of a key."""
    return secrets.token_hex(_ID_BYTES)
