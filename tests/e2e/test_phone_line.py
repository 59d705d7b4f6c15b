"""What baresip does on the line: calls, hold, keys by INFO, sound before the answer, CANCEL, OPTIONS, loss."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.situations import Peer, Situation
from tests.peers.caller import CALLER
from tests.peers.carrier import ACK, BYE, CANCELLED, INVITE, NO_RTP, RINGING, answers, carrier, ear
from tests.peers.house import CALLED, HANGUP, capture, dial, house, say, trunk_to
from tests.peers.line import lose
from tests.peers.patient import House as Patient
from tests.peers.patient import said
from tests.peers.phone import phone
from tests.peers.pitch import has_pitch, tone
from tests.peers.program import Program
from tests.peers.sipp import HOST

VIRTUAL = "15550100199"
AGENT = "4930123456"
LONG = "This is a long message that goes on and on, so that there is time for something to happen in the middle of it."
LOSSY_CALLS = 20


def of(situation: Situation) -> pytest.MarkDecorator:
    return pytest.mark.interop(situation, Peer.BARESIP)


async def ended(program: Program) -> str:
    """Wait for the only summary and give its status."""
    await program.until(lambda: program.of_type("VSS"))
    (vss,) = program.of_type("VSS")
    return str(vss.payload["sessionStatus"])


@of(Situation.CALL_IN)
async def test_a_phone_calls_and_hears_a_prompt(tmp_path: Path) -> None:
    async with phone(user=CALLER) as caller, house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        there.program.answers += [{"callflow": [say("Hello, world."), HANGUP]}]
        talk = await caller.dial(there.server.telephone.address, VIRTUAL)
        await talk.established()
        await talk.hears(0.3)
        await talk.ended()
        status = await ended(there.program)
        (vca,) = await there.program.asked(1)
    assert status == "COMPLETED"
    assert (vca["source"], vca["destination"]) == (f"+{CALLER}", f"+{VIRTUAL}")


@of(Situation.THEIR_CANCEL)
async def test_a_phone_that_calls_and_leaves_before_the_answer(tmp_path: Path) -> None:
    async with (
        phone(user=CALLER) as caller,
        carrier(tmp_path, INVITE, RINGING, CANCELLED) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [dial(AGENT)]}]
        talk = await caller.dial(there.server.telephone.address, VIRTUAL)
        await asyncio.wait_for(talk.rings.wait(), 10)
        await there.program.until(lambda: AGENT in str([vcs.payload for vcs in there.program.of_type("VCS")]))
        await talk.hang_up()
        await callee.succeed()
        assert await ended(there.program) == "CANCELED"


@of(Situation.HOLD_SENDONLY)
@of(Situation.REINVITE)
async def test_a_phone_holds_and_resumes(tmp_path: Path) -> None:
    async with phone() as callee, house(tmp_path, trunk_to(callee.address)) as there:
        session = await there.call(dial(), say(LONG), HANGUP)
        talk = await callee.rung()
        await talk.answer()
        await talk.hears(0.3)
        await talk.hold()
        await there.program.until(lambda: "hold" in there.program.holds)
        held_at = talk.loud
        await talk.resume()
        await there.program.until(lambda: "resumed" in there.program.holds)
        await talk.hears(held_at + 0.3)
        await talk.hang_up()
        summary = await there.program.summary(session)
    assert summary["sessionStatus"] == "COMPLETED"


@of(Situation.DIGITS_RELAY)
async def test_keys_of_a_phone_by_info(tmp_path: Path) -> None:
    async with phone(dtmf_mode="info") as callee, house(tmp_path, trunk_to(callee.address)) as there:
        there.program.answers.append({"callflow": [say("Thank you."), HANGUP]})
        session = await there.call(dial(), capture("Press two keys.", 2))
        talk = await callee.rung()
        await talk.answer()
        await talk.hears(0.2)
        await talk.press("4*")
        (vca,) = await there.program.asked(1)
        await talk.ended()
        summary = await there.program.summary(session)
    assert vca["dtmf"] == "4*"
    assert summary["sessionStatus"] == "COMPLETED"


@of(Situation.EARLY_MEDIA)
async def test_a_phone_speaks_before_it_answers(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as first,
        phone(early=True) as second,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",)),
        ) as there,
    ):
        session = await there.call(dial(CALLED), dial(AGENT))
        talk = await second.rung()
        enough = asyncio.Event()
        speaking = asyncio.create_task(talk.speaks(tone(), enough, early=True))
        await heard.until(lambda: has_pitch(heard.linear))
        assert not talk.stands, "it was heard before it answered"
        enough.set()
        await speaking
        await talk.answer()
        await talk.hang_up()
        summary = await there.program.summary(session)
        await first.succeed()
    assert summary["sessionStatus"] == "COMPLETED"


@of(Situation.WE_ASK)
async def test_the_doctor_asks_a_phone(tmp_path: Path) -> None:
    patient = Patient(tmp_path)
    async with phone() as callee:
        patient.trunk(callee.address)
        report = await patient.examined()
    assert report.healthy, report.findings
    assert "has PCMU, PCMA" in said(report, "trunk"), report.findings


# ---------------------------------------------------------------- loss


@of(Situation.LOSS_OUT)
async def test_a_phone_is_called_over_a_line_that_loses(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    numbers = [f"65{90000000 + number}" for number in range(LOSSY_CALLS)]
    async with phone() as callee, house(tmp_path, trunk_to(callee.address)) as there:
        lost = lose(there)
        sessions = [await there.call(dial(number), say("Hi."), HANGUP) for number in numbers]
        for _ in sessions:
            await (await callee.rung()).pick_up()
        ends = Counter([(await there.program.summary(session))["sessionStatus"] for session in sessions])
    record_property("interop", f"{ends['COMPLETED']} of {LOSSY_CALLS} calls complete, {lost.total()} messages lost")
    assert ends == {"COMPLETED": LOSSY_CALLS}
    assert callee.rings.empty(), "nobody rings twice"
    assert lost["in"] > 0 < lost["out"]


@of(Situation.LOSS_IN)
async def test_a_phone_calls_over_a_line_that_loses(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with phone(user=CALLER) as caller, house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        # libre 4.10 sends its ACK once and no more when our 200 comes again (RFC 3261, section 13.2.2.4)
        program, lost = there.program, lose(there, spared=b"ACK ")
        program.answers += [{"callflow": [say("Hi."), HANGUP]}] * LOSSY_CALLS
        talks = [await caller.dial(there.server.telephone.address, VIRTUAL) for _ in range(LOSSY_CALLS)]
        for talk in talks:
            await talk.ended()
        await program.until(lambda: len(program.of_type("VSS")) >= LOSSY_CALLS)
        ends = Counter(vss.payload["sessionStatus"] for vss in program.of_type("VSS"))
    note = "its ACK is spared: it sends it once, whatever comes"
    complete = f"{ends['COMPLETED']} of {LOSSY_CALLS} calls complete, {lost.total()} messages lost"
    record_property("interop", f"{complete}; {note}")
    assert ends == {"COMPLETED": LOSSY_CALLS}
    assert len(program.of_type("VCA")) == LOSSY_CALLS, "each rings once"
    assert lost["in"] > 0 < lost["out"]
