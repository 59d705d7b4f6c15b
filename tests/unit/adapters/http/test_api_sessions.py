"""Sessions and deliveries over HTTP."""

import asyncio
import json

import msgspec
import pytest
from tests.contract.stores import delivery
from tests.unit.adapters.http.asgi import BASE, Door, open_door
from tests.unit.domain.bodies import body, call, say
from tests.unit.service.house import ACME, BOUND, until_played

from ringback.service.feed import KEPT_SECONDS, LISTENERS
from ringback.service.keys import Keys
from ringback.service.ports import TimelineEntry

OTHER = BASE.replace("acme", "beta")


async def created(door: Door, **envelope: object) -> str:
    reply = await door.post(body(call(), say(), **envelope))
    session_id: str = reply.json["sessionId"]
    return session_id


async def settled(door: Door) -> None:
    """Wait until what was begun is over."""
    async with asyncio.timeout(BOUND):
        while door.house.runner._errands._tasks:
            await asyncio.wait(door.house.runner._errands._tasks)


async def test_sessions_are_listed_page_by_page() -> None:
    door = await open_door()
    made = [await created(door, clientRequestId=f"order-{number}") for number in range(3)]
    page = (await door.ask("GET", f"{BASE}/sessions?limit=2")).json
    assert [row["sessionId"] for row in page["sessions"]] == made[:0:-1]
    assert page["sessions"][0] == {
        "sessionId": made[2],
        "sessionStatus": "QUEUED",
        "createdAt": page["sessions"][0]["createdAt"],
        "clientRequestId": "order-2",
        "source": "+6512341234",
        "destination": "+6512345678",
    }
    rest = (await door.ask("GET", f"{BASE}/sessions?limit=2&cursor={page['nextCursor']}")).json
    assert [row["sessionId"] for row in rest["sessions"]] == made[:1]
    assert (rest["nextCursor"], rest["statusCode"], rest["statusMessage"]) == (None, 0, "ok")


async def test_a_session_that_waits_for_its_time_says_so_until_it_is_cancelled() -> None:
    door = await open_door()
    reply = await door.post(body(call(), say(), startAt="2027-01-15T10:00:00+01:00"))
    assert reply.json["startAt"] == "2027-01-15T09:00:00.000Z"
    one = f"{BASE}/sessions/{reply.json['sessionId']}"
    (row,) = (await door.ask("GET", f"{BASE}/sessions?status=QUEUED")).json["sessions"]
    shown = (await door.ask("GET", one)).json
    assert row["dueAt"] == shown["dueAt"] == "2027-01-15T09:00:00.000Z"
    assert shown["waitsFor"] == "start"
    await door.ask("DELETE", one)
    await settled(door)
    shown = (await door.ask("GET", one)).json
    assert (shown["sessionStatus"], "dueAt" in shown, "waitsFor" in shown) == ("CANCELED", False, False)


async def test_a_queued_session_says_what_it_waits_for() -> None:
    door = await open_door()
    await door.house.store.change_settings("acme", {"quietHours": "SG 15:00-17:30"})  # it is 16:00 there
    times: list[dict[str, object]] = [
        {},
        {"startAt": "2027-01-15T09:30:00Z"},
        {"startAt": "2027-01-15T09:00:00Z"},
        {"ignoreQuietHours": True},
    ]
    made = [await created(door, **each) for each in times]
    shown = [(await door.ask("GET", f"{BASE}/sessions/{each}")).json for each in made]
    assert [(each.get("dueAt"), each["waitsFor"]) for each in shown] == [
        ("2027-01-15T09:30:00.000Z", "quietHours"),
        ("2027-01-15T09:30:00.000Z", "start"),
        ("2027-01-15T09:30:00.000Z", "quietHours"),
        (None, "channel"),
    ]


