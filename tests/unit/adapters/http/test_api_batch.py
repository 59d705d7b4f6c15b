"""Many callflows in one request."""

import asyncio
import json
from collections.abc import Sequence
from itertools import count, pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.unit.adapters.http.asgi import BASE, Door, Reply, open_door
from tests.unit.domain.bodies import body, call, say
from tests.unit.service.house import House

from ringback.adapters.store import StoreBusy, open_store
from ringback.adapters.store.receipts import LIFETIME
from ringback.adapters.store.writer import driver_connection
from ringback.service.accept import Judged
from ringback.service.batch import MAX_ENTRIES, TURN, TURN_BYTES, UNDER_WAY, Batch
from ringback.service.ports import KeptReceipt, NewSession, Subaccount
from ringback.testing.store import InMemoryStore

BATCH = f"{BASE}/callflows/batch"
GOOD = {"callflow": [call(), say()]}
BAD = {"callflow": [call(), say(text="")]}


def frame(*entries: object, **more: object) -> bytes:
    return json.dumps({"callflows": entries, **more}).encode()


async def post(door: Door, content: bytes, key: str | None = None) -> Reply:
    return await door.ask("POST", BATCH, content, idempotency_key=key)


def outcomes(reply: Reply) -> list[int]:
    return [result["statusCode"] for result in reply.json["results"]]


async def test_each_entry_is_answered_in_its_place_as_if_it_had_come_alone() -> None:
    door = await open_door()
    dated = {"callflow": [call(), say()], "clientRequestId": "order-2", "validUntil": "2030-01-20T20:30:00Z"}
    reply = await post(door, frame(GOOD, BAD, dated, unknown="ignored"))
    alone = [(await door.post(json.dumps(entry).encode())).json for entry in (GOOD, BAD, dated)]
    assert reply.http == 200
    told = reply.json
    assert [told[name] for name in ("count", "accepted", "rejected", "statusCode")] == [3, 2, 1, 0]
    for result, other in zip(told["results"], alone, strict=True):
        ids = {name: result[name] for name in ("sessionId", "callFlowRequestId") if name in result}
        assert result == other | ids
        assert all(other[name] != value for name, value in ids.items())
    stored = door.house.store.sessions
    assert [result["sessionId"] in stored for result in told["results"] if "sessionId" in result] == [True, True]
    assert stored[told["results"][2]["sessionId"]].session.callflow.client_request_id == "order-2"
    assert stored[told["results"][2]["sessionId"]].session.request_id == told["results"][2]["callFlowRequestId"]


@pytest.mark.parametrize("number", [1, TURN, TURN + 1, UNDER_WAY + 1, MAX_ENTRIES])
async def test_as_many_as_allowed_are_taken(number: int) -> None:
    door = await open_door()
    entries = [GOOD | {"clientRequestId": str(place)} for place in range(number)]
    reply = await post(door, frame(*entries))
    assert (reply.http, reply.json["count"], reply.json["accepted"]) == (200, number, number)
    asked = [door.house.store.sessions[result["sessionId"]].session.callflow for result in reply.json["results"]]
    assert [callflow.client_request_id for callflow in asked] == [str(place) for place in range(number)]


@pytest.mark.parametrize("number", [0, MAX_ENTRIES + 1])
async def test_none_and_too_many_are_refused_as_a_whole(number: int) -> None:
    door = await open_door()
    reply = await post(door, frame(*[GOOD] * number))
    assert (reply.http, reply.json["sessionStatus"], reply.json["statusCode"]) == (400, "NOT_CREATED", -1009)
    reason = "$.callflows: must have 1 to 1000 entries"
    assert reply.json["statusMessage"] == f"Invalid call flow entry provided. {reason}"
    assert reply.json["errors"] == [{"statusCode": -1009, "path": "$.callflows", "message": reason}]
    assert not door.house.store.sessions


@pytest.mark.parametrize(
    ("content", "code", "path"),
    [
        (b"", -1001, "$"),
        (b"{", -1001, "$"),
        (b'{"callflows": [1,]}', -1001, "$"),
        (b'{"callflows": [{"a": tru}]}', -1001, "$"),
        (b"\xff", -1001, "$"),
        (b'{"callflows": ' + b"[" * 5000 + b"]" * 5000 + b"}", -1001, "$"),
        (b"[]", -1001, "$"),
        (b"null", -1001, "$"),
        (b"{}", -1009, "$.callflows"),
        (b'{"callflow": []}', -1009, "$.callflows"),
        (b'{"callflows": null}', -1009, "$.callflows"),
        (b'{"callflows": {}}', -1009, "$.callflows"),
        (b'{"callflows": "x"}', -1009, "$.callflows"),
        (b'{"callflows": 7}', -1009, "$.callflows"),
    ],
)
async def test_a_request_that_is_no_list_of_callflows_is_refused_as_a_whole(
    content: bytes, code: int, path: str
) -> None:
    door = await open_door()
    reply = await post(door, content)
    assert (reply.http, reply.json["statusCode"], reply.json["errors"][0]["path"]) == (400, code, path)
    assert reply.json["sessionStatus"] == "NOT_CREATED"


