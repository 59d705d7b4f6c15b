"""A sound as the telephone plays it."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringback.adapters.audio.g711 import pcma, pcmu
from ringback.adapters.audio.g722 import g722
from ringback.media.interface import Codec
from ringback.service.ports import Pcm
from ringback.wire.rtp.g711 import PCMU_LINEAR

RATE: Final = 8000
"""Samples a second of G.711."""
_LINEAR: Final = np.array(PCMU_LINEAR, np.int16)


class SoundPrompt(msgspec.Struct, frozen=True):
    """Implements `ringback.service.ports.Prompt`."""

    key: str
    duration: float
    """Seconds."""
    encodings: Mapping[Codec, bytes]
    """8000 bytes a second for every codec."""


def prompt_of(key: str, samples: NDArray[np.int16], wide: NDArray[np.int16] | None = None) -> SoundPrompt:
    """Encode samples at 8 kHz in both laws, and the same sound at 16 kHz, where it is given, in G.722."""
    encodings = {Codec.PCMU: pcmu(samples), Codec.PCMA: pcma(samples)}
    if wide is not None:
        # two resamplings of one sound may differ in length by a sample
        both = np.zeros(2 * len(samples), np.int16)
        both[: len(wide)] = wide[: len(both)]
        encodings[Codec.G722] = g722(both)
    return SoundPrompt(key, len(samples) / RATE, encodings)


def as_heard(prompt: SoundPrompt) -> Pcm:
    """Give what a phone makes of a prompt: 8 kHz, by way of the mu-law."""
    return Pcm(_LINEAR[np.frombuffer(prompt.encodings[Codec.PCMU], np.uint8)].tobytes(), RATE)
