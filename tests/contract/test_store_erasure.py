"""What every store must do: erase."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest
from tests.contract.stores import KINDS, NOW, AnyStore, delivery, make, new
from tests.contract.test_store import summary
from tests.contract.test_store_recordings import completed, recording

from ringback.adapters.store.erasure import OVERDUE
from ringback.domain.callflow import MakeCall, PlayFile, Say, SayAndCapture
from ringback.domain.settings import Settings
from ringback.service.erasure_store import Match, Owner
from ringback.service.export_store import ExportJob
from ringback.service.ports import KeptReceipt, ListedSession, SessionFilter, SipMessage, SipTrace, TimelineEntry

DAY = 86_400.0
LATER = {"acme": NOW + DAY}
"""What was there before is older."""
SAID = TimelineEntry(NOW + 1, "prompt-played", {"call": "call-1", "text": "Dear Ann", "voice": "en-US-Heart"})
PRESSED = TimelineEntry(NOW + 2, "dtmf-received", {"call": "call-1", "leg": "callA", "digit": "7"})
ASKED = TimelineEntry(
    NOW + 3,
    "callflow-asked",
    {"digits": "71", "url": "http://acme/vca", "request": '{"dtmf": "71"}', "response": '{"say": "Ann"}'},
)
TRACE = SipTrace([SipMessage("call-1", NOW, True, "here:1", "there:2", b"INFO sip:x SIP/2.0\r\n\r\nSignal=7")])  # noqa: FBT003 - of a struct


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyStore]:
    made = make(request.param, tmp_path)
    yield made
    await made.close()


async def end(store: AnyStore, session_id: str, created: float = NOW, *, ended: float | None = None) -> None:
    """Store a session that said and heard something, and is over; its webhook is taken."""
    await store.create_session(new(session_id, created=created))
    await store.append_timeline(session_id, [SAID, PRESSED], [delivery(f"dtmf-{session_id}", session_id, "DTMF")])
    over = msgspec.structs.replace(summary(session_id), ended=created + 9 if ended is None else ended)
    await store.end_session(over, [ASKED], [delivery(f"vss-{session_id}", session_id, "VSS")], TRACE)
    for name in ("dtmf", "vss"):
        await store.delivery_done(f"{name}-{session_id}", created + 10)


async def listed(store: AnyStore, sub_account_id: str = "acme") -> Mapping[str, ListedSession]:
    found = await store.list_sessions(SessionFilter(sub_account_id=sub_account_id, limit=1000))
    return {each.session_id: each for each in found}


async def texts(store: AnyStore, session_id: str = "s1") -> list[str]:
    """Give whatever a session still says: of its callflow, its timeline and its deliveries."""
    callflow = (await listed(store))[session_id].callflow
    record = await store.session(session_id)
    assert record is not None
    said = [action.text for action in callflow.actions if isinstance(action, Say)]
    said += [action.prompt for action in callflow.actions if isinstance(action, SayAndCapture)]
    said += [action.url for action in callflow.actions if isinstance(action, PlayFile)]
    hidden = ("text", "digit", "digits", "request", "response")
    said += [str(entry.details[name]) for entry in record.timeline for name in hidden if name in entry.details]
    said += [each.body.decode() for each in await store.deliveries_of(session_id)]
    return [text for text in said if text]


async def test_what_is_blanked_says_nothing_any_more_and_tells_how_it_went(store: AnyStore) -> None:
    await end(store, "s1")
    assert len(await texts(store)) > 8
    assert await store.blank_texts(LATER, 10) == 1
    assert await texts(store) == []
    assert await store.trace("s1") is None
    record = await store.session("s1")
    assert record is not None
    assert record.summary == summary("s1")
    assert [entry.name for entry in record.timeline] == [SAID.name, PRESSED.name, ASKED.name]
    assert record.timeline[0].details == {**SAID.details, "text": "", "characters": 8}
    assert record.timeline[2].details["url"] == "http://acme/vca"
    callflow = (await listed(store))["s1"].callflow
    assert callflow.client_request_id == "order-7"
    assert isinstance(callflow.actions[0], MakeCall)
    assert await store.blank_texts(LATER, 10) == 0


async def test_an_export_of_a_blanked_session_has_no_content_and_its_length(store: AnyStore) -> None:
    await end(store, "s1")
    await store.blank_texts(LATER, 10)
    job = ExportJob(
        job_id="j", name="n", token="t" * 64, sub_account_id="acme", created=NOW, since=NOW, until=NOW + DAY, most=0
    )
    (session,) = await store.ended_sessions(job, 10)
    assert [(each.text, each.characters) for each in session.spoken] == [("", 8)]


async def test_a_blanked_webhook_is_not_sent_once_more(store: AnyStore) -> None:
    await end(store, "s1")
    await store.blank_texts(LATER, 10)
    assert await store.redeliver("acme", "vss-s1", NOW) is None


async def test_sessions_are_blanked_in_turn_by_their_subaccounts_time(store: AnyStore) -> None:
    for number in range(5):
        await end(store, f"s{number}", NOW + number)
    assert await store.blank_texts({"beta": NOW + DAY}, 10) == 0
    assert await store.blank_texts({"beta": NOW + DAY, "acme": NOW + 12.5}, 2) == 2
    assert await store.blank_texts({"beta": NOW + DAY, "acme": NOW + 12.5}, 2) == 2
    assert await store.blank_texts({"beta": NOW + DAY, "acme": NOW + 12.5}, 2) == 0
    assert [bool(await texts(store, f"s{number}")) for number in range(5)] == [False, False, False, False, True]
    assert await store.blank_texts({"acme": NOW + 20}, 2) == 1


async def unsettled(store: AnyStore) -> list[str]:
    """Store sessions that are not settled: one waits, one runs, a webhook is not taken, a recording is not made."""
    await store.create_session(new("waits"))
    await store.begin_session(new("runs"), "me", NOW)
    await store.create_session(new("tells"))
    await store.end_session(summary("tells"), [SAID], [delivery("vss", "tells", "VSS")])
    await end(store, "records")
    await store.begin_recording(recording("r1", session_id="records"))
    return ["waits", "runs", "tells", "records"]


async def test_what_is_not_settled_is_left_alone(store: AnyStore) -> None:
    left = await unsettled(store)
    before = {"acme": NOW + 10 * DAY}
    assert await store.settled_before(before, 10) == []
    assert await store.settled(left) == []
    assert await store.erase_sessions(left) == []
    await store.blank_texts(before, 10)
    for session_id in left:
        assert await texts(store, session_id)
    assert await store.unfinished_of("acme") == 3  # the recording too
    assert await store.unfinished_of("beta") == 0


async def test_what_a_removed_subaccount_left_in_the_queue_is_due_at_once(store: AnyStore) -> None:
    later = msgspec.structs.replace(new("waits"), due=NOW + DAY)
    await store.create_session(later)
    await store.create_session(msgspec.structs.replace(later, session_id="theirs", sub_account_id="beta"))
    await store.add_subaccount("acme")
    assert await store.hurry_left("acme") == 0
    await store.remove_subaccount("acme")
    assert await store.hurry_left("acme") == 1
    claimed = await store.claim_sessions("carrier", {"acme": 9, "beta": 9}, "here", NOW)
    assert [each.session_id for each in claimed] == ["waits"]
    assert await store.hurry_left("acme") == 0


async def test_a_session_that_takes_long_is_waited_for_and_then_passed_by(store: AnyStore) -> None:
    await store.create_session(new("slow"))
    await store.end_session(summary("slow"), [SAID], [delivery("vss-slow", "slow", "VSS")])
    await end(store, "s1", NOW + 1)
    assert await store.blank_texts({"acme": NOW + OVERDUE}, 10) == 0
    assert await texts(store)
    assert await store.blank_texts({"acme": NOW + OVERDUE + 1}, 10) > 0
    assert not await texts(store)
    assert await texts(store, "slow")
    await store.delivery_done("vss-slow", NOW + 20)
    assert await store.blank_texts({"acme": NOW + OVERDUE + 1}, 10) > 0
    assert not await texts(store, "slow")
    assert await store.blank_texts({"acme": NOW + OVERDUE + 1}, 10) == 0


async def test_a_session_that_was_queued_for_long_is_young_when_it_ends(store: AnyStore) -> None:
    await end(store, "s1", ended=NOW + 10 * DAY)
    before = {"acme": NOW + 9 * DAY}
    await store.blank_texts(before, 10)
    assert await texts(store)
    assert await store.settled_before(before, 10) == []
    before = {"acme": NOW + 10 * DAY + 1}
    assert [each.session_id for each in await store.settled_before(before, 10)] == ["s1"]
    await store.blank_texts(before, 10)
    assert not await texts(store)


async def test_an_erased_session_takes_everything_with_it(store: AnyStore) -> None:
    for session_id in ("s1", "s2"):
        await end(store, session_id)
        await store.finish_recording(
            completed(recording(f"r-{session_id}", session_id=session_id)),
            [],
            [delivery(f"vru-{session_id}", session_id, "VRU")],
        )
        await store.delivery_done(f"vru-{session_id}", NOW + 20)
    (settled,) = await store.settled(["s1", "s9"])
    assert (settled.session_id, settled.sub_account_id, settled.created) == ("s1", "acme", NOW)
    assert settled.calls == [("call-1", NOW + 1)]
    assert await store.erase_sessions(["s1", "s9"]) == ["s1"]
    assert await store.session("s1") is None
    assert await store.trace("s1") is None
    assert await store.deliveries_of("s1") == []
    assert list(await store.recordings("s1")) == []
    for name in ("dtmf", "vss", "vru"):
        assert await store.redeliver("acme", f"{name}-s1", NOW) is None
    assert list(await listed(store)) == ["s2"]
    assert len(await store.deliveries_of("s2")) == 3
    assert len(await store.recordings("s2")) == 1
    assert await store.trace("s2") == TRACE


async def test_a_dead_webhook_goes_with_its_session(store: AnyStore) -> None:
    await store.create_session(new("s1"))
    await store.end_session(summary("s1"), [], [delivery("vss", "s1", "VSS")])
    await store.delivery_failed("vss", NOW, None, "gone")
    assert await store.erase_sessions(["s1"]) == ["s1"]
    assert await store.dead_deliveries("acme", None, 10) == []


async def test_old_sessions_are_listed_by_subaccount_the_oldest_first(store: AnyStore) -> None:
    for number in (2, 1, 3):
        await end(store, f"s{number}", NOW + number)
    before = {"beta": NOW + DAY, "acme": NOW + 11.5}
    assert [each.session_id for each in await store.settled_before(before, 10)] == ["s1", "s2"]
    assert [each.session_id for each in await store.settled_before(before, 1)] == ["s1"]
    assert list(await store.session_ids_of("acme", 2)) == ["s1", "s2"]
    assert list(await store.session_ids_of("beta", 2)) == []


async def test_the_sessions_of_a_number_are_found_page_by_page(store: AnyStore) -> None:
    await end(store, "over")
    await store.create_session(new("waits", created=NOW + 1))
    await store.create_session(new("transferred", created=NOW + 2))
    dialled = {"call": "c", "leg": "callB", "trunk": "carrier", "source": "15550100100", "destination": "4930123456"}
    await store.append_timeline("transferred", [TimelineEntry(NOW, "leg-dialled", dialled)])
    first = await store.sessions_with("acme", "6512345678", (0.0, 0), 2)
    assert first.found == [Match("over", NOW), Match("waits", NOW + 1)]
    assert first.reached is not None
    rest = await store.sessions_with("acme", "6512345678", first.reached, 2)
    assert (rest.found, rest.reached) == ([Match("transferred", NOW + 2)], None)
    assert (await store.sessions_with("acme", "4930123456", (0.0, 0), 10)).found == [Match("transferred", NOW + 2)]
    for none in ("651234567", "16512345678", "4412345678"):
        assert (await store.sessions_with("acme", none, (0.0, 0), 10)).found == []
    assert (await store.sessions_with("beta", "6512345678", (0.0, 0), 10)).found == []


async def test_owners_are_those_with_sessions_or_recordings_in_the_store(store: AnyStore) -> None:
    assert await store.owners() == []
    await store.add_subaccount("idle")
    await store.add_subaccount("acme")
    await store.change_settings("acme", {"keepTextsDays": 30, "keepSessionsDays": "0"})
    await end(store, "s1")
    await store.begin_recording(msgspec.structs.replace(recording("r1", session_id="x"), sub_account_id="gone"))
    assert await store.owners() == [
        Owner("acme", Settings(keep_texts_days=30, keep_sessions_days=0)),
        Owner("gone", Settings()),
    ]


async def test_what_a_subaccount_leaves_beside_its_sessions_goes_too(store: AnyStore) -> None:
    for name in ("acme", "beta"):
        vnu = msgspec.structs.replace(delivery(f"vnu-{name}", "", "VNU"), session_id=None, sub_account_id=name)
        await store.create_session(new(f"s-{name}"))
        await store.append_timeline(f"s-{name}", [], [vnu])
        await store.create_once(KeptReceipt(name, "key", b"digest", NOW, 200, b"{}"), None)
    await store.drop_outbox("acme")
    assert [each.delivery_id for each in await store.claim_deliveries(10, NOW + 1, 60.0)] == ["vnu-beta"]
    await store.drop_rest("acme")
    assert await store.redeliver("acme", "vnu-acme", NOW) is None
    assert await store.create_once(KeptReceipt("acme", "key", b"digest", NOW, 200, b"{}"), None) is None
    assert await store.create_once(KeptReceipt("beta", "key", b"digest", NOW, 200, b"{}"), None) is not None
    assert await store.shed()
