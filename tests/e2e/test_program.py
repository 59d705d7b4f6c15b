"""What the program is told and asked, whatever it answers; trunks that are full; files that are played."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.sound_site import served
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier, ear, hangs_up, waits
from tests.peers.house import HANGUP, WEBHOOKS, House, capture, dial, house, play_file, say, trunk_to
from tests.peers.program import Payload, Program, running
from tests.peers.sipp import Sipp

from ringback.service.ports import WebhookType

ANSWERS = (INVITE, RINGING, answers(), ACK, BYE)
ASK = capture("One?", overallTimeout=200)
AUTHORIZATION = 'Signature keyId="acme",  odd spacing; and = signs'
SAY = {"callflow": [say("Goodbye."), HANGUP]}
NONSENSE: dict[str, Any] = {
    "no-json": "<html>oops</html>",
    "no-callflow": {"clientActionId": "x"},
    "empty": {"callflow": []},
    "unknown-action": {"callflow": [{"action": "dance"}]},
    "not-found": 404,
}


async def _ends(peer: Sipp, there: House) -> Payload:
    """Run a call that asks the program, to its end."""
    summary = await there.run(dial(), ASK)
    await peer.succeed()
    return summary


async def test_a_vca_is_asked_again_after_a_500(tmp_path: Path) -> None:
    async with carrier(tmp_path, *ANSWERS) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        there.program.answers += [500, SAY]
        summary = await _ends(peer, there)
        asked = there.program.of_type("VCA")
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    assert len(asked) == 2
    assert asked[0].body == asked[1].body, "the same question"


async def test_a_vca_is_asked_no_third_time(tmp_path: Path) -> None:
    async with carrier(tmp_path, *ANSWERS) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        there.program.answers += [500, 503, SAY]
        summary = await _ends(peer, there)
        assert len(there.program.of_type("VCA")) == 2
    assert (summary["sessionStatus"], summary["errorDetails"]["errorCode"]) == ("ERROR", -2003)


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
async def test_a_vca_is_answered_with_nonsense(tmp_path: Path, answer: Any) -> None:  # noqa: ANN401 - nonsense
    async with carrier(tmp_path, *ANSWERS) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        there.program.answers += [answer, SAY]
        summary = await _ends(peer, there)
        assert len(there.program.of_type("VCA")) == 1, "an answer is an answer"
    error = summary["errorDetails"]
    assert (summary["sessionStatus"], error["errorCode"]) == ("ERROR", -2003)
    assert error["errorMsg"] == "The call flow provided is invalid"
    assert summary["details"]["callA"]["callStatus"] == "ERROR"


async def test_a_vca_reaches_nobody(tmp_path: Path) -> None:
    async with running(Program()) as program:
        hooks = [WebhookType("VSS", program.url("VSS")), WebhookType("VCA", "http://127.0.0.1:9/VCA")]
        async with (
            carrier(tmp_path, *ANSWERS) as peer,
            house(tmp_path, trunk_to(peer.address), program=program, webhooks=hooks) as there,
        ):
            summary = await _ends(peer, there)
    assert (summary["sessionStatus"], summary["errorDetails"]["errorCode"]) == ("ERROR", -2002)


async def test_a_vca_answer_calls_from_a_number_that_is_not_allowed(tmp_path: Path) -> None:
    async with carrier(tmp_path, *ANSWERS) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        there.program.answers.append({"callflow": [dial("4930123456", source="4930999999")]})
        summary = await _ends(peer, there)
    error = summary["errorDetails"]
    assert (summary["sessionStatus"], error["errorCode"]) == ("ERROR", -2008)
    assert error["errorMsg"] == "The provided source MSISDN or caller ID is not whitelisted"
    assert summary["callCount"] == 1


async def test_without_a_vca_webhook_the_call_is_hung_up(tmp_path: Path) -> None:
    async with running(Program()) as program:
        hooks = [WebhookType("VSS", program.url("VSS"))]
        async with (
            carrier(tmp_path, *ANSWERS) as peer,
            house(tmp_path, trunk_to(peer.address), program=program, webhooks=hooks) as there,
        ):
            summary = await there.run(dial(), say("Hello."))
            await peer.succeed()
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "SAY")
    assert {each.type for each in program.posted} == {"VSS"}


async def test_every_webhook_carries_its_header_verbatim(tmp_path: Path) -> None:
    async with running(Program()) as program:
        hooks = [WebhookType(name, program.url(name), AUTHORIZATION) for name in WEBHOOKS]
        async with (
            carrier(tmp_path, *ANSWERS) as peer,
            house(tmp_path, trunk_to(peer.address), program=program, webhooks=hooks) as there,
        ):
            await _ends(peer, there)
            await program.until(lambda: len(program.of_type("VCS")) >= 4)
    assert {each.type for each in program.posted} == set(WEBHOOKS)
    for each in program.posted:
        assert each.headers["Authorization"] == AUTHORIZATION
        assert each.headers["Content-Type"] == "application/json"
        assert each.body["namespace"] == "VOICE"


async def test_status_updates_come_in_order(tmp_path: Path) -> None:
    async with carrier(tmp_path, *ANSWERS) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        there.program.refusals["VCS"] += [500]  # the first one is tried again, and the others wait for it
        session = await there.call(dial(), HANGUP)
        await there.program.summary(session)
        await peer.succeed()
        await there.program.told(session, "CALL_DISCONNECTED")
        told = there.program.of_type("VCS", session)
    assert [each.payload["callStatus"] for each in told] == [
        *("CALL_INITIATED", "CALL_INITIATED", "CALL_UPDATED", "CALL_CONNECTED", "CALL_DISCONNECTED")
    ]
    assert told[0].body == told[1].body
    assert [each.payload["timestamp"] for each in told] == sorted(each.payload["timestamp"] for each in told)
    assert len({each.payload["eventId"] for each in told}) == 4
    assert {each.payload["callId"] for each in told} == {told[0].payload["callId"]}


async def test_a_summary_is_posted_until_it_is_taken(tmp_path: Path) -> None:
    async with carrier(tmp_path, *ANSWERS) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        there.program.refusals["VSS"] += [500]
        session = await there.call(dial(), HANGUP)
        await there.program.until(lambda: len(there.program.of_type("VSS", session)) == 2)
        await peer.succeed()
        first, second = there.program.of_type("VSS", session)
        async with asyncio.timeout(5):
            while await there.server.store.next_delivery_due() is not None:  # noqa: ASYNC110 - the store tells nothing
                await asyncio.sleep(0.02)
        assert len(there.program.of_type("VSS", session)) == 2, "what was taken is not posted again"
    assert first.body == second.body
    assert 1.5 <= second.at - first.at < 4.0, "2 s, of which jitter takes up to a quarter"
    assert (second.body["eventType"], second.body["version"]) == ("SESSION_SUMMARY", 5)


async def test_a_dead_program_gets_its_summary_after_a_restart(tmp_path: Path) -> None:
    program = Program()
    async with carrier(tmp_path, *ANSWERS) as peer:
        async with running(program):
            pass  # it has a port now, and is dead
        async with house(tmp_path, trunk_to(peer.address), program=program) as there:
            session = await there.call(dial(), HANGUP)
            await peer.succeed()
        assert program.posted == []
        async with running(program), house(tmp_path, trunk_to(peer.address), program=program):
            summary = await program.summary(session)
            assert len(program.of_type("VSS", session)) == 1
    assert summary["sessionStatus"] == "COMPLETED"


async def test_a_full_trunk_lets_the_second_wait_for_the_first(tmp_path: Path) -> None:
    steps = (INVITE, answers(), ACK, waits(700), hangs_up())
    async with (
        carrier(tmp_path, *steps, calls=2) as peer,
        house(tmp_path, trunk_to(peer.address, channels=1)) as there,
    ):
        sessions = [await there.call(dial(), capture("Hm?", overallTimeout=20000)) for _ in range(2)]
        for session in sessions:
            assert (await there.program.summary(session))["sessionStatus"] == "COMPLETED"
        await peer.succeed()
        told = there.program.of_type("VCS")
    at = {(each.payload["sessionId"], each.payload["callStatus"]): each.payload["timestamp"] for each in told}
    assert at[sessions[0], "CALL_DISCONNECTED"] <= at[sessions[1], "CALL_INITIATED"]


async def test_a_session_that_waits_too_long_is_never_dialled(tmp_path: Path) -> None:
    steps = (INVITE, answers(), ACK, waits(3000), hangs_up())
    async with (
        carrier(tmp_path, *steps) as peer,
        house(tmp_path, trunk_to(peer.address, channels=1)) as there,
    ):
        first = await there.call(dial(), capture("Hm?", overallTimeout=20000))
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
        second = await there.call(dial(), HANGUP, validUntil=until)
        expired = await there.program.summary(second)
        assert there.program.of_type("VSS", first) == [], "the first still speaks"
        assert (await there.program.summary(first))["sessionStatus"] == "COMPLETED"
        await peer.succeed()
    error = expired["errorDetails"]
    assert (expired["sessionStatus"], error["errorCode"]) == ("ERROR", -2007)
    assert error["errorMsg"] == "The validity period of the call flow request has expired"
    assert (expired["details"], expired["callCount"]) == ({}, 0)


@pytest.mark.parametrize("file", ["/hello.wav", "/hello.mp3", "/hops/2"])
async def test_a_file_is_played(tmp_path: Path, file: str) -> None:
    async with (
        served("127.0.0.1") as site,
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), play_file(site.url(file)), HANGUP)
        await peer.succeed()
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    assert heard.loud_seconds > 0.3


@pytest.mark.parametrize("file", ["/status/404", "/large/5242881", "/stream/6000000", "/page"])
async def test_a_file_cannot_be_played(tmp_path: Path, file: str) -> None:
    async with (
        served("127.0.0.1") as site,
        carrier(tmp_path, *ANSWERS) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), play_file(site.url(file)), HANGUP)
        await peer.succeed()
    error = summary["errorDetails"]
    assert (summary["sessionStatus"], error["errorCode"], error["action"]) == ("ERROR", -2006, "PLAY_FILE")
    assert error["errorMsg"] == "Unable to download file for playback"
    assert summary["details"]["callA"]["callStatus"] == "ERROR"
