"""The number masking of `examples/masking_webhook.py`, with SIPp as both people."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from tests.peers.caller import ANSWERED, CALLER, RINGS, TOLD_BYE, caller, invites, refused
from tests.peers.carrier import ACK, INVITE, NO_RTP, RINGING, answers, carrier, ear, hangs_up, waits
from tests.peers.house import free_tcp_port, house, trunk_to
from tests.peers.program import HOST, Program, running

from ringback.service.ports import WebhookType

EXAMPLE = Path(__file__).parents[2] / "examples" / "masking_webhook.py"
VIRTUAL = "15550100199"
OTHER = "4930123456"
"""Paired with CALLER by the example."""
STRANGER = "4915999999999"


@asynccontextmanager
async def _masking() -> AsyncIterator[str]:
    """Run the example as a script and give its URL."""
    url = f"http://{HOST}:{(port := free_tcp_port())}/"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", str(EXAMPLE)),
        env={**os.environ, "PORT": str(port)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(10), aiohttp.ClientSession() as http:
            while True:
                try:
                    async with http.get(url) as answer:
                        assert answer.status == 501, "it answers POST alone"
                        break
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.05)
        yield url
    finally:
        process.kill()
        await process.wait()


async def _summary(program: Program) -> dict[str, object]:
    await program.until(lambda: program.of_type("VSS"))
    return program.of_type("VSS")[0].payload


async def test_two_people_talk_and_neither_number_is_shown(tmp_path: Path) -> None:
    async with (
        _masking() as url,
        running(Program()) as program,
        ear() as callee_hears,
        ear() as caller_hears,
        carrier(
            tmp_path, INVITE, RINGING, waits(200), answers(callee_hears.port), ACK, waits(700), hangs_up()
        ) as callee,
        house(
            tmp_path,
            trunk_to(callee.address),
            program=program,
            numbers=[VIRTUAL],
            webhooks=[WebhookType("VCA", url), WebhookType("VSS", program.url("VSS"))],
        ) as there,
    ):
        steps = (invites(caller_hears.port), RINGS, ANSWERED, TOLD_BYE)
        async with caller(tmp_path, there.server.telephone.address, VIRTUAL, *steps) as phone:
            await phone.succeed()
        await callee.succeed()
        summary = await _summary(program)
    assert summary["sessionStatus"] == "COMPLETED"
    assert re.search(rf"^INVITE sip:\+?{OTHER}@", callee.messages, re.MULTILINE), "the other of the pair rings"
    assert re.search(rf"^From:.*sip:\+?{VIRTUAL}@", callee.messages, re.MULTILINE), "and sees the virtual number"
    assert CALLER not in callee.messages
    assert OTHER not in phone.messages
    assert callee_hears.packets, "sound flows to the callee"
    assert caller_hears.packets, "and to the caller"


async def test_somebody_who_is_in_no_pair_is_declined(tmp_path: Path) -> None:
    async with (
        _masking() as url,
        running(Program()) as program,
        house(
            tmp_path,
            trunk_to((HOST, NO_RTP)),
            program=program,
            numbers=[VIRTUAL],
            webhooks=[WebhookType("VCA", url), WebhookType("VSS", program.url("VSS"))],
        ) as there,
    ):
        steps = (invites(NO_RTP, caller=STRANGER), RINGS, refused(603))
        async with caller(tmp_path, there.server.telephone.address, VIRTUAL, *steps) as phone:
            await phone.succeed()
        summary = await _summary(program)
    assert (summary["sessionStatus"], summary["callCount"]) == ("FAILED", 1)
