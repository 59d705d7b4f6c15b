"""What goes by itself when its time is over, and what goes at once: rows and files."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.unit.domain.bodies import DESTINATION, call, say
from tests.unit.service.house import ACME, House, outcome

from ringback.domain.errors import Conflict, NotThere, Unusable
from ringback.domain.recording import Recording, RecordingStatus
from ringback.domain.session import SessionStatus
from ringback.service.erasure import BATCH, Eraser, Retention, Terms
from ringback.service.exports import Exports
from ringback.testing.store import InMemoryStore

DAY = 86_400.0


class Registry:
    """A house whose sessions are erased, and the folders of their files."""

    def __init__(self, folder: Path, terms: Terms | None = None, store: InMemoryStore | None = None) -> None:
        """`terms`: of the configuration."""
        self.house = House(store=store)
        self.recordings = folder / "recordings"
        self.exports = Exports(
            self.house.store,
            self.house.clock,
            folder=folder / "exports",
            public_url="http://voice.example",
            new_token=lambda: self.house.new_id() * 2,
        )
        self.forgotten: list[str] = []
        """Calls whose packets are gone."""
        self.is_read_only = False
        self.eraser = Eraser(
            self.house.store,
            self.exports,
            recordings=self.recordings,
            forget_packets=self._forget,
        )
        self.retention = Retention(self.house.store, self.eraser, self.house.clock, terms or Terms())

    def _forget(self, call_id: str, _begun: float) -> None:
        if self.is_read_only:
            raise PermissionError
        self.forgotten.append(call_id)

    @property
    def store(self) -> InMemoryStore:
        return self.house.store

    async def call(self, **changes: object) -> str:
        """Place a call to the end; give the id of its session."""
        return (await self.house.run(call(**changes), say(text="Dear Ann"))).session_id

    async def recorded(self, session_id: str, status: RecordingStatus = RecordingStatus.UPLOAD_COMPLETED) -> Path:
        """Keep a recording of a session; give its file."""
        file = self.recordings / session_id / f"r-{session_id}_x.mp3"
        await asyncio.to_thread(file.parent.mkdir, parents=True)
        await asyncio.to_thread(file.write_bytes, b"sound")
        recording = Recording(
            recording_id=f"r-{session_id}",
            session_id=session_id,
            sub_account_id=ACME,
            status=status,
            started=self.house.clock.now(),
            path=f"{session_id}/{file.name}",
        )
        await self.store.begin_recording(recording)
        await self.store.finish_recording(recording, [], [])
        return file

    async def one_pass(self) -> None:
        """Erase what is too old."""
        for each in (self.retention.texts, self.retention.sessions, self.retention.shed):
            while await each(BATCH) == BATCH:
                pass

    async def says(self, session_id: str) -> bool:
        record = await self.store.session(session_id)
        return record is not None and any(entry.details.get("text") for entry in record.timeline)


@pytest.fixture
async def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path)
    await made.house.tenant()
    return made


# ---------------------------------------------------------------- by itself


async def test_texts_go_when_the_days_of_their_subaccount_are_over_and_sessions_later(registry: Registry) -> None:
    await registry.store.change_settings(ACME, {"keepTextsDays": 30, "keepSessionsDays": 90})
    session_id = await registry.call()
    registry.house.clock.advance(30 * DAY - 1)
    await registry.one_pass()
    assert await registry.says(session_id)
    registry.house.clock.advance(2)
    await registry.one_pass()
    assert not await registry.says(session_id)
    registry.house.clock.advance(60 * DAY)
    await registry.one_pass()
    assert await registry.store.session(session_id) is None


async def test_without_a_word_everything_is_kept(registry: Registry) -> None:
    session_id = await registry.call()
    registry.house.clock.advance(10_000 * DAY)
    await registry.one_pass()
    assert await registry.says(session_id)
    assert await registry.retention.recordings_before() == {}


async def test_the_configuration_holds_where_a_subaccount_says_nothing_and_0_is_for_ever(tmp_path: Path) -> None:
    registry = Registry(tmp_path, Terms(texts=1, sessions=2, recordings=3))
    await registry.house.tenant()
    first = await registry.call()
    registry.house.clock.advance(1.5 * DAY)
    await registry.one_pass()
    assert not await registry.says(first)
    assert await registry.retention.recordings_before() == {ACME: registry.house.clock.now() - 3 * DAY}
    names = ("keepTextsDays", "keepSessionsDays", "keepRecordingsDays")
    await registry.store.change_settings(ACME, dict.fromkeys(names, 0))
    second = await registry.call()
    registry.house.clock.advance(9 * DAY)
    await registry.one_pass()
    assert await registry.says(second)
    assert await registry.store.session(first) is not None
    assert await registry.retention.recordings_before() == {}
    await registry.store.change_settings(ACME, {"keepSessionsDays": None})
    await registry.one_pass()
    assert await registry.store.session(second) is None


async def test_an_old_session_takes_its_files_with_it(registry: Registry) -> None:
    await registry.store.change_settings(ACME, {"keepSessionsDays": 1})
    session_id = await registry.call()
    file = await registry.recorded(session_id)
    registry.house.clock.advance(DAY + 1)
    await registry.one_pass()
    assert await registry.store.session(session_id) is None
    assert not file.parent.exists()
    assert registry.forgotten == list(registry.house.telephone.legs)


async def test_more_than_a_batch_goes_in_one_pass(registry: Registry) -> None:
    await registry.store.change_settings(ACME, {"keepSessionsDays": 1})
    for _ in range(BATCH + 2):
        await registry.call()
    registry.house.clock.advance(DAY + 1)
    assert await registry.retention.sessions(200) == 200
    assert await registry.retention.sessions(200) == 2
    assert await registry.retention.sessions(200) == 0


async def test_the_log_of_the_store_is_emptied_once_after_a_pass_that_erased(tmp_path: Path) -> None:
    store = Shedding()
    registry = Registry(tmp_path, Terms(texts=1), store)
    await registry.house.tenant()
    await registry.call()
    await registry.one_pass()
    assert store.shed_times == 0
    registry.house.clock.advance(DAY + 1)
    await registry.one_pass()
    await registry.one_pass()
    assert store.shed_times == 1


class Shedding(InMemoryStore):
    """Counts how often its log is emptied; busy as often as it is told."""

    def __init__(self) -> None:
        """Not yet."""
        super().__init__()
        self.shed_times = 0
        self.busy = 0

    async def shed(self) -> bool:
        self.shed_times += 1
        self.busy -= 1
        return self.busy < 0


# ---------------------------------------------------------------- at once


async def test_one_session_goes_with_its_files_and_the_others_stay(registry: Registry) -> None:
    gone, kept = await registry.call(), await registry.call()
    files = [await registry.recorded(session_id) for session_id in (gone, kept)]
    assert (await registry.eraser.session(gone)).sessions == 1
    assert [file.exists() for file in files] == [False, True]
    assert await registry.store.session(gone) is None
    assert await registry.says(kept)
    with pytest.raises(NotThere, match=gone):
        await registry.eraser.session(gone)


async def test_the_session_of_another_subaccount_is_not_there(registry: Registry) -> None:
    session_id = await registry.call()
    with pytest.raises(NotThere):
        await registry.eraser.session(session_id, "beta")
    assert (await registry.eraser.session(session_id, ACME)).sessions == 1


async def test_a_session_that_waits_is_not_erased(registry: Registry) -> None:
    session_id = await registry.house.queue(call(), say())
    with pytest.raises(Conflict, match="waits or runs"):
        await registry.eraser.session(session_id)
    assert await registry.store.session(session_id) is not None


async def test_a_session_whose_files_cannot_be_removed_stays(registry: Registry) -> None:
    session_id = await registry.call()
    file = await registry.recorded(session_id)
    registry.is_read_only = True
    with capture_logs() as logs, pytest.raises(Conflict):
        await registry.eraser.session(session_id)
    assert [entry["event"] for entry in logs] == ["files-not-removed"]
    assert file.exists()
    assert await registry.store.session(session_id) is not None


async def test_everything_about_a_number_goes_and_what_waits_is_told(registry: Registry) -> None:
    about = [await registry.call() for _ in range(2)]
    other = await registry.call(destination="+6598765432")
    waiting = await registry.house.queue(call(), say())
    erased = await registry.eraser.number(ACME, DESTINATION)
    assert (erased.sessions, erased.left) == (2, [waiting])
    for session_id in about:
        assert await registry.store.session(session_id) is None
    assert await registry.says(other)
    assert (await registry.eraser.number("beta", DESTINATION)).sessions == 0


@pytest.mark.parametrize("number", ["", "+", "12a", "+65 1234", "١٢٣", "1" * 41])
async def test_what_is_no_number_is_refused(registry: Registry, number: str) -> None:
    with pytest.raises(Unusable, match="number: should be digits"):
        await registry.eraser.number(ACME, number)


async def test_an_export_that_holds_an_erased_session_is_cancelled_with_its_file(
    registry: Registry, tmp_path: Path
) -> None:
    subaccount = await registry.house.subaccount()
    before = await registry.exports.request(subaccount, b'{"from": "2020-01-01", "to": "2020-01-02"}')
    session_id = await registry.call()
    registry.house.clock.advance(1)
    holding = await registry.exports.request(subaccount, b"")
    while (job := await registry.store.begin_export()) is not None:
        await registry.exports._do(job)
    assert len(list((tmp_path / "exports").iterdir())) == 1
    await registry.eraser.session(session_id)
    assert list((tmp_path / "exports").iterdir()) == []
    states = [await registry.exports.show(subaccount, job) for job in (before, holding)]
    assert [state and state["status"] for state in states] == ["empty", "cancelled"]


async def test_a_log_that_a_reader_holds_is_emptied_at_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.service.erasure.PAUSE", 0.0)
    store = Shedding()
    registry = Registry(tmp_path, store=store)
    store.busy = 2
    await registry.eraser.shed()
    assert store.shed_times == 3
    store.busy = 1000
    with capture_logs() as logs:
        await registry.eraser.shed()
    assert [entry["event"] for entry in logs] == ["store-log-not-emptied"]


# ---------------------------------------------------------------- a whole subaccount


async def test_a_removed_subaccount_takes_its_sessions_and_their_files(registry: Registry) -> None:
    await registry.store.add_subaccount("beta")
    session_ids = [await registry.call() for _ in range(BATCH + 1)]
    file = await registry.recorded(session_ids[0])
    erased = await registry.eraser.subaccount(ACME)
    assert erased.sessions == BATCH + 1
    assert not file.exists()
    assert await registry.store.list_subaccounts() == ["beta"]
    assert await registry.store.owners() == []
    with pytest.raises(NotThere, match="acme"):
        await registry.eraser.subaccount(ACME)


async def test_a_subaccount_whose_sessions_wait_or_run_stays_as_it_is(registry: Registry) -> None:
    over = await registry.call()
    await registry.house.queue(call(), say())
    with pytest.raises(Conflict, match="acme has 1 sessions that wait or run, or recordings under way"):
        await registry.eraser.subaccount(ACME)
    assert await registry.says(over)
    assert await registry.store.list_subaccounts() == [ACME]


async def test_what_came_into_the_queue_while_its_subaccount_was_removed_is_ended_and_can_be_erased(
    registry: Registry,
) -> None:
    session_id = await registry.house.queue(call(), say(), startAt="2027-01-16T08:00:00Z")
    await registry.store.remove_subaccount(ACME)  # the server had not noticed when it came
    with pytest.raises(Conflict, match="acme left 1 sessions that are just being ended"):
        await registry.eraser.subaccount(ACME)
    await registry.house.dispatch._pass()
    await registry.house.over()
    assert outcome(await registry.house.record(session_id)) == (SessionStatus.CANCELED, None)
    assert not registry.house.telephone.legs
    assert (await registry.eraser.subaccount(ACME)).sessions == 1


async def test_webhooks_that_nobody_took_go_with_their_subaccount(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    await registry.house.tenant("VSS")
    session_id = await registry.call()
    with pytest.raises(Conflict):
        await registry.eraser.session(session_id)
    assert (await registry.eraser.subaccount(ACME)).sessions == 1
    assert registry.store.deliveries == {}


async def test_a_subaccount_with_a_recording_under_way_stays_as_it_is(registry: Registry) -> None:
    await registry.recorded(await registry.call(), RecordingStatus.PROCESSING)
    with pytest.raises(Conflict, match="recordings under way"):
        await registry.eraser.subaccount(ACME)
    assert await registry.store.list_subaccounts() == [ACME]


async def test_a_removal_that_a_disk_held_up_goes_on_when_it_is_asked_for_again(registry: Registry) -> None:
    for _ in range(BATCH + 3):
        await registry.call()
    registry.is_read_only = True
    with capture_logs(), pytest.raises(Conflict, match=f"{BATCH + 3} sessions of acme could not be removed"):
        await registry.eraser.subaccount(ACME)
    registry.is_read_only = False
    assert (await registry.eraser.subaccount(ACME)).sessions == BATCH + 3
    assert registry.store.sessions == {}
