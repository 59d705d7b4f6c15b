import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from tests.unit.domain.bodies import call, say
from tests.unit.service.house import ACME, BOUND, House

from ringback.service import dispatch
from ringback.service.dispatch import BATCH, POLL, Dispatch
from ringback.service.ports import QueuedSession, TrunkRoute
from ringback.service.queue_store import QueuedLine
from ringback.testing.store import InMemoryStore

ASIA = "+6512345678"
AMERICA = "+12025550123"
NOWHERE = "+4515121234"


class Given:
    """A queue whose sessions are given out to nobody: what was started and refused is kept."""

    def __init__(self, *routes: TrunkRoute, store: InMemoryStore | None = None) -> None:
        """`routes`: one to Asia with two channels where none are given."""
        self.house = House(*routes, store=store)
        self.started: list[str] = []
        self.refused: list[tuple[str, int]] = []
        self.news = asyncio.Event()
        self.dispatch = Dispatch(
            self.house.store,
            self.house.trunks,
            self.house.clock,
            "node-1",
            start=self.start,
            refuse=self.refuse,
        )
        self.house.accept.on_session = self.dispatch.session_came

    def start(self, session: QueuedSession) -> None:
        self.started.append(session.session_id)
        self.news.set()

    def refuse(self, session: QueuedSession, code: int) -> None:
        self.refused.append((session.session_id, code))
        self.news.set()

    async def queue(
        self, number: int = 1, destination: str = ASIA, account: str = ACME, **envelope: object
    ) -> list[str]:
        await self.house.tenant(account=account)
        actions = (call(destination=destination), say())
        return [await self.house.queue(*actions, account=account, **envelope) for _ in range(number)]

    async def look(self) -> float:
        return await self.dispatch._pass()

    async def paced(self) -> list[tuple[int, float]]:
        """Look five times, every half a second; give how many were started until then, and the pause each time."""
        found = []
        for _ in range(5):
            pause = await self.look()
            found.append((len(self.started), pause))
            self.house.clock.advance(0.5)
        return found

    async def begun(self, number: int) -> None:
        """Wait until so many sessions were started or refused."""
        async with asyncio.timeout(BOUND):
            while len(self.started) + len(self.refused) < number:
                self.news.clear()
                await self.news.wait()


async def given(*routes: TrunkRoute, store: InMemoryStore | None = None) -> Given:
    made = Given(*routes, store=store)
    await made.house.tenant()
    return made


@contextlib.asynccontextmanager
async def running(given: Given) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(given.dispatch.run())
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_the_oldest_sessions_go_first_and_no_more_than_there_are_channels() -> None:
    queue = await given()
    sessions = await queue.queue(2)
    queue.house.clock.advance(1)
    sessions += await queue.queue(1)
    assert await queue.look() == POLL
    assert queue.started == sessions[:2]
    assert [(await queue.house.record(each)).state for each in sessions] == ["DIALLING", "DIALLING", "QUEUED"]
    assert queue.house.trunks.in_use("carrier") == 2


async def test_what_is_given_out_is_on_disk_as_dialling_under_the_name_of_the_process() -> None:
    queue = await given()
    states: list[tuple[str, str | None]] = []

    def start(session: QueuedSession) -> None:
        stored = queue.house.store.sessions[session.session_id]
        states.append((stored.state, stored.owner))

    queue.dispatch._start = start
    await queue.queue(1)
    await queue.look()
    assert states == [("DIALLING", "node-1")]


async def test_a_session_is_given_out_once() -> None:
    queue = await given()
    await queue.queue(1)
    await queue.look()
    await queue.look()
    assert len(queue.started) == 1


async def test_a_freed_channel_lets_the_next_one_go() -> None:
    queue = await given()
    sessions = await queue.queue(3)
    async with running(queue):
        await queue.begun(2)
        queue.house.trunks.release("carrier", ACME)
        await queue.begun(3)
    assert queue.started == sessions


async def test_a_full_trunk_does_not_hold_up_another() -> None:
    queue = await given(TrunkRoute("asia", ("65",), channels=1), TrunkRoute("america", ("1",), channels=1))
    asia = await queue.queue(3)
    america = await queue.queue(1, AMERICA)
    await queue.look()
    assert sorted(queue.started) == sorted([asia[0], america[0]])


async def test_a_trunk_dials_no_faster_than_it_may() -> None:
    queue = await given(TrunkRoute("asia", ("65",), channels=100, calls_per_second=2.0))
    await queue.queue(5)
    assert await queue.paced() == [(2, 0.5), (3, 0.5), (4, 0.5), (5, 0.5), (5, POLL)]


