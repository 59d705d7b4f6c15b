import pytest
from tests.unit.service.house import ACME, House

from ringback.service.gate import MAX_BUCKETS, Refused


async def refused(house: House, authorization: str | None, sub_account_id: str = ACME) -> tuple[int, int | None]:
    with pytest.raises(Refused) as caught:
        await house.gate.admit(authorization, sub_account_id)
    return caught.value.code, caught.value.retry_after


async def test_a_valid_key_opens_its_subaccount() -> None:
    house = House()
    key = await house.tenant("VSS")
    assert await house.gate.admit(f"Bearer {key}", ACME) is await house.subaccount()


@pytest.mark.parametrize("form", ["bearer {}", "BEARER {}", "Bearer   {}", "Bearer\t{}", "Bearer {}  "])
async def test_the_scheme_matches_in_any_case_and_with_any_blanks(form: str) -> None:
    house = House()
    key = await house.tenant()
    assert (await house.gate.admit(form.format(key), ACME)).sub_account_id == ACME


@pytest.mark.parametrize(
    "form", [None, "", "{}", "Bearer", "Bearer ", "Basic {}", "Bearer{}", "Bearer {} x", "Bearer {}\n", "Bearer ü{}"]
)
async def test_what_is_no_bearer_token_is_401(form: str | None) -> None:
    house = House()
    key = await house.tenant()
    assert await refused(house, form if form is None else form.format(key)) == (401, None)


async def test_an_unknown_key_is_401() -> None:
    house = House()
    await house.tenant()
    assert await refused(house, "Bearer nobody") == (401, None)


async def test_a_token_of_any_length_costs_nothing() -> None:
    house = House()
    await house.tenant()
    assert await refused(house, "Bearer " + "x" * 513) == (401, None)


async def test_a_revoked_key_is_401() -> None:
    house = House()
    key = await house.tenant()
    assert await house.store.revoke_key(key)
    assert await refused(house, f"Bearer {key}") == (401, None)


@pytest.mark.parametrize("sub_account_id", ["other", "unknown", "", "a/b", "x" * 51, "ACME", "acme\n"])
async def test_a_valid_key_does_not_open_another_subaccount(sub_account_id: str) -> None:
    house = House()
    key = await house.tenant()
    await house.store.add_subaccount("other")
    assert await refused(house, f"Bearer {key}", sub_account_id) == (404, None)


async def test_without_a_valid_key_an_unknown_subaccount_is_401() -> None:
    assert await refused(House(), "Bearer nobody", "unknown") == (401, None)


async def test_a_removed_subaccount_takes_its_keys_with_it() -> None:
    house = House()
    key = await house.tenant()
    await house.store.remove_subaccount(ACME)
    assert await refused(house, f"Bearer {key}") == (401, None)


async def test_401_and_404_come_before_429() -> None:
    house = House(requests_per_second=1)
    key = await house.tenant()
    await house.gate.admit(f"Bearer {key}", ACME)
    assert await refused(house, f"Bearer {key}") == (429, 1)
    assert await refused(house, f"Bearer {key}", "other") == (404, None)
    assert await refused(house, "Bearer nobody") == (401, None)


async def test_a_bucket_holds_one_second_and_fills_at_the_rate() -> None:
    house = House(requests_per_second=4)
    key = await house.tenant()
    for _ in range(4):
        await house.gate.admit(f"Bearer {key}", ACME)
    assert await refused(house, f"Bearer {key}") == (429, 1)
    house.clock.advance(0.26)
    await house.gate.admit(f"Bearer {key}", ACME)
    assert await refused(house, f"Bearer {key}") == (429, 1)
    house.clock.advance(3600)
    for _ in range(4):
        await house.gate.admit(f"Bearer {key}", ACME)
    assert await refused(house, f"Bearer {key}") == (429, 1)


async def test_a_rate_below_one_tells_for_how_long_to_wait() -> None:
    house = House(requests_per_second=0.1)
    key = await house.tenant()
    await house.gate.admit(f"Bearer {key}", ACME)
    assert await refused(house, f"Bearer {key}") == (429, 10)
    house.clock.advance(4.5)
    assert await refused(house, f"Bearer {key}") == (429, 6)
    house.clock.advance(6)
    await house.gate.admit(f"Bearer {key}", ACME)


async def test_whoever_waits_as_told_is_admitted() -> None:
    house = House(requests_per_second=0.3)
    key = await house.tenant()
    await house.gate.admit(f"Bearer {key}", ACME)
    _, seconds = await refused(house, f"Bearer {key}")
    assert seconds is not None
    house.clock.advance(seconds)
    await house.gate.admit(f"Bearer {key}", ACME)


async def test_each_key_has_a_rate_of_its_own() -> None:
    house = House(requests_per_second=1)
    keys = [await house.tenant(), await house.store.create_key(ACME)]
    for key in keys:
        await house.gate.admit(f"Bearer {key}", ACME)
    for key in keys:
        assert await refused(house, f"Bearer {key}") == (429, 1)


async def test_without_a_limit_nothing_is_counted() -> None:
    house = House()
    key = await house.tenant()
    for _ in range(1000):
        await house.gate.admit(f"Bearer {key}", ACME)
    assert not house.gate._buckets._buckets


def test_the_rates_of_the_latest_keys_alone_are_kept() -> None:
    gate = House(requests_per_second=1).gate
    for number in range(MAX_BUCKETS + 10):
        gate._buckets.take(f"key-{number}")
    assert len(gate._buckets._buckets) == MAX_BUCKETS
    assert "key-9" not in gate._buckets._buckets
    with pytest.raises(Refused):
        gate._buckets.take(f"key-{MAX_BUCKETS + 9}")


def test_a_key_that_is_used_is_not_the_first_to_be_forgotten() -> None:
    gate = House(requests_per_second=2).gate
    for number in range(MAX_BUCKETS):
        gate._buckets.take(f"key-{number}")
    gate._buckets.take("key-0")
    gate._buckets.take("one-more")
    assert "key-0" in gate._buckets._buckets
    assert "key-1" not in gate._buckets._buckets
