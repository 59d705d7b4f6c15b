"""How one call ends: POST over HTTP, SIPp as the carrier, VSS at the program's webhook."""

import hashlib
import re
import socket
from pathlib import Path

import pytest
from tests.interop.situations import Peer, Situation
from tests.peers.carrier import (
    ACK,
    BYE,
    CANCELLED,
    INVITE,
    NO_RTP,
    NONCE,
    RINGING,
    answers,
    carrier,
    challenges,
    challenges_as_proxy,
    ear,
    early_media,
    refuses,
    waits,
)
from tests.peers.house import CALLED, HANGUP, SOURCE, dial, house, say, trunk_to
from tests.peers.program import Payload
from tests.peers.sipp import HOST

PASSWORD = "open sesame"  # noqa: S105 - of this test
TEXT = "Your parcel has arrived."


def _outcome(summary: Payload) -> tuple[str, str, int | None]:
    error = summary.get("errorDetails")
    return summary["sessionStatus"], summary["details"]["callA"]["callStatus"], error and error["errorCode"]


@pytest.mark.interop(Situation.CALL_OUT, Peer.SIPP)
async def test_a_call_is_answered_and_the_prompt_is_heard(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, RINGING, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say(TEXT), HANGUP, clientRequestId="order-7")
        await peer.succeed()
    assert summary["sessionStatus"] == "COMPLETED"
    assert (summary["subAccountId"], summary["clientRequestId"]) == ("acme", "order-7")
    assert (summary["lastAction"], summary["callCount"]) == ("HANGUP", 1)
    assert "errorDetails" not in summary
    leg = summary["details"]["callA"]
    assert (leg["callStatus"], leg["callDirection"], leg["callType"]) == ("COMPLETED", "OUTBOUND", "PSTN")
    assert (leg["source"], leg["destination"]) == (f"+{SOURCE}", f"+{CALLED}")
    assert (leg["sourceCountryCode"], leg["destinationCountryCode"]) == ("US", "SG")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", leg["connectedTimestamp"])
    assert leg["callDuration"] >= 1
    assert "callQuality" not in leg, "nothing was received"
    heard.assert_paced()
    marked = [number for number, packet in enumerate(heard.packets) if packet.marker]
    assert marked == [0], "sending never pauses afterwards (RFC 3551, 4.1): there is silence where nothing plays"
    assert heard.loud_seconds > 0.8
    assert len(heard.packets) < 50 * 5, "nothing is sent after the call"


async def test_a_call_of_which_sound_comes_back_has_a_quality(tmp_path: Path) -> None:
    async with (
        ear(echo=True) as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say(TEXT), HANGUP)
        await peer.succeed()
    quality = summary["details"]["callA"]["callQuality"]
    assert 4.0 < quality["mos"] <= 5.0
    assert quality["packetLossRate"] == 0
    assert 0 <= quality["jitter"] < 20


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        pytest.param((refuses(486, "Busy Here"),), "BUSY", id="busy"),
        pytest.param((RINGING, refuses(486, "Busy Here")), "BUSY", id="busy-after-ringing"),
        pytest.param((refuses(600, "Busy Everywhere"),), "BUSY", id="busy-everywhere"),
        pytest.param((refuses(603, "Decline"),), "FAILED", id="declined"),
        pytest.param((refuses(404, "Not Found"),), "FAILED", id="not-found"),
        pytest.param((refuses(503, "Service Unavailable"),), "FAILED", id="unavailable"),
        pytest.param((RINGING, refuses(480, "Temporarily Unavailable")), "NO_ANSWER", id="480-after-ringing"),
        pytest.param((refuses(480, "Temporarily Unavailable"),), "FAILED", id="480-without-ringing"),
        pytest.param((RINGING, refuses(408, "Request Timeout")), "NO_ANSWER", id="408-after-ringing"),
        pytest.param(
            (refuses(302, "Moved Temporarily", "Contact: <sip:other@127.0.0.1:9>"),), "FAILED", id="redirected"
        ),
    ],
)
async def test_a_call_is_refused(tmp_path: Path, steps: tuple[str, ...], status: str) -> None:
    async with carrier(tmp_path, INVITE, *steps) as peer, house(tmp_path, trunk_to(peer.address)) as there:
        session = await there.call(dial(), say(TEXT), HANGUP)
        summary = await there.program.summary(session)
        await peer.succeed()
    assert _outcome(summary) == (status, status, None)
    assert (summary["lastAction"], summary["callCount"]) == ("MAKE_CALL", 1)
    leg = summary["details"]["callA"]
    assert "connectedTimestamp" not in leg
    assert leg["callDuration"] == 0
    assert there.program.of_type("VCA") == []


@pytest.mark.interop(Situation.OUR_CANCEL, Peer.SIPP)
async def test_nobody_answers_within_the_ring_timeout(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, CANCELLED) as peer,
        house(tmp_path, trunk_to(peer.address, ring_timeout=1.0)) as there,
    ):
        summary = await there.run(dial(), HANGUP)
        await peer.succeed()
        messages = peer.messages
    assert _outcome(summary) == ("NO_ANSWER", "NO_ANSWER", None)
    assert len(re.findall(r"^CANCEL sip:", messages, re.MULTILINE)) == 1


