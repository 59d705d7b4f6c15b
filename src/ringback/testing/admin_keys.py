"""The admin keys of a store in memory."""

from collections.abc import Sequence

import msgspec

from ringback.adapters.store.admin_keys import refuse_more
from ringback.service.admin_keys import AdminKey


class InMemoryAdminKeys:
    """Admin keys as `ringback.adapters.store.Database` has them."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._admin_keys: dict[str, AdminKey] = {}
        """By the SHA-256 of the secret, in the order of their creation."""

    async def add_admin_key(self, key: AdminKey, key_hash: str) -> None:
        """Keep a key. Raises TooManyAdminKeys."""
        refuse_more(sum(each.state(key.created) == "valid" for each in self._admin_keys.values()))
        self._admin_keys[key_hash] = key

    async def admin_key(self, key_hash: str) -> AdminKey | None:
        """Find a key by the SHA-256 of its secret, revoked and expired ones included."""
        return self._admin_keys.get(key_hash)

    async def list_admin_keys(self) -> Sequence[AdminKey]:
        """List the keys, the oldest first; revoked ones included."""
        return sorted(self._admin_keys.values(), key=lambda key: (key.created, key.key_id))

    async def revoke_admin_key(self, key_id: str, now: float) -> bool:
        """Revoke a key; False if none such is in use."""
        return self._change_admin_key(key_id, revoked=now)

    async def note_admin_key_used(self, key_id: str, now: float) -> None:
        """Keep when a key was used last."""
        self._change_admin_key(key_id, last_used=now)

    def _change_admin_key(self, key_id: str, **changes: object) -> bool:
        for hashed, key in self._admin_keys.items():
            if key.key_id == key_id and key.revoked is None:
                self._admin_keys[hashed] = msgspec.structs.replace(key, **changes)
                return True
        return False
