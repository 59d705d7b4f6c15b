"""Makes samples of the payloads of one stream."""

from typing import Final

import numpy as np
from G722 import G722
from numpy.typing import NDArray

from ringback.media.interface import Codec
from ringback.wire.rtp.g711 import PCMA_LINEAR, PCMU_LINEAR

NARROW: Final = 8000
WIDE: Final = 16_000
"""Samples a second of G.722."""
G722_DELAY: Final = 22
"""Samples by which the filters of a G.722 coder and decoder delay sound together."""

_G722_BITS: Final = 64_000
_LAWS: Final = {
    Codec.PCMU.value: np.array(PCMU_LINEAR, np.int16),
    Codec.PCMA.value: np.array(PCMA_LINEAR, np.int16),
}
AUDIO: Final = frozenset(Codec)
"""Payload types that hold sound. The rest, telephone-events and comfort noise, is left out."""


class Decoder:
    """Decodes the payloads of a stream in their order, at one rate."""

    def __init__(self, rate: int) -> None:
        """`rate`: NARROW, or WIDE, which G.722 needs."""
        self._wide = rate == WIDE
        self._g722 = G722(WIDE, _G722_BITS)
        self._last = 0

    def decode(self, payload_type: int, payload: bytes) -> tuple[NDArray[np.int16], int]:
        """Give the samples of an audio payload, and how many samples they are late."""
        if payload_type == Codec.G722:
            return np.array(self._g722.decode(payload), np.int16), G722_DELAY
        samples: NDArray[np.int16] = _LAWS[payload_type][np.frombuffer(payload, np.uint8)]
        return (self._doubled(samples) if self._wide else samples), 0

    def _doubled(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Put between every two samples their mean: seldom needed, where a call went from G.711 to G.722 or back."""
        if not samples.size:
            return samples
        before = np.concatenate([[np.int16(self._last)], samples[:-1]]).astype(np.int32)
        self._last = int(samples[-1])
        doubled = np.empty(2 * samples.size, np.int16)
        doubled[0::2] = (before + samples) // 2
        doubled[1::2] = samples
        return doubled


def fitted(samples: NDArray[np.int16], length: int) -> NDArray[np.int16]:
    """Stretch or squeeze samples to a length."""
    if length == samples.size or not samples.size:
        return samples
    places = np.arange(length) * (samples.size / length)
    fit: NDArray[np.int16] = np.rint(np.interp(places, np.arange(samples.size), samples)).astype(np.int16)
    return fit
