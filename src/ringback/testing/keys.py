"""The API keys of a store in memory."""

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from ringback.adapters.store import TooManyKeys
from ringback.service.key_store import MAX_KEYS, ApiKey, Grant, hash_key, new_key_id, new_secret
from ringback.service.ports import Subaccount


class InMemoryKeys:
    """API keys as `ringback.adapters.store.Database` has them."""

    _tenant: Callable[[str], Subaccount]

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._keys: dict[str, ApiKey] = {}
        """By id, in the order of their creation."""
        self._secrets: dict[str, str] = {}
        """Ids by the SHA-256 of what opens."""
        self._old_secrets: dict[str, str] = {}

    async def authenticate(self, key_hash: str) -> Grant | None:
        """Give what a secret (SHA-256, hex) opens, be it expired or not; None for an unknown or revoked one."""
        is_old = key_hash in self._old_secrets
        key = self._keys.get(self._secrets.get(key_hash) or self._old_secrets.get(key_hash, ""))
        if key is None or key.revoked is not None:
            return None
        until = (key.old_until or 0.0) if is_old else key.expires
        return Grant(key_id=key.key_id, sub_account_id=key.sub_account_id, scopes=key.scopes, until=until)

    async def create_key(self, sub_account_id: str, name: str = "") -> str:
        """Make a key that may do everything, and give its secret. Raises UnknownSubaccount, TooManyKeys."""
        secret = new_secret()
        key = ApiKey(key_id=new_key_id(), sub_account_id=sub_account_id, name=name, created=time.time())
        await self.add_key(key, hash_key(secret))
        return secret

    async def add_key(self, key: ApiKey, key_hash: str) -> None:
        """Keep a key. Raises UnknownSubaccount, TooManyKeys."""
        self._tenant(key.sub_account_id)
        theirs = await self.list_keys(key.sub_account_id)
        if sum(each.state(key.created) == "valid" for each in theirs) >= MAX_KEYS:
            message = f"{key.sub_account_id} has {MAX_KEYS} API keys: revoke some"
            raise TooManyKeys(message)
        self._keys[key.key_id] = key
        self._secrets[key_hash] = key.key_id

    async def rotate_key(
        self, key_id: str, key_hash: str, now: float, old_until: float | None, expires: float | None
    ) -> ApiKey | None:
        """Give a key another secret; None: there is none that is neither revoked nor expired."""
        key = self._keys.get(key_id)
        if key is None or key.state(now) != "valid":
            return None
        before = next(hashed for hashed, opened in self._secrets.items() if opened == key_id)
        self._old_secrets = {hashed: opened for hashed, opened in self._old_secrets.items() if opened != key_id}
        del self._secrets[before]
        self._old_secrets[before] = self._secrets[key_hash] = key_id
        grace = old_until if old_until is None or key.expires is None else min(old_until, key.expires)
        return self._alter(key_id, old_until=grace, expires=expires or key.expires)

    async def key(self, key_id: str) -> ApiKey | None:
        """Read a key."""
        return self._keys.get(key_id)

    async def list_keys(self, sub_account_id: str | None = None) -> Sequence[ApiKey]:
        """List the API keys of a subaccount, or of all, the oldest first; revoked ones included."""
        return [key for key in self._keys.values() if sub_account_id in {None, key.sub_account_id}]

    async def revoke_key(self, key: str) -> bool:
        """Revoke an API key, given its secret or its id; False if none such is in use."""
        key_id = self._secrets.get(hash_key(key), key)
        if key_id not in self._keys or self._keys[key_id].revoked is not None:
            return False
        self._alter(key_id, revoked=time.time())
        return True

    async def remove_key(self, key_id: str) -> None:
        """Forget a key."""
        self._keys.pop(key_id, None)

    async def note_keys_used(self, used: Mapping[str, float]) -> None:
        """Keep when keys were used last, by their ids."""
        for key_id in used.keys() & self._keys.keys():
            self._alter(key_id, last_used=used[key_id])

    def _alter(self, key_id: str, **changes: object) -> ApiKey:
        changed = self._keys[key_id] = msgspec.structs.replace(self._keys[key_id], **changes)
        return changed

    def _forget_keys(self, sub_account_id: str) -> None:
        self._keys = {name: key for name, key in self._keys.items() if key.sub_account_id != sub_account_id}
