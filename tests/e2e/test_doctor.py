"""`ringback doctor` on set-ups that are broken in one way each: it names the cause. The trunks are SIPp."""

import asyncio
import json
import os
import re
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from tests.peers.carrier import carrier, waits
from tests.peers.gateway import ASKED, ASKED_FROM, challenges, says
from tests.peers.house import ACCOUNT, SOURCE, free_tcp_port, run_ringback, serving
from tests.peers.program import Program, running
from tests.peers.sipp import HOST, free_port, sipp

from ringback.adapters.store import open_store
from ringback.app.doctor import Finding, Machine, Report, Severity, examine
from ringback.domain.voice import Voice
from ringback.service.ports import WebhookType

VOICE = Voice("en-US-Heart", "en-US", "English (United States)", "F")
ABLE = ("Allow: INVITE, ACK, BYE, CANCEL, OPTIONS", "Accept: application/sdp")
PUBLIC = "203.0.113.7"
"""An address of documentation (RFC 5737): only ever written, never sent to."""
HOUR = 3600.0


def machine(**answers: object) -> Machine:
    """Give a machine on which all is well; `answers`: what is not."""
    return Machine(**{"voices": lambda: [VOICE], "answer_seconds": 2.0, **answers})  # type: ignore[arg-type]


def free_range(pairs: int = 4) -> tuple[int, int]:
    """Give an RTP range that is free at this moment, below the ports that the kernel hands out."""
    for first in range(12000 + os.getpid() % 500 * 8, 19000, 2 * pairs):
        with ExitStack() as open_:
            try:
                for port in range(first, first + 2 * pairs):
                    probe = open_.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind((HOST, port))
            except OSError:
                continue
            return first, first + 2 * pairs - 1
    pytest.fail("no free RTP ports")


class House:
    """A configuration, ready to be broken."""

    def __init__(self, folder: Path) -> None:
        """`folder`: for its file, store and cache."""
        self.folder = folder
        self.file = folder / "ringback.toml"
        self.sip = free_port()
        self.http = free_tcp_port()
        self.rtp = free_range()
        self.extra = ""
        self.trunks: list[str] = []

    def trunk(self, address: tuple[str, int], *more: str) -> None:
        """Add a trunk; `more`: further lines of it."""
        lines = (f'name = "carrier{len(self.trunks)}"', f'uri = "sip:{address[0]}:{address[1]}"', "channels = 2", *more)
        self.trunks.append("[[trunk]]\n" + "\n".join(lines))

    @property
    def settings(self) -> str:
        """The file, without store and cache."""
        return f"""
http.port = {self.http}
sip.listen = ["udp:{HOST}:{self.sip}"]
rtp.ports = "{self.rtp[0]}-{self.rtp[1]}"
webhooks.allow_private_addresses = true
{self.extra}
{chr(10).join(self.trunks)}
"""

    def write(self) -> None:
        """Write the file."""
        places = f'store.url = "sqlite:///{self.folder}/ringback.db"\nvoices.cache = "{self.folder}/cache"\n'
        self.file.write_text(places + self.settings)

    async def bootstrap(self, *hooks: WebhookType) -> None:
        """Make a subaccount with webhooks."""
        async with open_store(f"sqlite:///{self.folder}/ringback.db", exclusive=False) as store:
            await store.bootstrap(ACCOUNT, caller_ids=[SOURCE], numbers=[], webhooks=hooks)

    async def examined(self, **answers: object) -> Report:
        """Call the doctor."""
        self.write()
        return await examine(self.file, machine(**answers), environment={})

    async def asked(self, *steps: str, more: Sequence[str] = ()) -> Report:
        """Call the doctor to a trunk that goes through these steps."""
        async with carrier(self.folder, *steps) as peer:
            self.trunk(peer.address, *more)
            return await self.examined()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def only(report: Report, severity: Severity = Severity.ERROR) -> Finding:
    """Give the one finding of a severity; it says why, and what to do."""
    found = report.of(severity)
    assert len(found) == 1, report.findings
    assert found[0].cause
    assert found[0].fix
    return found[0]


def said(report: Report, check: str) -> str:
    """Give all that was found by a check."""
    return "\n".join(f"{each.what}: {each.cause}" for each in report.findings if each.check == check)


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


# ---------------------------------------------------------------- the trunk


async def test_the_port_of_the_trunk_is_wrong(house: House) -> None:
    port = free_port()
    house.trunk((HOST, port))
    finding = only(await house.examined())
    assert finding.what == "trunk carrier0 is not there"
    assert finding.cause.startswith(f"nothing listens at udp:{HOST}:{port}")
    assert "port" in finding.fix


async def test_the_trunk_is_silent(house: House) -> None:
    finding = only(await house.asked(ASKED, waits(20_000)))
    assert finding.what == "trunk carrier0 is silent"
    assert "did not answer OPTIONS: no answer within 2 s" in finding.cause
    assert "firewall" in finding.fix


