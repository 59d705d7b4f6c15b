"""Who may ask `/admin/v1`: told before a body is read."""

from typing import Final

from ringback.domain import status
from ringback.service.admin_keys import AdminKey, AdminKeyStore
from ringback.service.gate import Buckets, Refused, bearer
from ringback.service.key_store import hash_key
from ringback.service.ports import Clock

NOTED_EVERY: Final = 60.0
"""Seconds between two writings of when a key was used."""


class AdminGate:
    """Admits requests by admin key and rate. While there is no admin key it admits none."""

    def __init__(self, store: AdminKeyStore, clock: Clock, requests_per_second: float) -> None:
        """`requests_per_second`: per key; 0 is no limit."""
        self._store = store
        self._clock = clock
        self._buckets = Buckets(clock, requests_per_second)

    async def admit(self, authorization: str | None) -> AdminKey:
        """Give the key of a request. Raises Refused."""
        key = await self._store.admin_key(hash_key(bearer(authorization)))
        now = self._clock.now()
        if key is None or key.state(now) != "valid":
            raise Refused(status.UNAUTHORIZED)
        self._buckets.take(key.key_id)
        if key.last_used is None or now - key.last_used >= NOTED_EVERY:
            await self._store.note_admin_key_used(key.key_id, now)
        return key
