"""One session when something fails, or lasts too long: it ends all the same, and says how."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.unit.domain.bodies import HANGUP, NOW, call, say
from tests.unit.service.house import (
    BOUND,
    answers_and_presses,
    house_of,
    names,
    outcome,
    told,
    until_played,
)

from ringback.domain.session import LegStatus, SessionStatus
from ringback.engine import commands, events
from ringback.engine.session import SessionMachine
from ringback.service import run
from ringback.service.ports import (
    NewDelivery,
    Subaccount,
    TimelineEntry,
)
from ringback.testing.store import InMemoryStore

ALL = ("VCA", "VCS", "VSS")


async def test_a_caller_who_hangs_up_while_a_prompt_is_made_ends_the_session() -> None:
    house = await house_of()
    asked = asyncio.Event()
    forever = asyncio.Event()

    async def synthesize(*_text: object) -> object:
        asked.set()
        await forever.wait()
        raise AssertionError

    house.prompts._speech.synthesize = synthesize  # type: ignore[method-assign,assignment]  # a voice that never ends
    session_id = await house.begin(call(), say())
    async with asyncio.timeout(BOUND):
        await asked.wait()
    leg = next(iter(house.telephone.legs.values()))
    leg.tell(events.LegHungUp(leg.call_id))
    await house.over()
    assert outcome(await house.record(session_id)) == (SessionStatus.COMPLETED, None)
    assert leg.played == []
    await house.prompts.stop()


async def test_a_session_that_lasts_too_long_is_hung_up() -> None:
    house = await house_of()
    house.desk.max_session_seconds = 0.01
    house.telephone.endless = True
    record = await house.run(call(), say())
    assert outcome(record) == (SessionStatus.COMPLETED, None)
    assert [entry.details for entry in record.timeline if entry.name == "timer-fired"] == [{"timer": "session"}]


async def test_a_key_that_is_pressed_for_hours_does_not_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "TIMELINE_LIMIT", 10)
    house = await house_of()
    house.telephone.behave = answers_and_presses(*"1" * 50)
    shown: list[str] = []
    house.desk.on_timeline = lambda _account, _session, entry: shown.append(entry.name)
    record = await house.run(call(), say(), HANGUP)
    assert len(record.timeline) == 10
    assert shown.count("dtmf-received") == 50
    assert outcome(record) == (SessionStatus.COMPLETED, None)


def break_on(kind: type[events.Event], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine fail when such an event comes."""
    handle = SessionMachine.handle

    def fail(machine: SessionMachine, event: events.Event, now: float) -> list[commands.Command]:
        if isinstance(event, kind):
            raise ZeroDivisionError
        return handle(machine, event, now)

    monkeypatch.setattr(SessionMachine, "handle", fail)


