"""What is heard of a leg: kept as a WAV file, and watched for pauses."""

import wave
from pathlib import Path
from typing import Final

from ringback.media.interface import Codec
from ringback.media.playback import CONVERSIONS, SILENCE
from ringback.wire.rtp import g711

RATE: Final = 8000
MAX_SAMPLES: Final = 3600 * RATE
"""One hour is kept; what comes later is not."""
PAUSE: Final = 1.0
"""Seconds of quiet that make a pause."""
LOUD: Final = 3
"""Magnitude, in units of 128 of 32768, from which on a sample is no quiet: about -38 dBFS."""
MAX_GAP: Final = 60 * RATE
"""A longer jump of the timestamps is a new clock: the time of arrival counts."""

_LOUDNESS: Final = {Codec.PCMU: g711.PCMU_LOUDNESS, Codec.PCMA: g711.PCMA_LOUDNESS}
_LINEAR: Final = {Codec.PCMU: g711.PCMU_LINEAR, Codec.PCMA: g711.PCMA_LINEAR}
_BLOCK: Final = 64 * 1024


class Recording:
    """Keeps a stream in the codec that it began with, a byte a sample; gaps of its timestamps are silence."""

    def __init__(self, path: Path, codec: Codec) -> None:
        """`path`: of the WAV file that `write` makes."""
        self._path = path
        self._codec = codec
        self._samples = bytearray()
        self._ssrc: int | None = None
        self._offset = 0
        self._began = 0.0
        self._heard = False
        self._last_loud = 0.0

    def hear(self, payload: bytes, codec: Codec, ssrc: int, timestamp: int, now: float) -> None:
        """Take the payload of an audio packet that came at `now` (seconds)."""
        if payload and max(payload.translate(_LOUDNESS[codec])) >= LOUD:
            self._heard = True
            self._last_loud = now
        if codec is not self._codec:
            payload = payload.translate(CONVERSIONS[codec, self._codec])
        self._put(payload, self._place(ssrc, timestamp, now))

    def paused(self, now: float) -> bool:
        """Tell, once for each pause, that what was heard was followed by PAUSE seconds of quiet."""
        if not self._heard or now - self._last_loud < PAUSE:
            return False
        self._heard = False
        return True

    def write(self) -> None:
        """Write the file: mono, 8 kHz, 16 bits; whoever waits for it finds it whole. Raises OSError."""
        part = self._path.with_name(f"{self._path.name}.part")
        low = bytes(sample & 0xFF for sample in _LINEAR[self._codec])
        high = bytes(sample >> 8 & 0xFF for sample in _LINEAR[self._codec])
        with wave.open(str(part), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.setnframes(len(self._samples))
            for start in range(0, len(self._samples), _BLOCK):
                block = self._samples[start : start + _BLOCK]
                linear = bytearray(2 * len(block))
                linear[0::2] = block.translate(low)
                linear[1::2] = block.translate(high)
                file.writeframesraw(linear)
        part.replace(self._path)

    def _place(self, ssrc: int, timestamp: int, now: float) -> int:
        """Give the index of a packet's first sample; negative for one from before the first."""
        if self._ssrc is None:
            self._began = now
        elif ssrc == self._ssrc:
            at = (timestamp - self._offset + (1 << 31)) % (1 << 32) - (1 << 31)
            if -MAX_GAP <= at - len(self._samples) <= MAX_GAP:
                return at
        at = max(len(self._samples), int((now - self._began) * RATE))
        self._ssrc = ssrc
        self._offset = (timestamp - at) % (1 << 32)
        return at

    def _put(self, payload: bytes, at: int) -> None:
        if at < 0 or at + len(payload) > MAX_SAMPLES:
            return
        missing = at - len(self._samples)
        if missing > 0:
            self._samples += bytes((SILENCE[self._codec],)) * missing
        self._samples[at : at + len(payload)] = payload
