"""What every store must do: sessions that try again what an earlier one did not reach."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, make, new

from ringback.adapters.store import StoreFailed
from ringback.domain.retry import Retry
from ringback.domain.session import Session, SessionStatus
from ringback.service.ports import NewSession, SessionFilter


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


def retry(session_id: str, attempt: int = 1, first: str = "s0") -> NewSession:
    session = msgspec.structs.replace(new(session_id), retry_of=first, attempt=attempt, due=NOW + 60)
    asked = msgspec.structs.replace(session.callflow, retry=Retry(3, 60, ("BUSY",)))
    return msgspec.structs.replace(session, callflow=asked)


def busy(session_id: str = "s0", **more: object) -> Session:
    ended = Session(
        session_id=session_id,
        sub_account_id="acme",
        request_id="r",
        started=NOW,
        ended=NOW + 5,
        status=SessionStatus.BUSY,
    )
    return msgspec.structs.replace(ended, **more)


async def test_a_retry_is_queued_with_the_end_of_the_session_before(store: AnyStore) -> None:
    await store.create_session(new("s0"))
    assert await store.end_session(busy(retried_by="s1"), [], [], None, retry("s1"))
    record = await store.session("s1")
    assert record is not None
    assert (record.state, record.due, record.retry_of, record.attempt) == ("QUEUED", NOW + 60, "s0", 1)
    before = await store.session("s0")
    assert before is not None
    assert before.summary is not None
    assert (before.retry_of, before.attempt, before.summary.retried_by) == (None, 0, "s1")
    assert await store.claim_sessions("carrier", {"acme": 9}, "me", NOW + 59) == []
    (claimed,) = await store.claim_sessions("carrier", {"acme": 9}, "me", NOW + 60)
    assert (claimed.session_id, claimed.retry_of, claimed.attempt) == ("s1", "s0", 1)
    assert claimed.callflow.retry == Retry(3, 60, ("BUSY",))
    (left,) = await store.unfinished_sessions(9)
    assert (left.retry_of, left.attempt) == ("s0", 1)


async def test_an_end_that_is_told_twice_is_tried_again_once(store: AnyStore) -> None:
    await store.create_session(new("s0"))
    assert await store.end_session(busy(), [], [], None, retry("s1"))
    assert not await store.end_session(busy(), [], [], None, retry("s2"))
    assert await store.session("s2") is None


async def test_an_attempt_is_there_once_and_with_a_second_nothing_ends(store: AnyStore) -> None:
    for name in ("s0", "other"):
        await store.create_session(new(name))
    await store.end_session(busy(), [], [], None, retry("s1"))
    with pytest.raises(StoreFailed):
        await store.end_session(busy("other"), [], [], None, retry("s2"))
    record = await store.session("other")
    assert record is not None
    assert (record.state, record.summary) == ("QUEUED", None)
    assert await store.session("s2") is None


async def test_the_next_attempt_is_another(store: AnyStore) -> None:
    await store.create_session(new("s0"))
    await store.end_session(busy(), [], [], None, retry("s1"))
    (claimed,) = await store.claim_sessions("carrier", {"acme": 9}, "me", NOW + 60)
    await store.end_session(busy("s1", retry_of="s0", attempt=1), [], [], None, retry("s2", attempt=2))
    record = await store.session("s2")
    assert record is not None
    assert (claimed.session_id, record.retry_of, record.attempt) == ("s1", "s0", 2)


async def test_a_retry_that_waits_can_be_taken_out_of_the_queue(store: AnyStore) -> None:
    await store.create_session(new("s0"))
    await store.end_session(busy(), [], [], None, retry("s1"))
    taken = await store.take_session("acme", "s1", "me", NOW)
    assert taken is not None
    assert (taken.retry_of, taken.attempt) == ("s0", 1)


async def test_it_is_listed_as_any_other(store: AnyStore) -> None:
    await store.create_session(new("s0"))
    await store.end_session(busy(), [], [], None, retry("s1"))
    found = await store.list_sessions(SessionFilter(sub_account_id="acme"))
    assert [(each.session_id, each.state) for each in found] == [("s1", "QUEUED"), ("s0", "ENDED")]
    assert [(record.session_id, record.attempt) for record in await store.latest_sessions(9)] == [("s1", 1), ("s0", 0)]