async def test_what_is_added_meanwhile_moves_no_page() -> None:
    door = await open_door()
    made = [await created(door) for _ in range(4)]
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = (await door.ask("GET", f"{BASE}/sessions?limit=2&cursor={cursor}")).json
        seen += [row["sessionId"] for row in page["sessions"]]
        cursor = page["nextCursor"] or ""
        door.house.clock.advance(1)
        await created(door)
    assert seen == made[::-1]
    assert cursor == ""


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("status=HAPPY", "status"),
        ("from=yesterday", "from"),
        ("to=2026-13-01T00:00:00Z", "to"),
        ("cursor=%21", "cursor"),
        ("cursor=Zm9v", "cursor"),
        ("cursor=" + "A" * 1000, "cursor"),
    ],
)
async def test_a_query_that_cannot_be_is_422_and_named(query: str, names: str) -> None:
    door = await open_door()
    reply = await door.ask("GET", f"{BASE}/sessions?{query}")
    assert (reply.http, reply.json["statusCode"]) == (422, "1001")
    assert reply.json["statusMessage"].startswith(f"{names}: ")


async def test_a_queued_session_is_cancelled_and_summed_up() -> None:
    door = await open_door("VSS")
    session_id = await created(door)
    reply = await door.ask("DELETE", f"{BASE}/sessions/{session_id}")
    assert (reply.http, reply.json["sessionId"]) == (202, session_id)
    await settled(door)
    shown = (await door.ask("GET", f"{BASE}/sessions/{session_id}")).json
    assert shown["sessionStatus"] == "CANCELED"
    assert (shown["summary"]["details"], shown["summary"]["callCount"]) == ({}, 0)
    assert [row["type"] for row in shown["deliveries"]] == ["VSS"]
    assert not door.house.telephone.legs
    again = await door.ask("DELETE", f"{BASE}/sessions/{session_id}")
    assert (again.http, again.json["statusMessage"]) == (409, "The session has ended")


async def test_what_is_no_session_of_the_subaccount_is_404() -> None:
    door = await open_door()
    await door.house.store.add_subaccount("beta")
    door_key = await door.house.store.create_key("beta")
    session_id = await created(door)
    for method, path in (("GET", ""), ("DELETE", "")):
        unknown = await door.ask(method, f"{BASE}/sessions/nobody{path}")
        assert (unknown.http, unknown.json["statusMessage"]) == (404, "Session not found by Id : nobody")
        theirs = await door.ask(method, f"{OTHER}/sessions/{session_id}", authorization=f"Bearer {door_key}")
        assert theirs.http == 404
    listed = await door.ask("GET", f"{OTHER}/sessions", authorization=f"Bearer {door_key}")
    assert listed.json["sessions"] == []
    assert (await door.ask("GET", f"{BASE}/sessions/{session_id}")).json["sessionStatus"] == "QUEUED"


async def test_a_dead_delivery_is_shown_and_sent_once_more() -> None:
    door = await open_door("VCS")
    session_id = await created(door)
    store, now = door.house.store, door.house.clock.now()
    await store.append_timeline(session_id, [], [msgspec.structs.replace(delivery("d1", session_id), created=now)])
    await store.delivery_failed("d1", now, None, "HTTP 500")
    (row,) = (await door.ask("GET", f"{BASE}/deliveries?state=dead")).json["deliveries"]
    assert (row["deliveryId"], row["state"], row["tries"], row["reason"]) == ("d1", "dead", 1, "HTTP 500")
    reply = await door.ask("POST", f"{BASE}/deliveries/d1/redeliver")
    assert (reply.http, reply.json["state"]) == (202, "waiting")
    assert (await door.ask("GET", f"{BASE}/deliveries")).json["deliveries"] == []
    assert (await door.ask("POST", f"{BASE}/deliveries/d1/redeliver")).http == 404
    assert (await door.ask("GET", f"{BASE}/deliveries?state=done")).http == 422


