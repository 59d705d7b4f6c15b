"""G.722 at 64 kbit/s (ITU-T G.722): speech up to 7 kHz in as many bytes as G.711."""

from typing import Final

import numpy as np
from G722 import G722
from numpy.typing import NDArray

RATE: Final = 16_000
"""Samples a second; two of them make a byte."""
_BITS: Final = 64_000
"""A second."""


def g722(samples: NDArray[np.int16]) -> bytes:
    """Encode an even number of samples at 16 kHz."""
    encoded: bytes = G722(RATE, _BITS).encode(samples)
    return encoded
