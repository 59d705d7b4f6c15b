"""What happens while a call stands: keys, hold, hang-ups, silence, loss. SIPp is the carrier."""

import asyncio
import re
import secrets
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.situations import Peer, Situation
from tests.peers.carrier import (
    ACK,
    BYE,
    INVITE,
    RINGING,
    SIPP_EVENT,
    ZERO,
    answers,
    asks_options,
    carrier,
    dialogs,
    ear,
    hangs_up,
    may_send_raw,
    offers_fax,
    presses,
    reinvites,
    sends_info,
    updates,
    waits,
)
from tests.peers.house import CALLED, HANGUP, SOURCE, capture, dial, house, say, trunk_to
from tests.peers.sipp import free_port

from ringback.app.config import Limits

LONG = "This is a long message that goes on and on, so that there is time for something to happen in the middle of it."
LOSSY_RATE = 20.0
LOST = 0.005
"""Of the calls; the others have to complete."""


def of(situation: Situation) -> pytest.MarkDecorator:
    return pytest.mark.interop(situation, Peer.SIPP)


@pytest.mark.interop(Situation.DIGITS_RTP, Peer.SIPP)
@pytest.mark.skipif(not may_send_raw(), reason="SIPp replays RTP out of raw sockets; baresip's keys need none")
async def test_keys_pressed_by_rtp_events_reach_the_program(tmp_path: Path) -> None:
    port = free_port()
    steps = (INVITE, answers("[media_port]", keys=SIPP_EVENT), ACK, waits(300), presses("42"), BYE)
    async with (
        carrier(tmp_path, *steps, options=("-mp", str(port), "-rtp_echo")) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        there.program.answers.append({"clientActionId": "bye", "callflow": [say("Thank you."), HANGUP]})
        summary = await there.run(dial(), capture(LONG, 2), clientActionId="pin")
        (vca,) = await there.program.asked(1)
        await peer.succeed()
    assert (vca["dtmf"], vca["eventData"]) == ("42", {"dtmf": "42"})
    assert (vca["callStatus"], vca["clientActionId"], vca["callDirection"]) == ("ACTION_COMPLETED", "pin", "OUTBOUND")
    assert (vca["source"], vca["destination"]) == (f"+{SOURCE}", f"+{CALLED}")
    assert summary["sessionStatus"] == "COMPLETED"
    pressed = [vcs.payload for vcs in there.program.of_type("VCS") if vcs.payload["callStatus"] == "DTMF_RECEIVED"]
    assert [payload["dtmf"] for payload in pressed] == ["4", "2"]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param("dtmf-relay", marks=pytest.mark.interop(Situation.DIGITS_RELAY, Peer.SIPP)),
        pytest.param("dtmf", marks=pytest.mark.interop(Situation.DIGITS_DTMF, Peer.SIPP)),
    ],
)
async def test_keys_pressed_by_info_reach_the_program(tmp_path: Path, kind: str) -> None:
    steps = (INVITE, answers(), ACK, waits(200), sends_info("7", 1, kind), waits(50), sends_info("#", 2, kind), BYE)
    async with carrier(tmp_path, *steps) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        params = {"maxDigits": 5, "completeOnHash": True}
        summary = await there.run(dial(), capture(LONG, 1, **params))
        (vca,) = await there.program.asked(1)
        await peer.succeed()
    assert (vca["dtmf"], vca["eventData"]) == ("7", {"dtmf": "7"})
    assert summary["sessionStatus"] == "COMPLETED"
    assert summary["lastAction"] == "HANGUP"


async def test_no_key_is_pressed(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        asked = capture("Press one.", overallTimeout=300, noOfTries=2, failureMessage="No.")
        session_id = await there.call(dial(), asked)
        await there.program.summary(session_id)
        (vca,) = await there.program.asked(1)
        await peer.succeed()
        shown = (await there.ask("GET", f"sessions/{session_id}"))[1]
    assert (vca["dtmf"], vca["eventData"]) == (None, None) or vca["eventData"] == {"dtmf": None}
    played = [entry["details"]["text"] for entry in shown["timeline"] if entry["event"] == "prompt-played"]
    assert played == ["Press one.", "No.", "Press one.", "No."]
    assert heard.loud_seconds > 1.0


@pytest.mark.parametrize(
    ("offered", "answered", "again"),
    [
        pytest.param("sendonly", "recvonly", reinvites, marks=[of(Situation.HOLD_SENDONLY), of(Situation.REINVITE)]),
        pytest.param("inactive", "inactive", reinvites, marks=of(Situation.HOLD_INACTIVE)),
        pytest.param(ZERO, "recvonly", reinvites, marks=of(Situation.HOLD_ZERO)),
        pytest.param("sendonly", "recvonly", updates, marks=of(Situation.UPDATE)),
    ],
)
async def test_a_call_is_held_and_resumed_elsewhere(
    tmp_path: Path, offered: str, answered: str, again: Callable[[int, str, int], str]
) -> None:
    async with (
        ear() as before,
        ear() as after,
        carrier(
            tmp_path,
            *(INVITE, answers(before.port), ACK, waits(600)),
            *(again(before.port, offered, 1), waits(600)),
            *(again(after.port, "sendrecv", 2), waits(300), hangs_up(3)),
        ) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say(LONG), HANGUP)
        await peer.succeed()
        directions = re.findall(r"^a=(sendrecv|sendonly|recvonly|inactive)\r?$", peer.messages, re.MULTILINE)
    assert summary["sessionStatus"] == "COMPLETED"
    assert directions[-3:] == [answered, "sendrecv", "sendrecv"]
    assert there.program.holds == ["hold", "resumed"]
    assert before.packets[-1].at < after.packets[0].at - 0.4, "nothing is sent to a call on hold"
    assert len(after.packets) > 5


async def test_an_offer_of_a_fax_is_refused_and_the_call_goes_on(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, offers_fax(1), waits(200), hangs_up(2)) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say(LONG), HANGUP)
        await peer.succeed()
    assert summary["sessionStatus"] == "COMPLETED"
    assert {packet.payload_type for packet in heard.packets} == {0}


