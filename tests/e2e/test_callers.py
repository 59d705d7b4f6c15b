"""What callers do whom the line or their own way makes hard to serve: no offer, and messages that get lost."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.interop.situations import Peer, Situation
from tests.peers.caller import (
    ANSWERED,
    MAY_RING,
    RINGS,
    TOLD_BYE,
    answered_with,
    caller,
    invites,
)
from tests.peers.carrier import NO_RTP, ear
from tests.peers.house import HANGUP, house, say, trunk_to
from tests.peers.sipp import HOST

VIRTUAL = "15550100199"
LOSSY_RATE = 20
LOST = 0.005
"""Of the calls; the others have to complete."""


@pytest.mark.parametrize(
    "offers",
    [
        pytest.param(True, marks=pytest.mark.interop(Situation.CALL_IN, Peer.SIPP), id="an offer"),
        pytest.param(False, marks=pytest.mark.interop(Situation.OFFERLESS, Peer.SIPP), id="no offer"),
    ],
)
async def test_a_caller_with_and_without_an_offer_hears_us(tmp_path: Path, *, offers: bool) -> None:
    async with ear() as hears, house(tmp_path, trunk_to((HOST, NO_RTP)), numbers=[VIRTUAL]) as there:
        there.program.answers += [{"callflow": [say("Hello, world."), HANGUP]}]
        begins = (invites(hears.port), RINGS, ANSWERED) if offers else (invites(None), RINGS, answered_with(hears.port))
        async with caller(tmp_path, there.server.telephone.address, VIRTUAL, *begins, TOLD_BYE) as phone:
            await phone.succeed()
        await there.program.until(lambda: there.program.of_type("VSS"))
        (vss,) = there.program.of_type("VSS")
    assert vss.payload["sessionStatus"] == "COMPLETED"
    assert hears.loud_seconds > 0.3


@pytest.mark.timeout(240)
@pytest.mark.interop(Situation.LOSS_IN, Peer.SIPP)
async def test_callers_are_served_though_the_line_loses_five_of_a_hundred(
    tmp_path: Path, lossy_calls: int, record_property: Callable[[str, object], None]
) -> None:
    # the last messages of a call that are lost are repeated for a while: SIPp must still know the call then
    who = "49151[call_number]"
    lingers = TOLD_BYE.replace('milliseconds="100"', 'milliseconds="8000"')
    steps = (invites(NO_RTP, caller=who), MAY_RING, ANSWERED, lingers)
    options = ("-lost", "5", "-r", str(LOSSY_RATE), "-l", str(lossy_calls))
    trunk = trunk_to((HOST, NO_RTP), channels=lossy_calls)
    async with house(tmp_path, trunk, numbers=[VIRTUAL]) as there:
        program = there.program
        program.answers += [{"callflow": [say("Hi."), HANGUP]}] * lossy_calls
        towards = there.server.telephone.address
        async with caller(tmp_path, towards, VIRTUAL, *steps, options=options, calls=lossy_calls, seconds=200) as phone:
            await phone.over()
        await program.until(lambda: len(program.of_type("VSS")) >= len(program.of_type("VCA")))
        ends = Counter(vss.payload["sessionStatus"] for vss in program.of_type("VSS"))
        rung = Counter(vca.payload["source"] for vca in program.of_type("VCA"))
    record_property("interop", f"{ends['COMPLETED']} of {lossy_calls} calls complete")
    assert lossy_calls - ends["COMPLETED"] <= max(1, LOST * lossy_calls), (ends, phone.errors)
    assert set(rung.values()) == {1}, "nobody rings twice"
