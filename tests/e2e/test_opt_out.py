"""A voice message by the shipped scenario: SIPp is the carrier, and the callee who presses 9."""

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest
from tests.peers.carrier import (
    ACK,
    BYE,
    INVITE,
    RINGING,
    SIPP_EVENT,
    answers,
    carrier,
    dialogs,
    ear,
    hangs_up,
    may_send_raw,
    presses,
    sends_info,
    waits,
)
from tests.peers.house import ACCOUNT, CALLED, SOURCE, VOICE, Action, Client, House, house, serving, trunk_to
from tests.peers.program import Payload, Program, running
from tests.peers.sipp import HOST, free_port

from ringback.domain.number import Number
from ringback.domain.shipped import SHIPPED, VOICE_MESSAGE_OPTOUT

TEXT = "We are closed."
_PARAMETERS = SHIPPED[VOICE_MESSAGE_OPTOUT].template.parameters
SPOKEN = (TEXT, *(str(_PARAMETERS[name].default) for name in ("optOutPrompt", "optOutConfirmation")))
ASKED = waits(5000)
"""Longer than the message, shorter than it and the question with the time for an answer."""


def message(**changes: object) -> Action:
    given = {"source": SOURCE, "destination": CALLED, "message": TEXT, "language": "en-US"}
    return {
        "action": "executeScenario",
        "params": {"scenarioName": VOICE_MESSAGE_OPTOUT, "scenarioParams": given | changes},
    }


async def opted_out(there: House) -> bool:
    return await there.server.store.is_opted_out(ACCOUNT, Number(CALLED))


async def run(there: House, **changes: object) -> Payload:
    await there.server.store.grant_scenario(VOICE_MESSAGE_OPTOUT, ACCOUNT)
    for text in SPOKEN:  # so that the key is pressed when it is asked for, however slow the machine is
        await there.server.prompts.utterance(text, VOICE, 1.0)
    return await there.run(message(**changes), clientRequestId="campaign-1")


async def test_a_callee_who_presses_nine_hears_so_and_is_not_called_again(tmp_path: Path) -> None:
    async with ear() as heard:
        steps = (INVITE, RINGING, answers(heard.port), ACK, ASKED, sends_info("9", 1), BYE)
        async with carrier(tmp_path, *steps) as peer, house(tmp_path, trunk_to(peer.address)) as there:
            first = await run(there)
            await peer.succeed()
            assert await opted_out(there)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier_now:
                carrier_now.settimeout(0)
                carrier_now.bind(peer.address)
                second = await run(there)
                with pytest.raises(BlockingIOError):
                    carrier_now.recv(1)
            deliveries = there.program.of_type("VCA")
    assert (first["sessionStatus"], first["lastAction"], first["callCount"]) == (
        "COMPLETED_UNSUBSCRIBED",
        "EXECUTE_SCENARIO",
        1,
    )
    assert first["details"]["callA"]["callStatus"] == "COMPLETED"
    assert heard.loud_seconds > 4, "the message, the question, and the confirmation"
    assert (second["sessionStatus"], second["lastAction"]) == ("UNSUBSCRIBED_CONTACT", "EXECUTE_SCENARIO")
    assert (second["callCount"], second["details"], second["clientRequestId"]) == (0, {}, "campaign-1")
    assert "errorDetails" not in second
    assert deliveries == [], "the scenario asks nobody what is next"


@pytest.mark.skipif(not may_send_raw(), reason="SIPp replays RTP out of raw sockets")
async def test_nine_by_rtp_opts_out_also_of_a_callee_who_hangs_up_at_once(tmp_path: Path) -> None:
    steps = (INVITE, answers("[media_port]", keys=SIPP_EVENT), ACK, ASKED, presses("9"), waits(1500), hangs_up())
    async with (
        carrier(tmp_path, *steps, options=("-mp", str(free_port()), "-rtp_echo")) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await run(there)
        await peer.succeed()
        assert await opted_out(there)
    assert summary["sessionStatus"] == "COMPLETED_UNSUBSCRIBED"


async def test_any_other_key_and_no_key_at_all_leave_the_number_where_it_is(tmp_path: Path) -> None:
    steps = (INVITE, answers(), ACK, ASKED, sends_info("1", 1), BYE)
    async with carrier(tmp_path, *steps) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        summary = await run(there)
        await peer.succeed()
        assert not await opted_out(there)
    assert summary["sessionStatus"] == "COMPLETED"
    async with carrier(tmp_path, INVITE, answers(), ACK, BYE) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        summary = await run(there)
        await peer.succeed()
        assert not await opted_out(there)
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "EXECUTE_SCENARIO")


async def test_wrong_parameters_reach_the_program_and_no_phone(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier_now:
        carrier_now.settimeout(0)
        carrier_now.bind(("127.0.0.1", 0))
        async with house(tmp_path, trunk_to(carrier_now.getsockname())) as there:
            for changes, code, text in (
                ({"message": None}, -2009, "The scenario parameters provided is invalid"),
                ({"source": "6500000000"}, -2008, "The provided source MSISDN or caller ID is not whitelisted"),
            ):
                summary = await run(there, **changes)
                assert (summary["sessionStatus"], summary["details"], summary["callCount"]) == ("ERROR", {}, 0)
                error = summary["errorDetails"]
                assert (error["errorCode"], error["errorMsg"]) == (code, text)
                assert error["action"] == summary["lastAction"] == "EXECUTE_SCENARIO"
            with pytest.raises(BlockingIOError):
                carrier_now.recv(1)


async def test_an_opt_out_outlives_a_server_that_is_killed_while_it_confirms(tmp_path: Path) -> None:
    # it rings until everything is rendered
    steps = (INVITE, RINGING, waits(6000), answers(), ACK, ASKED, sends_info("9", 1), waits(60_000))
    async with (
        running(Program()) as program,
        carrier(tmp_path, *steps, calls=2, seconds=120) as peer,
        serving(
            tmp_path,
            f"""
http.port = 0
sip.listen = ["udp:{HOST}:0"]
webhooks.allow_private_addresses = true
[[trunk]]
name = "carrier"
uri = "sip:{peer.address[0]}:{peer.address[1]}"
""",
        ) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.command("admin", "scenario", "grant", VOICE_MESSAGE_OPTOUT, "--subaccount", ACCOUNT)
        await server.start()
        client = Client(http, server.url, key, program)
        first = await client.call(message())
        async with asyncio.timeout(60):
            while (await client.ask("GET", f"opt-outs/{CALLED}"))[0] == 404:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
        await server.kill()
        await server.start()
        client = Client(http, server.url, key, program)
        summary = await program.summary(first)
        assert summary["errorDetails"]["errorCode"] == -2001
        _, entry = await client.ask("GET", f"opt-outs/{CALLED}")
        assert entry["sessionId"] == first
        assert (await client.run(message()))["sessionStatus"] == "UNSUBSCRIBED_CONTACT"
        assert len(dialogs(peer.messages)[CALLED]) == 1
