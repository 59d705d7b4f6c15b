"""Encrypted media, G.722 and digits in the sound, in whole calls with baresip and SIPp."""

import asyncio
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from G722 import G722
from tests.e2e.sound_site import HIGH_HZ, served
from tests.peers.caller import RINGS, caller, invites, refused
from tests.peers.carrier import ACK, BYE, INVITE, NO_RTP, Ear, answers, carrier, ear
from tests.peers.house import HANGUP, House, capture, dial, house, play_file, trunk_to
from tests.peers.phone import Phone, Talk, phone
from tests.peers.pitch import TONE_HZ, has_pitch, tone
from tests.peers.sipp import HOST

AGENT = "4930123456"
VIRTUAL = "15550100199"
MENU = "Please press a key now, whichever you like, and take all the time that you need to find a good one."
WIDEBAND = "G722/16000/1"


def encrypted(there: House) -> list[bool]:
    """Tell of every live leg whether its media is encrypted."""
    legs = there.server.telephone._legs.values()
    return [leg.agreed is not None and leg.agreed.keys is not None for leg in legs]


async def answered(callee: Phone) -> Talk:
    talk = await callee.rung()
    await talk.answer()
    return talk


@pytest.mark.parametrize(
    ("ours", "theirs", "is_encrypted"),
    [
        ("required", "srtp-mand", True),
        ("optional", "srtp", True),
        ("optional", "", False),
        ("off", "srtp", False),
    ],
)
async def test_a_call_is_encrypted_where_both_ends_can(
    tmp_path: Path, ours: Literal["off", "optional", "required"], theirs: str, *, is_encrypted: bool
) -> None:
    async with phone(encryption=theirs) as callee, house(tmp_path, trunk_to(callee.address, srtp=ours)) as there:
        session = await there.call(dial(), capture(MENU))
        talk = await answered(callee)
        await talk.hears(1.0)
        assert encrypted(there) == [is_encrypted]
        await talk.press("5")
        (vca,) = await there.program.asked(1)
        await talk.ended()
        summary = await there.program.summary(session)
    assert vca["dtmf"] == "5"
    assert summary["sessionStatus"] == "COMPLETED"
    assert summary["details"]["callA"]["callQuality"]["packetLossRate"] < 0.05


async def test_what_must_be_encrypted_and_cannot_is_no_call(tmp_path: Path) -> None:
    async with phone() as callee, house(tmp_path, trunk_to(callee.address, srtp="required")) as there:
        session = await there.call(dial(), capture(MENU))
        summary = await there.program.summary(session)
    assert summary["sessionStatus"] == "FAILED"
    assert there.program.of_type("VCA") == []


async def test_an_encrypted_call_is_held_and_resumed(tmp_path: Path) -> None:
    async with (
        phone(encryption="srtp-mand") as callee,
        house(tmp_path, trunk_to(callee.address, srtp="required")) as there,
    ):
        session = await there.call(dial(), capture(MENU))
        talk = await answered(callee)
        await talk.hears(0.5)
        await talk.hold()
        await talk.resume()
        await talk.hears(talk.loud + 0.5)
        await talk.press("7")
        (vca,) = await there.program.asked(1)
        await talk.ended()
        await there.program.summary(session)
    assert vca["dtmf"] == "7"


async def test_the_keys_of_a_caller_are_answered(tmp_path: Path) -> None:
    trunk = trunk_to((HOST, 9), srtp="required")
    async with phone(encryption="srtp-mand") as calling, house(tmp_path, trunk, numbers=[VIRTUAL]) as there:
        there.program.answers += [{"callflow": [capture(MENU)]}, {"callflow": [HANGUP]}]
        talk = await calling.call(there.server.telephone.address, VIRTUAL)
        await talk.hears(1.0)
        assert encrypted(there) == [True]
        await talk.press("3")
        *_, vca = await there.program.asked(2)
        await talk.ended()
    assert vca["dtmf"] == "3"


