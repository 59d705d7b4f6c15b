import asyncio

import pytest
from tests.unit.service.house import ACME, BOUND, House

from ringback.service import health
from ringback.service.health import TIMEOUT, NumberHealth
from ringback.testing.store import InMemoryStore


class Carriers:
    """Trunks that are in service unless they are told not to be."""

    def __init__(self) -> None:
        """All are."""
        self.down: set[str] = set()
        self.asked: list[tuple[str, float]] = []

    async def ask(self, trunk: str, seconds: float) -> bool:
        self.asked.append((trunk, seconds))
        return trunk not in self.down


async def checked_house(store: InMemoryStore | None = None) -> House:
    house = House(store=store)
    await house.tenant()
    await house.store.import_numbers(ACME, {"6512345678": {"numberHealthCheckEnabled": True, "trunk": "one"}})
    return house


async def status(house: House) -> str:
    (number,) = await house.store.list_numbers(ACME)
    return number.operational_status


async def test_a_trunk_that_goes_down_makes_its_numbers_unhealthy_until_it_is_back() -> None:
    house, carriers = await checked_house(), Carriers()
    checks = NumberHealth(house.store, ["one", "two"], carriers.ask, house.clock)
    found = []
    for down in ({"two"}, {"one"}, set[str]()):
        carriers.down = down
        await checks.check()
        found.append(await status(house))
    assert found == ["Active", "Unhealthy", "Active"]
    assert carriers.asked == [("one", TIMEOUT), ("two", TIMEOUT)] * 3


async def test_nobody_is_asked_where_no_number_is_to_be_checked() -> None:
    house, carriers = House(), Carriers()
    await house.tenant()
    await house.store.add_number(ACME, "6512345678")
    await NumberHealth(house.store, ["one"], carriers.ask, house.clock).check()
    assert carriers.asked == []


class FailingStore(InMemoryStore):
    """Fails at the first question."""

    def __init__(self) -> None:
        """Not failed yet."""
        super().__init__()
        self.failed = False
        self.noted = asyncio.Event()

    async def any_number_checked(self) -> bool:
        if not self.failed:
            self.failed = True
            message = "disk full"
            raise OSError(message)
        self.noted.set()
        return await super().any_number_checked()


async def test_checks_go_on_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "EVERY", 0.0)
    store = FailingStore()
    house = await checked_house(store)
    task = asyncio.create_task(NumberHealth(house.store, ["one"], Carriers().ask, house.clock).run())
    try:
        async with asyncio.timeout(BOUND):
            await store.noted.wait()
    finally:
        task.cancel()
