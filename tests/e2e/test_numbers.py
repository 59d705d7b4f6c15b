"""Virtual numbers: imported while a server runs and while none does, called by SIPp, told to a program (VNU)."""

import re
from pathlib import Path

import aiohttp
import pytest
from tests.peers.caller import RINGS, caller, invites, refused
from tests.peers.carrier import ACK, BYE, INVITE, NO_RTP, RINGING, answers, carrier
from tests.peers.gateway import ASKED, says
from tests.peers.house import ACCOUNT, Client, dial, free_tcp_port, house, say, serving, trunk_to
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port

from ringback.service import health
from ringback.service.ports import WebhookType

FIRST, SECOND = "15550100199", "4930123456"


def told(program: Program) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """Give what the program was told of numbers, in order."""
    return [
        (
            vnu.payload["updateEventType"],
            vnu.payload["totalNumbers"],
            [(row["msisdn"], row["operationalStatus"]) for row in vnu.payload["virtualNumbers"]],
        )
        for vnu in program.of_type("VNU")
    ]


async def test_numbers_that_are_imported_are_called_and_told(tmp_path: Path) -> None:
    config = f"""
http.port = {free_tcp_port()}
sip.listen = ["udp:{HOST}:{free_port()}"]
webhooks.allow_private_addresses = true
[[trunk]]
name = "carrier"
uri = "sip:{HOST}:{free_port()}"
"""
    file = tmp_path / "numbers.csv"
    file.write_text(f"msisdn,referenceId,rentalPrice\n+{FIRST},main,5\n+{SECOND},berlin,\n")
    account = ("--subaccount", ACCOUNT)
    async with (
        running(Program()) as program,
        serving(tmp_path, config) as server,
        aiohttp.ClientSession() as http,
    ):
        key = await server.bootstrap(program)
        await server.command("admin", "number", "add", FIRST, *account)
        await server.command("admin", "webhook", "add", f"VNU={program.url('VNU')}", *account)
        await server.start()
        await server.command("admin", "number", "import", str(file), *account)
        await program.until(lambda: len(told(program)) == 2)
        program.answers += [{"callflow": [{"action": "hangup"}]}]
        where = (HOST, server.sip_port)
        async with caller(tmp_path, where, SECOND, invites(NO_RTP), RINGS, refused(603)) as phone:
            await phone.succeed()
        (vca,) = await program.asked(1)
        client = Client(http, server.url, key, program)
        _, listed = await client.ask("GET", "numbers")
        status, one = await client.ask("GET", f"numbers/{SECOND}")
        await server.kill()
        await server.command("admin", "number", "set", SECOND, "operationalStatus=Expiring", *account)
        await server.command("admin", "number", "remove", FIRST, *account)
        await server.command("admin", "number", "snapshot", *account)
        await server.start()
        await program.until(lambda: len(told(program)) == 5)
    assert (vca["destination"], vca["destinationRefId"]) == (f"+{SECOND}", "berlin")
    assert [(row["msisdn"], row["referenceId"], row["rentalPrice"]) for row in listed["numbers"]] == [
        (f"+{FIRST}", "main", 5.0),
        (f"+{SECOND}", "berlin", None),
    ]
    assert (status, one["payload"]) == (200, {"referenceId": "berlin", "msisdn": f"+{SECOND}", "countryCode": "DE"})
    assert told(program) == [
        ("SNAPSHOT", 1, [(f"+{FIRST}", "Active")]),
        ("UPDATES", 2, [(f"+{FIRST}", "Active"), (f"+{SECOND}", "Active")]),
        ("UPDATES", 2, [(f"+{SECOND}", "Expiring")]),
        ("UPDATES", 1, [(f"+{FIRST}", "Inactive")]),
        ("SNAPSHOT", 1, [(f"+{SECOND}", "Expiring")]),
    ]


async def test_a_number_is_unhealthy_when_its_trunk_is_out_of_service_or_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "EVERY", 0.2)
    async with (
        running(Program()) as program,
        carrier(tmp_path, ASKED, says(503, "Service Unavailable"), calls=1000) as down,
        carrier(tmp_path, ASKED, says(200, "OK"), calls=2) as leaves,
        house(
            tmp_path,
            trunk_to(down.address, "down"),
            trunk_to(leaves.address, "leaves"),
            program=program,
            numbers=[FIRST, SECOND],
            webhooks=[WebhookType("VNU", program.url("VNU"))],
        ) as there,
    ):
        checked = {"numberHealthCheckEnabled": True}
        said = {FIRST: {**checked, "trunk": "down"}, SECOND: {**checked, "trunk": "leaves"}}
        await there.server.store.import_numbers(ACCOUNT, said)
        await program.until(lambda: len(told(program)) == 4)
        _, listed = await there.ask("GET", "numbers")
        await leaves.succeed()
    first, second = f"+{FIRST}", f"+{SECOND}"
    assert told(program) == [
        ("SNAPSHOT", 2, [(first, "Active"), (second, "Active")]),
        ("UPDATES", 2, [(first, "Active"), (second, "Active")]),
        ("UPDATES", 2, [(first, "Unhealthy")]),
        ("UPDATES", 2, [(second, "Unhealthy")]),
    ]
    assert [number["numberHealth"]["status"] for number in listed["numbers"]] == ["Unhealthy", "Unhealthy"]


async def test_a_pattern_lets_a_subaccount_call_from_every_number_of_a_block(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as phone,
        house(tmp_path, trunk_to(phone.address)) as there,
    ):
        await there.server.store.add_caller_id(ACCOUNT, "+1777*")
        there.program.answers += [{"callflow": [dial(source="17785550123")]}]
        rejected = await there.post({"callflow": [dial(source="17785550123")]})
        summary = await there.run(dial(source="17775550123"), say("Hello."))
        await phone.succeed()
    assert rejected["statusCode"] == -1014
    assert re.search(r"^From:.*sip:\+?17775550123@", phone.messages, re.MULTILINE)
    assert summary["errorDetails"]["errorCode"] == -2008
