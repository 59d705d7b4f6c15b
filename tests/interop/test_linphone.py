"""Calls with Linphone; run by `make interop` alone."""

import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.interop.situations import Peer, Situation
from tests.peers.caller import CALLER
from tests.peers.carrier import ACK, BYE, INVITE, NO_RTP, answers, carrier, ear, loud_seconds
from tests.peers.house import CALLED, HANGUP, capture, dial, house, say, trunk_to
from tests.peers.line import lose
from tests.peers.linphone import linphone
from tests.peers.patient import House as Patient
from tests.peers.program import Program
from tests.peers.sipp import HOST

VIRTUAL = "15550100199"
AGENT = "4930123456"
LONG = "This is a long message that goes on and on, so that there is time for something to happen in the middle of it."
LOSSY_CALLS = 20


def of(situation: Situation) -> pytest.MarkDecorator:
    return pytest.mark.interop(situation, Peer.LINPHONE)


async def ended(program: Program, count: int = 1) -> Counter[str]:
    """Wait for the summaries and count their statuses."""
    await program.until(lambda: len(program.of_type("VSS")) >= count)
    return Counter(vss.payload["sessionStatus"] for vss in program.of_type("VSS"))


def loud(path: Path) -> float:
    """Give how many seconds of a recording are no silence."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        return loud_seconds(samples[:: file.getframerate() // 8000])


@of(Situation.CALL_OUT)
@of(Situation.DIGITS_RTP)
async def test_it_is_called_hears_and_presses_keys(tmp_path: Path) -> None:
    heard = tmp_path / "heard.wav"
    async with linphone(tmp_path) as callee, house(tmp_path, trunk_to(callee.address)) as there:
        there.program.answers.append({"callflow": [say("Thank you."), HANGUP]})
        await callee.types(f"record {heard}")
        await there.call(dial(), capture("Press two keys.", 2))
        await callee.says("incoming call")
        await callee.types("answer")
        await callee.says("Media streams established")
        await callee.types("4")
        await callee.types("*")
        (vca,) = await there.program.asked(1)
        await callee.says("ended")
        assert await ended(there.program) == {"COMPLETED": 1}
    assert vca["dtmf"] == "4*"
    assert loud(heard) > 0.3


@of(Situation.DIGITS_RELAY)
async def test_its_keys_by_info(tmp_path: Path) -> None:
    async with linphone(tmp_path, info=True) as callee, house(tmp_path, trunk_to(callee.address)) as there:
        await there.call(dial(), capture("Press two keys.", 2))
        await callee.says("incoming call")
        await callee.types("answer")
        await callee.says("Media streams established")
        await callee.types("4")
        await callee.types("*")
        (vca,) = await there.program.asked(1)
        assert await ended(there.program) == {"COMPLETED": 1}
    assert vca["dtmf"] == "4*"


@pytest.mark.parametrize(
    "offerless",
    [
        pytest.param(False, marks=of(Situation.CALL_IN), id="with an offer"),
        pytest.param(True, marks=of(Situation.OFFERLESS), id="without an offer"),
    ],
)
async def test_it_calls_and_hears(tmp_path: Path, *, offerless: bool) -> None:
    heard = tmp_path / "heard.wav"
    async with (
        linphone(tmp_path, user=CALLER, offerless=offerless) as caller,
        house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [say("Hello, world."), HANGUP]}]
        await caller.types(f"record {heard}")
        await caller.types(f"call sip:{VIRTUAL}@{HOST}:{there.server.telephone.address[1]}")
        await caller.says("ended")
        assert await ended(there.program) == {"COMPLETED": 1}
        (vca,) = await there.program.asked(1)
    assert vca["source"] == f"+{CALLER}"
    assert loud(heard) > 0.3


@of(Situation.HOLD_SENDONLY)
@of(Situation.REINVITE)
async def test_it_holds_and_resumes(tmp_path: Path) -> None:
    async with linphone(tmp_path) as callee, house(tmp_path, trunk_to(callee.address)) as there:
        await there.call(dial(), say(LONG), say(LONG), HANGUP)
        await callee.says("incoming call")
        await callee.types("answer")
        await callee.says("Media streams established")
        await callee.types("pause")
        await callee.says("is now paused")
        await there.program.until(lambda: there.program.holds == ["hold"])
        await callee.types("resume")
        await callee.says("Media streams established(.|\n)*Media streams established")
        await there.program.until(lambda: there.program.holds == ["hold", "resumed"])
        await callee.types("terminate")
        assert await ended(there.program) == {"COMPLETED": 1}


@of(Situation.EARLY_MEDIA)
async def test_it_describes_sound_before_it_answers(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as first,
        linphone(tmp_path, early=True) as second,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",)),
        ) as there,
    ):
        await there.call(dial(CALLED), dial(AGENT))
        await second.says("incoming call")
        await there.program.until(lambda: any(leg.early for leg in there.server.telephone._legs.values()))
        await second.types("answer")
        await second.says("connected")
        await second.types("terminate")
        assert await ended(there.program) == {"COMPLETED": 1}
        await first.succeed()


@of(Situation.OUR_CANCEL)
async def test_it_is_cancelled(tmp_path: Path) -> None:
    async with (
        linphone(tmp_path) as callee,
        house(tmp_path, trunk_to(callee.address, ring_timeout=1.0)) as there,
    ):
        await there.call(dial(), HANGUP)
        await callee.says("incoming call")
        assert await ended(there.program) == {"NO_ANSWER": 1}
        await callee.says("ended|missed")


@of(Situation.THEIR_CANCEL)
async def test_it_calls_and_leaves_before_the_answer(tmp_path: Path) -> None:
    async with (
        linphone(tmp_path, user=CALLER) as caller,
        house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [dial(AGENT)]}]
        await caller.types(f"call sip:{VIRTUAL}@{HOST}:{there.server.telephone.address[1]}")
        await caller.says("ringing")
        await caller.types("terminate")
        assert await ended(there.program) == {"CANCELED": 1}


@of(Situation.WE_ASK)
async def test_the_doctor_asks_it(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    async with linphone(tmp_path) as callee:
        patient.trunk(callee.address)
        report = await patient.examined()
    assert report.healthy, report.findings


@of(Situation.LOSS_OUT)
async def test_it_is_called_over_a_line_that_loses(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with linphone(tmp_path) as callee, house(tmp_path, trunk_to(callee.address)) as there:
        lost = lose(there)
        for number in range(1, LOSSY_CALLS + 1):
            await there.call(dial(), say("Hi."), HANGUP)
            await callee.says(f"assigned id {number}\n")
            await callee.types("answer")
            ends = await ended(there.program, number)
        await callee.says(f"Call {LOSSY_CALLS} .* ended")
    record_property("interop", f"{ends['COMPLETED']} of {LOSSY_CALLS} calls complete, {lost.total()} messages lost")
    assert ends == {"COMPLETED": LOSSY_CALLS}
    assert f"assigned id {LOSSY_CALLS + 1}" not in callee.said, "nobody rings twice"


@of(Situation.LOSS_IN)
async def test_it_calls_over_a_line_that_loses(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    async with (
        linphone(tmp_path, user=CALLER) as caller,
        house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there,
    ):
        lost = lose(there)
        there.program.answers += [{"callflow": [say("Hi."), HANGUP]}] * LOSSY_CALLS
        for number in range(1, LOSSY_CALLS + 1):
            await caller.types(f"call sip:{VIRTUAL}@{HOST}:{there.server.telephone.address[1]}")
            await caller.says(f"Call {number} .* ended")
        ends = await ended(there.program, LOSSY_CALLS)
    record_property("interop", f"{ends['COMPLETED']} of {LOSSY_CALLS} calls complete, {lost.total()} messages lost")
    assert ends == {"COMPLETED": LOSSY_CALLS}
    assert len(there.program.of_type("VCA")) == LOSSY_CALLS, "each rings once"
