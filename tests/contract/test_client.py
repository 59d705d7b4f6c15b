"""Both faces of the client against a server of ours, each method of them."""

import asyncio
import io
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import pytest_asyncio
from tests.contract.faces import FACES, client
from tests.peers.house import ACCOUNT, CALLED, SOURCE, VOICE, House, house
from tests.peers.program import HOST

from ringback.app.config import Recordings
from ringback.client import (
    AsyncClient,
    Callflow,
    CallflowRejected,
    Conflict,
    ExecuteScenario,
    Forbidden,
    Hangup,
    Invalid,
    MakeCall,
    NotFound,
    PushTarget,
    Say,
    SayAndCapture,
    TimedOut,
    Unauthorized,
    Violation,
)
from ringback.client.replies import Receipt

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIRTUAL = "15550100199"
BOUND = 30.0
DIAL = MakeCall(source=SOURCE, destination=CALLED)
HELLO = Say(text="Hello.", voice_profile=VOICE)
ASK = SayAndCapture(prompt_message="Press a key.", voice_profile=VOICE, overall_timeout=60_000)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    recordings = Recordings(folder=str(folder / "recordings"))
    async with house(folder, numbers=[VIRTUAL], recordings=recordings, sandbox=True) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FACES)
async def acme(request: pytest.FixtureRequest, there: House) -> AsyncIterator[AsyncClient]:
    async with client(request.param, there.url, there.key) as made:
        yield made


# ---------------------------------------------------------------- callflows


async def test_a_call_is_placed_and_seen_through(acme: AsyncClient) -> None:
    receipt = await acme.callflows.create(DIAL, HELLO, Hangup(), client_request_id="order-1")
    assert (receipt.session_status, receipt.status_code, receipt.warnings) == ("CREATED", 1, ())
    session = await acme.sessions.wait(receipt.session_id, within=BOUND, every=0.05)
    assert (session.session_status, session.is_over, session.sub_account_id) == ("COMPLETED", True, ACCOUNT)
    assert session.legs[0].destination == f"+{CALLED}"
    assert session.summary is not None
    assert session.summary.client_request_id == "order-1"
    assert session.summary.details["callA"].call_status == "COMPLETED"
    assert session.ended_at is not None
    assert session.ended_at >= session.created_at


async def test_a_callflow_that_breaks_rules_is_rejected_with_all_of_them(acme: AsyncClient) -> None:
    with pytest.raises(CallflowRejected) as caught:
        await acme.callflows.create(
            MakeCall(source="4930123456", destination=CALLED), Say(text="Hello.", voice_profile="xx")
        )
    rejected = caught.value
    assert (rejected.status_code, rejected.message) == (-1014, "Source or caller ID is not allowed")
    assert str(rejected) == "-1014 Source or caller ID is not allowed"
    assert [each.status_code for each in rejected.violations] == [-1014, -1002]
    assert isinstance(rejected.violations[0], Violation)
    assert rejected.violations[0].path == "$.callflow[0].params.source"
    assert rejected.call_flow_request_id is not None


async def test_a_callflow_that_is_json_already_is_sent_as_it_is(acme: AsyncClient) -> None:
    with pytest.raises(CallflowRejected, match="-1001 Invalid JSON request body"):
        await acme.callflows.create_json(b"{")
    with pytest.raises(CallflowRejected, match="-1007"):
        await acme.callflows.create_json({"callflow": [{"action": "dance"}]})


async def test_the_same_key_starts_nothing_twice_and_another_callflow_with_it_is_refused(acme: AsyncClient) -> None:
    key = str(uuid.uuid4())
    busy = MakeCall(source=SOURCE, destination="6512345601")
    first = await acme.callflows.create(busy, HELLO, idempotency_key=key)
    assert await acme.callflows.create(busy, HELLO, idempotency_key=key) == first
    with pytest.raises(Invalid, match="Idempotency-Key was used with another request"):
        await acme.callflows.create(busy, Hangup(), idempotency_key=key)


@asynccontextmanager
async def _loses_answers(there: House, count: int) -> AsyncIterator[str]:
    """Give the URL of a way to the server on which the first answers are lost once the server has given them."""
    left = count

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        behind_reader, behind = await asyncio.open_connection(HOST, there.server.http.port)
        try:
            while data := await reader.read(65_536):
                behind.write(data)
                answer = await behind_reader.read(65_536)
                if left:
                    left -= 1
                    return
                writer.write(answer)
        finally:
            behind.close()
            writer.close()

    way = await asyncio.start_server(carry, HOST, 0)
    try:
        yield f"http://{HOST}:{way.sockets[0].getsockname()[1]}"
    finally:
        way.close()
        await way.wait_closed()


