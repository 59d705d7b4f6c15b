"""A program that is dead or talks nonsense, and a subaccount that has a callflow for that; the phones are SIPp."""

from pathlib import Path

from tests.peers.caller import ANSWERED, RINGS, TOLD_BYE, caller, invites
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier, ear, hangs_up, waits
from tests.peers.house import ACCOUNT, House, capture, dial, house, say, trunk_to
from tests.peers.program import Program, running

from ringback.service.ports import WebhookType

VIRTUAL = "15550100199"
DESK = "4930123456"
APOLOGY = say("We are sorry. Something went wrong here. Somebody will be with you in a moment.")
ASK = capture("One?", overallTimeout=200)


async def falls_back(there: House, *actions: object) -> None:
    await there.server.store.change_settings(ACCOUNT, {"fallbackCallflow": {"callflow": list(actions)}})


async def test_the_callee_of_a_dead_program_hears_the_apology_and_is_put_through(tmp_path: Path) -> None:
    async with running(Program()) as program, ear() as hears, ear() as desk_hears:
        hooks = [WebhookType(name, program.url(name)) for name in ("VSS", "VCS")]
        hooks.append(WebhookType("VCA", "http://127.0.0.1:9/VCA"))
        async with (
            carrier(tmp_path, INVITE, RINGING, answers(hears.port), ACK, BYE) as peer,
            carrier(tmp_path, INVITE, RINGING, answers(desk_hears.port), ACK, waits(300), hangs_up()) as desk,
            house(
                tmp_path,
                trunk_to(peer.address),
                trunk_to(desk.address, "desk", prefixes=("49",)),
                program=program,
                webhooks=hooks,
            ) as there,
        ):
            await falls_back(there, APOLOGY, dial(DESK))
            session_id = await there.call(dial(), ASK)
            await program.told(session_id, "CALL_CONNECTED")
            await hears.until(lambda: hears.loud_seconds > 2.0)
            summary = await program.summary(session_id)
            await peer.succeed()
            await desk.succeed()
            shown = (await there.ask("GET", f"sessions/{session_id}"))[1]
    assert (summary["sessionStatus"], summary["errorDetails"]["errorCode"]) == ("ERROR", -2002)
    assert summary["errorDetails"]["action"] == "SAY_AND_CAPTURE", "the program failed after this one"
    assert (summary["lastAction"], summary["callCount"]) == ("MAKE_CALL", 2)
    legs = summary["details"]
    assert [legs[name]["callStatus"] for name in ("callA", "callB")] == ["COMPLETED", "COMPLETED"]
    events = [row["event"] for row in shown["timeline"]]
    assert events.count("callflow-asked") == 1, "nobody is asked what comes after it"
    reasons = [(vcs.payload.get("eventData") or {}).get("event") for vcs in program.of_type("VCS", session_id)]
    assert "bridged" in reasons


async def test_a_caller_whose_program_talks_nonsense_is_answered_and_hears_the_apology(tmp_path: Path) -> None:
    async with ear() as hears, house(tmp_path, trunk_to(("127.0.0.1", 9)), numbers=[VIRTUAL]) as there:
        await falls_back(there, APOLOGY)
        there.program.answers += ["nonsense"]
        address = there.server.telephone.address
        async with caller(tmp_path, address, VIRTUAL, invites(hears.port), RINGS, ANSWERED, TOLD_BYE) as phone:
            await phone.succeed()
        (asked,) = there.program.of_type("VCA")
        summary = await there.program.summary(asked.payload["sessionId"])
    assert asked.payload["callStatus"] == "CALL_RECEIVED"
    assert hears.loud_seconds > 2.0
    assert (summary["sessionStatus"], summary["errorDetails"]["errorCode"]) == ("ERROR", -2003)
    assert summary["details"]["callA"]["callStatus"] == "COMPLETED"


async def test_a_fallback_in_a_voice_that_is_gone_leaves_the_dead_end_and_says_why(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        await falls_back(there, say("Sorry.", voiceProfile="xx-XX-Gone"))
        there.program.answers += [404]
        summary = await there.run(dial(), ASK)
        await peer.succeed()
        shown = (await there.ask("GET", f"sessions/{summary['sessionId']}"))[1]
    assert (summary["sessionStatus"], summary["details"]["callA"]["callStatus"]) == ("ERROR", "ERROR")
    (asked,) = [row for row in shown["timeline"] if row["event"] == "callflow-asked"]
    assert "-1002" in str(asked)
