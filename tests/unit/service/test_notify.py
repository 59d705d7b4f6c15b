import asyncio
import base64
import contextlib
import hmac
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from tests.contract.stores import delivery, new
from tests.unit.domain.bodies import NOW
from tests.unit.service.house import ACME, BOUND, House

from ringback.engine.retry import GIVE_UP_AFTER, LONGEST_PAUSE
from ringback.service import notify
from ringback.service.notify import CONCURRENT, LEASE, TIMEOUT, Outbox
from ringback.service.ports import Answer, DueDelivery, NewDelivery, NotReached, WebhookType
from ringback.testing.store import InMemoryStore

BROKEN = Answer(500, b"")
VCS = "http://acme.example/vcs"


async def outbox(*deliveries: NewDelivery, store: InMemoryStore | None = None) -> House:
    """Have these in the outbox of a subaccount with a VCS and a VSS webhook."""
    house = House(store=store)
    await house.tenant("VCS", "VSS")
    for each in deliveries:
        assert each.session_id is not None
        if each.session_id not in house.store.sessions:
            await house.store.create_session(new(each.session_id))
        await house.store.append_timeline(each.session_id, [], [each])
    return house


async def send(house: House) -> int:
    """Post what is due now; give how many there were."""
    claimed = await house.store.claim_deliveries(CONCURRENT, house.clock.now(), LEASE)
    for each in claimed:
        await house.outbox._deliver(each)
    return len(claimed)


def sent(house: House) -> list[str]:
    """Give what was posted: the bodies are the names."""
    return [post.body.decode() for post in house.callbacks.posts]


def state(house: House, name: str) -> tuple[str, int]:
    """Give `DONE`, `DEAD` or nothing, and the failed tries."""
    stored = house.store.deliveries[name]
    return stored.state, stored.attempts


@contextlib.asynccontextmanager
async def running(house: House) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(house.outbox.run())
    yield task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


# ---------------------------------------------------------------- a post


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_a_delivery_is_posted_to_its_webhook_until_a_2xx(status: int) -> None:
    house = await outbox(delivery("d1"))
    house.callbacks.answers.append(Answer(status, b"whatever"))
    assert await send(house) == 1
    (post,) = house.callbacks.posts
    assert (post.url, post.body, post.headers, post.timeout) == (VCS, b"d1", {}, TIMEOUT)
    assert state(house, "d1")[0] == "DONE"
    house.clock.advance(GIVE_UP_AFTER * 2)
    assert await send(house) == 0


async def test_the_auth_header_is_sent_verbatim() -> None:
    house = await outbox(delivery("d1"))
    await house.store.set_webhook(ACME, WebhookType("VCS", VCS, "Basic abc"))
    await send(house)
    assert house.callbacks.posts[0].headers == {"Authorization": "Basic abc"}


async def test_a_post_is_signed_with_the_newest_secrets_of_its_webhook() -> None:
    house = await outbox(delivery("d1"))
    for key in (b"first", b"second", b"third"):
        await house.store.rotate_secret(ACME, "VCS", f"whsec_{base64.b64encode(key).decode()}")
    await send(house)
    (post,) = house.callbacks.posts
    moment = str(int(house.clock.now()))
    assert (post.headers["webhook-id"], post.headers["webhook-timestamp"]) == ("d1", moment)
    # Standard Webhooks: v1, and the base64 of HMAC-SHA256 over id.timestamp.body
    digests = [hmac.digest(key, f"d1.{moment}.d1".encode(), "sha256") for key in (b"third", b"second")]
    signatures = [f"v1,{base64.b64encode(digest).decode()}" for digest in digests]
    assert post.headers["webhook-signature"].split(" ") == signatures


async def test_a_delivery_with_a_url_of_its_own_is_posted_there_without_a_secret() -> None:
    house = await outbox(delivery("d1", type_="DTMF", url="http://acme.example/digits"))
    await send(house)
    assert (house.callbacks.posts[0].url, house.callbacks.posts[0].headers) == ("http://acme.example/digits", {})


async def test_a_delivery_whose_webhook_was_removed_is_kept_as_dead() -> None:
    house = await outbox(delivery("d1"), delivery("d2", type_="VSS"))
    await house.store.delete_webhook(ACME, "VCS")
    assert await send(house) == 2
    assert sent(house) == ["d2"]
    assert state(house, "d1")[0] == "DEAD"
    assert house.store.deliveries["d1"].reason == "no enabled webhook of this type"