@asynccontextmanager
async def _cuts_off(there: House) -> AsyncIterator[tuple[str, Callable[[], None]]]:
    """Give the URL of a way to the server, and what cuts all connections on it that there are."""
    ends: list[asyncio.StreamWriter] = []

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind = await asyncio.open_connection(HOST, there.server.http.port)
        ends.extend((writer, behind))
        await asyncio.gather(pour(reader, behind), pour(behind_reader, writer))

    def cut() -> None:
        for end in ends:
            end.transport.abort()
        ends.clear()

    way = await asyncio.start_server(carry, HOST, 0)
    try:
        yield f"http://{HOST}:{way.sockets[0].getsockname()[1]}", cut
    finally:
        way.close()
        cut()


@pytest.mark.parametrize("face", FACES)
async def test_an_answer_that_is_lost_on_the_way_starts_nothing_twice(there: House, face: str) -> None:
    name = str(uuid.uuid4())
    busy = MakeCall(source=SOURCE, destination="6512345601")
    async with _loses_answers(there, 2) as url, client(face, url, there.key) as acme:
        receipt = await acme.callflows.create(busy, HELLO, client_request_id=name)
    async with _loses_answers(there, 1) as url, client(face, url, there.key) as acme:
        (other,) = await acme.callflows.create_batch([Callflow(actions=[busy, HELLO], client_request_id=name)])
    assert isinstance(other, Receipt)
    async with client(face, there.url, there.key) as acme:
        started = [each.session_id async for each in acme.sessions.list() if each.client_request_id == name]
    assert started == [other.session_id, receipt.session_id]


async def test_a_dry_run_says_what_would_serve_it(acme: AsyncClient) -> None:
    until = datetime(2100, 1, 20, 20, 30, tzinfo=UTC)
    rehearsal = await acme.callflows.dry_run(DIAL, HELLO, valid_until=until)
    assert (rehearsal.session_status, rehearsal.trunk, rehearsal.valid_until) == ("VALID", "sandbox", until)
    assert rehearsal.voices == (VOICE,)
    (warning,) = (await acme.callflows.dry_run(DIAL, ASK, Hangup())).warnings
    assert warning.path == "$.callflow[1]"
    with pytest.raises(CallflowRejected):
        await acme.callflows.dry_run(HELLO)


async def test_many_callflows_are_answered_one_by_one(acme: AsyncClient) -> None:
    busy = MakeCall(source=SOURCE, destination="6512345601")
    good = Callflow(actions=[busy, HELLO], client_request_id="order-7")
    batch, key = [good, Callflow(actions=[HELLO]), good], str(uuid.uuid4())
    one, rejected, other = await acme.callflows.create_batch(batch, idempotency_key=key)
    assert isinstance(one, Receipt)
    assert isinstance(other, Receipt)
    assert one.session_id != other.session_id
    assert isinstance(rejected, CallflowRejected)
    assert (rejected.status_code, rejected.violations[0].path) == (-1013, "$.callflow[0].action")
    again = await acme.callflows.create_batch(batch, idempotency_key=key)
    assert [again[0], again[2]] == [one, other], "nobody is called twice"
    with pytest.raises(CallflowRejected, match=r"-1009 .*\$\.callflows"):
        await acme.callflows.create_batch([])


async def test_a_session_waits_for_its_time(acme: AsyncClient) -> None:
    now = (await acme.sessions.get((await acme.callflows.create(DIAL, Hangup())).session_id)).created_at
    start = (now + timedelta(hours=1)).replace(microsecond=0)
    receipt = await acme.callflows.create(DIAL, HELLO, start_at=start, valid_until=start + timedelta(hours=1))
    assert (receipt.start_at, receipt.valid_until) == (start, start + timedelta(hours=1))
    session = await acme.sessions.get(receipt.session_id)
    assert (session.session_status, session.due_at, session.is_over) == ("QUEUED", start, False)
    await acme.sessions.end(receipt.session_id)
    assert (await acme.sessions.wait(receipt.session_id, within=BOUND, every=0.05)).session_status == "CANCELED"


async def test_a_time_without_a_zone_is_not_sent(acme: AsyncClient) -> None:
    with pytest.raises(ValueError, match="a time needs its zone"):
        await acme.callflows.create(DIAL, valid_until=datetime(2030, 1, 1))  # noqa: DTZ001 - that is the point


# ---------------------------------------------------------------- sessions


