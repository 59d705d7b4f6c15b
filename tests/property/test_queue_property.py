"""Whatever comes, in whatever order: limits hold, nobody is dialled early or twice, and nobody waits who could go."""

import asyncio
from collections import Counter
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.stores import CALLFLOW, NOW

from ringback.domain.settings import Settings
from ringback.service.dispatch import POLL, Dispatch
from ringback.service.ports import NewSession, QueuedSession, Subaccount, TrunkRoute
from ringback.service.trunks import Trunks
from ringback.testing.clock import ManualClock
from ringback.testing.store import InMemoryStore

TRUNKS = {
    "narrow": TrunkRoute("narrow", channels=2, calls_per_second=1000.0),
    "slow": TrunkRoute("slow", channels=50, calls_per_second=2.0),
}
ACCOUNTS = {
    "free": Settings(),
    "few": Settings(max_concurrent_calls=2),
    "slow": Settings(calls_per_second=1.0),
    "both": Settings(max_concurrent_calls=3, calls_per_second=0.5),
}
NAMES = st.sampled_from(sorted(ACCOUNTS))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), NAMES, st.sampled_from([*TRUNKS, ""]), st.sampled_from([0, 0, 1, 7])),
        st.tuples(st.just("come"), NAMES, st.sampled_from([*TRUNKS]), st.just(0)),
        st.tuples(st.just("end"), st.integers(0, 50)),
        st.tuples(st.just("pass_time"), st.sampled_from([0.05, 0.5, 1.0, 5.0])),
        st.tuples(st.just("call_in"), NAMES),
    ),
    max_size=40,
)
"""What happens in a `World`: methods and their arguments."""


class World:
    """A queue with two trunks and four subaccounts, and all that it did."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self.clock = ManualClock(NOW)
        self.store = InMemoryStore()
        self.trunks = Trunks(list(TRUNKS.values()), self.clock)
        self.dispatch = Dispatch(
            self.store, self.trunks, self.clock, "me", start=self.start, refuse=lambda session, _: self.note(session)
        )
        self.dues: dict[str, float] = {}
        self.begun: Counter[str] = Counter()
        self.live: list[tuple[str, str]] = []
        self.callers: Counter[str] = Counter()
        self.at: dict[str, list[float]] = {name: [] for name in ACCOUNTS}

    def note(self, session: QueuedSession) -> None:
        self.begun[session.session_id] += 1
        assert self.dues[session.session_id] <= self.clock.now()

    def start(self, session: QueuedSession) -> None:
        self.note(session)
        self.live.append((session.trunk, session.sub_account_id))
        self.at[session.sub_account_id].append(self.clock.now())

    async def come(self, account: str, trunk: str, ahead: float) -> None:
        now = self.clock.now()
        session = NewSession(
            session_id=f"s{len(self.dues)}",
            sub_account_id=account,
            request_id="r",
            created=now,
            trunk=trunk,
            callflow=CALLFLOW,
            due=now + ahead,
        )
        self.dues[session.session_id] = now + ahead
        self.dispatch.session_came(session, Subaccount(account, settings=ACCOUNTS[account]))
        await self.store.create_session(session)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)

    async def end(self, which: int) -> None:
        if self.live:
            self.trunks.release(*self.live.pop(which % len(self.live)))

    async def call_in(self, account: str) -> None:
        if self.trunks.occupy("slow", account):
            self.live.append(("slow", account))
            self.callers[account] += 1

    async def settle(self) -> None:
        """Let the queue do what it can, and hold it to the limits."""
        for _ in range(100):
            before = self.begun.total()
            pause = await self.dispatch._pass()
            assert 0 <= pause <= POLL
            if self.begun.total() == before:
                break
        assert self.begun.total() == before
        calls = Counter(account for _, account in self.live)
        for name, account in ACCOUNTS.items():
            assert self.trunks.calls_of(name) == calls[name]
            limit = account.max_concurrent_calls
            assert not limit or calls[name] <= limit + self.callers[name]
        assert all(later - earlier > 0.999 for earlier, later in pairwise(self.at["slow"]))
        for name, trunk in TRUNKS.items():
            assert self.trunks.in_use(name) == sum(each == name for each, _ in self.live) <= trunk.channels
        assert all(times == 1 for times in self.begun.values())
        await self._nobody_waits_who_could_go()

    async def _nobody_waits_who_could_go(self) -> None:
        for line in await self.store.queued_lines(self.clock.now()):
            if line.waiting:
                assert line.trunk, "what no trunk serves is refused at once"
                assert not (self.trunks.free(line.trunk) and self.dispatch._quotas.room(line.sub_account_id) >= 1)


@settings(max_examples=150)
@given(STEPS)
def test_the_queue_keeps_its_promises(steps: list[tuple[Any, ...]]) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[Any, ...]]) -> None:
    """Let it all happen, and then let everybody who is called hang up, until all have been."""
    world = World()
    for name, account in ACCOUNTS.items():
        await world.store.add_subaccount(name)
        await world.store.change_settings(name, msgspec.to_builtins(account))
    for name, *arguments in steps:
        await getattr(world, name)(*arguments)
        await world.settle()
    for _ in range(2 * len(steps) + 10):
        world.clock.advance(2)
        while world.live:
            await world.end(0)
        await world.settle()
    assert world.begun.keys() == world.dues.keys()