async def test_the_name_of_the_trunk_is_unknown(house: House) -> None:
    house.trunk(("trunk.invalid", 5060))
    finding = only(await house.examined())
    assert finding.what == "trunk carrier0 is not found"
    assert "trunk.invalid has no IPv4 address" in finding.cause


ACCOUNT_LINES = ('username = "acme"', 'password = "open sesame"')


async def test_the_password_is_wrong(house: House) -> None:
    steps = challenges("acme", "another", says(200, "OK"))
    finding = only(await house.asked(ASKED, steps, more=ACCOUNT_LINES))
    assert finding.what == "trunk carrier0 refuses our password"
    assert finding.cause == "username 'acme' with its password was answered 403 Forbidden"
    assert "open sesame" not in str(finding)


async def test_the_password_is_asked_for_again_and_again(house: House) -> None:
    again = 'WWW-Authenticate: Digest realm="carrier", nonce="{}", algorithm=SHA-256, qop="auth"'
    steps = [ASKED, says(401, "Unauthorized", again.format("a")), ASKED, says(401, "Unauthorized", again.format("b"))]
    finding = only(await house.asked(*steps, more=ACCOUNT_LINES))
    assert finding.what == "trunk carrier0 refuses our password"


async def test_the_password_is_right(house: House) -> None:
    report = await house.asked(ASKED, challenges("acme", "open sesame", says(200, "OK", *ABLE)), more=ACCOUNT_LINES)
    assert report.healthy
    assert "takes our username and password" in said(report, "trunk")
    assert "does not say which codecs" in said(report, "trunk")


async def test_there_is_no_password_where_a_proxy_wants_one(house: House) -> None:
    finding = only(await house.asked(ASKED, challenges("acme", "open sesame", says(200, "OK"), status=407)))
    assert finding.what == "trunk carrier0 wants a password"
    assert "407" in finding.cause


async def test_the_password_cannot_be_tested_where_nobody_asks(house: House) -> None:
    report = await house.asked(ASKED, says(200, "OK", *ABLE), more=ACCOUNT_LINES)
    assert report.healthy
    assert "did not ask for the password" in said(report, "trunk")


async def test_the_trunk_has_other_codecs(house: House) -> None:
    finding = only(await house.asked(ASKED, says(200, "OK", *ABLE, formats="18 101")))
    assert finding.what == "trunk carrier0 has no codec of ours"
    assert finding.cause == "it has G729; we offer PCMU, PCMA"


async def test_the_trunk_has_no_digits_and_takes_no_calls(house: House) -> None:
    report = await house.asked(ASKED, says(200, "OK", "Allow: OPTIONS, REGISTER", formats="8"))
    assert [each.what for each in report.of(Severity.WARNING)] == [
        "trunk carrier0 takes no calls",
        "trunk carrier0 sends no digits",
    ]


async def test_the_trunk_is_out_of_service(house: House) -> None:
    finding = only(await house.asked(ASKED, says(503, "Service Unavailable")), Severity.WARNING)
    assert "503 Service Unavailable" in finding.cause


async def test_a_trunk_that_knows_no_options_is_there(house: House) -> None:
    report = await house.asked(ASKED, says(405, "Method Not Allowed"))
    assert report.healthy
    assert "answers OPTIONS with 405" in said(report, "trunk")


async def test_calls_of_the_trunk_would_be_dropped(house: House) -> None:
    finding = only(
        await house.asked(ASKED, says(200, "OK"), more=['inbound_from = ["198.51.100.0/24"]']), Severity.WARNING
    )
    assert f"{HOST} is in none of inbound_from" in finding.cause


# ---------------------------------------------------------------- addresses


async def test_a_private_address_is_advertised(house: House) -> None:
    house.extra = 'sip.advertise = "192.168.1.20"'
    report = await house.asked(ASKED_FROM, says(200, "OK", seen_as=(PUBLIC, house.sip)))
    finding = only(report)
    assert (finding.check, finding.what) == ("addresses", "trunk carrier0 is told a private address")
    assert "192.168.1.20, which is private" in finding.cause
    assert f"it sees us at {PUBLIC}" in finding.cause
    assert f'advertise = "{PUBLIC}" in [sip]' in finding.fix


async def test_another_public_address_is_advertised(house: House) -> None:
    house.extra = 'sip.advertise = "203.0.113.99"'
    finding = only(await house.asked(ASKED_FROM, says(200, "OK", seen_as=(PUBLIC, house.sip))))
    assert finding.cause == f"it sees us at {PUBLIC}, and is told 203.0.113.99: answers and sound go there"


async def test_a_nat_changes_the_port(house: House) -> None:
    finding = only(await house.asked(ASKED_FROM, says(200, "OK", seen_as=(HOST, 6))), Severity.WARNING)
    assert finding.cause == f"it sees our SIP port {house.sip} as 6"


async def test_sip_listens_on_loopback_and_the_trunk_is_elsewhere(house: House) -> None:
    house.trunk((PUBLIC, 5060))
    finding = only(await house.examined())
    assert "reaches this machine alone" in finding.cause
    assert f"udp:0.0.0.0:{house.sip}" in finding.fix


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