@pytest.mark.parametrize("entry", [b"null", b"7", b'"x"', b"[]", b"{}", b"1e999", b'{"callflow": "\xff"}'])
async def test_an_entry_that_is_no_callflow_is_rejected_alone(entry: bytes) -> None:
    door = await open_door()
    good = json.dumps(GOOD).encode()
    reply = await post(door, b'{"callflows": [' + good + b"," + entry + b"," + good + b"]}")
    assert (reply.http, reply.json["accepted"], reply.json["rejected"]) == (200, 2, 1)
    alone = (await door.post(entry)).json
    assert reply.json["results"][1] == alone | {"callFlowRequestId": reply.json["results"][1]["callFlowRequestId"]}


async def test_each_entry_has_the_bound_of_a_callflow_and_all_have_their_own() -> None:
    longest = 50_000
    door = await open_door(house=House(body_bytes=5000, batch_bytes=longest))
    just = body(call(), say(), clientRequestId="x")
    just = just.replace(b'"x"', b'"' + b"x" * (5001 - len(just)) + b'"')
    assert len(just) == 5000
    over = just.replace(b"xx", b"xxx", 1)
    reply = await post(door, b'{"callflows": [' + just + b"," + over + b"]}")
    assert outcomes(reply) == [1, -1001]
    assert reply.json["results"][1]["errors"][0]["message"] == "larger than 5000 bytes"
    content = frame(GOOD)
    assert (await post(door, content + b" " * (longest - len(content)))).http == 200
    refused = await post(door, content + b" " * (longest + 1 - len(content)))
    assert (refused.http, refused.json["errors"][0]["message"]) == (400, f"larger than {longest} bytes")


async def test_other_work_has_its_turn_in_between() -> None:
    door = await open_door()
    turns = count()
    seen: list[int] = []
    judge = door.house.accept.judge

    def judged(subaccount: Subaccount, body: bytes, request_id: str) -> Judged:
        seen.append(next(turns))
        return judge(subaccount, body, request_id)

    door.house.accept.judge = judged  # type: ignore[method-assign]  # listened to

    async def others() -> None:
        while True:
            next(turns)
            await asyncio.sleep(0)

    working = asyncio.create_task(others())
    long_ = GOOD | {"clientRequestId": "x" * (TURN_BYTES // 2)}
    await post(door, frame(*[GOOD] * (TURN + 1)))
    await post(door, frame(long_, long_))
    working.cancel()
    follows = [later - earlier == 1 for earlier, later in pairwise(seen)]
    assert follows == [True] * (TURN - 1) + [False, False, False]


# ---------------------------------------------------------------- nothing is started


async def test_a_rehearsal_judges_each_and_starts_nothing() -> None:
    door = await open_door()
    reply = await door.ask("POST", f"{BATCH}?dryRun=true", frame(GOOD, BAD), idempotency_key="order-7")
    assert (reply.http, reply.json["accepted"], reply.json["rejected"]) == (200, 1, 1)
    valid, rejected = reply.json["results"]
    assert (valid["sessionStatus"], valid["trunk"], rejected["statusCode"]) == ("VALID", "carrier", -1009)
    assert valid["callFlowRequestId"] != rejected["callFlowRequestId"]
    assert (await door.ask("POST", f"{BATCH}?dryRun=true", b"[]")).http == 400
    assert not door.house.store.sessions
    assert (await post(door, frame(GOOD), "order-7")).json["accepted"] == 1, "the key was not used"


async def test_no_key_and_the_key_of_another_open_nothing() -> None:
    door = await open_door()
    reply = await door.ask("POST", BATCH, frame(GOOD), authorization=None)
    assert (reply.http, reply.json["sessionStatus"]) == (401, "NOT_CREATED")
    other = await door.ask("POST", BATCH.replace("acme", "other"), frame(GOOD))
    assert (other.http, other.json["statusCode"]) == (404, 404)
    assert not door.house.store.sessions


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_it_can_only_be_posted_to(method: str) -> None:
    reply = await (await open_door()).ask(method, BATCH)
    assert (reply.http, reply.headers["allow"]) == (405, "POST")


# ---------------------------------------------------------------- the same request twice


async def test_the_same_key_and_body_get_the_same_answer_and_start_nothing() -> None:
    door = await open_door()
    content = frame(GOOD, BAD, GOOD)
    first, again = await post(door, content, "order-7"), await post(door, content, "order-7")
    assert (first.http, outcomes(first)) == (200, [1, -1009, 1])
    assert (again.http, again.body) == (200, first.body)
    assert len(door.house.store.sessions) == 2


async def test_two_at_once_with_one_key_are_one_batch() -> None:
    door = await open_door()
    content = frame(*[GOOD] * (UNDER_WAY + 5))
    one, other = await asyncio.gather(post(door, content, "order-7"), post(door, content, "order-7"))
    assert one.body == other.body
    assert len(door.house.store.sessions) == UNDER_WAY + 5


@pytest.mark.parametrize("other", [[GOOD], [GOOD, GOOD, GOOD], [GOOD, BAD]])
async def test_another_body_under_a_used_key_is_refused(other: Sequence[object]) -> None:
    door = await open_door()
    await post(door, frame(GOOD, GOOD), "order-7")
    reply = await post(door, frame(*other), "order-7")
    assert (reply.http, reply.json["statusCode"], reply.json["sessionStatus"]) == (422, 422, "NOT_CREATED")
    assert len(door.house.store.sessions) == 2


async def test_a_key_of_a_batch_is_none_of_a_callflow_and_the_other_way_about() -> None:
    door = await open_door()
    content = frame(GOOD)
    await post(door, content, "of-a-batch")
    alone = await door.ask("POST", f"{BASE}/callflows", content, idempotency_key="of-a-batch")
    assert alone.json["statusCode"] == 422
    await door.ask("POST", f"{BASE}/callflows", content, idempotency_key="of-a-callflow")
    assert (await post(door, content, "of-a-callflow")).json["statusCode"] == 422


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "é"])
async def test_a_key_that_is_none_is_refused(key: str) -> None:
    door = await open_door()
    reply = await post(door, frame(GOOD), key)
    assert (reply.http, reply.json["sessionStatus"]) == (422, "NOT_CREATED")
    assert not door.house.store.sessions


