"""Decodes sound files and makes prompts of sounds, in threads of its own number."""

import asyncio
from typing import Final

import miniaudio
import numpy as np
import soxr

from ringback.adapters.audio.level import levelled
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

    def __init__(self) -> None:
        """Threads are those of the loop's default executor, two at a time."""
        self._room = asyncio.Semaphore(AT_A_TIME)

    async def decode(self, content: bytes) -> Pcm:
        """Decode a wav or mp3 file of at most 10 minutes. Raises FetchFailed."""
        async with self._room:
            return await asyncio.to_thread(decode, content)

    async def encode(self, key: str, sound: Pcm) -> SoundPrompt:
        """Resample to 8 kHz, bring to the loudness of a telephone and encode in both laws of G.711."""
        async with self._room:
            return await asyncio.to_thread(encode, key, sound)


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


def encode(key: str, sound: Pcm) -> SoundPrompt:
    """Make a prompt of a sound."""
    samples = np.frombuffer(sound.samples, np.int16).astype(np.float32) / 32768.0
    if sound.rate != RATE:
        samples = soxr.resample(samples, sound.rate, RATE, quality="HQ")
    limited = np.clip(levelled(samples) * 32768.0, -32768.0, 32767.0)
    return prompt_of(key, np.rint(limited).astype(np.int16))