async def test_an_answer_comes_slowly(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, RINGING, waits(1500), answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say("Hello."), HANGUP)
        await peer.succeed()
        asked = re.findall(r"^INVITE sip:", peer.messages, re.MULTILINE)
    assert _outcome(summary) == ("COMPLETED", "COMPLETED", None)
    assert len(asked) == 1, "the 180 ends the retransmissions"
    assert heard.loud_seconds > 0.2


@pytest.mark.interop(Situation.EARLY_MEDIA, Peer.SIPP)
async def test_early_media_goes_before_the_answer(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, early_media(heard.port), waits(300), answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say(TEXT), HANGUP)
        await peer.succeed()
    assert _outcome(summary) == ("COMPLETED", "COMPLETED", None)
    assert heard.loud_seconds > 0.8, "the prompt waits for the answer"


async def test_an_a_law_only_callee_hears_a_law(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port, codec=8), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say("Hello."), HANGUP)
        await peer.succeed()
    assert summary["sessionStatus"] == "COMPLETED"
    assert {packet.payload_type for packet in heard.packets} == {8}
    assert len({packet.payload for packet in heard.packets}) > 10, "it is not all silence"


async def test_nobody_listens_at_the_trunk(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind((HOST, 0))
        address = closed.getsockname()
    async with house(tmp_path, trunk_to(address)) as there:
        summary = await there.run(dial(), HANGUP)
    assert _outcome(summary) == ("ERROR", "ERROR", -2002)
    error = summary["errorDetails"]
    assert error["errorMsg"] == "An internal connectivity error has occurred"
    assert error["action"] == "MAKE_CALL"


async def test_no_trunk_covers_the_number(tmp_path: Path) -> None:
    async with house(tmp_path, trunk_to((HOST, NO_RTP), prefixes=("49",))) as there:
        summary = await there.run(dial(), HANGUP)
    assert (summary["sessionStatus"], summary["errorDetails"]["errorCode"]) == ("ERROR", -2004)
    assert summary["errorDetails"]["errorMsg"] == "No coverage available for requested area"
    assert (summary["details"], summary["callCount"]) == ({}, 0)


async def test_a_destination_that_the_subaccount_may_not_call_is_never_dialled(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, answers(), ACK, BYE) as phone,
        house(tmp_path, trunk_to(phone.address)) as there,
    ):
        await there.server.store.change_settings("acme", {"blockedDestinations": "DE"})
        refused = await there.run(dial("4930123456"), HANGUP)
        first = await there.run(dial(), dial("4930123456"), HANGUP)
        await phone.succeed()
    for summary in (refused, first):
        assert (summary["sessionStatus"], summary["errorDetails"]["errorCode"]) == ("ERROR", -2004)
    assert (refused["details"], first["details"]["callA"]["callStatus"]) == ({}, "COMPLETED")
    assert len(re.findall(r"^INVITE ", phone.messages, re.MULTILINE)) == 1, "call B was not dialled either"


async def test_the_longest_prefix_chooses_the_trunk(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, refuses(486, "Busy Here")) as near,
        carrier(tmp_path, INVITE, refuses(603, "Decline")) as far,
        house(
            tmp_path,
            trunk_to(far.address, "far", prefixes=("", "6")),
            trunk_to(near.address, "near", prefixes=("65",)),
        ) as there,
    ):
        busy = await there.run(dial(), HANGUP)
        declined = await there.run(dial("60123456789"), HANGUP)
        await near.succeed()
        await far.succeed()
    assert (busy["sessionStatus"], declined["sessionStatus"]) == ("BUSY", "FAILED")


@pytest.mark.interop(Situation.DIGEST, Peer.SIPP)
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
async def test_the_callee_asks_who_calls(tmp_path: Path, password: str) -> None:
    steps = (INVITE, challenges("acme", PASSWORD, answers(), ACK, BYE))
    async with (
        carrier(tmp_path, *steps) as peer,
        house(tmp_path, trunk_to(peer.address, username="acme", password=password)) as there,
    ):
        summary = await there.run(dial(), HANGUP)
        await peer.succeed()
    assert summary["sessionStatus"] == ("COMPLETED" if password == PASSWORD else "FAILED")


async def test_the_carrier_asks_who_calls(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, challenges_as_proxy(), answers(), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address, username="acme", password=PASSWORD)) as there,
    ):
        summary = await there.run(dial(), HANGUP)
        await peer.succeed()
        messages = peer.messages
    assert summary["sessionStatus"] == "COMPLETED"
    (proof,) = set(re.findall(r"^Proxy-Authorization: Digest (.*uri=\"sip:[^,]*,.*)\r?$", messages, re.MULTILINE)[:1])
    said = dict(re.findall(r'(\w+)="?([^",]*)"?', proof))
    assert (said["username"], said["realm"], said["nonce"]) == ("acme", "carrier", NONCE)
    request = _md5(f"INVITE:{said['uri']}")
    assert said["response"] == _md5(f"{_md5(f'acme:carrier:{PASSWORD}')}:{NONCE}:{request}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
