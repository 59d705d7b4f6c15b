"""What the wire must know of G.711: silence, loudness and the way from one law to the other, a byte a sample.

Everything is a table of 256 bytes for `bytes.translate`. Encoding sound is not done here.
"""

from bisect import bisect_left
from typing import Final

PCMU_SILENCE: Final = 0xFF
PCMA_SILENCE: Final = 0xD5

_SIGN: Final = 0x80
_SEGMENTS: Final = 8
_STEPS: Final = 16


def _pcmu_magnitude(step: int) -> int:
    """Decode step 0..127 of the mu-law as 0..32124 (ITU-T G.711, table 2, to 16 bits)."""
    segment, within = divmod(step, _STEPS)
    return (((within << 3) + 0x84) << segment) - 0x84


def _pcma_magnitude(step: int) -> int:
    """Decode step 0..127 of the A-law as 8..32256 (ITU-T G.711, table 1, to 16 bits)."""
    segment, within = divmod(step, _STEPS)
    if segment == 0:
        return (within << 4) + 8
    return ((within << 4) + 0x108) << (segment - 1)


_PCMU_MAGNITUDES: Final = tuple(_pcmu_magnitude(step) for step in range(_SEGMENTS * _STEPS))
_PCMA_MAGNITUDES: Final = tuple(_pcma_magnitude(step) for step in range(_SEGMENTS * _STEPS))
_PCMU_INVERTED: Final = 0x7F  # every magnitude bit of the mu-law is sent inverted,
_PCMA_INVERTED: Final = 0x55  # every second bit of the A-law


def _linear(magnitudes: tuple[int, ...], inverted: int) -> tuple[int, ...]:
    """Give the 16-bit sample of every byte; the highest bit is set for positive samples in both laws."""
    samples = []
    for byte in range(256):
        magnitude = magnitudes[(byte ^ inverted) & 0x7F]
        samples.append(magnitude if byte & _SIGN else -magnitude)
    return tuple(samples)


PCMU_LINEAR: Final = _linear(_PCMU_MAGNITUDES, _PCMU_INVERTED)
"""The signed 16-bit sample of every mu-law byte."""
PCMA_LINEAR: Final = _linear(_PCMA_MAGNITUDES, _PCMA_INVERTED)
"""The signed 16-bit sample of every A-law byte."""


def _nearest(magnitudes: tuple[int, ...], wanted: int) -> int:
    """Give the step whose magnitude is nearest; the lower of two equally near."""
    above = min(bisect_left(magnitudes, wanted), len(magnitudes) - 1)
    below = max(above - 1, 0)
    return below if wanted - magnitudes[below] <= magnitudes[above] - wanted else above


def _conversion(source: tuple[int, ...], source_inverted: int, target: tuple[int, ...], inverted: int) -> bytes:
    table = bytearray()
    for byte in range(256):
        step = _nearest(target, source[(byte ^ source_inverted) & 0x7F])
        table.append((byte & _SIGN) | (step ^ inverted) & 0x7F)
    return bytes(table)


PCMU_TO_PCMA: Final = _conversion(_PCMU_MAGNITUDES, _PCMU_INVERTED, _PCMA_MAGNITUDES, _PCMA_INVERTED)
"""Every mu-law byte as the nearest A-law byte of its sign."""
PCMA_TO_PCMU: Final = _conversion(_PCMA_MAGNITUDES, _PCMA_INVERTED, _PCMU_MAGNITUDES, _PCMU_INVERTED)
"""Every A-law byte as the nearest mu-law byte of its sign."""


def _loudness(linear: tuple[int, ...]) -> bytes:
    return bytes(min(abs(sample) >> 7, 255) for sample in linear)


PCMU_LOUDNESS: Final = _loudness(PCMU_LINEAR)
"""Magnitude of every mu-law byte in units of 128 (of 32768): 0..250."""
PCMA_LOUDNESS: Final = _loudness(PCMA_LINEAR)
"""Magnitude of every A-law byte in units of 128 (of 32768): 0..252."""