async def test_more_sessions_than_a_batch_are_given_out_without_a_pause() -> None:
    queue = await given(TrunkRoute("asia", ("65",), channels=500, calls_per_second=500.0))
    await queue.queue(BATCH + 1)
    assert await queue.look() == 0.0
    assert len(queue.started) == BATCH
    assert await queue.look() == POLL
    assert len(queue.started) == BATCH + 1
    assert queue.house.trunks.in_use("asia") == BATCH + 1


async def test_an_empty_queue_is_looked_at_again_after_a_while() -> None:
    queue = await given()
    assert await queue.look() == POLL
    assert queue.house.trunks.in_use("carrier") == 0


async def test_a_session_whose_validity_passed_while_it_waited_is_refused_with_2007() -> None:
    queue = await given(TrunkRoute("asia", ("65",), channels=1))
    (first,) = await queue.queue(1)
    (waits,) = await queue.queue(1, validUntil="2027-01-15T09:00:00Z")  # an hour from now
    await queue.look()
    queue.house.clock.advance(3601)
    queue.house.trunks.release("asia", ACME)
    await queue.look()
    assert (queue.started, queue.refused) == ([first], [(waits, -2007)])
    assert queue.house.trunks.in_use("asia") == 0


async def test_a_session_that_is_still_valid_is_dialled() -> None:
    queue = await given()
    (waits,) = await queue.queue(1, validUntil="2027-01-15T09:00:00Z")
    queue.house.clock.advance(3599)
    await queue.look()
    assert (queue.started, queue.refused) == ([waits], [])


async def test_a_session_is_dialled_when_it_is_due_and_not_before() -> None:
    queue = await given()
    (waits,) = await queue.queue(1, startAt="2027-01-15T08:00:00.250Z")  # a quarter of a second from now
    (goes,) = await queue.queue(1)
    assert await queue.look() == pytest.approx(0.25, abs=1e-6)
    assert queue.started == [goes]
    queue.house.clock.advance(0.2)
    assert await queue.look() == pytest.approx(0.05, abs=1e-6)
    queue.house.clock.advance(0.05)
    assert await queue.look() == pytest.approx(0.75, abs=1e-6)
    assert queue.started == [goes, waits]


async def test_a_session_that_waits_is_due_also_after_a_restart() -> None:
    before = await given()
    (waits,) = await before.queue(1, startAt="2027-01-15T09:00:00Z")
    queue = Given(store=before.house.store)
    assert await queue.look() == POLL
    queue.house.clock.advance(3600)
    await queue.look()
    assert queue.started == [waits]


async def test_a_session_that_comes_due_wakes_a_queue_that_rests() -> None:
    queue = await given()
    async with running(queue):
        await queue.queue(1)
        await queue.begun(1)
        (waits,) = await queue.queue(1, startAt="2027-01-15T08:00:00.001Z")
        queue.house.clock.advance(0.001)
        await queue.begun(2)
    assert queue.started[1] == waits


async def test_a_session_expires_while_it_is_not_due() -> None:
    queue = await given()
    (waits,) = await queue.queue(1, startAt="2027-01-15T08:00:02Z", validUntil="2027-01-15T08:00:02.100Z")
    await queue.look()
    queue.house.clock.advance(2.2)  # the server was asleep
    await queue.look()
    assert (queue.started, queue.refused) == ([], [(waits, -2007)])


async def test_all_that_expire_at_once_are_refused_without_a_pause() -> None:
    queue = await given(TrunkRoute("asia", ("65",), channels=0))
    sessions = await queue.queue(BATCH + 1, validUntil="2027-01-15T08:00:01Z")
    queue.house.clock.advance(2)
    assert await queue.look() == 0.0
    assert await queue.look() == POLL
    assert [session for session, _ in queue.refused] == sessions


async def test_subaccounts_take_turns() -> None:
    queue = await given(TrunkRoute("asia", ("65",), channels=4, calls_per_second=100.0))
    many = await queue.queue(10)
    (one,) = await queue.queue(1, account="bravo")
    other = await queue.queue(2, account="carol")
    await queue.look()
    assert sorted(queue.started) == sorted([many[0], one, other[0], many[1]])
    queue.house.trunks.release("asia", ACME)
    await queue.look()
    assert queue.started[4:] == [other[1]], "whose turn it is is remembered"


async def test_a_destination_without_a_trunk_is_refused_with_2004() -> None:
    queue = await given()
    (session,) = await queue.queue(1, NOWHERE)
    assert await queue.look() == POLL
    assert queue.refused == [(session, -2004)]


async def test_more_than_a_batch_without_a_trunk_are_refused_without_a_pause() -> None:
    queue = await given()
    sessions = await queue.queue(BATCH + 1, NOWHERE)
    assert await queue.look() == 0.0
    assert await queue.look() == POLL
    assert queue.refused == [(session, -2004) for session in sessions]


