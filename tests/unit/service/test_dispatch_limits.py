"""The limits of subaccounts in the queue, and quiet hours that begin while a session waits."""

from collections.abc import Mapping

import pytest
from tests.unit.service.house import ACME
from tests.unit.service.test_dispatch import AMERICA, ASIA, Given, given

from ringback.domain.callflow import Callflow
from ringback.service import dispatch
from ringback.service.dispatch import POLL
from ringback.service.ports import TrunkRoute
from ringback.testing.store import InMemoryStore

WIDE = TrunkRoute("world", channels=100, calls_per_second=100.0)


async def limited(*routes: TrunkRoute, store: InMemoryStore | None = None, **settings: object) -> Given:
    """Give a queue where acme has settings; it is 16:00 in Singapore, 03:00 in Washington."""
    queue = await given(*(routes or (WIDE,)), store=store)
    await queue.house.store.change_settings(ACME, settings)
    return queue


# ---------------------------------------------------------------- limits


async def test_a_subaccount_has_no_more_calls_than_it_may_and_others_go_on() -> None:
    queue = await limited(maxConcurrentCalls=2)
    mine = await queue.queue(4)
    other = await queue.queue(3, account="bravo")
    assert await queue.look() == POLL
    assert sorted(queue.started) == sorted([*mine[:2], *other])
    queue.house.trunks.release("world", ACME)
    await queue.look()
    assert queue.started[5:] == [mine[2]]


async def test_callers_and_call_b_count_but_are_not_held_up() -> None:
    queue = await limited(maxConcurrentCalls=2)
    assert queue.house.trunks.occupy("world", ACME)
    (first, second) = await queue.queue(2)
    await queue.look()
    assert queue.started == [first]
    assert queue.house.trunks.occupy("world", ACME), "a caller is taken in whatever the limit"
    queue.house.trunks.release("world", ACME)
    await queue.look()
    assert queue.started == [first]
    queue.house.trunks.release("world", ACME)
    await queue.look()
    assert queue.started == [first, second]


async def test_a_subaccount_calls_no_faster_than_it_may() -> None:
    queue = await limited(callsPerSecond=2)
    await queue.queue(5)
    assert await queue.paced() == [(2, 0.5), (3, 0.5), (4, 0.5), (5, 0.5), (5, POLL)]


async def test_a_changed_limit_holds_from_the_next_look_on() -> None:
    queue = await limited(maxConcurrentCalls=1)
    await queue.queue(3)
    await queue.look()
    assert len(queue.started) == 1
    await queue.house.store.change_settings(ACME, {"maxConcurrentCalls": 3})
    queue.house.clock.advance(POLL)
    await queue.look()
    assert len(queue.started) == 3


async def test_the_limits_hold_for_what_was_queued_before_a_restart() -> None:
    before = await limited(TrunkRoute("world", channels=0), maxConcurrentCalls=1)
    sessions = await before.queue(2)
    queue = Given(WIDE, store=before.house.store)
    await queue.look()
    assert queue.started == sessions[:1]


async def test_what_was_not_claimed_is_given_back_to_the_subaccount() -> None:
    queue = await limited(maxConcurrentCalls=5, callsPerSecond=5)
    sessions = await queue.queue(2)
    for session in sessions:
        await queue.house.store.take_session(ACME, session, "another", queue.house.clock.now())
    await queue.look()
    assert (queue.started, queue.house.trunks.calls_of(ACME)) == ([], 0)
    others = await queue.queue(5)
    await queue.look()
    assert queue.started == others


# ---------------------------------------------------------------- quiet hours


async def test_a_session_that_comes_in_quiet_hours_waits_for_their_end() -> None:
    queue = await limited(quietHours="SG 15:00-17:30")
    (waits,) = await queue.queue(1, ASIA)
    (goes,) = await queue.queue(1, AMERICA)
    (urgent,) = await queue.queue(1, ASIA, ignoreQuietHours=True)
    await queue.look()
    assert sorted(queue.started) == sorted([goes, urgent])
    queue.house.clock.advance(5399)
    await queue.look()
    assert waits not in queue.started
    queue.house.clock.advance(1)
    await queue.look()
    assert queue.started[2:] == [waits]


async def test_a_session_that_starts_in_quiet_hours_starts_after_them() -> None:
    queue = await limited(quietHours="SG 17:00-18:00")
    (waits,) = await queue.queue(1, startAt="2027-01-15T09:30:00Z")
    assert (await queue.house.record(waits)).due == queue.house.clock.now() + 7200


async def test_quiet_hours_that_begin_while_sessions_wait_for_a_channel_hold_them() -> None:
    queue = await limited(TrunkRoute("world", channels=1), quietHours="SG 16:30-17:30")
    first, *asia = await queue.queue(3, ASIA)
    (america,) = await queue.queue(1, AMERICA)
    (urgent,) = await queue.queue(1, ASIA, ignoreQuietHours=True)
    await queue.look()
    queue.house.clock.advance(1800)
    for _ in range(2):
        queue.house.trunks.release("world", ACME)
        await queue.look()
        await queue.look()
    assert queue.started == [first, america, urgent]
    assert [(await queue.house.record(each)).state for each in asia] == ["QUEUED", "QUEUED"]
    queue.house.clock.advance(3600)
    queue.house.trunks.release("world", ACME)
    await queue.look()
    assert queue.started[3:] == asia[:1]


class CountedStore(InMemoryStore):
    """A store that counts what it was asked about quiet hours."""

    def __init__(self) -> None:
        """Asked nothing yet."""
        super().__init__()
        self.asked: list[int] = []

    async def due_callflows(self, trunk: str, sub_account_id: str, now: float, limit: int) -> Mapping[str, Callflow]:
        self.asked.append(limit)
        return await super().due_callflows(trunk, sub_account_id, now, limit)


async def test_all_that_may_not_be_disturbed_are_put_off_a_few_hundred_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "AHEAD", 5)
    store = CountedStore()
    queue = await limited(TrunkRoute("world", channels=1), store=store, quietHours="SG 16:30-17:30")
    await queue.queue(12, ASIA)
    (america,) = await queue.queue(1, AMERICA)
    queue.house.clock.advance(1800)
    for _ in range(3):
        await queue.look()
    assert store.asked == [1, 5, 1, 5, 1, 5]
    assert queue.started == [america], "it was the thirteenth, and did not wait for the morning"
    assert (queue.house.trunks.in_use("world"), queue.house.trunks.calls_of(ACME)) == (1, 1)


async def test_who_has_no_quiet_hours_is_not_looked_through() -> None:
    store = CountedStore()
    queue = await limited(store=store)
    await queue.queue(3)
    await queue.look()
    assert (len(queue.started), store.asked) == (3, [])


async def test_a_session_expires_in_quiet_hours() -> None:
    queue = await limited(quietHours="SG 15:00-17:30")
    (waits,) = await queue.queue(1, validUntil="2027-01-15T08:30:00Z")
    queue.house.clock.advance(1801)
    await queue.look()
    assert (queue.started, queue.refused) == ([], [(waits, -2007)])


async def test_what_no_trunk_serves_waits_for_no_morning() -> None:
    queue = await limited(TrunkRoute("america", ("1",)), quietHours="SG 15:00-17:30")
    (session,) = await queue.queue(1, ASIA, startAt="2027-01-15T09:00:00Z")
    await queue.look()
    assert queue.refused == [(session, -2004)]