@pytest.mark.parametrize("kind", [events.SessionStarted, events.LegAnswered, events.PlayFinished])
async def test_a_fault_inside_the_machine_hangs_up_and_ends_the_session_with_9999(
    kind: type[events.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_on(kind, monkeypatch)
    house = await house_of("VSS")
    record = await house.run(call(), say(), say(), HANGUP)
    assert outcome(record) == (SessionStatus.ERROR, -9999)
    assert record.summary is not None
    assert record.summary.ended == NOW
    assert all(leg.over for leg in house.telephone.legs.values())
    assert [leg.status for leg in record.summary.legs] == [LegStatus.ERROR] * len(house.telephone.legs)
    assert names(record)[-1] == "session-ended"
    assert names(record).count("session-ended") == 1
    assert told(house, "VSS") == ["ERROR"]
    assert house.trunks.in_use("carrier") == 0


async def test_a_fault_of_the_telephone_ends_the_session_too() -> None:
    house = await house_of("VSS")

    def fail(_call: str, *_more: object) -> None:
        raise OSError

    house.telephone.hang_up = fail  # type: ignore[method-assign,assignment]  # the telephone fails in every command
    house.telephone.play = fail  # type: ignore[method-assign,assignment]  # as above
    record = await house.run(call(), say(), HANGUP)
    assert outcome(record)[0] is SessionStatus.ERROR
    assert told(house, "VSS") == ["ERROR"]
    assert house.trunks.in_use("carrier") == 0


class Unreadable(InMemoryStore):
    """A store that can give a subaccount as a session begins, and no more then."""

    reads = 0

    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        self.reads += 1
        if self.reads == 3:  # the test reads it first, then the session as it begins, then the question
            message = "disk gone"
            raise OSError(message)
        return await super().subaccount(sub_account_id)


async def test_a_question_that_cannot_be_asked_ends_the_session() -> None:
    house = await house_of("VCA", store=Unreadable())
    assert outcome(await house.run(call(), say())) == (SessionStatus.ERROR, -9999)
    assert all(leg.over for leg in house.telephone.legs.values())
    assert not house.callbacks.posts


class Flaky(InMemoryStore):
    """A store that does not take a timeline for a while."""

    def __init__(self, failures: int) -> None:
        """Fail so often."""
        super().__init__()
        self.failures = failures
        self.appended = 0

    async def append_timeline(
        self, session_id: str, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery] = ()
    ) -> None:
        if self.failures:
            self.failures -= 1
            message = "disk full"
            raise OSError(message)
        self.appended += 1
        await super().append_timeline(session_id, entries, deliveries)


@pytest.mark.parametrize("failures", [1, 1000])
async def test_a_timeline_that_the_store_did_not_take_is_kept_for_the_next_write(failures: int) -> None:
    house = await house_of(*ALL, store=Flaky(failures))
    record = await house.run(call(), say(), say(), HANGUP)
    assert names(record) == [
        "leg-dialled",
        "call-initiated",
        "call-connected",
        "prompt-played",
        "prompt-finished",
        "prompt-played",
        "prompt-finished",
        "hang-up",
        "call-disconnected",
        "session-ended",
    ]
    assert told(house, "VCS") == ["CALL_INITIATED", "CALL_CONNECTED", "CALL_DISCONNECTED"]


async def test_what_happens_is_on_disk_while_the_call_lasts() -> None:
    house = await house_of("VCS")
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    await until_played(house)
    assert "call-connected" in names(await house.record(session_id))
    assert told(house, "VCS") == ["CALL_INITIATED", "CALL_CONNECTED"]
    house.runner.hang_up()
    await house.over()


class CountingStore(InMemoryStore):
    """A store that keeps the names in every piece of a timeline."""

    def __init__(self) -> None:
        """Nothing was written yet."""
        super().__init__()
        self.pieces: list[list[str]] = []
        self.written = asyncio.Event()

    async def append_timeline(
        self, session_id: str, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery] = ()
    ) -> None:
        self.pieces.append([entry.name for entry in entries])
        self.written.set()
        await super().append_timeline(session_id, entries, deliveries)


async def test_what_a_recovery_does_not_need_is_written_with_what_follows() -> None:
    store = CountingStore()
    house = await house_of(store=store)
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    async with asyncio.timeout(BOUND):
        await store.written.wait()
    (leg,) = house.telephone.legs.values()
    leg.tell(events.LegHeld(leg.call_id, held=True))
    house.runner.hang_up()
    await house.over()
    assert store.pieces == [["leg-dialled", "call-initiated", "call-connected", "prompt-played"]]
    assert names(await house.record(session_id))[4:6] == ["call-updated", "hang-up"]


async def test_what_nothing_follows_is_written_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SAVED_AFTER", 0.0)
    store = CountingStore()
    house = await house_of(store=store)
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    async with asyncio.timeout(BOUND):
        while "prompt-played" not in names(await house.record(session_id)):
            store.written.clear()
            await store.written.wait()
    house.runner.hang_up()
    await house.over()
    assert names(await house.record(session_id))[-1] == "session-ended"


async def test_a_subaccount_that_is_removed_during_the_call_gets_no_answer_but_the_session_ends() -> None:
    house = await house_of("VCA")
    house.telephone.endless = True
    session_id = await house.begin(call(), say())
    await until_played(house)
    await house.store.remove_subaccount("acme")
    leg = next(iter(house.telephone.legs.values()))
    leg.tell(events.LegHungUp(leg.call_id))
    await house.over()
    assert outcome(await house.record(session_id)) == (SessionStatus.COMPLETED, None)


async def test_nobody_is_called_for_a_subaccount_that_was_removed() -> None:
    house = await house_of("VSS")
    session_id = await house.queue(call(), say(), retry={"attempts": 1})
    await house.store.remove_subaccount("acme")
    await house.dispatch._pass()
    await house.over()
    record = await house.record(session_id)
    assert outcome(record) == (SessionStatus.CANCELED, None)
    assert names(record) == ["subaccount-removed", "session-ended"]
    assert not house.telephone.legs
    assert not house.store.deliveries
