"""Calls that come in from SIPp: number masking, an IVR, and who is turned away (wire specification, section 4)."""

import re
from pathlib import Path

import pytest
from tests.interop.situations import Peer, Situation
from tests.peers.caller import (
    ANSWERED,
    CALLER,
    CANCELS,
    HANGS_UP,
    RINGS,
    TOLD_BYE,
    caller,
    invites,
    refused,
)
from tests.peers.carrier import (
    ACK,
    BYE,
    CANCELLED,
    INVITE,
    NO_RTP,
    RINGING,
    answers,
    carrier,
    ear,
    hangs_up,
    may_send_raw,
    presses,
    refuses,
    waits,
)
from tests.peers.house import HANGUP, SOURCE, House, capture, dial, house, say, trunk_to
from tests.peers.program import Payload, Program, running
from tests.peers.sipp import HOST

VIRTUAL = "15550100199"
AGENT = "4930123456"


def address(there: House) -> tuple[str, int]:
    return there.server.telephone.address


def only_session(program: Program) -> str:
    """Give the session that the program was asked about."""
    (vca,) = {vca.payload["sessionId"] for vca in program.of_type("VCA")}
    return str(vca)


async def summary_of(there: House) -> Payload:
    await there.program.asked(1)
    return await there.program.summary(only_session(there.program))


async def test_a_masked_call_never_shows_the_caller(tmp_path: Path) -> None:
    async with (
        ear() as callee_hears,
        ear() as caller_hears,
        carrier(
            tmp_path, INVITE, RINGING, waits(300), answers(callee_hears.port), ACK, waits(700), hangs_up()
        ) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [dial(AGENT)]}]
        async with caller(
            tmp_path, address(there), VIRTUAL, invites(caller_hears.port), RINGS, ANSWERED, TOLD_BYE
        ) as phone:
            await phone.succeed()
        await callee.succeed()
        summary = await summary_of(there)
    assert CALLER not in callee.messages, "the callee sees the virtual number's caller ID only"
    assert re.search(rf"^From:.*sip:\+?{SOURCE}@", callee.messages, re.MULTILINE)
    (vca,) = there.program.of_type("VCA")
    assert (vca.payload["callStatus"], vca.payload["callDirection"]) == ("CALL_RECEIVED", "INBOUND")
    assert (vca.payload["source"], vca.payload["destination"]) == (f"+{CALLER}", f"+{VIRTUAL}")
    assert "destinationRefId" in vca.payload
    assert summary["sessionStatus"] == "COMPLETED"
    legs = summary["details"]
    assert [legs[name]["callDirection"] for name in ("callA", "callB")] == ["INBOUND", "OUTBOUND"]
    assert [legs[name]["callStatus"] for name in ("callA", "callB")] == ["COMPLETED", "COMPLETED"]
    statuses = there.program.statuses(only_session(there.program))
    assert statuses[0] == "CALL_RECEIVED"
    assert statuses.count("CALL_CONNECTED") == 2


@pytest.mark.skipif(not may_send_raw(), reason="SIPp replays RTP out of raw sockets; baresip's keys need none")
async def test_a_caller_walks_through_an_ivr(tmp_path: Path) -> None:
    async with ear() as hears, house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        there.program.answers += [
            {"clientActionId": "menu", "callflow": [capture("Press one.", overallTimeout=9000)]},
            lambda vca: {"callflow": [say(f"You pressed {vca['dtmf']}."), HANGUP]},
        ]
        steps = (invites(hears.port), RINGS, ANSWERED, waits(2000), presses("1"), TOLD_BYE)
        async with caller(tmp_path, address(there), VIRTUAL, *steps) as phone:
            await phone.succeed()
        summary = await summary_of(there)
    asked = [(vca.payload["callStatus"], vca.payload["dtmf"]) for vca in there.program.of_type("VCA")]
    assert asked == [("CALL_RECEIVED", None), ("ACTION_COMPLETED", "1")]
    assert hears.loud_seconds > 0.3, "the prompt; then sound follows the keys to where SIPp sends them from"
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")


async def test_a_number_of_nobody_is_not_found(tmp_path: Path) -> None:
    async with house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        async with caller(tmp_path, address(there), "15550100198", invites(NO_RTP), refused(404)) as phone:
            await phone.succeed()
        assert not there.program.posted


async def test_a_number_without_a_program_is_not_found(tmp_path: Path) -> None:
    async with (
        house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL], webhooks=()) as there,
        caller(tmp_path, address(there), VIRTUAL, invites(NO_RTP), refused(404)) as phone,
    ):
        await phone.succeed()


async def test_a_hangup_alone_declines_the_caller(tmp_path: Path) -> None:
    async with house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        there.program.answers += [{"callflow": [HANGUP]}]
        async with caller(tmp_path, address(there), VIRTUAL, invites(NO_RTP), RINGS, refused(603)) as phone:
            await phone.succeed()
        summary = await summary_of(there)
    assert summary["sessionStatus"] == "FAILED"