async def test_a_plain_caller_of_an_encrypted_trunk_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path, trunk_to((HOST, 9), srtp="required"), numbers=[VIRTUAL]) as there:
        there.program.answers += [{"callflow": [capture(MENU)]}]
        steps = (invites(NO_RTP), RINGS, refused(488))
        async with caller(tmp_path, there.server.telephone.address, VIRTUAL, *steps) as plain:
            await plain.succeed()


async def test_an_encrypted_leg_is_relayed_to_a_plain_one(tmp_path: Path) -> None:
    async with (
        ear() as first_ear,
        carrier(tmp_path, INVITE, answers(first_ear.port), ACK, BYE) as first,
        phone(encryption="srtp-mand") as second,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",), srtp="required"),
        ) as there,
    ):
        session = await there.call(dial(), dial(AGENT))
        talk = await answered(second)
        await first_ear.until(lambda: sorted(encrypted(there)) == [False, True])
        await _speaks_to(talk, first_ear, tone())
        await talk.hang_up()
        await there.program.summary(session)
        await first.succeed()
    assert has_pitch(first_ear.linear)


async def test_a_wideband_call_carries_what_a_narrow_one_cannot(tmp_path: Path) -> None:
    async with (
        served(HOST) as site,
        phone(codecs=(WIDEBAND,)) as callee,
        house(tmp_path, trunk_to(callee.address, codecs=("PCMU", "G722"))) as there,
    ):
        session = await there.call(dial(), play_file(site.url("/high.wav")), capture(MENU))
        talk = await answered(callee)
        await talk.hears(5.0)  # counted as if they were 8 kHz: the file is over
        await talk.press("1")
        (vca,) = await there.program.asked(1)
        await talk.ended()
        summary = await there.program.summary(session)
    assert has_pitch(talk.samples, HIGH_HZ, 16_000)
    assert vca["dtmf"] == "1"
    assert summary["sessionStatus"] == "COMPLETED"


async def test_a_wideband_leg_is_connected_with_a_wideband_one(tmp_path: Path) -> None:
    every: dict[str, Any] = {"codecs": ("PCMU", "PCMA", "G722")}
    async with (
        ear() as first_ear,
        carrier(tmp_path, INVITE, answers(first_ear.port, codec=9), ACK, BYE) as first,
        phone(codecs=("pcmu", "pcma", WIDEBAND)) as second,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",), **every),
            trunk_to(second.address, "second", prefixes=("49",), **every),
        ) as there,
    ):
        session = await there.call(dial(), dial(AGENT))
        talk = await answered(second)
        await _speaks_to(talk, first_ear, tone(TONE_HZ, rate=16_000))
        await talk.hang_up()
        await there.program.summary(session)
        await first.succeed()
    wide = b"".join(packet.payload for packet in first_ear.packets if packet.payload_type == 9)
    assert has_pitch(np.asarray(G722(16_000, 64_000).decode(wide), np.int16), TONE_HZ, 16_000)


async def test_digits_in_the_sound_are_heard_where_the_trunk_says_so(tmp_path: Path) -> None:
    async with phone() as callee, house(tmp_path, trunk_to(callee.address, inband_digits=True)) as there:
        session = await there.call(dial(), capture(MENU))
        talk = await answered(callee)
        await talk.hears(0.5)
        over = asyncio.Event()
        speaking = asyncio.create_task(talk.speaks(tone(852, 1336), over))
        (vca,) = await there.program.asked(1)
        over.set()
        await speaking
        await talk.ended()
        await there.program.summary(session)
    assert vca["dtmf"] == "8"


async def _speaks_to(talk: Talk, hears: Ear, sound: bytes) -> None:
    """Let a phone speak until the other end has heard two seconds."""
    before, enough = len(hears.packets), asyncio.Event()
    speaking = asyncio.create_task(talk.speaks(sound, enough))
    await hears.until(lambda: len(hears.packets) > before + 100)
    enough.set()
    await speaking
