"""The user agent over a real socket against SIPp, which nobody here wrote."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.interop.situations import Peer, Situation
from tests.peers.agent import BOUND, FINAL, SDP, Agent, agent
from tests.peers.sipp import sipp

from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import (
    Abandoned,
    Accepted,
    Confirmed,
    DigitReceived,
    Ended,
    Incoming,
    Progress,
    Refused,
    Reoffered,
    Unreachable,
)

ANSWERED = SDP + b"a=answered\r\n"
LOSSY_CALLS = 200


@pytest_asyncio.fixture
async def phone() -> AsyncIterator[Agent]:
    async with agent() as phone:
        yield phone


async def test_a_call_is_answered_and_we_hang_up(phone: Agent, tmp_path: Path) -> None:
    async with sipp("answers", tmp_path) as peer:
        phone.call(peer)
        accepted = await phone.until(Accepted)
        assert accepted.sdp is not None
        assert b"m=audio 40000" in accepted.sdp
        phone.hang_up()
        assert await phone.until(Ended) == Ended("call", by_peer=False)
        await peer.succeed()
    assert [type(event) for event in phone.events] == [Progress, Accepted, Ended]


async def test_the_far_end_hangs_up(phone: Agent, tmp_path: Path) -> None:
    async with sipp("hangs_up", tmp_path) as peer:
        phone.call(peer)
        assert await phone.until(Ended) == Ended("call", by_peer=True)
        await peer.succeed()


@pytest.mark.parametrize("status", ["486 Busy Here", "603 Decline", "404 Not Found"])
async def test_a_call_is_refused(phone: Agent, tmp_path: Path, status: str) -> None:
    code, _, reason = status.partition(" ")
    async with sipp(f"refuses_{code}", tmp_path) as peer:
        phone.call(peer)
        assert await phone.until(Refused) == Refused("call", int(code), reason)
        await peer.succeed()


async def test_early_media_comes_before_the_answer(phone: Agent, tmp_path: Path) -> None:
    async with sipp("early_media", tmp_path) as peer:
        phone.call(peer)
        progress = await phone.until(Progress)
        assert progress.status == 183
        assert progress.sdp is not None
        assert b"m=audio 40000" in progress.sdp
        await phone.until(Accepted)
        phone.hang_up()
        await phone.until(Ended)
        await peer.succeed()


async def test_a_call_that_only_rings_is_cancelled(phone: Agent, tmp_path: Path) -> None:
    async with sipp("rings_until_cancelled", tmp_path) as peer:
        phone.call(peer)
        await phone.until(Progress)
        phone.hang_up()
        assert await phone.until(Refused) == Refused("call", 487, "Request Terminated")
        await peer.succeed()


async def test_a_call_that_is_hung_up_at_once_is_cancelled_when_it_rings(phone: Agent, tmp_path: Path) -> None:
    async with sipp("rings_until_cancelled", tmp_path) as peer:
        phone.call(peer)
        phone.hang_up()
        assert (await phone.until(Refused)).status == 487
        await peer.succeed()
    assert [type(event) for event in phone.events] == [Refused]


async def test_a_challenge_of_the_callee_is_answered_in_every_request(phone: Agent, tmp_path: Path) -> None:
    async with sipp("challenges_401", tmp_path) as peer:
        phone.call(peer, credentials=Credentials("acme", "open sesame"))
        await phone.until(Accepted)
        phone.hang_up()
        await phone.until(Ended)
        await peer.succeed()


async def test_a_challenge_of_a_proxy_is_answered_with_sha_256(phone: Agent, tmp_path: Path) -> None:
    async with sipp("challenges_407", tmp_path) as peer:
        phone.call(peer, credentials=Credentials("acme", "open sesame"))
        await phone.until(Accepted)
        phone.hang_up()
        await phone.until(Ended)
        await peer.succeed()
        heard = peer.messages
    answers = {
        match["method"]: match
        for match in re.finditer(
            r"^(?P<method>INVITE|ACK|BYE) (?P<uri>[^ ]+) SIP/2\.0\s(?:(?!\n\r?\n).)*?"
            r"^Proxy-Authorization: Digest (?P<answer>[^\r\n]*)",
            heard,
            re.MULTILINE | re.DOTALL,
        )
    }
    assert answers.keys() == {"INVITE", "ACK", "BYE"}
    for method, credentials_of in (("INVITE", "INVITE"), ("ACK", "INVITE"), ("BYE", "BYE")):
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', answers[method]["answer"]))
        secret = _sha256("acme:carrier:open sesame")
        request = _sha256(f"{credentials_of}:{said['uri']}")
        proof = f"{secret}:{said['nonce']}:{said['nc']}:{said['cnonce']}:auth:{request}"
        assert said["response"] == _sha256(proof)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("scenario", ["loose_routes", "strict_route"])
async def test_requests_take_the_recorded_route(phone: Agent, tmp_path: Path, scenario: str) -> None:
    async with sipp(scenario, tmp_path) as peer:
        phone.call(peer)
        await phone.until(Accepted)
        phone.hang_up()
        await phone.until(Ended)
        await peer.succeed()


async def test_an_offer_within_the_call_is_answered(phone: Agent, tmp_path: Path) -> None:
    async with sipp("reinvites", tmp_path) as peer:
        phone.call(peer)
        reoffered = await phone.until(Reoffered)
        assert reoffered.offer is not None
        assert b"m=audio 40000" in reoffered.offer
        phone.user_agent.reanswer("call", ANSWERED, phone.now)
        phone.endpoint.pump()
        await asyncio.wait_for(_acknowledged(phone), BOUND)
        phone.hang_up()
        await phone.until(Ended)
        await peer.succeed()


async def _acknowledged(phone: Agent) -> None:
    """Wait until the ACK of a re-INVITE came, which is no event."""
    session = phone.user_agent._stack.calls["call"].session
    while session is not None and session.answer is not None:  # noqa: ASYNC110 - a state, not an event, is awaited
        await asyncio.sleep(0.01)


async def test_a_digit_comes_by_info(phone: Agent, tmp_path: Path) -> None:
    async with sipp("presses_five", tmp_path) as peer:
        phone.call(peer)
        assert await phone.until(DigitReceived) == DigitReceived("call", "5")
        phone.hang_up()
        await phone.until(Ended)
        await peer.succeed()


@pytest.mark.interop(Situation.THEY_ASK, Peer.SIPP)
async def test_options_is_answered(phone: Agent, tmp_path: Path) -> None:
    async with sipp("asks_options", tmp_path, towards=phone.endpoint.address) as peer:
        await peer.succeed()
    assert phone.events == []


async def test_a_caller_is_answered_and_hangs_up(phone: Agent, tmp_path: Path) -> None:
    async with sipp("calls", tmp_path, "-s", "6512345678", towards=phone.endpoint.address) as peer:
        incoming = await phone.until(Incoming)
        assert (incoming.request_user, incoming.from_user) == ("6512345678", "caller")
        assert incoming.offer is not None
        phone.user_agent.ring(incoming.call, phone.now)
        phone.endpoint.pump()
        phone.user_agent.answer(incoming.call, ANSWERED, phone.now)
        phone.endpoint.pump()
        assert await phone.until(Confirmed) == Confirmed(incoming.call)
        assert await phone.until(Ended) == Ended(incoming.call, by_peer=True)
        await peer.succeed()


async def test_a_caller_gives_up_while_it_rings(phone: Agent, tmp_path: Path) -> None:
    async with sipp("calls_and_cancels", tmp_path, towards=phone.endpoint.address) as peer:
        incoming = await phone.until(Incoming)
        phone.user_agent.ring(incoming.call, phone.now)
        phone.endpoint.pump()
        assert await phone.until(Abandoned) == Abandoned(incoming.call)
        await peer.succeed()


async def test_nobody_at_the_port_is_told_at_once(phone: Agent, tmp_path: Path) -> None:
    async with sipp("answers", tmp_path) as peer:
        await peer.end()
        phone.call(peer)
        assert (await phone.until(Unreachable)).call == "call"


async def test_calls_complete_over_a_line_that_loses_five_of_a_hundred(phone: Agent, tmp_path: Path) -> None:
    # SIPp may take one call for two, and is gone after so many: twice as many keep it there until our last call is over
    async with sipp("answers_lossy", tmp_path, "-lost", "5", calls=2 * LOSSY_CALLS, seconds=60) as peer:
        for number in range(LOSSY_CALLS):
            phone.call(peer, str(number))
            await asyncio.sleep(0.01)  # a bounded rate: 100 calls a second
        ended = 0
        while ended < LOSSY_CALLS:
            event = await phone.next_event()
            if isinstance(event, Accepted):
                phone.hang_up(event.call)
            ended += isinstance(event, FINAL)
        lost = [event for event in phone.events if isinstance(event, FINAL) and not isinstance(event, Ended)]
        assert len(lost) <= 0.005 * LOSSY_CALLS, (lost, peer.errors)


async def test_without_sipp_a_test_fails_and_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match="SIPp is missing: sudo apt-get install sip-tester"):
        async with sipp("answers", tmp_path):
            pass