async def test_a_key_is_free_again_a_day_after_its_first_use_for_all_entries_alike() -> None:
    house = House(store=Dies(after=1))
    door = await open_door(house=house)
    content = frame(GOOD, GOOD)
    await post(door, content, "order-7")
    house.clock.advance(LIFETIME - 1)
    await post(door, content, "order-7")
    house.clock.advance(1)
    assert (await post(door, content, "order-7")).json["accepted"] == 2
    assert len(house.store.sessions) == 4


class Dies(InMemoryStore):
    """Takes so many sessions with a receipt, then none until it is asked again: as after a crash in the middle."""

    def __init__(self, after: int) -> None:
        """`after`: how many are taken."""
        super().__init__()
        self._left = after

    async def create_once(self, receipt: KeptReceipt, session: NewSession | None) -> KeptReceipt | None:
        if session is not None:
            self._left -= 1
            if self._left == -1:
                self._left = 1_000_000
                raise StoreBusy
        return await super().create_once(receipt, session)


async def test_what_was_not_taken_the_first_time_is_taken_the_second_and_nothing_starts_twice() -> None:
    door = await open_door(house=House(store=Dies(after=1)))
    content = frame(GOOD, GOOD, GOOD)
    first = await post(door, content, "order-7")
    assert outcomes(first) == [1, 429, 1]
    assert (first.json["accepted"], first.json["rejected"]) == (2, 1)
    again = await post(door, content, "order-7")
    assert outcomes(again) == [1, 1, 1]
    assert again.json["results"][::2] == first.json["results"][::2]
    assert len(door.house.store.sessions) == 3


class Broken(InMemoryStore):
    async def create_session(self, session: NewSession) -> None:
        if len(self.sessions) == 1:
            self.sessions["fault"] = self.sessions[next(iter(self.sessions))]
            raise ZeroDivisionError
        await super().create_session(session)


async def test_a_fault_of_ours_is_told_of_its_entry_alone() -> None:
    door = await open_door(house=House(store=Broken()))
    reply = await post(door, frame(GOOD, GOOD, GOOD))
    assert outcomes(reply) == [1, -9999, 1]


async def test_a_fault_in_judging_an_entry_is_told_of_it_alone() -> None:
    door = await open_door()
    judge = door.house.accept.judge

    def judged(subaccount: Subaccount, body: bytes, request_id: str) -> Judged:
        if b"a fault of ours" in body:
            raise ZeroDivisionError
        return judge(subaccount, body, request_id)

    door.house.accept.judge = judged  # type: ignore[method-assign]  # has a fault
    with capture_logs() as logs:
        reply = await post(door, frame(GOOD, GOOD | {"clientRequestId": "a fault of ours"}, GOOD))
    assert outcomes(reply) == [1, -9999, 1]
    (logged,) = logs
    assert logged["callFlowRequestId"] == reply.json["results"][1]["callFlowRequestId"]


async def test_on_disk_a_batch_shares_its_commits(tmp_path: Path) -> None:
    house = House()
    await house.tenant()
    store = open_store(f"sqlite:///{tmp_path}/s.db", exclusive=True)
    house.accept._store = store
    commits: list[str] = []
    driver_connection(store._writer._connection).set_trace_callback(
        lambda statement: commits.append(statement) if statement == "COMMIT" else None
    )
    batch = Batch(house.accept, store, house.clock, house.new_id, longest=1_000_000)
    receipt = await batch.callflows(await house.subaccount(), frame(*[GOOD] * MAX_ENTRIES), "request", key="order-7")
    written = await store.latest_sessions(MAX_ENTRIES + 1)
    await store.close()
    told = json.loads(receipt.body)
    assert {result["sessionId"] for result in told["results"]} == {record.session_id for record in written}
    assert 1 < len(commits) <= MAX_ENTRIES // UNDER_WAY + 1