# ---------------------------------------------------------------- order


async def test_within_a_session_and_type_one_is_posted_after_the_other() -> None:
    house = await outbox(delivery("d1"), delivery("d2"), delivery("d3"))
    assert [await send(house) for _ in range(4)] == [1, 1, 1, 0]
    assert sent(house) == ["d1", "d2", "d3"]


async def test_a_failed_one_holds_up_those_behind_it_and_no_others() -> None:
    house = await outbox(
        delivery("d1"), delivery("d2"), delivery("other type", type_="VSS"), delivery("other session", session_id="s2")
    )
    house.callbacks.answers.append(BROKEN)
    await send(house)
    assert sent(house) == ["d1", "other type", "other session"]
    assert await send(house) == 0
    house.clock.advance(2)
    await send(house)
    await send(house)
    assert sent(house)[3:] == ["d1", "d2"]


async def test_behind_a_dead_one_the_next_goes_out() -> None:
    house = await outbox(delivery("d1"), delivery("d2"))
    house.clock.advance(GIVE_UP_AFTER)
    house.callbacks.answers.append(BROKEN)
    await send(house)
    await send(house)
    assert (state(house, "d1")[0], state(house, "d2")[0]) == ("DEAD", "DONE")


# ---------------------------------------------------------------- tries


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (BROKEN, "HTTP 500"),
        (Answer(404, b""), "HTTP 404"),
        (Answer(301, b""), "HTTP 301"),
        (Answer(199, b""), "HTTP 199"),
        (NotReached("connection refused"), "connection refused"),
    ],
)
async def test_whatever_is_no_2xx_is_tried_again(answer: Answer | NotReached, reason: str) -> None:
    house = await outbox(delivery("d1"))
    house.callbacks.answers.append(answer)
    await send(house)
    assert state(house, "d1") == ("", 1)
    assert house.store.deliveries["d1"].reason == reason
    house.clock.advance(2)
    await send(house)
    assert state(house, "d1") == ("DONE", 1)


async def test_the_pauses_double_up_to_an_hour() -> None:
    house = await outbox(delivery("d1"))
    pauses = []
    for _ in range(15):
        house.callbacks.answers.append(BROKEN)
        assert await send(house) == 1
        due = await house.store.next_delivery_due()
        assert due is not None
        pauses.append(due - house.clock.now())
        house.clock.advance(pauses[-1] - 0.5)
        assert await send(house) == 0
        house.clock.advance(0.5)
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600, 3600]


async def test_jitter_takes_up_to_a_quarter_of_a_pause_away() -> None:
    house = await outbox(delivery("d1"))
    house.outbox = Outbox(house.store, house.callbacks, house.clock, lambda: 1.0)
    house.callbacks.answers.append(BROKEN)
    await send(house)
    assert await house.store.next_delivery_due() == NOW + 1.5


async def test_after_24_hours_there_is_one_last_try_and_then_a_dead_letter() -> None:
    house = await outbox(delivery("d1"))
    house.callbacks.answers.extend([BROKEN] * 100)
    tries = []
    while (due := await house.store.next_delivery_due()) is not None:
        house.clock.advance(due - house.clock.now())
        tries.append(house.clock.now() - NOW)
        assert await send(house) == 1
    assert tries[-1] == GIVE_UP_AFTER
    assert max(later - earlier for earlier, later in pairwise(tries)) <= LONGEST_PAUSE
    assert state(house, "d1") == ("DEAD", len(tries))
    assert house.store.deliveries["d1"].reason == "HTTP 500"


async def test_what_was_down_for_a_day_gets_its_delivery_at_the_last_try() -> None:
    house = await outbox(delivery("d1"))
    house.clock.advance(GIVE_UP_AFTER + 3600)
    await send(house)
    assert state(house, "d1")[0] == "DONE"


async def test_what_a_crash_left_claimed_is_due_again_after_its_lease() -> None:
    house = await outbox(delivery("d1"))
    await house.store.claim_deliveries(CONCURRENT, house.clock.now(), LEASE)
    house.clock.advance(LEASE - 0.1)
    assert await send(house) == 0
    house.clock.advance(0.1)
    assert await send(house) == 1
    assert sent(house) == ["d1"]


def test_a_lease_is_longer_than_a_try_may_take() -> None:
    assert LEASE > 2 * TIMEOUT


