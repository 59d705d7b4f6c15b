"""Sound files that are written piece by piece."""

import wave
from pathlib import Path
from typing import Final, Protocol

import lameenc
import numpy as np
from numpy.typing import NDArray

SUFFIXES: Final = (".wav", ".mp3")
_BITS_A_CHANNEL: Final = {8000: 24, 16_000: 32}
_QUALITY: Final = 5  # LAME's own, of 2 (best) to 7 (fastest)


class SoundFile(Protocol):
    """A file that takes 16-bit samples."""

    def write(self, samples: NDArray[np.int16]) -> None:
        """Append frames, a row each. Raises OSError."""

    def close(self) -> None:
        """Complete the file. Raises OSError."""


def sound_file(path: Path, kind: str, rate: int, channels: int) -> SoundFile:
    """Make a file; `kind`: one of SUFFIXES; `rate`: 8000 or 16000. Raises OSError."""
    return (Mp3 if kind == ".mp3" else Wav)(path, rate, channels)


class Wav:
    """A WAV file, 16 bits a sample."""

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        """Make the file. Raises OSError."""
        self._file = path.open("wb")
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115 - `close` closes it
        self._wave.setnchannels(channels)
        self._wave.setsampwidth(2)
        self._wave.setframerate(rate)

    def write(self, samples: NDArray[np.int16]) -> None:
        """Append frames. Raises OSError."""
        self._wave.writeframesraw(samples.astype("<i2").tobytes())

    def close(self) -> None:
        """Write the length into the header. Raises OSError."""
        try:
            self._wave.close()
        finally:
            self._file.close()


class Mp3:
    """An MP3 file of constant bit rate: 24 kbit/s a channel at 8 kHz, 32 at 16 kHz."""

    def __init__(self, path: Path, rate: int, channels: int) -> None:
        """Make the file. Raises OSError."""
        self._file = path.open("wb")
        self._encoder = lameenc.Encoder()
        self._encoder.silence()  # it would print
        self._encoder.set_channels(channels)
        self._encoder.set_in_sample_rate(rate)
        self._encoder.set_out_sample_rate(rate)
        self._encoder.set_bit_rate(_BITS_A_CHANNEL[rate] * channels)
        self._encoder.set_quality(_QUALITY)

    def write(self, samples: NDArray[np.int16]) -> None:
        """Append frames. Raises OSError."""
        self._file.write(self._encoder.encode(samples.tobytes()))

    def close(self) -> None:
        """Write what the encoder still holds. Raises OSError."""
        try:
            self._file.write(self._encoder.flush())
        finally:
            self._file.close()