async def test_sessions_are_listed_over_the_edges_of_pages(acme: AsyncClient) -> None:
    made = [
        (await acme.callflows.create(MakeCall(source=SOURCE, destination="6512345601"), HELLO)).session_id
        for _ in range(5)
    ]
    since = (await acme.sessions.get(made[0])).created_at - timedelta(milliseconds=1)  # it is told in these
    for session_id in made:
        await acme.sessions.wait(session_id, within=BOUND, every=0.05)
    found = [each async for each in acme.sessions.list(since=since, page_size=2)]
    assert [each.session_id for each in found] == made[::-1]
    assert {each.session_status for each in found} == {"BUSY"}
    assert [each async for each in acme.sessions.list(since=since, status="COMPLETED")] == []
    with pytest.raises(Invalid, match="status: should be one of"):
        assert [each async for each in acme.sessions.list(status="DANCING")]


async def test_a_session_is_followed_from_its_beginning_to_its_end(acme: AsyncClient) -> None:
    receipt = await acme.callflows.create(DIAL, HELLO, Hangup())
    entries = [entry async for entry in acme.sessions.follow(receipt.session_id, every=0.05)]
    assert entries[-1].event == "session-ended"
    assert entries[-1].details["status"] == "COMPLETED"
    assert [entry.timestamp for entry in entries] == sorted(entry.timestamp for entry in entries)
    assert entries == list((await acme.sessions.get(receipt.session_id)).timeline)


async def test_a_live_session_runs_another_callflow_and_is_hung_up(acme: AsyncClient) -> None:
    receipt = await acme.callflows.create(DIAL, ASK)
    async with aclosing(acme.sessions.follow(receipt.session_id, every=0.05)) as entries:
        async for entry in entries:
            if entry.event == "call-connected":
                break
    with pytest.raises(CallflowRejected, match="-1016"):
        await acme.sessions.replace_callflow(receipt.session_id, Say(text="\x00", voice_profile=VOICE))
    await acme.sessions.replace_callflow(receipt.session_id, ASK, client_action_id="second")
    with pytest.raises(TimedOut, match=r"^/sessions/.* is not over after 0\.0 s$"):
        await acme.sessions.wait(receipt.session_id, within=0.0)
    await acme.sessions.end(receipt.session_id)
    session = await acme.sessions.wait(receipt.session_id, within=BOUND, every=0.05)
    assert session.session_status == "COMPLETED"
    for late in (acme.sessions.end(receipt.session_id), acme.sessions.replace_callflow(receipt.session_id, Hangup())):
        with pytest.raises(Conflict, match="The session has ended"):
            await late


async def test_what_is_of_no_session_is_not_found(acme: AsyncClient) -> None:
    for nobody in ("3b1c6f6e-0000-4000-8000-000000000000", "a/b", "?", "é"):
        for wish in (acme.sessions.get, acme.sessions.end, acme.recordings.list):
            with pytest.raises(NotFound):
                await wish(nobody)
    with pytest.raises(NotFound):
        assert [event async for event in acme.sessions.events("nobody")]


async def test_events_come_as_they_happen(acme: AsyncClient) -> None:
    async with aclosing(acme.events()) as everything:
        first = asyncio.ensure_future(anext(everything))
        async with asyncio.timeout(BOUND):
            while not first.done():  # until somebody listens
                await acme.callflows.create(MakeCall(source=SOURCE, destination="6512345601"), HELLO)
                await asyncio.wait([first], timeout=0.1)
        told = [first.result()]
        receipt = await acme.callflows.create(DIAL, ASK)
        while (told[-1].session_id, told[-1].event) != (receipt.session_id, "call-connected"):
            told.append(await asyncio.wait_for(anext(everything), BOUND))
        async with aclosing(acme.sessions.events(receipt.session_id)) as own:
            heard = asyncio.ensure_future(anext(own))
            async with asyncio.timeout(BOUND):
                while not heard.done():  # until somebody listens
                    await acme.sessions.replace_callflow(receipt.session_id, ASK)
                    await asyncio.wait([heard], timeout=0.1)
            assert heard.result().session_id == receipt.session_id
            await acme.sessions.end(receipt.session_id)
            rest = [event async for event in own]
        assert rest[-1].event == "session-ended", "and then there is no more of the session"
        while (told[-1].session_id, told[-1].event) != (receipt.session_id, "session-ended"):
            told.append(await asyncio.wait_for(anext(everything), BOUND))
    assert told[-1].details["status"] == "COMPLETED"