async def test_a_trunk_that_the_configuration_has_no_longer_is_refused_with_2004() -> None:
    queue = await given(TrunkRoute("old", ("65",)))
    (session,) = await queue.queue(1)
    later = Given(TrunkRoute("new", ("65",)), store=queue.house.store)
    await later.look()
    assert later.refused == [(session, -2004)]


async def test_a_new_session_wakes_a_queue_that_rests() -> None:
    queue = await given()
    async with running(queue):
        for number in (1, 2):
            await queue.queue(1)
            await queue.begun(number)
    assert len(queue.started) == 2


class WatchedStore(InMemoryStore):
    """A store that keeps what it was asked about the queue."""

    def __init__(self) -> None:
        """Asked nothing yet."""
        super().__init__()
        self.asked: list[str] = []

    async def expire_sessions(self, now: float, limit: int) -> Sequence[QueuedSession]:
        self.asked.append("expire")
        return await super().expire_sessions(now, limit)

    async def queued_lines(self, now: float) -> Sequence[QueuedLine]:
        self.asked.append("count")
        return await super().queued_lines(now)

    async def claim_sessions(
        self, trunk: str, shares: Mapping[str, int], owner: str, now: float
    ) -> Sequence[QueuedSession]:
        self.asked.append(f"claim {shares} of {trunk}")
        return await super().claim_sessions(trunk, shares, owner, now)


async def test_between_two_looks_the_store_is_asked_for_new_sessions_alone() -> None:
    store = WatchedStore()
    queue = await given(store=store)
    await queue.look()
    store.asked.clear()
    queue.house.trunks.release("carrier", ACME)  # nobody waits for it
    await queue.look()
    await queue.queue(1)
    await queue.look()
    assert store.asked == ["claim {'acme': 1} of carrier"]
    queue.house.clock.advance(POLL)
    await queue.look()
    assert store.asked[1:] == ["expire", "count"]


async def test_what_another_process_queued_is_found_by_the_next_look() -> None:
    queue = await given()
    await queue.look()
    queue.house.accept.on_session = lambda _session, _subaccount: None
    sessions = await queue.queue(1)
    assert await queue.look() == POLL
    assert queue.started == []
    queue.house.clock.advance(POLL)
    await queue.look()
    assert queue.started == sessions


class FailsOnce(InMemoryStore):
    """A store that fails the first look at the queue, or the first claim."""

    def __init__(self, method: str) -> None:
        """Fail `method` once."""
        super().__init__()
        self.method = method
        self.failed = asyncio.Event()

    def _fail(self, method: str) -> None:
        if method == self.method and not self.failed.is_set():
            self.failed.set()
            message = "disk full"
            raise OSError(message)

    async def queued_lines(self, now: float) -> Sequence[QueuedLine]:
        self._fail("queued_lines")
        return await super().queued_lines(now)

    async def claim_sessions(
        self, trunk: str, shares: Mapping[str, int], owner: str, now: float
    ) -> Sequence[QueuedSession]:
        self._fail("claim_sessions")
        return await super().claim_sessions(trunk, shares, owner, now)


async def test_a_store_that_fails_once_does_not_end_all_dialling() -> None:
    for method in ("queued_lines", "claim_sessions"):
        store = FailsOnce(method)
        queue = await given(store=store)
        sessions = await queue.queue(1)
        async with running(queue) as task:
            async with asyncio.timeout(BOUND):
                await store.failed.wait()
            queue.dispatch._awake.set()
            await queue.begun(1)
            assert not task.done()
        assert queue.started == sessions


async def test_a_failed_claim_gives_its_channels_and_its_rate_back() -> None:
    queue = await given(
        TrunkRoute("asia", ("65",), channels=2, calls_per_second=2.0), store=FailsOnce("claim_sessions")
    )
    await queue.queue(2)
    with contextlib.suppress(OSError):
        await queue.look()
    assert queue.house.trunks.in_use("asia") == 0
    await queue.look()
    assert len(queue.started) == 2


class GreedyStore(InMemoryStore):
    """A store of two processes: the other one is quicker."""

    async def claim_sessions(
        self, trunk: str, shares: Mapping[str, int], owner: str, now: float
    ) -> Sequence[QueuedSession]:
        await super().claim_sessions(trunk, {name: share - 1 for name, share in shares.items()}, "node-2", now)
        return await super().claim_sessions(trunk, shares, owner, now)


async def test_channels_for_sessions_that_another_process_took_are_given_back() -> None:
    queue = await given(store=GreedyStore())
    await queue.queue(2)
    await queue.look()
    assert len(queue.started) == 1
    assert queue.house.trunks.in_use("carrier") == 1


def test_the_queue_is_looked_at_often_enough_for_what_expires() -> None:
    assert 0 < dispatch.POLL <= 5
