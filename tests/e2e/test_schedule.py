"""When a session is dialled: over HTTP, with SIPp as the carrier."""

import time
from pathlib import Path

import aiohttp
from tests.peers.carrier import ACK, BYE, INVITE, answers, carrier, rung_at
from tests.peers.house import HANGUP, Client, dial, free_tcp_port, house, serving, trunk_to
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port

from ringback.domain.scalars import format_moment


def ahead(seconds: float) -> str:
    return format_moment(time.time() + seconds)


async def test_a_session_is_dialled_at_its_time_and_not_before(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        start_at = ahead(1.5)
        receipt = await there.post({"callflow": [dial(), HANGUP], "startAt": start_at})
        assert receipt["startAt"] == start_at
        shown = (await there.ask("GET", f"sessions/{receipt['sessionId']}"))[1]
        assert (shown["sessionStatus"], shown["dueAt"]) == ("QUEUED", start_at)
        cancelled = await there.call(dial(), HANGUP, startAt=start_at)
        status, _ = await there.ask("DELETE", f"sessions/{cancelled}")
        assert status == 202
        assert (await there.program.summary(cancelled))["sessionStatus"] == "CANCELED"
        assert (await there.program.summary(receipt["sessionId"]))["sessionStatus"] == "COMPLETED"
        await peer.succeed()
        (rung,) = rung_at(peer.messages)
    assert format_moment(rung) >= start_at


async def test_a_session_keeps_its_time_when_the_server_is_killed(tmp_path: Path) -> None:
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
"""
    async with (
        running(Program()) as program,
        carrier(tmp_path, INVITE, answers(), ACK, BYE, seconds=60) as peer,
        serving(
            tmp_path, f'{config}[[trunk]]\nname = "carrier"\nuri = "sip:{peer.address[0]}:{peer.address[1]}"\n'
        ) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.start()
        start_at = ahead(4)
        session_id = await Client(http, server.url, key, program).call(dial(), HANGUP, startAt=start_at)
        await server.kill()
        await server.start()
        assert (await program.summary(session_id))["sessionStatus"] == "COMPLETED"
        await peer.succeed()
        (rung,) = rung_at(peer.messages)
    assert format_moment(rung) >= start_at
