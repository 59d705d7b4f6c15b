"""Decodes sound files and makes prompts of sounds, in threads of its own number."""

import asyncio
from typing import Final

import miniaudio
import numpy as np
import soxr
from numpy.typing import NDArray

from ringback.adapters.audio import g722
from ringback.adapters.audio.level import factor_of
from ringback.adapters.audio.prompt import RATE, SoundPrompt, prompt_of
from ringback.service.ports import FetchFailed, Pcm

LONGEST: Final = 600
"""Seconds of sound that a file may hold."""
AT_A_TIME: Final = 2
"""Threads that decode or encode; more sounds wait."""
_RATES: Final = range(4000, 192_001)
_CHANNELS: Final = range(1, 9)
_PIECE: Final = 16_384
"""Frames decoded at a time."""
_SYNC: Final = 0xE0  # the rest of the eleven bits that begin a frame of MPEG audio


class SoundCodec:
    """Implements `ringback.service.ports.Audio`."""

    def __init__(self, *, wideband: bool = False) -> None:
        """Threads are those of the loop's default executor, two at a time.

        `wideband`: prompts are encoded in G.722, too.
        """
        self._wideband = wideband
        self._room = asyncio.Semaphore(AT_A_TIME)

    async def decode(self, content: bytes) -> Pcm:
        """Decode a wav or mp3 file of at most 10 minutes. Raises FetchFailed."""
        async with self._room:
            return await asyncio.to_thread(decode, content)

    async def encode(self, key: str, sound: Pcm) -> SoundPrompt:
        """Resample to 8 kHz, bring to the loudness of a telephone and encode in both laws of G.711."""
        async with self._room:
            return await asyncio.to_thread(encode, key, sound, wideband=self._wideband)


def decode(content: bytes) -> Pcm:
    """Decode a wav or mp3 file to mono at its own rate. Raises FetchFailed."""
    try:
        # miniaudio knows more formats; they are not part of the API, and what is not looked at cannot be attacked
        if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
            info = miniaudio.wav_get_info(content)
        elif _looks_like_mp3(content):
            info = miniaudio.mp3_get_info(content)
        else:
            reason = "neither a wav nor an mp3 file"
            raise FetchFailed(reason)
        if info.sample_rate not in _RATES or info.nchannels not in _CHANNELS:
            reason = f"{info.sample_rate} Hz in {info.nchannels} channels is out of range"
            raise FetchFailed(reason)
        return _read(content, info.sample_rate)
    except miniaudio.MiniaudioError as fault:
        reason = "the sound cannot be decoded"
        raise FetchFailed(reason) from fault


def _looks_like_mp3(content: bytes) -> bool:
    start = content[:3]
    return start == b"ID3" or (start[:1] == b"\xff" and len(start) > 1 and start[1] & _SYNC == _SYNC)


def _read(content: bytes, rate: int) -> Pcm:
    # counted while it is decoded: what a header says of the length need not be so
    samples = bytearray()
    limit = LONGEST * rate * 2
    for piece in miniaudio.stream_memory(content, nchannels=1, sample_rate=rate, frames_to_read=_PIECE):
        samples += memoryview(piece).cast("B")
        if len(samples) > limit:
            reason = f"longer than {LONGEST // 60} minutes"
            raise FetchFailed(reason)
    if not samples:
        reason = "the file holds no sound"
        raise FetchFailed(reason)
    return Pcm(bytes(samples), rate)


def encode(key: str, sound: Pcm, *, wideband: bool = False) -> SoundPrompt:
    """Make a prompt of a sound; `wideband`: in G.722, too."""
    samples = np.frombuffer(sound.samples, np.int16).astype(np.float32) / 32768.0
    narrow = _resampled(samples, sound.rate, RATE)
    factor = factor_of(narrow)
    wide = _limited(_resampled(samples, sound.rate, g722.RATE), factor) if wideband else None
    return prompt_of(key, _limited(narrow, factor), wide)


def _resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    return samples if rate == wanted else soxr.resample(samples, rate, wanted, quality="HQ")


def _limited(samples: NDArray[np.float32], factor: float) -> NDArray[np.int16]:
    limited = np.clip(samples * np.float32(factor) * 32768.0, -32768.0, 32767.0)
    whole: NDArray[np.int16] = np.rint(limited).astype(np.int16)
    return whole
