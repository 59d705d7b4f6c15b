"""What callers, scanners and clumsy proxies are answered: SIPp asks, our user agent is on its socket, without media."""

import asyncio
import re
from pathlib import Path

import pytest
from tests.peers.agent import SDP, Agent, agent
from tests.peers.caller import (
    ANSWERED,
    HANGS_UP,
    RINGS,
    TOLD_BYE,
    answered_with,
    asks,
    caller,
    invites,
    refused,
    told,
)
from tests.peers.carrier import INVITE, NO_RTP, carrier
from tests.peers.sipp import HOST, Sipp

from ringback.wire.sip import answer
from ringback.wire.sip.events import Abandoned, Confirmed, Ended, Incoming

NUMBER = "6512345678"
IN_CALL = "[peer_tag_param]"
TRYING = '<recv response="100"/>'
RELAY = "Content-Type: application/dtmf-relay\n      Content-Length: [len]\n\n      Signal=5"
NOTE = "Content-Type: text/plain\n      Content-Length: [len]\n\n      Hello"
SAYS_SDP = "Content-Type: application/sdp"
LINES = SDP.decode().replace("\r\n", "\n      ")
OFFER = f"{SAYS_SDP}\n      Content-Length: [len]\n\n      {LINES}"
ISUP = "--x\n      Content-Type: application/isup\n\n      01"
PARTS = f"{ISUP}\n      --x\n      {SAYS_SDP}\n\n      {LINES}\n      --x--"
MIXED = f"Content-Type: multipart/mixed;boundary=x\n      Content-Length: [len]\n\n      {PARTS}"
SCANNER = "127.0.0.2"
SCANS, QUESTIONS = 2000, 20


def calls(there: Agent) -> list[Incoming]:
    return [event for event in there.events if isinstance(event, Incoming)]


async def until_seen(peer: Sipp, text: str, times: int = 1) -> None:
    """Wait until SIPp wrote down a message that holds a text so many times."""
    async with asyncio.timeout(10):
        while (await asyncio.to_thread(lambda: peer.messages)).count(text) < times:  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.02)


# ---------------------------------------------------------------- one request, one answer


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((asks("REGISTER"), told(405, "Allow: INVITE, ACK, CANCEL, BYE")), id="a method that we have not"),
        pytest.param((asks("OPTIONS", "Require: 100rel, x"), told(420, "Unsupported: 100rel, x")), id="an extension"),
        pytest.param(
            (asks("INVITE", "Require: timer", body=OFFER), told(420, "Unsupported: timer")), id="in an INVITE"
        ),
        pytest.param((asks("BYE", to_tag=";tag=gone"), told(481)), id="BYE of no call"),
        pytest.param((asks("INFO", to_tag=";tag=gone", body=RELAY), told(481)), id="INFO of no call"),
        pytest.param((asks("CANCEL"), told(481)), id="CANCEL of nothing"),
        pytest.param((asks("INVITE", hops=0, body=OFFER), told(483)), id="no hop left"),
        pytest.param((asks("INVITE", uri="http://127.0.0.1/", body=OFFER), told(416)), id="no SIP URI"),
        pytest.param((asks("INVITE", body=NOTE), told(415, "Accept: application/sdp")), id="a body of another kind"),
        pytest.param((asks("INVITE", "Accept: text/html", body=OFFER), told(406)), id="an answer of another kind"),
        pytest.param(
            (asks("OPTIONS", "Accept-Contact: *"), told(200, "received=127.0.0.1", "rport=[0-9]+", "Supported:")),
            id="where a request came from",
        ),
        pytest.param(
            (
                asks(
                    "OPTIONS",
                    "k: x",
                    via="v: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch];rport, SIP / 2.0 / TCP a.example ;"
                    "branch=z\n      VIA: SIP/2.0/TLS b.example:5061;branch=y",
                ),
                told(200, "Via: .*branch=z9hG4bK.*received=127.0.0.1", "TCP a.example ;branch=z", "b.example:5061"),
            ),
            id="several Vias and compact forms",
        ),
    ],
)
async def test_a_request_that_begins_nothing_is_answered(tmp_path: Path, steps: tuple[str, ...]) -> None:
    async with agent() as there, caller(tmp_path, there.endpoint.address, NUMBER, *steps) as peer:
        await peer.succeed()
        assert calls(there) == []
        assert there.user_agent.is_idle, "nothing is kept of it"