async def test_deliveries_that_die_meanwhile_move_no_page() -> None:
    door = await open_door("VCS")
    session_id = await created(door)
    store, now = door.house.store, door.house.clock.now()

    async def die(name: str) -> None:
        await store.append_timeline(session_id, [], [msgspec.structs.replace(delivery(name, session_id), created=now)])
        await store.delivery_failed(name, now, None, "HTTP 500")

    for number in range(4):
        await die(f"d{number}")
    seen: list[str] = []
    cursor = ""
    for number in range(3):
        page = (await door.ask("GET", f"{BASE}/deliveries?limit=2&cursor={cursor}")).json
        seen += [row["deliveryId"] for row in page["deliveries"]]
        cursor = page["nextCursor"] or ""
        await die(f"later{number}")
    assert seen == ["d3", "d2", "d1", "d0"]


# ---------------------------------------------------------------- another callflow


def next_callflow(*actions: object) -> bytes:
    return body(*actions, clientActionId="menu-2")


async def test_a_live_session_runs_the_callflow_that_it_is_given() -> None:
    door = await open_door("VSS")
    door.house.telephone.endless = True
    session_id = await door.house.begin(call(), say())
    await until_played(door.house)
    reply = await door.ask("POST", f"{BASE}/sessions/{session_id}/callflows", next_callflow({"action": "hangup"}))
    assert (reply.http, reply.json) == (202, {"sessionId": session_id, "statusCode": 0, "statusMessage": "ok"})
    await settled(door)
    over = await door.ask("POST", f"{BASE}/sessions/{session_id}/callflows", next_callflow({"action": "hangup"}))
    assert (over.http, over.json["statusMessage"]) == (409, "The session has ended")
    assert over.json["sessionStatus"] == "NOT_CREATED"


async def test_a_session_that_waits_takes_no_other_callflow_yet() -> None:
    door = await open_door()
    path = f"{BASE}/sessions/{await created(door)}/callflows"
    reply = await door.ask("POST", path, next_callflow(say()))
    assert (reply.http, reply.headers["retry-after"]) == (409, "1")
    assert reply.json["statusMessage"] == "The session waits, or is setting up a call"


@pytest.mark.parametrize(
    ("content", "http", "code"),
    [
        (b"{", 400, -1001),
        (b"{}", 400, -1009),
        (next_callflow(call(), call()), 422, -1010),
        (next_callflow(call(source="1")), 422, -1014),
        (next_callflow(say(text="")), 400, -1009),
        (next_callflow({"action": "dance"}), 400, -1007),
    ],
)
async def test_a_callflow_for_a_live_session_is_held_to_the_rules(content: bytes, http: int, code: int) -> None:
    door = await open_door()
    reply = await door.ask("POST", f"{BASE}/sessions/{await created(door)}/callflows", content)
    assert (reply.http, reply.json["statusCode"], reply.json["sessionStatus"]) == (http, code, "NOT_CREATED")


# ---------------------------------------------------------------- events


