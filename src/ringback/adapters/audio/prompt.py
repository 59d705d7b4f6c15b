"""A sound as the telephone plays it."""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringback.adapters.audio.g711 import pcma, pcmu
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
    """The samples at 8 kHz for every codec, a byte a sample."""


def prompt_of(key: str, samples: NDArray[np.int16]) -> SoundPrompt:
    """Encode samples at 8 kHz in both laws."""
    return SoundPrompt(key, len(samples) / RATE, {Codec.PCMU: pcmu(samples), Codec.PCMA: pcma(samples)})


def as_heard(prompt: SoundPrompt) -> Pcm:
    """Give what a phone makes of a prompt: 8 kHz, by way of the mu-law."""
    return Pcm(_LINEAR[np.frombuffer(prompt.encodings[Codec.PCMU], np.uint8)].tobytes(), RATE)
