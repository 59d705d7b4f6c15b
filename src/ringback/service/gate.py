"""Who may ask, and how often: told before a body is read (wire specification, section 1.3)."""

import math
import re
from typing import Final

from ringback.domain import status
from ringback.domain.scalars import ACCOUNT_ID
from ringback.domain.scope import Scope
from ringback.service.bucket import Bucket
from ringback.service.key_store import Grant, hash_key
from ringback.service.keys import KeyUse
from ringback.service.ports import Clock, Store, Subaccount

_SUB_ACCOUNT_ID: Final = re.compile(ACCOUNT_ID)
_BEARER: Final = re.compile(r"bearer[ \t]+([\x21-\x7e]{1,512})[ \t]*", re.IGNORECASE)
MAX_BUCKETS: Final = 10_000
"""API keys whose rate is kept."""


class Refused(Exception):
    """The request was refused before its body was looked at."""

    def __init__(self, code: int, retry_after: int | None = None, detail: str = "") -> None:
        """`code`: 401, 403, 404 or 429; `retry_after`: seconds, with 429; `detail`: the scope that 403 asks for."""
        super().__init__(str(code))
        self.code = code
        self.retry_after = retry_after
        self.detail = detail


class Buckets:
    """How many requests each key may send: a bucket holds a second's."""

    def __init__(self, clock: Clock, requests_per_second: float) -> None:
        """`requests_per_second`: per key; 0 is no limit."""
        self._clock = clock
        self._rate = requests_per_second
        self._buckets: dict[str, Bucket] = {}
        """By key id; the one that was used last is the last."""

    def take(self, key_id: str) -> None:
        """Take one from the bucket of a key. Raises Refused where it is empty."""
        if not self._rate:
            return
        now = self._clock.monotonic()
        bucket = self._buckets.pop(key_id, None) or Bucket(self._rate, now)
        if len(self._buckets) >= MAX_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[key_id] = bucket
        if pause := bucket.pause(now):
            raise Refused(status.TOO_MANY_REQUESTS, math.ceil(pause))
        bucket.take(1)


def bearer(authorization: str | None) -> str:
    """Give what an Authorization header bears. Raises Refused."""
    found = _BEARER.fullmatch(authorization or "")
    if found is None:
        raise Refused(status.UNAUTHORIZED)
    return found[1]


class Gate:
    """Admits requests: by API key, by subaccount, by rate, by scope."""

    def __init__(self, store: Store, clock: Clock, requests_per_second: float) -> None:
        """`requests_per_second`: per key; 0 is no limit."""
        self._store = store
        self._clock = clock
        self._buckets = Buckets(clock, requests_per_second)
        self.use = KeyUse(store)

    async def admit(self, authorization: str | None, sub_account_id: str, scope: Scope | None = None) -> Subaccount:
        """Give the subaccount that a request is about; `scope`: that its key must have. Raises Refused."""
        grant = await self._opened(authorization)
        if grant is None:
            raise Refused(status.UNAUTHORIZED)
        self.use.note(grant.key_id, self._clock.now())
        if sub_account_id != grant.sub_account_id or not _SUB_ACCOUNT_ID.fullmatch(sub_account_id):
            raise Refused(status.NOT_FOUND)
        subaccount = await self._store.subaccount(sub_account_id)
        if subaccount is None:
            raise Refused(status.NOT_FOUND)
        self._buckets.take(grant.key_id)
        if scope is not None and scope not in grant.scopes:
            raise Refused(status.FORBIDDEN, detail=scope)
        return subaccount

    async def still_opens(self, authorization: str | None) -> bool:
        """Tell whether the key of a request that was let in would open anything now; this is no use of it."""
        return await self._opened(authorization) is not None

    async def _opened(self, authorization: str | None) -> Grant | None:
        """Give what a key opens now. Raises Refused where there is none."""
        grant = await self._store.authenticate(hash_key(bearer(authorization)))
        return None if grant is None or (grant.until is not None and grant.until <= self._clock.now()) else grant
