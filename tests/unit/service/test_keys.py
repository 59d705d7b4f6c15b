from typing import Any

import pytest
from structlog.testing import capture_logs

from ringback.domain.scope import ALL, Scope
from ringback.service.key_store import ApiKey, hash_key
from ringback.service.keys import BATCH, GRACE, BadKey, Keys, KeyUse
from ringback.testing.clock import ManualClock
from ringback.testing.store import InMemoryStore

NOW = 1_800_000_000.0


class Office:
    """Keys of the subaccount acme."""

    def __init__(self) -> None:
        """Start without any."""
        self.clock = ManualClock(NOW)
        self.store = InMemoryStore()
        self.keys = Keys(self.store, self.clock)

    async def listed(self) -> ApiKey:
        (key,) = await self.keys.list("acme")
        return key


@pytest.fixture
async def office() -> Office:
    made = Office()
    await made.store.add_subaccount("acme")
    return made


async def test_a_key_without_anything_said_may_do_all_forever(office: Office) -> None:
    issued = await office.keys.create("acme")
    assert issued.key == await office.listed()
    assert (issued.key.scopes, issued.key.expires, issued.key.created) == (ALL, None, NOW)
    grant = await office.store.authenticate(hash_key(issued.secret))
    assert grant is not None
    assert grant.key_id == issued.key.key_id


async def test_two_keys_have_neither_id_nor_secret_in_common(office: Office) -> None:
    one, other = await office.keys.create("acme"), await office.keys.create("acme")
    assert one.secret != other.secret
    assert one.key.key_id != other.key.key_id


async def test_the_scopes_are_those_that_were_named(office: Office) -> None:
    issued = await office.keys.create("acme", "till", ["read", Scope.CALLS, "read"])
    assert issued.key.scopes == {Scope.READ, Scope.CALLS}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "x" * 101}, "name: should be at most 100"),
        ({"name": "two\nlines"}, "printable"),
        ({"scopes": ["write"]}, "scopes: should be of calls, read, manage"),
        ({"expires": NOW}, "expires: should be in the future"),
        ({"expires": float("nan")}, "expires"),
    ],
)
async def test_a_key_that_cannot_be_is_refused(office: Office, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(BadKey, match=says):
        await office.keys.create("acme", **fields)
    assert await office.keys.list() == []


async def test_a_rotation_leaves_the_old_secret_a_day(office: Office) -> None:
    issued = await office.keys.create("acme")
    rotated = await office.keys.rotate(issued.key.key_id)
    assert rotated is not None
    assert rotated.secret != issued.secret
    assert rotated.key == await office.listed()
    assert rotated.key.old_until == NOW + GRACE


async def test_a_rotation_may_leave_it_no_time_and_give_the_key_more(office: Office) -> None:
    issued = await office.keys.create("acme", expires=NOW + 10)
    rotated = await office.keys.rotate(issued.key.key_id, 0, NOW + 100)
    assert rotated is not None
    assert (rotated.key.old_until, rotated.key.expires) == (None, NOW + 100)


async def test_what_is_over_is_not_rotated(office: Office) -> None:
    issued = await office.keys.create("acme", expires=NOW + 10)
    office.clock.advance(10)
    assert issued.key.state(office.clock.now()) == "expired"
    assert await office.keys.rotate(issued.key.key_id) is None
    assert await office.keys.revoke(issued.secret)
    assert (await office.listed()).state(office.clock.now()) == "revoked"


@pytest.mark.parametrize("grace", [-1.0, 30 * 86_400.0 + 1, float("nan")])
async def test_a_grace_out_of_bounds_is_refused(office: Office, grace: float) -> None:
    issued = await office.keys.create("acme")
    with pytest.raises(BadKey, match="grace"):
        await office.keys.rotate(issued.key.key_id, grace)


class Disk(InMemoryStore):
    """Counts writings of the use of keys, and fails as often as it is told."""

    def __init__(self) -> None:
        """Work."""
        super().__init__()
        self.failures = 0
        self.written: list[dict[str, float]] = []

    async def note_keys_used(self, used: Any) -> None:  # noqa: ANN401 - as of the store
        if self.failures:
            self.failures -= 1
            raise OSError
        self.written.append(dict(used))


async def test_many_uses_of_a_key_are_one_writing_of_the_last() -> None:
    disk = Disk()
    use = KeyUse(disk)
    for second in range(10):
        use.note("k1", NOW + second)
    use.note("k2", NOW)
    await use.flush()
    await use.flush()
    assert disk.written == [{"k1": NOW + 9, "k2": NOW}]


async def test_what_the_disk_did_not_take_is_written_the_next_time() -> None:
    disk = Disk()
    use = KeyUse(disk)
    for number in range(BATCH + 1):
        use.note(str(number), NOW)
    disk.failures = 1
    with capture_logs() as logs:
        await use.flush()
    assert [entry["event"] for entry in logs] == ["use-of-keys-not-noted"]
    assert [len(batch) for batch in disk.written] == [1]
    use.note("0", NOW + 1)
    await use.flush()
    assert len(disk.written[-1]) == BATCH
    assert disk.written[-1]["0"] == NOW + 1
