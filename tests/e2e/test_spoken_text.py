"""What a text holds, heard at the far end: SIPp takes the call, and an ear gets the sound."""

from pathlib import Path

import numpy as np
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, RINGING, Samples, answers, carrier, ear
from tests.peers.house import HANGUP, capture, dial, house, say, trunk_to

SSML = """<speak>
  Your code is <say-as interpret-as="digits">4829</say-as>.
  <break time="2500ms"/>
  <prosody rate="fast">Your code is <say-as interpret-as="digits">4829</say-as>.</prosody>
</speak>"""


def stretches(samples: Samples, silence: float) -> list[float]:
    """Give the seconds of what is spoken, of the silence of at least `silence` seconds after it, and so on."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 100)
    gaps = np.flatnonzero(np.diff(loud) > silence * 8000)
    edges = [loud[0], *(edge for gap in gaps for edge in (loud[gap], loud[gap + 1])), loud[-1]]
    return [float(each) / 8000 for each in np.diff(edges)]


async def test_a_break_is_heard_as_long_as_it_says_and_a_rate_as_fast(tmp_path: Path) -> None:
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, RINGING, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        summary = await there.run(dial(), say(SSML), HANGUP)
        await peer.succeed()
    assert summary["sessionStatus"] == "COMPLETED"
    usual, pause, fast = stretches(heard.linear, 1.0)
    assert pause == pytest.approx(2.5, abs=0.15), "an engine's own sentence ends softly"
    assert usual > 1.3 * fast > 0.8


async def test_a_prompt_may_be_ssml(tmp_path: Path) -> None:
    prompt = "<speak>One.<break time='1500ms'/>Two.</speak>"
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        failed = "<speak><break time='2s'/>Three.</speak>"
        summary = await there.run(dial(), capture(prompt, overallTimeout=100, failureMessage=failed), HANGUP)
        await peer.succeed()
    assert summary["sessionStatus"] == "COMPLETED"
    _, first, _, second, _ = stretches(heard.linear, 1.0)
    assert first == pytest.approx(1.5, abs=0.15)
    assert second >= 2.0
