"""API keys: made, rotated, revoked and listed; and when each was used last."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec
import structlog

from ringback.domain.errors import Unusable
from ringback.domain.scope import ALL, Scope
from ringback.service.key_store import ApiKey, KeyStore, hash_key, new_key_id, new_secret
from ringback.service.ports import Clock

MAX_NAME: Final = 100
GRACE: Final = 86_400.0
"""Seconds that the secret before a rotation opens too, where nothing else is said."""
MAX_GRACE: Final = 30 * 86_400.0
NOTED_EVERY: Final = 60.0
"""Seconds between two writings of when keys were used."""
BATCH: Final = 500
"""Keys whose use is noted in one unit of work."""

_log = structlog.get_logger(__name__)


class BadKey(Unusable):
    """A key cannot be made like that; the text says why (the operator's fault)."""


class IssuedKey(msgspec.Struct, frozen=True):
    """A key with its secret, which is known only now."""

    key: ApiKey
    secret: str


class Keys:
    """What may be done to API keys."""

    def __init__(self, store: KeyStore, clock: Clock) -> None:
        """`store`: has the keys."""
        self._store = store
        self._clock = clock

    async def create(
        self,
        sub_account_id: str,
        name: str = "",
        scopes: Iterable[str] = (),
        expires: float | None = None,
        key_id: str | None = None,
    ) -> IssuedKey:
        """Make a key. `scopes`: none is all; `expires`: seconds since the epoch; `key_id`: where it is chosen already.

        Raises BadKey, UnknownSubaccount, TooManyKeys.
        """
        if len(name) > MAX_NAME or not name.isprintable():
            message = f"name: should be at most {MAX_NAME} printable characters"
            raise BadKey(message)
        key = ApiKey(
            key_id=key_id or new_key_id(),
            sub_account_id=sub_account_id,
            name=name,
            scopes=_parse(scopes),
            created=self._clock.now(),
            expires=self._later(expires),
        )
        secret = new_secret()
        await self._store.add_key(key, hash_key(secret))
        return IssuedKey(key, secret)

    async def rotate(self, key_id: str, grace: float = GRACE, expires: float | None = None) -> IssuedKey | None:
        """Give a key another secret; None: there is no such key that is neither revoked nor expired.

        `grace`: seconds that the secret before opens too, 0..MAX_GRACE, and not beyond the expiry that it had;
        `expires`: of the key from now on, None: as before. Raises BadKey.
        """
        if not 0 <= grace <= MAX_GRACE:
            message = f"grace: should be 0..{MAX_GRACE:.0f} seconds"
            raise BadKey(message)
        now = self._clock.now()
        secret = new_secret()
        old_until = now + grace if grace else None
        key = await self._store.rotate_key(key_id, hash_key(secret), now, old_until, self._later(expires))
        return None if key is None else IssuedKey(key, secret)

    async def revoke(self, key: str) -> bool:
        """Revoke a key, given its id or its secret: it opens nothing any more. False if none such is in use."""
        return await self._store.revoke_key(key)

    async def find(self, key: str) -> ApiKey | None:
        """Give a key, given its id or its secret, be it in use or not; None where there is none such."""
        grant = await self._store.authenticate(hash_key(key))
        return await self._store.key(key if grant is None else grant.key_id)

    async def list(self, sub_account_id: str | None = None) -> Sequence[ApiKey]:
        """List the keys of a subaccount, or of all, the oldest first; revoked ones included."""
        return await self._store.list_keys(sub_account_id)

    def _later(self, expires: float | None) -> float | None:
        if expires is not None and not expires > self._clock.now():
            message = "expires: should be in the future"
            raise BadKey(message)
        return expires


class KeyUse:
    """Remembers when keys were used last, and writes it now and then: no request waits for it."""

    def __init__(self, store: KeyStore) -> None:
        """`store`: has the keys."""
        self._store = store
        self._used: dict[str, float] = {}

    def note(self, key_id: str, now: float) -> None:
        """Take note; `now` in seconds since the epoch."""
        self._used[key_id] = now

    async def flush(self) -> None:
        """Write what was noted; what cannot be written is kept for the next time."""
        used, self._used = self._used, {}
        rest = iter(used.items())
        while batch := dict(islice(rest, BATCH)):
            try:
                await self._store.note_keys_used(batch)
            except Exception:  # noqa: BLE001 - a store that fails once must not end this for good
                _log.exception("use-of-keys-not-noted")
                self._used = batch | self._used

    async def run(self) -> None:
        """Write every minute, until cancelled."""
        while True:
            await asyncio.sleep(NOTED_EVERY)
            await self.flush()


def _parse(scopes: Iterable[str]) -> frozenset[Scope]:
    try:
        return frozenset(Scope(name) for name in scopes) or ALL
    except ValueError:
        message = f"scopes: should be of {', '.join(Scope)}"
        raise BadKey(message) from None
