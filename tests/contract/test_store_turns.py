"""The queue on every store: a subaccount with very many sessions does not starve those with few."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make, new

from ringback.service.dispatch import Dispatch
from ringback.service.ports import QueuedSession, Subaccount, TrunkRoute
from ringback.service.trunks import Trunks
from ringback.testing.clock import ManualClock

MANY = 300


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


class Queue:
    """A queue for one trunk of one channel, and who was given that, in order."""

    def __init__(self, store: AnyStore, clock: ManualClock) -> None:
        """Give nothing out yet."""
        self.clock = clock
        self.trunks = Trunks([TrunkRoute("carrier", channels=1, calls_per_second=1000.0)], clock)
        self.dispatch = Dispatch(store, self.trunks, clock, "me", start=self.start, refuse=lambda _session, _code: None)
        self.given: list[str] = []

    def start(self, session: QueuedSession) -> None:
        self.given.append(session.sub_account_id)

    async def serve(self, calls: int) -> list[str]:
        """Let so many calls be made and end, one after the other."""
        for _ in range(calls):
            self.clock.advance(0.01)
            before = len(self.given)
            await self.dispatch._pass()
            assert len(self.given) == before + 1
            self.trunks.release("carrier", self.given[-1])
        return self.given


async def fill(store: AnyStore) -> None:
    """Queue three hundred sessions of one subaccount, then one and two of two others."""
    for number in range(MANY):
        await store.create_session(new(f"a{number}"))
    for number, account in enumerate(["bravo", "carol", "carol"]):
        session = new(f"b{number}", created=NOW + 1 + number)
        await store.create_session(msgspec.structs.replace(session, sub_account_id=account))


async def test_those_who_come_late_with_few_do_not_wait_behind_the_many(store: AnyStore) -> None:
    await fill(store)
    given = await Queue(store, ManualClock(NOW + 10)).serve(6)
    assert given == ["acme", "bravo", "carol", "acme", "carol", "acme"]


async def test_who_comes_while_the_many_are_served_is_next_but_one(store: AnyStore) -> None:
    for number in range(MANY):
        await store.create_session(new(f"a{number}"))
    queue = Queue(store, ManualClock(NOW + 10))
    await queue.serve(100)
    session = msgspec.structs.replace(new("late", created=NOW + 10), sub_account_id="bravo")
    queue.dispatch.session_came(session, Subaccount("bravo"))
    await store.create_session(session)
    assert "bravo" in (await queue.serve(2))[100:]


async def test_a_queue_that_was_there_before_a_restart_is_shared_as_well(store: AnyStore) -> None:
    await fill(store)
    await Queue(store, ManualClock(NOW + 10)).serve(1)
    given = await Queue(store, ManualClock(NOW + 20)).serve(3)
    assert sorted(given) == ["acme", "bravo", "carol"]


async def test_the_many_are_all_served_in_the_end(store: AnyStore) -> None:
    await fill(store)
    given = await Queue(store, ManualClock(NOW + 10)).serve(MANY + 3)
    assert (given.count("acme"), given.count("bravo"), given.count("carol")) == (MANY, 1, 2)
