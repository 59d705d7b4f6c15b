"""Made-up streams of RTP as a tap keeps them, with known sound, and what came of them."""

import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tests.unit.media.taps import REAL_MINUS_MONOTONIC, write_tap

from ringback.adapters.audio.g711 import pcma, pcmu
from ringback.adapters.audio.mixdown import STEREO, mix
from ringback.media.tap import TapRecord
from ringback.service.ports import Mixed
from ringback.wire.rtp import packet
from ringback.wire.rtp.g711 import PCMA_LINEAR, PCMU_LINEAR

Samples = NDArray[np.int16]

START: Final = 5_000_000_000_000
"""When the calls here begin, CLOCK_MONOTONIC nanoseconds."""
MS: Final = 1_000_000
SECOND: Final = 1000 * MS
CAME, WENT = 0, 1
"""The channels of a stereo file."""


@dataclass(frozen=True)
class Stream:
    """How packets of 20 ms pass."""

    sent: bool = False
    began: int = 0
    """Nanoseconds after START."""
    ppm: float = 0.0
    """By how much the sender's clock is fast."""
    jitter: int = 0
    """Nanoseconds of delay at most, evenly spread; 0 at the first packet."""
    ssrc: int = 7
    sequence: int = 65_000
    timestamp: int = 2**32 - 4000
    payload_type: int = 0
    size: int = 160

    def packets(self, sound: bytes) -> list[TapRecord]:
        random = np.random.default_rng(self.ssrc)
        step = 20 * MS * (1 - self.ppm / 1e6)
        records = []
        for number in range(len(sound) // self.size):
            late = round(random.random() * self.jitter) if number else 0
            at = self.began + round(number * step) + late
            payload = sound[number * self.size : (number + 1) * self.size]
            records.append(self.record(at, number, 160 * number, payload))
        return records

    def record(self, at: int, number: int, ticks: int, payload: bytes) -> TapRecord:
        data = packet.build(
            self.payload_type, (self.sequence + number) % 2**16, (self.timestamp + ticks) % 2**32, self.ssrc, payload
        )
        return TapRecord(START + at, self.sent, ("192.0.2.9", 4000), len(data), data)


def moved(records: Iterable[TapRecord], by: int) -> list[TapRecord]:
    """Let packets pass later."""
    return [record._replace(at=record.at + by) for record in records]


def clicks(seconds: float, every: float = 0.25, rate: int = 8000) -> Samples:
    """Make silence with a click, wider where sound is, at the beginning of every stretch of so many seconds."""
    sound = np.zeros(round(seconds * rate), np.int16)
    for sample in range(1 if rate == 8000 else 6):
        sound[sample :: round(every * rate)] = 20_000
    return sound


def noise(seconds: float, seed: int = 1) -> Samples:
    """Make sound that is nowhere like itself, and that G.711 (mu-law) keeps as it is."""
    return heard_as(pcmu(np.random.default_rng(seed).integers(-20_000, 20_000, round(seconds * 8000)).astype(np.int16)))


def heard_as(sound: bytes, payload_type: int = 0) -> Samples:
    return np.array(PCMA_LINEAR if payload_type else PCMU_LINEAR, np.int16)[np.frombuffer(sound, np.uint8)]


def spoken(sound: Samples, payload_type: int = 0) -> bytes:
    return pcma(sound) if payload_type else pcmu(sound)


@dataclass(frozen=True)
class Recording:
    """A file that was made."""

    mixed: Mixed
    frames: Samples

    def at(self, nanoseconds: int, count: int, channel: int = CAME) -> Samples:
        """Give samples from a time after START on."""
        begin = round((START + REAL_MINUS_MONOTONIC + nanoseconds - self.mixed.started) * self.mixed.rate / SECOND)
        return self.frames[begin : begin + count, channel]

    def clicks(self, channel: int) -> list[float]:
        """Give the times of clicks, milliseconds after START."""
        loud = np.flatnonzero(self.frames[:, channel].astype(np.int32) > 4000)
        first = loud[np.diff(loud, prepend=-1000) > 100]
        peaks = [begin + int(np.argmax(self.frames[begin : begin + 40, channel])) for begin in first]
        zero = (self.mixed.started - REAL_MINUS_MONOTONIC - START) / MS
        return [zero + 1000 * peak / self.mixed.rate for peak in peaks]


def recorded(folder: Path, records: Iterable[TapRecord], channels: int = STEREO) -> Recording:
    """Mix what passed, in the order of time, to a wav file."""
    tap = write_tap(folder / "call.tap", sorted(records, key=lambda record: record.at))
    mixed = mix(tap, folder / "call.wav", channels)
    return Recording(mixed, read_wav(folder / "call.wav", mixed))


def read_wav(path: Path, mixed: Mixed) -> Samples:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (mixed.channels, 2, mixed.rate)
        assert file.getnframes() == round(mixed.seconds * mixed.rate)
        frames = file.readframes(file.getnframes())
    return np.frombuffer(frames, "<i2").reshape(-1, mixed.channels)