async def test_events_go_on_after_the_way_to_the_server_was_lost(acme: AsyncClient, there: House) -> None:
    face = "awaiting" if isinstance(acme, AsyncClient) else "blocking"
    async with _cuts_off(there) as (url, cut), client(face, url, there.key) as far:
        everything = far.events()
        first = asyncio.ensure_future(anext(everything))
        async with asyncio.timeout(BOUND):
            while not first.done():  # until somebody listens
                await acme.callflows.create(MakeCall(source=SOURCE, destination="6512345601"), HELLO)
                await asyncio.wait([first], timeout=0.1)
        cut()
        receipt = await acme.callflows.create(DIAL, HELLO, Hangup())
        told: list[str] = []
        while (told[-1:] or [""])[0] != "session-ended":
            event = await asyncio.wait_for(anext(everything), BOUND)
            if event.session_id == receipt.session_id:
                told.append(event.event)
    await acme.sessions.wait(receipt.session_id, within=BOUND)  # the end is told before it is on disk
    timeline = (await acme.sessions.get(receipt.session_id)).timeline
    assert told == [entry.event for entry in timeline]


# ---------------------------------------------------------------- the others


async def test_the_voices_are_shown(acme: AsyncClient) -> None:
    profiles = {each.speech_profile_code: each for each in await acme.speech_profiles()}
    assert profiles[VOICE].locale_code == "en-US"
    assert profiles[VOICE].gender == "F"


async def test_a_scenario_is_shown_and_refused_to_whom_it_is_not_granted(acme: AsyncClient, there: House) -> None:
    values = {"source": SOURCE, "destination": CALLED, "message": "Hello.", "language": "en-US"}
    unknown = ExecuteScenario(scenario_name="unknown", scenario_params=values)
    with pytest.raises(CallflowRejected, match="-1020"):
        await acme.callflows.create(unknown)
    await there.server.store.grant_scenario("voice-message-optout", ACCOUNT)
    (scenario,) = await acme.scenarios()
    assert (scenario.scenario_name, scenario.version >= 1, scenario.opt_out) == ("voice-message-optout", True, True)
    assert {each.name: each.required for each in scenario.parameters}.items() >= {("source", True), ("language", False)}
    receipt = await acme.callflows.create(ExecuteScenario(scenario_name=scenario.scenario_name, scenario_params=values))
    session = await acme.sessions.get(receipt.session_id)
    assert session.scenario is not None
    assert (session.scenario.name, session.scenario.version) == (scenario.scenario_name, scenario.version)


async def test_a_number_opts_out_and_in(acme: AsyncClient) -> None:
    added = await acme.opt_outs.add("+4930123456")
    assert added == await acme.opt_outs.get("4930123456") == await acme.opt_outs.add("4930123456")
    assert (added.msisdn, added.session_id) == ("+4930123456", None)
    await acme.opt_outs.add("+4930123457")
    listed = [entry.msisdn async for entry in acme.opt_outs.list(page_size=1)]
    assert listed == ["+4930123457", "+4930123456"]
    for msisdn in listed:
        assert (await acme.opt_outs.delete(msisdn)).msisdn == msisdn
    with pytest.raises(NotFound):
        await acme.opt_outs.get("+4930123456")
    with pytest.raises(Invalid, match="msisdn"):
        await acme.opt_outs.add("reception")


async def test_a_webhook_is_set_shown_and_removed(acme: AsyncClient) -> None:
    hooks = await acme.webhooks.set("VNU", "https://acme.example/vnu", http_auth_header="Basic abc", enabled=False)
    assert hooks == await acme.webhooks.list()
    assert [(each.type, each.enabled, each.http_auth_header_available) for each in hooks if each.type == "VNU"] == [
        ("VNU", False, True)
    ]
    assert (await acme.webhooks.delete("VNU")).url == "https://acme.example/vnu"
    with pytest.raises(NotFound, match="Webhook not found by type : VNU"):
        await acme.webhooks.delete("VNU")
    with pytest.raises(Invalid, match="type: should be one of") as caught:
        await acme.webhooks.set("VXX", "https://acme.example/")
    assert (caught.value.http_status, caught.value.status_code) == (422, 1001)
    assert caught.value.request_id is not None


async def test_numbers_are_shown(acme: AsyncClient) -> None:
    (number,) = await acme.numbers.list()
    assert (number.msisdn, number.country_code) == (f"+{VIRTUAL}", "US")
    assert number.date_created is not None
    one = await acme.numbers.get(f"+{VIRTUAL}")
    assert (one.msisdn, one.reference_id) == (number.msisdn, number.reference_id)
    with pytest.raises(NotFound, match="Number not found : 999"):
        await acme.numbers.get("999")


