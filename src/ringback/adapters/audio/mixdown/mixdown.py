"""Makes one sound file of a tap: left what the far end said, right what it heard.

```
  tap --came--> Sequence -> Placement -> Decoder --> Canvas --> wav or mp3
      --went--> Sequence -> Placement -> Decoder -->
```

A packet's first sample is where the packet passed us, without what the network delayed it and with the drift of the
sender's clock taken out; what is missing is silence. Memory does not grow with the length of the call.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringback.adapters.audio.mixdown.canvas import Canvas
from ringback.adapters.audio.mixdown.decoder import AUDIO, NARROW, WIDE, Decoder, fitted
from ringback.adapters.audio.mixdown.placement import DELAY_NS, Placed, Placement
from ringback.adapters.audio.mixdown.sequence import PATIENCE_NS, Ordered, Sequence
from ringback.adapters.audio.mixdown.sound_file import SUFFIXES, SoundFile, sound_file
from ringback.media.interface import Codec
from ringback.media.tap import TapFile, TapRecord, packets
from ringback.service.ports import Mixed
from ringback.wire.rtp import packet as rtp

LONGEST: Final = 12 * 3600
"""Seconds of sound in one file at most; a longer call is cut."""
MONO: Final = 1
STEREO: Final = 2

_SECOND_NS: Final = 1_000_000_000
_LATENESS_NS: Final = 4 * _SECOND_NS
"""By how much the network may have delayed a packet that is still placed."""
_HELD_NS: Final = PATIENCE_NS + DELAY_NS + _LATENESS_NS


class NothingRecorded(ValueError):
    """A tap holds no packet of sound, or only headers."""


def mix(tap: Path, sound: Path, channels: int = STEREO) -> Mixed:
    """Make a sound file, wav or mp3 by its suffix; whoever finds it finds it whole.

    `channels`: STEREO, or MONO, which is the sum of both sides. Raises TapUnreadable, NothingRecorded, OSError, and
    ValueError for a suffix or number of channels that there is not.
    """
    if sound.suffix not in SUFFIXES or channels not in {MONO, STEREO}:
        reason = f"{sound.name} in {channels} channels: possible are {' and '.join(SUFFIXES)} in 1 or 2"
        raise ValueError(reason)
    rate = _rate(tap)
    part = part_of(sound)
    try:
        with TapFile(tap) as records:
            file = sound_file(part, sound.suffix, rate, channels)
            try:
                mixed = Mixdown(rate, file, channels).run(records)
            finally:
                file.close()
        part.replace(sound)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return mixed


def part_of(sound: Path) -> Path:
    """Give the name of a sound file that is not complete."""
    return sound.with_name(f"{sound.name}.part")


def _rate(tap: Path) -> int:
    """Look through a tap for what its sound needs. Raises NothingRecorded, TapUnreadable and OSError."""
    seen = {record.packet[1] & 0x7F for record in packets(tap) if _is_whole(record)}
    if not seen & AUDIO:
        reason = f"{tap} holds no sound"
        raise NothingRecorded(reason)
    return WIDE if Codec.G722 in seen else NARROW


def _is_whole(record: TapRecord) -> bool:
    return rtp.HEADER_SIZE < len(record.packet) == record.size


class Side:
    """One direction of a call: packets in, pieces of sound on the canvas."""

    def __init__(self, number: int, rate: int, canvas: Canvas) -> None:
        """Nothing passed yet; `number`: of the canvas's side."""
        self.packets = 0
        self.malformed = 0
        self._number = number
        self._rate = rate
        self._canvas = canvas
        self._sequence = Sequence()
        self._placement = Placement(rate)
        self._decoder = Decoder(rate)
        self._stream = 0

    @property
    def dropped(self) -> int:
        """Packets of sound that are not in it."""
        return self.malformed + self._sequence.dropped

    def hear(self, at: int, data: bytes) -> None:
        """Take a packet that passed `at` nanoseconds after the first."""
        try:
            parsed = rtp.parse(data)
        except rtp.MalformedPacket:
            self.malformed += 1
            return
        self._arrange(self._sequence.push(at, parsed))

    def advance(self, now: int) -> None:
        """Paint what need not wait any longer."""
        self._arrange(self._sequence.due(now))
        self._paint(self._placement.advance(now))

    def finish(self) -> None:
        """Paint all that waits."""
        self._arrange(self._sequence.finish())
        self._paint(self._placement.finish())

    def _arrange(self, ordered: Iterator[Ordered]) -> None:
        for each in ordered:
            if each.packet.payload_type in AUDIO and each.packet.payload:
                self._paint(self._placement.push(each))

    def _paint(self, placed: Iterator[Placed]) -> None:
        for start, length, ordered in placed:
            if ordered.stream != self._stream:
                self._stream = ordered.stream
                self._decoder = Decoder(self._rate)
            samples, late = self._decoder.decode(ordered.packet.payload_type, ordered.packet.payload)
            self._canvas.put(self._number, start - late, fitted(samples, length))
            self.packets += 1


class Mixdown:
    """Goes once through a tap."""

    def __init__(self, rate: int, file: SoundFile, channels: int) -> None:
        """`rate`: of the file."""
        self._rate = rate
        self._file = file
        self._channels = channels
        self._canvas = Canvas(rate)
        self._sides = [Side(number, rate, self._canvas) for number in (0, 1)]

    def run(self, records: TapFile) -> Mixed:
        """Write all of it. Raises NothingRecorded, TapUnreadable and OSError."""
        zero: int | None = None
        truncated = False
        advanced = 0
        for record in records:
            zero = record.at if zero is None else zero
            at = record.at - zero
            if at > LONGEST * _SECOND_NS:
                truncated = True
                break
            if at >= advanced + _SECOND_NS:
                advanced = at
                self._advance(at)
            if _is_whole(record) and at > -_SECOND_NS:
                self._sides[record.sent].hear(at, record.packet)
        for side in self._sides:
            side.finish()
        self._write(self._canvas.finish())
        return self._outcome(records, zero or 0, truncated=truncated or records.truncated)

    def _advance(self, now: int) -> None:
        for side in self._sides:
            side.advance(now)
        self._write(self._canvas.until((now - _HELD_NS) * self._rate // _SECOND_NS))

    def _write(self, pieces: Iterator[NDArray[np.int16]]) -> None:
        for piece in pieces:
            self._file.write(piece if self._channels == STEREO else _summed(piece))

    def _outcome(self, records: TapFile, zero: int, *, truncated: bool) -> Mixed:
        canvas = self._canvas
        if canvas.begin is None:
            reason = "none of its sound can be read"
            raise NothingRecorded(reason)
        return Mixed(
            started=zero + records.real_minus_monotonic + canvas.begin * _SECOND_NS // self._rate,
            seconds=canvas.given / self._rate,
            rate=self._rate,
            channels=self._channels,
            packets=sum(side.packets for side in self._sides),
            dropped=sum(side.dropped for side in self._sides),
            truncated=truncated,
        )


def _summed(frames: NDArray[np.int16]) -> NDArray[np.int16]:
    """Put both sides into one, as if both were heard in one room."""
    total: NDArray[np.int16] = np.clip(frames.sum(axis=1, dtype=np.int32), -32768, 32767).astype(np.int16)
    return total[:, np.newaxis]
