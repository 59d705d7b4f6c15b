"""Digits in the sound of a leg, of the engine that hears them."""

from dataclasses import replace

import numpy as np
import pytest
from tests.contract.far_end import Diary, FarEnd

from ringback.adapters.audio.g711 import pcma, pcmu
from ringback.media.core import CoreEngine
from ringback.media.interface import Address, Codec, DigitHeard

PITCHES = {"5": (770, 1336), "9": (852, 1477)}
FRAME = 160
ENCODE = {Codec.PCMU: pcmu, Codec.PCMA: pcma}


def pressed(digit: str, codec: Codec, milliseconds: int) -> list[bytes]:
    """Give the payloads of a press, followed by 100 ms of silence."""
    time = np.arange(milliseconds * 8) / 8000
    tone = sum((5000 * np.sin(2 * np.pi * pitch * time) for pitch in PITCHES[digit]), np.zeros(len(time)))
    sound = ENCODE[codec](np.concatenate([tone, np.zeros(800)]).astype(np.int16))
    return [sound[at : at + FRAME] for at in range(0, len(sound), FRAME)]


async def connected(core: CoreEngine, far: FarEnd, codec: Codec, *, inband_digits: bool = True) -> Address:
    address = await core.open(1, silence_after=0)
    core.connect(1, replace(far.remote(codec), inband_digits=inband_digits))
    return address


async def press(far: FarEnd, address: Address, digit: str, codec: Codec, milliseconds: int = 100) -> None:
    """Send the tones of a key, no faster than the engine sends to us."""
    for payload in pressed(digit, codec, milliseconds):
        far.send(address, payload, codec.value)
        await far.hear(len(far.packets) + 1)


async def digits_until(core: CoreEngine, diary: Diary) -> str:
    """Close the leg and give what it told."""
    core.close(1)
    await diary.closed(1)
    return "".join(event.digit for event in diary.of(DigitHeard) if isinstance(event, DigitHeard))


@pytest.mark.parametrize("codec", ENCODE)
async def test_every_press_is_told_once(core: CoreEngine, diary: Diary, codec: Codec) -> None:
    with FarEnd() as far:
        address = await connected(core, far, codec)
        for digit in "559":
            await press(far, address, digit, codec)
        assert await digits_until(core, diary) == "559"


async def test_tones_are_sound_where_they_were_not_asked_for(core: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await connected(core, far, Codec.PCMU, inband_digits=False)
        await press(far, address, "5", Codec.PCMU)
        assert await digits_until(core, diary) == ""


async def test_a_far_end_that_sends_events_is_not_listened_to_for_tones(core: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await connected(core, far, Codec.PCMU)
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=far.timestamp)
        await diary.wait(DigitHeard)
        await press(far, address, "5", Codec.PCMU)
        assert await digits_until(core, diary) == "1"


async def test_a_press_that_comes_as_tones_and_as_an_event_is_told_once(core: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await connected(core, far, Codec.PCMU)
        await press(far, address, "5", Codec.PCMU)
        await diary.wait(DigitHeard)
        far.send(address, bytes.fromhex("058a0320"), 101, timestamp=far.timestamp)
        far.timestamp += 1600
        far.send(address, bytes.fromhex("058a0320"), 101, timestamp=far.timestamp)
        await diary.wait(DigitHeard, 2)
        assert await digits_until(core, diary) == "55"


async def test_a_lost_packet_in_a_press_makes_no_second_one(core: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await connected(core, far, Codec.PCMU)
        for number, payload in enumerate(pressed("9", Codec.PCMU, 200)):
            if number == 5:
                far.sequence += 1
                far.timestamp += FRAME
                continue
            far.send(address, payload)
            await far.hear(len(far.packets) + 1)
        assert await digits_until(core, diary) == "9"
