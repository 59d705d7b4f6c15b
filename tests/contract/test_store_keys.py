"""What every store must do: API keys."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make

from ringback.adapters.store import TooManyKeys, UnknownSubaccount
from ringback.domain.scope import ALL, Scope
from ringback.service.key_store import MAX_KEYS, ApiKey, Grant, hash_key

DAY = 86_400.0


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    for name in ("acme", "beta"):
        await made.add_subaccount(name)
    yield made
    await made.close()


def key(key_id: str = "k1", **fields: Any) -> ApiKey:  # noqa: ANN401 - of ApiKey
    return ApiKey(**{"key_id": key_id, "sub_account_id": "acme", "created": NOW, **fields})


async def test_a_key_opens_its_subaccount_until_it_is_revoked(store: AnyStore) -> None:
    secret = await store.create_key("acme", "till")
    other = await store.create_key("acme")
    assert secret.startswith("rb_")
    assert len(secret) == 46
    grant = await store.authenticate(hash_key(secret))
    assert grant == Grant(key_id=grant.key_id if grant else "", sub_account_id="acme", scopes=ALL)
    assert await store.revoke_key(secret)
    assert not await store.revoke_key(secret)
    assert await store.authenticate(hash_key(secret)) is None
    assert await store.authenticate(hash_key(other)) is not None


async def test_a_key_that_is_made_after_it_was_asked_for_is_known_at_once(store: AnyStore) -> None:
    assert await store.authenticate(hash_key("rb_late")) is None
    await store.add_key(key(), hash_key("rb_late"))
    assert await store.authenticate(hash_key("rb_late")) is not None


async def test_keys_are_listed_as_they_were_made_and_revoked_by_id(store: AnyStore) -> None:
    first = key(name="till", scopes=frozenset({Scope.READ, Scope.CALLS}), expires=NOW + DAY)
    second = key("k2", sub_account_id="beta", created=NOW + 1)
    for each in (first, second):
        await store.add_key(each, hash_key(each.key_id))
    assert await store.list_keys() == [first, second]
    assert await store.list_keys("acme") == [first]
    assert await store.key("k2") == second
    assert await store.key("k3") is None
    assert not await store.revoke_key("k3")
    assert await store.revoke_key("k1")
    assert await store.authenticate(hash_key("k1")) is None
    (listed,) = await store.list_keys("acme")
    assert listed.revoked is not None


async def test_what_a_key_opens_is_told_with_its_scopes_and_its_end(store: AnyStore) -> None:
    await store.add_key(key(scopes=frozenset({Scope.READ}), expires=NOW), hash_key("s"))
    granted = Grant(key_id="k1", sub_account_id="acme", scopes=frozenset({Scope.READ}), until=NOW)
    assert await store.authenticate(hash_key("s")) == granted


async def test_a_rotated_key_opens_with_both_secrets_the_old_one_for_a_while(store: AnyStore) -> None:
    await store.add_key(key(name="till"), hash_key("old"))
    assert await store.authenticate(hash_key("old")) is not None
    rotated = await store.rotate_key("k1", hash_key("new"), NOW, NOW + 60, None)
    assert rotated == key(name="till", old_until=NOW + 60)
    old, new = await store.authenticate(hash_key("old")), await store.authenticate(hash_key("new"))
    assert old == Grant(key_id="k1", sub_account_id="acme", scopes=ALL, until=NOW + 60)
    assert new == Grant(key_id="k1", sub_account_id="acme", scopes=ALL)
    assert await store.revoke_key("k1")
    for secret in ("old", "new"):
        assert await store.authenticate(hash_key(secret)) is None


async def test_a_second_rotation_ends_the_secret_before_the_first(store: AnyStore) -> None:
    await store.add_key(key(), hash_key("first"))
    for secret in ("second", "third"):
        await store.rotate_key("k1", hash_key(secret), NOW, NOW + 60, None)
    assert await store.authenticate(hash_key("first")) is None
    for secret in ("second", "third"):
        assert await store.authenticate(hash_key(secret)) is not None


async def test_without_a_grace_the_old_secret_is_over_at_once(store: AnyStore) -> None:
    await store.add_key(key(expires=NOW + DAY), hash_key("old"))
    await store.rotate_key("k1", hash_key("new"), NOW, None, None)
    old = await store.authenticate(hash_key("old"))
    assert old is None or old.until == 0.0


async def test_a_new_expiry_does_not_lengthen_the_life_of_the_old_secret(store: AnyStore) -> None:
    await store.add_key(key(expires=NOW + 30), hash_key("old"))
    rotated = await store.rotate_key("k1", hash_key("new"), NOW, NOW + 60, NOW + DAY)
    assert rotated == key(expires=NOW + DAY, old_until=NOW + 30)
    new = await store.authenticate(hash_key("new"))
    assert new is not None
    assert new.until == NOW + DAY


@pytest.mark.parametrize("fields", [{"expires": NOW}, {"key_id": "another"}])
async def test_a_key_that_is_over_or_unknown_is_not_rotated(store: AnyStore, fields: dict[str, Any]) -> None:
    await store.add_key(key(**fields), hash_key("old"))
    assert await store.rotate_key("k1", hash_key("new"), NOW, NOW + 60, None) is None
    assert await store.authenticate(hash_key("new")) is None


async def test_a_revoked_key_is_not_rotated(store: AnyStore) -> None:
    await store.add_key(key(), hash_key("old"))
    await store.revoke_key("k1")
    assert await store.rotate_key("k1", hash_key("new"), NOW, NOW + 60, None) is None


async def test_a_removed_key_is_not_known_any_more(store: AnyStore) -> None:
    await store.add_key(key(), hash_key("s"))
    assert await store.authenticate(hash_key("s")) is not None
    await store.remove_key("k1")
    assert await store.authenticate(hash_key("s")) is None
    assert await store.list_keys() == []


async def test_the_last_use_of_keys_is_kept(store: AnyStore) -> None:
    await store.add_key(key(), hash_key("s"))
    await store.note_keys_used({"k1": NOW + 5, "gone": NOW})
    assert await store.list_keys() == [key(last_used=NOW + 5)]


async def test_a_subaccount_has_room_for_so_many_keys_in_use(store: AnyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_KEYS == 1_000
    for module in ("ringback.adapters.store.keys", "ringback.testing.keys"):
        monkeypatch.setattr(f"{module}.MAX_KEYS", 2)
    await store.add_key(key("expired", expires=NOW - 1, created=NOW - DAY), hash_key("0"))
    await store.add_key(key("k1"), hash_key("1"))
    await store.add_key(key("k2"), hash_key("2"))
    with pytest.raises(TooManyKeys, match="revoke some"):
        await store.add_key(key("k3"), hash_key("3"))
    await store.add_key(key("other", sub_account_id="beta"), hash_key("4"))
    await store.revoke_key("k1")
    await store.add_key(key("k3"), hash_key("3"))


async def test_a_key_for_nobody_is_not_made(store: AnyStore) -> None:
    with pytest.raises(UnknownSubaccount):
        await store.add_key(key(sub_account_id="nobody"), hash_key("s"))
