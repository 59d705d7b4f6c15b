import asyncio

from ringback.adapters.store import cache as module
from ringback.adapters.store.cache import Cache
from ringback.testing.clock import ManualClock


class Source:
    """Counts how often it is read."""

    def __init__(self, value: str | None = "one") -> None:
        """`value`: what is read; None where there is nothing."""
        self.value = value
        self.reads = 0

    async def read(self) -> str | None:
        self.reads += 1
        return self.value


async def test_a_value_is_read_once_a_second() -> None:
    clock, source = ManualClock(), Source()
    cache: Cache[str] = Cache(clock.monotonic)
    assert [await cache.get("a", source.read) for _ in range(3)] == ["one"] * 3
    assert source.reads == 1
    source.value = "two"
    clock.advance(0.9)
    assert await cache.get("a", source.read) == "one"
    clock.advance(0.1)
    assert await cache.get("a", source.read) == "two"


async def test_what_is_not_there_is_not_remembered() -> None:
    cache: Cache[str] = Cache(ManualClock().monotonic)
    source = Source(None)
    assert await cache.get("a", source.read) is None
    source.value = "one"
    assert await cache.get("a", source.read) == "one"


async def test_after_a_change_it_is_read_anew() -> None:
    cache: Cache[str] = Cache(ManualClock().monotonic)
    source = Source()
    await cache.get("a", source.read)
    source.value = "two"
    cache.clear()
    assert await cache.get("a", source.read) == "two"


async def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    cache: Cache[str] = Cache(ManualClock().monotonic)
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        reading.set()
        await go_on.wait()
        return "old"

    task = asyncio.create_task(cache.get("a", slow))
    await reading.wait()
    cache.clear()
    go_on.set()
    assert await task == "old"
    assert await cache.get("a", Source("new").read) == "new"


async def test_the_memory_is_bounded() -> None:
    cache: Cache[str] = Cache(ManualClock().monotonic)
    for number in range(module.ENTRIES + 5):
        await cache.get(str(number), Source().read)
    assert len(cache._kept) <= module.ENTRIES