async def test_events_are_streamed_until_the_server_stops() -> None:
    door = await open_door()
    stream = asyncio.create_task(door.ask("GET", f"{BASE}/events"))
    async with asyncio.timeout(BOUND):
        while not door.feed._listeners:  # noqa: ASYNC110 - it tells nobody who listens
            await asyncio.sleep(0)
    door.feed.tell("acme", "s1", TimelineEntry(door.house.clock.now(), "dtmf-received", {"digit": "1"}))
    door.feed.tell("beta", "s2", TimelineEntry(door.house.clock.now(), "dtmf-received", {"digit": "2"}))
    door.feed.close()
    reply = await stream
    assert (reply.http, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    first, second, _ = reply.body.decode().split("\n\n")
    assert first.splitlines() == [": ringback", f"id: {door.feed.start}-0"]
    assert second.splitlines()[:2] == [f"id: {door.feed.start}-1", "event: dtmf-received"]
    assert json.loads(second.splitlines()[2].removeprefix("data: ")) == {
        "sessionId": "s1",
        "timestamp": "2027-01-15T08:00:00.000Z",
        "event": "dtmf-received",
        "details": {"digit": "1"},
    }


@pytest.mark.parametrize("how", ["revoked", "expired", "removed with its subaccount"])
async def test_a_stream_ends_with_its_key(how: str) -> None:
    door = await open_door()
    clock, store = door.house.clock, door.house.store
    key = await Keys(store, clock).create(ACME, scopes=["read"], expires=clock.now() + 60)
    stream = asyncio.create_task(door.ask("GET", f"{BASE}/events", authorization=f"Bearer {key.secret}"))
    async with asyncio.timeout(BOUND):
        while not door.feed._listeners:  # noqa: ASYNC110 - it tells nobody who listens
            await asyncio.sleep(0)
        door.feed.tell(ACME, "s1", TimelineEntry(clock.now(), "dtmf-received", {"digit": "1"}))
        for _ in range(20):  # until it is written
            await asyncio.sleep(0)
        if how == "revoked":
            await store.revoke_key(key.key.key_id)
        elif how == "expired":
            clock.advance(60)
        else:
            await store.remove_subaccount(ACME)
        door.feed.tell(ACME, "s1", TimelineEntry(clock.now(), "dtmf-received", {"digit": "2"}))
        reply = await stream
    assert b'"digit":"1"' in reply.body
    assert b'"digit":"2"' not in reply.body
    assert not door.feed._listeners


async def test_who_was_cut_off_is_told_again_and_who_missed_something_that() -> None:
    door = await open_door()
    for session in ("s1", "s2"):
        door.feed.tell("acme", session, TimelineEntry(door.house.clock.now(), "hang-up"))
    door.feed.close()
    start = door.feed.start
    again = await door.ask("GET", f"{BASE}/events", last_event_id=f"{start}-1")
    assert [line for line in again.body.decode().splitlines() if line.startswith(("id", "event"))] == [
        *(f"id: {start}-1", f"id: {start}-2", "event: hang-up")
    ]
    for last in ("7-1", f"{start}-", f"{start}-x", "17", "", f"{start}-{'9' * 19}"):
        late = await door.ask("GET", f"{BASE}/events", last_event_id=last)
        first, *rest = late.body.decode().rstrip().split("\n\n")
        assert first.splitlines()[:2] == [f"id: {start}-0", "event: events-missed"]
        assert json.loads(first.splitlines()[2].removeprefix("data: "))["sessionId"] is None
        assert len(rest) == 2


async def test_who_was_cut_off_from_a_session_that_ended_since_is_told_its_end() -> None:
    door = await open_door()
    session_id = await created(door)
    await door.ask("DELETE", f"{BASE}/sessions/{session_id}")
    await settled(door)
    door.feed.tell("acme", session_id, TimelineEntry(door.house.clock.now(), "session-ended"))
    path = f"{BASE}/sessions/{session_id}/events"
    cut_off = await door.ask("GET", path, last_event_id=f"{door.feed.start}-0")
    assert "event: session-ended" in cut_off.body.decode()
    told = await door.ask("GET", path, last_event_id=f"{door.feed.start}-1")
    assert told.body == b""
    door.house.clock.advance(KEPT_SECONDS + 1)
    late = await door.ask("GET", path, last_event_id=f"{door.feed.start}-0")
    assert "event: events-missed" in late.body.decode(), "and then it is over"
    assert not door.feed._listeners


async def test_too_many_listeners_are_told_to_come_later() -> None:
    door = await open_door()
    for _ in range(LISTENERS):
        door.feed.listen("acme")
    for path in ("events", f"sessions/{await created(door)}/events"):
        reply = await door.ask("GET", f"{BASE}/{path}")
        assert (reply.http, reply.headers["retry-after"]) == (429, "5")


async def test_the_events_of_a_session_that_ended_are_none() -> None:
    door = await open_door()
    session_id = await created(door)
    await door.ask("DELETE", f"{BASE}/sessions/{session_id}")
    await settled(door)
    reply = await door.ask("GET", f"{BASE}/sessions/{session_id}/events")
    assert (reply.http, reply.body) == (200, b"")
    assert not door.feed._listeners