# ---------------------------------------------------------------- a caller


async def test_an_invite_that_comes_again_rings_once(tmp_path: Path) -> None:
    once = asks("INVITE", body=OFFER, via="Via: SIP/2.0/UDP [local_ip]:[local_port];branch=z9hG4bK[call_id];rport")
    steps = (once, TRYING, RINGS, once, refused(486))
    async with agent() as there, caller(tmp_path, there.endpoint.address, NUMBER, *steps) as peer:
        call = (await there.until(Incoming)).call
        there.user_agent.ring(call, there.now)
        there.endpoint.pump()
        await until_seen(peer, "SIP/2.0 180", times=2)
        there.user_agent.reject(call, 486, there.now)
        there.endpoint.pump()
        await peer.succeed()
    assert len(calls(there)) == 1


async def test_a_200_is_repeated_until_the_ack_and_then_comes_a_bye(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("T1", 0.05), ("T2", 0.2), ("TIMEOUT", 1.0)):  # 32 s, made short
        monkeypatch.setattr(answer, name, seconds)
    steps = (invites(NO_RTP), '<recv response="200"/>', TOLD_BYE)
    async with agent() as there, caller(tmp_path, there.endpoint.address, NUMBER, *steps) as peer:
        there.user_agent.answer((await there.until(Incoming)).call, SDP, there.now)
        there.endpoint.pump()
        await there.until(Abandoned)
        await peer.succeed()
    assert len(re.findall(r"^SIP/2.0 200 OK\r?\n(?:.+\n)*CSeq: 1 INVITE", peer.messages, re.MULTILINE)) > 4


async def test_a_copy_that_comes_another_way_rings_nobody(tmp_path: Path) -> None:
    steps = (asks("INVITE", body=OFFER), TRYING, asks("INVITE", body=OFFER), told(482), refused(486))
    async with agent() as there, caller(tmp_path, there.endpoint.address, NUMBER, *steps) as peer:
        call = (await there.until(Incoming)).call
        await until_seen(peer, "SIP/2.0 482")
        there.user_agent.reject(call, 486, there.now)
        there.endpoint.pump()
        await peer.succeed()
    assert len(calls(there)) == 1


async def test_a_request_of_ours_that_a_proxy_sends_back_is_a_loop(tmp_path: Path) -> None:
    head = """<send><![CDATA[

      INVITE [$target] SIP/2.0
      Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Max-Forwards: 69
      Content-Length: 0

    ]]></send>"""
    async with agent() as there, carrier(tmp_path, INVITE, head, '<recv response="482"/>') as peer:
        there.call(peer)
        await peer.succeed()
    assert calls(there) == []


async def test_a_description_among_other_parts_is_found(tmp_path: Path) -> None:
    steps = (asks("INVITE", body=MIXED), TRYING, refused(486))
    async with agent() as there, caller(tmp_path, there.endpoint.address, NUMBER, *steps) as peer:
        incoming = await there.until(Incoming)
        there.user_agent.reject(incoming.call, 486, there.now)
        there.endpoint.pump()
        await peer.succeed()
    assert incoming.offer is not None
    assert incoming.offer.startswith(b"v=0")
    assert b"isup" not in incoming.offer


# ---------------------------------------------------------------- within a call


