"""`ringback doctor` and trunks that are broken in one way each: it names the cause. They are SIPp."""

from pathlib import Path

import pytest
from tests.peers.carrier import waits
from tests.peers.gateway import ASKED, ASKED_FROM, challenges, says
from tests.peers.patient import ABLE, PUBLIC, House, only, said
from tests.peers.sipp import HOST, free_port

from ringback.app.doctor import Severity


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


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