async def test_a_recording_is_fetched(acme: AsyncClient) -> None:
    recorded = MakeCall(source=SOURCE, destination=CALLED, call_recording=True)
    receipt = await acme.callflows.create(recorded, HELLO, Hangup())
    await acme.sessions.wait(receipt.session_id, within=BOUND, every=0.05)
    async with asyncio.timeout(BOUND):
        while (recording := (await acme.recordings.list(receipt.session_id))[0]).external_file_url is None:  # noqa: ASYNC110 - the server tells nothing
            await asyncio.sleep(0.05)
    link, sound = recording.external_file_url, io.BytesIO()
    assert await acme.recordings.download(link, sound) == len(sound.getvalue()) > 1000
    with pytest.raises(Forbidden):
        await acme.recordings.download(link.replace("signature=", "signature=0"), io.BytesIO())


async def test_recordings_are_pushed_elsewhere_or_not(acme: AsyncClient) -> None:
    with pytest.raises(NotFound):
        await acme.recording_push.get()
    target = PushTarget(
        protocol="SFTP",
        host="files.acme.example",
        username="ringback",
        password="s3cret",  # noqa: S106 - nobody's
        path="/recordings/",
    )
    assert "s3cret" not in repr(target)
    config = await acme.recording_push.set(target)
    assert (config.protocol, config.host, config.port, config.path) == (
        "SFTP",
        "files.acme.example",
        22,
        "/recordings/",
    )
    assert config.password_set
    assert config == await acme.recording_push.get() == await acme.recording_push.delete()
    with pytest.raises(Invalid, match="protocol: should be one of"):
        await acme.recording_push.set(msgspec.structs.replace(target, protocol="FTP"))


async def test_an_export_is_made_and_fetched_and_taken_back(acme: AsyncClient) -> None:
    receipt = await acme.callflows.create(MakeCall(source=SOURCE, destination="6512345601"), HELLO)
    session = await acme.sessions.wait(receipt.session_id, within=BOUND, every=0.05)
    job = await acme.exports.create(since=session.created_at.date(), until=session.created_at + timedelta(1), limit=100)
    export = await acme.exports.wait(job, within=BOUND, every=0.05)
    assert (export.status, len(export.data)) == ("succeeded", 1)
    assert export.expires is not None
    table = io.BytesIO()
    link = export.data[0]
    await acme.exports.download(link, table)
    assert table.getvalue().startswith(b"SessionId,CallId,")
    assert receipt.session_id.encode() in table.getvalue()
    await acme.exports.cancel(job)
    with pytest.raises(NotFound, match="Invalid jobId"):
        await acme.exports.get("none")
    with pytest.raises(NotFound):
        await acme.exports.download(link, io.BytesIO())


async def test_a_post_that_was_taken_is_sent_once_more(acme: AsyncClient, there: House) -> None:
    receipt = await acme.callflows.create(MakeCall(source=SOURCE, destination="6512345601"), HELLO)
    await there.program.summary(receipt.session_id)
    async with asyncio.timeout(BOUND):
        while not (  # noqa: ASYNC110 - the server tells nothing of it
            done := [
                each
                for each in (await acme.sessions.get(receipt.session_id)).deliveries
                if (each.type, each.state) == ("VSS", "done")
            ]
        ):
            await asyncio.sleep(0.02)
    again = await acme.deliveries.redeliver(done[0].delivery_id)
    assert again.session_id == receipt.session_id
    await there.program.until(lambda: len(there.program.of_type("VSS", receipt.session_id)) == 2)
    assert [each async for each in acme.deliveries.dead(page_size=1)] == []
    with pytest.raises(NotFound):
        await acme.deliveries.redeliver("none")


# ---------------------------------------------------------------- who asks


@pytest.mark.parametrize("face", FACES)
async def test_a_key_that_is_unknown_or_of_another_subaccount_opens_nothing(there: House, face: str) -> None:
    async with client(face, there.url, "unknown") as stranger:
        with pytest.raises(Unauthorized, match="Authentication header not found or token invalid") as caught:
            await stranger.callflows.create(DIAL, HELLO)
        assert (caught.value.http_status, caught.value.status_code) == (401, 401)
        with pytest.raises(Unauthorized):
            assert [event async for event in stranger.events()]
    async with client(face, there.url, there.key, account="other") as neighbour:
        with pytest.raises(NotFound, match="SubAccount not found by Id : other"):
            await neighbour.numbers.list()
