"""Whole calls to baresip, a phone that nobody here wrote: what is heard there, and what its keys do."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.interop.situations import Peer, Situation
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, answers, carrier, ear, hangs_up, refuses, waits
from tests.peers.house import CALLED, HANGUP, SOURCE, capture, dial, house, say, trunk_to
from tests.peers.phone import phone
from tests.peers.pitch import has_pitch, tone
from tests.peers.program import Payload

AGENT = "4930123456"
MENU = "For opening hours, press one. For your order, press two. To speak to a colleague, press three."


@pytest.mark.interop(Situation.CALL_OUT, Peer.BARESIP)
async def test_a_prompt_is_heard_on_a_phone(tmp_path: Path) -> None:
    async with phone() as callee, house(tmp_path, trunk_to(callee.address)) as there:
        session = await there.call(dial(), say("Your parcel has arrived."), HANGUP)
        talk = await callee.rung()
        await talk.answer()
        await talk.hears(0.8)
        await talk.ended()
        summary = await there.program.summary(session)
    assert summary["sessionStatus"] == "COMPLETED"
    quality = summary["details"]["callA"]["callQuality"]
    assert quality["mos"] > 3.5
    assert quality["packetLossRate"] < 0.05


@pytest.mark.interop(Situation.DIGITS_RTP, Peer.BARESIP)
async def test_an_ivr_of_two_levels(tmp_path: Path) -> None:
    menus: dict[tuple[str, str], dict[str, Any]] = {
        ("main", "2"): {"clientActionId": "order", "callflow": [capture("Your order number?", 4)]},
        ("order", "4711"): {"callflow": [say("It is on its way."), HANGUP]},
    }

    def next_(payload: Payload) -> dict[str, Any]:
        return menus[payload["clientActionId"], payload["dtmf"]]

    async with phone() as callee, house(tmp_path, trunk_to(callee.address)) as there:
        there.program.answers += [next_, next_]
        session = await there.call(dial(), capture(MENU), clientActionId="main")
        talk = await callee.rung()
        await talk.answer()
        await talk.hears(0.5)
        await talk.press("2")
        await there.program.asked(1)
        await talk.hears(talk.loud + 0.5)
        await talk.press("4711")
        await there.program.asked(2)
        await talk.ended()
        summary = await there.program.summary(session)
    assert (summary["sessionStatus"], summary["lastAction"]) == ("COMPLETED", "HANGUP")
    asked = [vca.payload["dtmf"] for vca in there.program.of_type("VCA")]
    assert asked == ["2", "4711"]
    assert talk.loud < 6, "the key stopped the menu"


async def test_two_phones_are_bridged_and_the_second_hangs_up(tmp_path: Path) -> None:
    spoken = asyncio.Event()
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, RINGING, waits(1000), answers(heard.port), ACK, waits(2000), hangs_up()) as second,
        phone() as first,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",)),
        ) as there,
    ):
        session = await there.call(dial(), dial(AGENT), clientActionId="bridge")
        talk = await first.rung()
        await talk.answer()
        speaking = asyncio.create_task(talk.speaks(tone(), spoken))
        (vca,) = await there.program.asked(1)
        spoken.set()
        await speaking
        await talk.ended()
        summary = await there.program.summary(session)
        await second.succeed()
    assert has_pitch(heard.linear), "the second hears the first"
    assert (vca["callStatus"], vca["clientActionId"], vca["dtmf"]) == ("ACTION_COMPLETED", "bridge", None)
    assert (vca["source"], vca["destination"]) == (f"+{SOURCE}", f"+{CALLED}"), "a VCA describes call A"
    assert (summary["sessionStatus"], summary["callCount"]) == ("COMPLETED", 2)
    legs = summary["details"]
    assert {name: leg["callStatus"] for name, leg in legs.items()} == {"callA": "COMPLETED", "callB": "COMPLETED"}
    assert legs["callB"]["destination"] == f"+{AGENT}"
    reasons = [vcs.payload["callStatus"] for vcs in there.program.of_type("VCS")]
    assert reasons.count("CALL_CONNECTED") == 2
    assert reasons.count("CALL_DISCONNECTED") == 2
    assert talk.loud > 0.2, "the first hears it ring"


async def test_the_second_of_two_speaks_to_the_first(tmp_path: Path) -> None:
    async with (
        ear() as first_ear,
        carrier(tmp_path, INVITE, answers(first_ear.port), ACK, BYE) as first,
        phone() as second,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",)),
        ) as there,
    ):
        there.program.answers.append({"callflow": [dial(AGENT)]})
        session = await there.call(dial(), say("One moment."))
        talk = await second.rung()
        await talk.answer()
        before = len(first_ear.packets)
        enough = asyncio.Event()
        speaking = asyncio.create_task(talk.speaks(tone(), enough))
        await first_ear.until(lambda: len(first_ear.packets) > before + 100)
        enough.set()
        await speaking
        await talk.hang_up()
        summary = await there.program.summary(session)
        await first.succeed()
    assert has_pitch(first_ear.linear)
    assert summary["sessionStatus"] == "COMPLETED"
    assert summary["details"]["callB"]["callStatus"] == "COMPLETED"


async def test_the_second_of_two_is_busy(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, refuses(486, "Busy Here")) as second,
        phone() as first,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",)),
        ) as there,
    ):
        session = await there.call(dial(), dial(AGENT))
        talk = await first.rung()
        await talk.answer()
        await talk.ended()
        summary = await there.program.summary(session)
        await second.succeed()
    assert summary["sessionStatus"] == "BUSY"
    assert {name: leg["callStatus"] for name, leg in summary["details"].items()} == {
        "callA": "COMPLETED",
        "callB": "BUSY",
    }
    assert there.program.of_type("VCA") == []


async def test_a_phone_is_busy(tmp_path: Path) -> None:
    async with phone() as callee, house(tmp_path, trunk_to(callee.address)) as there:
        session = await there.call(dial(), HANGUP)
        talk = await callee.rung()
        await talk.busy()
        summary = await there.program.summary(session)
    assert summary["sessionStatus"] == "BUSY"


@pytest.mark.interop(Situation.OUR_CANCEL, Peer.BARESIP)
async def test_the_caller_leaves_while_the_second_rings(tmp_path: Path) -> None:
    async with (
        carrier(tmp_path, INVITE, RINGING, waits(500), answers(), ACK, waits(500), hangs_up()) as first,
        phone() as second,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",)),
        ) as there,
    ):
        session = await there.call(dial(), dial(AGENT))
        talk = await second.rung()
        await talk.ended()
        summary = await there.program.summary(session)
        await first.succeed()
    assert summary["sessionStatus"] == "CANCELED"
    assert {name: leg["callStatus"] for name, leg in summary["details"].items()} == {
        "callA": "COMPLETED",
        "callB": "CANCELED",
    }