async def test_a_busy_callee_makes_the_number_busy(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, refuses(486, "Busy Here")) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [dial(AGENT)]}]
        async with caller(tmp_path, address(there), VIRTUAL, invites(NO_RTP), RINGS, refused(486)) as phone:
            await phone.succeed()
        summary = await summary_of(there)
    assert summary["sessionStatus"] == "BUSY"
    assert [leg["callStatus"] for leg in summary["details"].values()] == ["BUSY", "BUSY"]
    assert len(there.program.of_type("VCA")) == 1


@pytest.mark.interop(Situation.THEIR_CANCEL, Peer.SIPP)
@pytest.mark.interop(Situation.OUR_CANCEL, Peer.SIPP)
async def test_a_caller_who_leaves_cancels_the_callee(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, CANCELLED) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [dial(AGENT)]}]
        steps = (invites(NO_RTP), RINGS, waits(1000), CANCELS)
        async with caller(tmp_path, address(there), VIRTUAL, *steps) as phone:
            await phone.succeed()
        await callee.succeed()
        summary = await summary_of(there)
    assert summary["sessionStatus"] == "CANCELED"
    assert [leg["callStatus"] for leg in summary["details"].values()] == ["CANCELED", "CANCELED"]


async def test_a_caller_who_hangs_up_a_bridge_ends_the_callee(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, BYE) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [dial(AGENT)]}]
        steps = (invites(NO_RTP), RINGS, ANSWERED, waits(300), HANGS_UP)
        async with caller(tmp_path, address(there), VIRTUAL, *steps) as phone:
            await phone.succeed()
        await callee.succeed()
        summary = await summary_of(there)
    assert summary["sessionStatus"] == "COMPLETED"


async def test_a_caller_who_was_spoken_to_and_leaves_while_the_callee_rings(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, CANCELLED) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [say("Hi."), dial(AGENT)]}]
        steps = (invites(NO_RTP), RINGS, ANSWERED, waits(3000), HANGS_UP)
        async with caller(tmp_path, address(there), VIRTUAL, *steps) as phone:
            await phone.succeed()
        await callee.succeed()
        summary = await summary_of(there)
    assert summary["sessionStatus"] == "CANCELED"
    assert [leg["callStatus"] for leg in summary["details"].values()] == ["COMPLETED", "CANCELED"]


async def test_a_callee_who_is_busy_when_the_caller_was_spoken_to(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, refuses(486, "Busy Here")) as callee,
        house(tmp_path, trunk_to(callee.address), numbers=[VIRTUAL]) as there,
    ):
        there.program.answers += [{"callflow": [say("Hi."), dial(AGENT)]}]
        async with caller(tmp_path, address(there), VIRTUAL, invites(NO_RTP), RINGS, ANSWERED, TOLD_BYE) as phone:
            await phone.succeed()
        summary = await summary_of(there)
    assert summary["sessionStatus"] == "BUSY"
    assert [leg["callStatus"] for leg in summary["details"].values()] == ["COMPLETED", "BUSY"]


async def test_a_caller_without_a_common_codec_is_told_so(tmp_path: Path) -> None:
    async with house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        there.program.answers += [{"callflow": [say("Hello."), HANGUP]}]
        steps = (invites(NO_RTP, codec=18), RINGS, refused(488))
        async with caller(tmp_path, address(there), VIRTUAL, *steps) as phone:
            await phone.succeed()
        assert (await summary_of(there))["sessionStatus"] == "FAILED"


async def test_a_program_that_answers_nonsense_makes_the_number_unavailable(tmp_path: Path) -> None:
    async with house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        there.program.answers += ["nonsense"]
        async with caller(tmp_path, address(there), VIRTUAL, invites(NO_RTP), RINGS, refused(480)) as phone:
            await phone.succeed()
        summary = await summary_of(there)
    assert (summary["sessionStatus"], summary["errorDetails"]["errorCode"]) == ("ERROR", -2003)


async def test_a_stranger_gets_no_answer_at_all(tmp_path: Path) -> None:
    trunk = trunk_to((HOST, NO_RTP), inbound_from=("192.0.2.0/24",))
    async with house(tmp_path, trunk, numbers=[VIRTUAL]) as there:
        counters = there.server.telephone.user_agent.counters
        async with caller(tmp_path, address(there), VIRTUAL, invites(NO_RTP), refused(404), seconds=2) as phone:
            while counters.strangers < 2:
                await there.server.outbox.flush(0.1)
            assert counters.sent == 0
            assert not re.search(r"^SIP/2.0", phone.messages, re.MULTILINE)
        assert not there.program.posted


async def test_a_full_trunk_takes_no_caller(tmp_path: Path) -> None:
    async with running(Program()) as program:
        trunk = trunk_to((HOST, NO_RTP), channels=1)
        async with house(tmp_path, trunk, program=program, numbers=[VIRTUAL]) as there:
            program.answers += [{"callflow": [say("One moment. One moment. One moment."), HANGUP]}]
            first = (invites(NO_RTP), RINGS, ANSWERED, TOLD_BYE)
            async with caller(tmp_path, address(there), VIRTUAL, *first) as one:
                await program.asked(1)
                async with caller(tmp_path, address(there), VIRTUAL, invites(NO_RTP), refused(503)) as two:
                    await two.succeed()
                await one.succeed()
            await summary_of(there)
            assert len(program.of_type("VSS")) == 1
