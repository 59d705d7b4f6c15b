"""`ringback doctor` on set-ups that are broken in one way each: it names the cause."""

import asyncio
import json
import os
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from tests.interop.situations import Peer, Situation
from tests.peers.carrier import carrier
from tests.peers.gateway import ASKED, says
from tests.peers.house import ACCOUNT, free_tcp_port, run_ringback, serving
from tests.peers.patient import ABLE, HOUR, PUBLIC, House, machine, only, said
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port, sipp

from ringback.app.doctor import Severity, examine
from ringback.service.ports import WebhookType


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[str]:
    """Give the URL of a program that answers everything with a status."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_route("*", "/{type}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}/VSS?token=hush"
    finally:
        await runner.cleanup()


@pytest.mark.interop(Situation.WE_ASK, Peer.SIPP)
async def test_a_house_in_order_is_healthy(house: House) -> None:
    async with (
        running(Program()) as program,
        carrier(house.folder, ASKED, says(200, "OK", *ABLE, formats="0 8 101")) as peer,
    ):
        await house.bootstrap(WebhookType("VCA", program.url("VCA")), WebhookType("VSS", program.url("VSS")))
        house.trunk(peer.address)
        report = await house.examined()
        await peer.succeed()
        assert program.posted == [], "nobody was told anything"
        assert not re.search("^(INVITE|REGISTER) ", peer.messages, re.MULTILINE)
    assert report.healthy
    assert report.of(Severity.WARNING) == []
    assert "has PCMU, PCMA and telephone-event" in said(report, "trunk")
    assert said(report, "webhooks").count("is there (HEAD: 405)") == 2
    assert "RTP and digits both ways" in said(report, "call")
    assert {each.check for each in report.findings} >= {
        *("configuration", "ports", "limits", "disk", "voices", "store", "trunk"),
        *("addresses", "webhooks", "call", "clock"),
    }


# ---------------------------------------------------------------- ports


async def test_the_sip_port_is_in_use(house: House) -> None:
    async with sipp("answers", house.folder) as squatter:
        house.sip = squatter.address[1]
        finding = only(await house.examined())
    assert finding.what == f"SIP port udp:{HOST}:{house.sip} cannot be bound"
    assert re.match(r"process \d+ \(\S*sipp .*\) holds it", finding.cause)
    assert "[sip] listen" in finding.fix


async def test_the_http_port_is_in_use(house: House) -> None:
    with socket.socket() as squatter:
        squatter.bind((HOST, house.http))
        squatter.listen()
        finding = only(await house.examined())
    assert finding.what == f"HTTP port tcp:{HOST}:{house.http} cannot be bound"
    assert f"process {os.getpid()} " in finding.cause


async def test_the_address_is_that_of_another_machine(house: House) -> None:
    house.write()
    text = house.file.read_text().replace(f"udp:{HOST}:", f"udp:{PUBLIC}:")
    house.file.write_text(text)
    report = await examine(house.file, machine(), environment={})
    assert f"{PUBLIC} is no address of this machine" in said(report, "ports")
    assert not report.healthy


async def test_an_rtp_port_is_blocked(house: House) -> None:
    port = house.rtp[0] + 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as squatter:
        squatter.bind((HOST, port))
        report = await house.examined()
    finding = next(each for each in report.of(Severity.WARNING) if each.check == "ports")
    assert f"{port}: process {os.getpid()} " in finding.cause
    assert "[rtp] ports" in finding.fix
    assert report.healthy, "other pairs are free, so that calls go"


async def test_every_rtp_port_is_blocked(house: House) -> None:
    with ExitStack() as open_:
        for port in range(house.rtp[0], house.rtp[1] + 1, 2):
            squatter = open_.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            squatter.bind((HOST, port))
        report = await house.examined()
    blocked, call = report.of(Severity.ERROR)
    assert blocked.what.endswith("none can be used")
    assert f"{house.rtp[0]}: process {os.getpid()} " in blocked.cause
    assert call.what == "the loopback call could not be tried"


async def test_the_rtp_ports_are_too_few_for_the_trunk(house: House) -> None:
    report = await house.asked(ASKED, says(200, "OK", *ABLE), more=["calls_per_second = 1"])
    assert report.of(Severity.WARNING) == []
    house.trunks[0] = house.trunks[0].replace("channels = 2", "channels = 5")
    report = await house.examined()
    finding = next(each for each in report.of(Severity.WARNING) if each.check == "ports")
    assert "4 calls fit, the trunks allow 5" in finding.cause


async def test_our_own_server_may_hold_its_ports(house: House) -> None:
    await house.bootstrap()
    async with serving(house.folder, house.settings) as server:
        await server.start()
        report = await house.examined()
    assert report.healthy
    held = [each.what for each in report.findings if each.check == "ports" and "held by our own server" in each.what]
    assert [each.split()[0] for each in held] == ["SIP", "HTTP"]
    assert "the server, process " in said(report, "limits")


# ---------------------------------------------------------------- webhooks, clock, machine


async def test_a_webhook_answers_500(house: House) -> None:
    async with answering(500) as url:
        await house.bootstrap(WebhookType("VSS", url))
        finding = only(await house.examined())
    assert finding.what.startswith(f"VSS of {ACCOUNT} at http://{HOST}:")
    assert "answered HEAD with HTTP 500" in finding.cause
    assert "hush" not in str(finding)


@pytest.mark.parametrize(("status", "says_"), [(302, "a post does not follow"), (401, "refuses our Authorization")])
async def test_a_webhook_leads_elsewhere_or_refuses_us(house: House, status: int, says_: str) -> None:
    async with answering(status) as url:
        await house.bootstrap(WebhookType("VSS", url, authorization="Bearer hush"))
        report = await house.examined()
    finding = next(each for each in report.of(Severity.WARNING) if each.check == "webhooks")
    assert says_ in finding.cause
    assert "hush" not in str(finding)


async def test_no_program_is_there(house: House) -> None:
    await house.bootstrap(WebhookType("VSS", f"http://{HOST}:{free_tcp_port()}/VSS"))
    finding = only(await house.examined())
    assert finding.what.endswith("/VSS cannot be reached")
    assert finding.cause.startswith("no connection")


async def test_a_webhook_is_on_a_private_address_that_is_not_allowed(house: House) -> None:
    async with answering(200) as url:
        await house.bootstrap(WebhookType("VSS", url))
        house.write()
        house.file.write_text(house.file.read_text().replace("addresses = true", "addresses = false"))
        finding = only(await examine(house.file, machine(), environment={}))
    assert "private addresses are not allowed" in finding.cause
    assert "allow_private_addresses" in finding.fix


async def test_a_disabled_webhook_is_left_alone(house: House) -> None:
    await house.bootstrap(WebhookType("VSS", f"http://{HOST}:{free_tcp_port()}/VSS", enabled=False))
    assert (await house.examined()).healthy


async def test_the_clock_is_off(house: House) -> None:
    async with answering(200) as url:
        await house.bootstrap(WebhookType("VSS", url))
        finding = only(await house.examined(now=lambda: time.time() + HOUR))
    assert finding.what == "the clock of this machine is off"
    assert re.match(rf"it is 3(599|600) s ahead of the webhook VSS of {ACCOUNT} at http://", finding.cause)
    assert "timedatectl" in finding.fix


async def test_the_clock_of_a_trunk_counts_too(house: House) -> None:
    report = await house.asked(ASKED, says(200, "OK", "Date: Mon, 12 Jan 2026 08:00:00 GMT"))
    finding = only(report)
    assert "ahead of the trunk carrier0" in finding.cause


async def test_there_is_no_voice(house: House) -> None:
    finding = only(await house.examined(voices=list))
    assert (finding.check, finding.what) == ("voices", "there is no voice")


async def test_the_disk_is_full(house: House) -> None:
    def full(_folder: Path) -> os.statvfs_result:
        return os.statvfs_result((4096, 4096, 1_000_000, 100, 100, 1000, 500, 500, 0, 255))

    report = await house.examined(statvfs=full)
    assert [each.what for each in report.of(Severity.ERROR)] == [
        "the disk of the store is full",
        "the disk of the cache is full",
        "the disk of the exports' folder is full",
    ]
    assert f"the file system of {house.folder} has 0 MB left" in report.of(Severity.ERROR)[0].cause


async def test_too_few_files_may_be_open(house: House) -> None:
    finding = only(await house.examined(descriptors=lambda _pid: 255))
    assert "enough for 0 calls" in finding.cause


# ---------------------------------------------------------------- the command


async def test_the_command_prints_json_and_exits_1_where_something_fails(house: House) -> None:
    port = free_port()
    house.trunk((HOST, port))
    house.write()
    status, out, err = await run_ringback("doctor", "--config", str(house.file), "--json", folder=house.folder)
    assert (status, err) == (1, "")
    report = json.loads(out)
    assert (report["healthy"], report["errors"]) == (False, 1)
    (error,) = (each for each in report["findings"] if each["severity"] == "error")
    assert error.keys() == {"check", "severity", "what", "cause", "fix"}
    assert f"udp:{HOST}:{port}" in error["cause"]


async def test_the_command_exits_0_where_nothing_fails_and_leaves_nothing_behind(house: House) -> None:
    house.write()
    status, out, err = await run_ringback("doctor", "--config", str(house.file), folder=house.folder)
    assert (status, err) == (0, ""), out
    assert "cause: no [[trunk]] in the configuration" in out
    assert out.splitlines()[-1].startswith("0 errors, 1 warnings, ")
    assert await asyncio.to_thread(lambda: [path.name for path in house.folder.iterdir()]) == ["ringback.toml"]


async def test_the_configuration_has_a_mistake(house: House) -> None:
    house.extra = "sip.prot = 1"
    finding = only(await house.examined())
    assert finding.check == "configuration"
    assert "[sip] prot: unknown key" in finding.cause
