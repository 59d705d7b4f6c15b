"""G.711 encoding: one look into a table of 65,536 bytes for every sample.

The tables are made from the decoding tables of the wire: every 16-bit sample gets the nearest value of its sign.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringback.wire.rtp.g711 import PCMA_LINEAR, PCMU_LINEAR

_POSITIVE: Final = 0x80  # the highest bit of both laws, set for positive samples


def _table(linear: Sequence[int]) -> NDArray[np.uint8]:
    """Give the byte of every sample; the index is the sample seen as an unsigned number."""
    positive = np.arange(_POSITIVE, 256)
    values = np.array(linear)[positive]
    order = np.argsort(values)
    values, positive = values[order], positive[order]
    between = (values[1:] + values[:-1]) / 2  # at a border the lower value is taken
    magnitudes = np.arange(32769)
    upper = positive[np.searchsorted(between, magnitudes)].astype(np.uint8)
    # index 0x0000..0x7FFF is 0..32767, 0x8000..0xFFFF is -32768..-1
    return np.concatenate([upper[:32768], upper[:0:-1] & ~np.uint8(_POSITIVE)])


_PCMU: Final = _table(PCMU_LINEAR)
_PCMA: Final = _table(PCMA_LINEAR)


def pcmu(samples: NDArray[np.int16]) -> bytes:
    """Encode in the mu-law (ITU-T G.711, table 2)."""
    return _PCMU[samples.view(np.uint16)].tobytes()


def pcma(samples: NDArray[np.int16]) -> bytes:
    """Encode in the A-law (ITU-T G.711, table 1)."""
    return _PCMA[samples.view(np.uint16)].tobytes()
