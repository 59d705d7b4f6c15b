"""Tones that phones say, and whether they are heard."""

import numpy as np
from tests.peers.carrier import Samples

TONE_HZ = 1000


def tone(*pitches: float, rate: int = 8000) -> bytes:
    """Give a fifth of a second of one or more pitches at once; by default 1000 Hz at 8 kHz."""
    time = np.arange(rate // 5) / rate
    sound = np.mean([np.sin(2 * np.pi * pitch * time) for pitch in pitches or (TONE_HZ,)], axis=0)
    return bytes((8000 * sound).astype(np.int16).tobytes())


def has_pitch(samples: Samples, pitch: float = TONE_HZ, rate: int = 8000) -> bool:
    """Tell whether half a second or more of it is mostly a tone."""
    size = rate // 10
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    bin_ = int(pitch * size / rate)
    pure = power[:, bin_ - 1 : bin_ + 2].sum(axis=1) > 0.8 * (power[:, 1:].sum(axis=1) + 1)
    return bool(pure.sum() >= 5)
