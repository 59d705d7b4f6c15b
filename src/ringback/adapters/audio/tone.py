"""The tone that a caller hears while the other phone rings."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringback.adapters.audio import g722
from ringback.adapters.audio.prompt import RATE, SoundPrompt, prompt_of

FREQUENCIES: Final = (440.0, 480.0)
"""Hz: the ringing tone of North America (ITU-T E.180, supplement 2)."""
ON: Final = 2.0
OFF: Final = 4.0
LEVEL: Final = 0.1122
"""Each frequency at -19 dB of full scale."""
_RAMP: Final = 0.005
"""Seconds in which the tone comes and goes, so that it does not click."""


def ringback_tone(*, wideband: bool = False) -> SoundPrompt:
    """Give one period of the tone: 2 s of sound, 4 s of silence; to be repeated. `wideband`: in G.722, too."""
    return prompt_of("tone:ringback", _period(RATE), _period(g722.RATE) if wideband else None)


def _period(rate: int) -> NDArray[np.int16]:
    time = np.arange(int(rate * ON)) / rate
    tone = sum((np.sin(2 * np.pi * frequency * time) for frequency in FREQUENCIES), np.zeros(len(time)))
    envelope = np.clip(np.minimum(time, time[::-1]) / _RAMP, 0.0, 1.0)
    sound = np.concatenate([tone * envelope * LEVEL, np.zeros(int(rate * OFF))])
    samples: NDArray[np.int16] = np.rint(sound * 32767).astype(np.int16)
    return samples