async def test_the_callee_hangs_up_in_the_middle_of_a_prompt(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, waits(500), hangs_up()) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say(LONG), HANGUP)
        await peer.succeed()
        silent_since = heard.packets[-1].at
        (vss,) = there.program.of_type("VSS")
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "SAY")
    assert summary["details"]["callA"]["callStatus"] == "COMPLETED"
    assert vss.at - silent_since < 0.5, "the session ends at once"
    assert len(heard.packets) < 50 * 3
    assert there.program.of_type("VCA") == []


@pytest.mark.interop(Situation.THEY_ASK, Peer.SIPP)
async def test_options_within_a_call_is_answered(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, asks_options(1), BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say("Hello."), HANGUP)
        await peer.succeed()
    assert summary["sessionStatus"] == "COMPLETED"


async def test_a_call_without_rtp_is_hung_up(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address), limits=Limits(rtp_silence_seconds=1.0)) as there,
    ):
        asked = asyncio.get_running_loop().time()
        summary = await there.run(dial(), say(LONG), say(LONG, repetition=3), HANGUP)
        await peer.succeed()
        lasted = asyncio.get_running_loop().time() - asked
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "SAY")
    assert 1.0 <= lasted < 5.0


async def test_a_call_with_rtp_is_not_taken_for_silent(tmp_path: Path) -> None:
    async with (
        ear(echo=True) as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address), limits=Limits(rtp_silence_seconds=1.0)) as there,
    ):
        summary = await there.run(dial(), say(LONG), HANGUP)
        await peer.succeed()
    assert summary["lastAction"] == "HANGUP"


@pytest.mark.timeout(240)
@pytest.mark.interop(Situation.LOSS_OUT, Peer.SIPP)
async def test_calls_complete_though_the_line_loses_five_of_a_hundred(
    tmp_path: Path, lossy_calls: int, record_property: Callable[[str, object], None]
) -> None:
    # the last messages of a call that are lost are repeated for a while: SIPp must still know the call then
    steps = (INVITE, RINGING, answers(), ACK, BYE.replace('milliseconds="100"', 'milliseconds="4000"'))
    options = ("-lost", "5")
    async with (
        carrier(tmp_path, *steps, options=options, calls=lossy_calls, seconds=180) as peer,
        house(tmp_path, trunk_to(peer.address, channels=200, calls_per_second=LOSSY_RATE)) as there,
    ):
        numbers = [f"65{90000000 + number}" for number in range(lossy_calls)]
        sessions = [await there.call(dial(number), HANGUP) for number in numbers]
        summaries = [await there.program.summary(session) for session in sessions]
        ends = Counter(summary["sessionStatus"] for summary in summaries)
        rung = dialogs(peer.messages)
    record_property("interop", f"{ends['COMPLETED']} of {lossy_calls} calls complete")
    assert lossy_calls - ends["COMPLETED"] <= max(1, LOST * lossy_calls), ends
    assert all(len(calls) == 1 for calls in rung.values()), "nobody is called twice"
    assert rung.keys() <= set(numbers)


async def test_a_flood_of_nonsense_does_not_disturb_a_call(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        session = await there.call(dial(), say(LONG), HANGUP)
        await heard.until(lambda: len(heard.packets) > 10)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect(there.server.telephone.address)
            for datagram in _nonsense():
                stranger.send(datagram)
                await asyncio.sleep(0)
        summary = await there.program.summary(session)
        await peer.succeed()
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    heard.assert_paced()
    assert heard.loud_seconds > 3


def _nonsense() -> list[bytes]:
    """Give 200 datagrams: random bytes, and requests and responses that go wrong somewhere."""
    begun = b"INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:99999;branch=z9hG4bK"
    via = b"BYE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%s\r\n"
    bye = via + b"Call-ID: %s\r\nCSeq: 1 BYE\r\n"
    made = [secrets.token_bytes(1 + number * 20) for number in range(70)]
    made += [begun + secrets.token_bytes(50) + b"\r\n\r\n" for _ in range(70)]
    made += [bye % ((secrets.token_hex(4).encode(),) * 2) + b"From: <sip:\xff>\r\n\r\n" for _ in range(60)]
    return made
