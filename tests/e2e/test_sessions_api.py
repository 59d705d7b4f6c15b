"""What a program does to its sessions while they run: over HTTP, with SIPp as the carrier."""

import asyncio
import json
from pathlib import Path

from tests.peers.carrier import ACK, BOUND, BYE, INVITE, RINGING, answers, carrier
from tests.peers.house import ACCOUNT, HANGUP, dial, house, say, trunk_to

LONG = "This announcement goes on and on, and nobody would want to hear all of it. " * 20


async def test_a_live_session_is_hung_up(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        session_id = await there.call(dial(), say(LONG), HANGUP)
        await there.program.told(session_id, "CALL_CONNECTED")
        shown = (await there.ask("GET", f"sessions/{session_id}"))[1]
        assert (shown["sessionStatus"], "summary" in shown) == ("IN_PROGRESS", False)
        assert shown["legs"][0]["name"] == "callA"
        status, _ = await there.ask("DELETE", f"sessions/{session_id}")
        assert status == 202
        summary = await there.program.summary(session_id)
        await peer.succeed()
        shown = (await there.ask("GET", f"sessions/{session_id}"))[1]
        listed = (await there.ask("GET", "sessions?status=COMPLETED"))[1]
    assert summary["sessionStatus"] == "COMPLETED", "the call was connected"
    assert shown["summary"] == summary
    assert [row["sessionId"] for row in listed["sessions"]] == [session_id]
    assert {row["event"] for row in shown["timeline"]} >= {"leg-dialled", "call-connected", "hang-up", "session-ended"}


async def test_the_callflow_of_a_live_session_is_replaced(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        session_id = await there.call(dial(), say(LONG))
        await there.program.told(session_id, "CALL_CONNECTED")
        refused, why = await there.ask("POST", f"sessions/{session_id}/callflows", {"callflow": [say("")]})
        assert (refused, why["statusCode"]) == (400, -1009)
        status, _ = await there.ask("POST", f"sessions/{session_id}/callflows", {"callflow": [say("Bye."), HANGUP]})
        assert status == 202
        summary = await there.program.summary(session_id)
        await peer.succeed()
        late, _ = await there.ask("POST", f"sessions/{session_id}/callflows", {"callflow": [HANGUP]})
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    assert there.program.of_type("VCA") == []
    assert late == 409


async def test_what_happens_is_streamed_until_the_session_ends(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        url = f"{there.url}/api/v1/subaccounts/{ACCOUNT}"
        headers = {"Authorization": f"Bearer {there.key}"}
        async with there.http.get(f"{url}/events", headers=headers) as all_, asyncio.timeout(BOUND):
            assert all_.content_type == "text/event-stream"
            session_id = await there.call(dial(), say("Hello."), HANGUP)
            async with there.http.get(f"{url}/sessions/{session_id}/events", headers=headers) as one:
                streamed = (await one.read()).decode()
            seen: list[str] = []
            while "session-ended" not in seen:
                line = (await all_.content.readline()).decode().strip()
                seen += [line.removeprefix("event: ")] if line.startswith("event: ") else []
        over = await there.http.get(f"{url}/sessions/{session_id}/events", headers=headers)
        assert (over.status, await over.read()) == (200, b"")
        unknown, _ = await there.ask("GET", "sessions/nobody/events")
    assert unknown == 404
    assert seen[0] == "leg-dialled"
    told = [json.loads(line.removeprefix("data: ")) for line in streamed.splitlines() if line.startswith("data: ")]
    assert {event["sessionId"] for event in told} == {session_id}
    assert [event["event"] for event in told][-1] == "session-ended"
    assert "call-connected" in [event["event"] for event in told]
