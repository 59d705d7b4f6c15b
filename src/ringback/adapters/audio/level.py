"""The loudness that a telephone likes."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LOUDEST: Final = -16.0
"""dB relative to full scale (RMS): louder speech is turned down. ITU-T P.56 and G.100.1 have -26 as nominal."""
QUIETEST: Final = -26.0
"""dB relative to full scale: quieter speech is turned up."""
BOOST: Final = 12.0
"""dB: no sound is turned up by more, so that a silent file does not become noise."""
PEAK: Final = 0.891
"""No sample goes beyond -1 dB."""
_ACTIVE: Final = 0.00316
"""A stretch of sound below -50 dB is a pause, which does not count for loudness."""
_STRETCH: Final = 160
"""20 ms at 8 kHz."""


def levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring sound at 8 kHz (full scale is 1.0) within -26..-16 dB without clipping; what is within is left alone."""
    return samples * np.float32(factor_of(samples))


def factor_of(samples: NDArray[np.float32]) -> float:
    """Give what sound at 8 kHz is to be multiplied by, so that it is levelled."""
    loudness = _loudness(samples)
    if loudness is None:
        return 1.0
    gain = 0.0
    if loudness > LOUDEST:
        gain = LOUDEST - loudness
    elif loudness < QUIETEST:
        gain = min(QUIETEST - loudness, BOOST)
    factor = 10.0 ** (gain / 20.0)
    peak = float(np.abs(samples).max()) * factor
    if peak > PEAK:
        factor *= PEAK / peak
    return float(factor)


def _loudness(samples: NDArray[np.float32]) -> float | None:
    """Give the RMS of the stretches that are not pauses, in dB; None where all is silent."""
    whole = len(samples) // _STRETCH * _STRETCH
    stretches = samples[:whole].reshape(-1, _STRETCH) if whole else samples.reshape(1, -1)
    power = np.mean(np.square(stretches, dtype=np.float64), axis=1)
    active = power[power > _ACTIVE**2]
    return float(10.0 * np.log10(active.mean())) if active.size else None