async def test_a_request_with_a_lower_number_is_refused_and_the_call_goes_on(tmp_path: Path) -> None:
    steps = (
        *(invites(NO_RTP), ANSWERED),
        *(asks("INFO", cseq=9, to_tag=IN_CALL, body=RELAY), told(200)),
        *(asks("INFO", cseq=8, to_tag=IN_CALL, body=RELAY), told(500, "Retry-After: [0-9]")),
        *(asks("PUBLISH", cseq=10, to_tag=IN_CALL), told(405, "Allow:")),
        *(asks("OPTIONS", "Require: x", cseq=11, to_tag=IN_CALL), told(420, "Unsupported: x")),
        *(asks("UPDATE", cseq=12, to_tag=IN_CALL), told(200, "Contact:")),
        *(asks("BYE", cseq=13, to_tag=IN_CALL), told(200)),
        *(asks("INFO", cseq=14, to_tag=IN_CALL, body=RELAY), told(481)),
    )
    async with agent() as there, caller(tmp_path, there.endpoint.address, NUMBER, *steps) as peer:
        call = (await there.until(Incoming)).call
        there.user_agent.answer(call, SDP, there.now)
        there.endpoint.pump()
        await there.until(Confirmed)
        assert await there.until(Ended) == Ended(call, by_peer=True)
        await peer.succeed()


async def test_an_offer_that_crosses_ours_is_pending(tmp_path: Path) -> None:
    crossing = asks("UPDATE", cseq=2, to_tag=IN_CALL, body=OFFER) + told(491)
    early, late = answered_with(NO_RTP).split("/>", 1)
    steps = (invites(None), f"{early}/>", crossing, late, HANGS_UP.replace("CSeq: 2", "CSeq: 3"))
    async with agent() as there, caller(tmp_path, there.endpoint.address, NUMBER, *steps) as peer:
        there.user_agent.answer((await there.until(Incoming)).call, SDP, there.now)
        there.endpoint.pump()
        confirmed = await there.until(Confirmed)
        assert confirmed.sdp is not None, "the ACK has the answer to our offer"
        await there.until(Ended)
        await peer.succeed()


# ---------------------------------------------------------------- floods


async def test_a_scanner_gets_no_answer_while_others_do(tmp_path: Path) -> None:
    scan = asks("OPTIONS") + asks("INVITE", body=OFFER) + asks("REGISTER")
    async with agent(admit=lambda source, _method: source[0] == HOST) as there:
        towards = there.endpoint.address
        flood = caller(tmp_path, towards, "100", scan, host=SCANNER, calls=SCANS, options=("-r", "1000"))
        asking = caller(
            tmp_path, towards, NUMBER, asks("OPTIONS"), told(200), calls=QUESTIONS, options=("-r", str(QUESTIONS))
        )
        async with flood as scanner, asking as peer:
            await peer.succeed()
            await scanner.succeed()
        counters = there.user_agent.counters
        async with asyncio.timeout(10):
            while counters.received < 3 * SCANS + QUESTIONS:  # noqa: ASYNC110 - of a scan nothing is told
                await asyncio.sleep(0.01)
        assert (counters.strangers, counters.sent) == (3 * SCANS, QUESTIONS)
        assert not re.search(r"^SIP/2\.0 ", scanner.messages, re.MULTILINE)
        assert there.user_agent.is_idle, "nothing is kept of it"
    assert calls(there) == []


async def test_callers_of_one_address_who_wait_are_bounded(tmp_path: Path) -> None:
    steps = (
        asks("INVITE", body=OFFER),
        '<recv response="100" optional="true"/><recv response="503" optional="true" next="full"/>',
        refused(486),
        '<label id="full"/>',
    )
    options = ("-r", "100")
    async with (
        agent(max_waiting=5) as there,
        caller(tmp_path, there.endpoint.address, NUMBER, *steps, calls=8, options=options) as peer,
    ):
        await until_seen(peer, "SIP/2.0 503", times=3)
        for event in calls(there):
            there.user_agent.reject(event.call, 486, there.now)
        there.endpoint.pump()
        await peer.succeed()
    assert len(calls(there)) == 5
    assert there.user_agent.counters.overloads == 3