# ---------------------------------------------------------------- the loop


async def test_what_is_put_into_the_outbox_goes_out_when_it_is_woken() -> None:
    house = await outbox()
    async with running(house):
        await house.store.create_session(new("s1"))
        for number in (1, 2):
            await house.store.append_timeline("s1", [], [delivery(f"d{number}")])
            house.outbox.wake()
            await house.callbacks.came(number)
    assert sent(house) == ["d1", "d2"]


async def test_a_slow_program_does_not_hold_up_the_others_and_no_more_than_the_bound_are_under_way() -> None:
    deliveries = [delivery(f"d{number}", session_id=f"s{number}") for number in range(CONCURRENT + 5)]
    house = await outbox(*deliveries)
    house.callbacks.open.clear()
    async with running(house):
        await house.callbacks.came(CONCURRENT)
        assert len(house.outbox._under_way) == CONCURRENT
        house.outbox.wake()
        for _ in range(50):  # turns of the loop, in which a sixty-fifth post would show
            await asyncio.sleep(0)
        assert len(house.callbacks.posts) == CONCURRENT
        house.callbacks.open.set()
        await house.callbacks.came(CONCURRENT + 5)
    assert len(set(sent(house))) == CONCURRENT + 5


class FailsOnce(InMemoryStore):
    """A store whose outbox cannot be read once, or that once does not note what was taken."""

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

    async def claim_deliveries(self, limit: int, now: float, lease: float) -> Sequence[DueDelivery]:
        self._fail("claim_deliveries")
        return await super().claim_deliveries(limit, now, lease)

    async def delivery_done(self, delivery_id: str, now: float, seconds: float | None = None) -> bool:
        self._fail("delivery_done")
        return await super().delivery_done(delivery_id, now, seconds)


async def test_a_store_that_fails_once_does_not_end_all_deliveries() -> None:
    store = FailsOnce("claim_deliveries")
    house = await outbox(store=store)
    async with running(house) as task:
        async with asyncio.timeout(BOUND):
            await store.failed.wait()
        await house.store.create_session(new("s1"))
        await house.store.append_timeline("s1", [], [delivery("d1")])
        house.outbox.wake()
        await house.callbacks.came(1)
        assert not task.done()


async def test_what_was_taken_but_not_noted_is_posted_again() -> None:
    house = await outbox(delivery("d1"), store=FailsOnce("delivery_done"))
    async with running(house):
        await house.callbacks.came(1)
        house.clock.advance(LEASE)
        house.outbox.wake()
        await house.callbacks.came(2)
    assert sent(house) == ["d1", "d1"]
    assert state(house, "d1")[0] == "DONE"


async def test_what_is_under_way_when_the_outbox_stops_is_posted_after_the_next_start() -> None:
    house = await outbox(delivery("d1"))
    house.callbacks.open.clear()
    async with running(house):
        await house.callbacks.came(1)
    assert state(house, "d1") == ("", 0)
    assert not house.outbox._under_way
    house.callbacks.open.set()
    house.clock.advance(LEASE)
    await send(house)
    assert state(house, "d1")[0] == "DONE"


async def test_a_flush_waits_until_everything_due_is_posted() -> None:
    house = await outbox(*(delivery(f"d{number}", session_id=f"s{number % 3}") for number in range(9)))
    async with running(house), asyncio.timeout(BOUND):
        assert await house.outbox.flush(60.0)
    assert len(sent(house)) == 9


async def test_a_flush_does_not_wait_for_what_is_tried_again_later() -> None:
    house = await outbox(delivery("d1"))
    house.callbacks.answers.append(BROKEN)
    async with running(house), asyncio.timeout(BOUND):
        assert await house.outbox.flush(60.0)
    assert state(house, "d1") == ("", 1)


async def test_a_flush_gives_up_on_a_program_that_does_not_answer() -> None:
    house = await outbox(delivery("d1"))
    house.callbacks.open.clear()
    async with running(house):
        await house.callbacks.came(1)
        flush = asyncio.create_task(house.outbox.flush(5.0))
        async with asyncio.timeout(BOUND):
            await asyncio.wait([flush], timeout=0.01)
            house.clock.advance(6)
            assert not await flush


def test_an_outbox_that_nobody_woke_is_looked_at_often() -> None:
    assert 0 < notify.POLL <= 5
