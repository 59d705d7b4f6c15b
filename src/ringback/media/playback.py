"""What a leg plays: a queue of prompts, cut into frames without a gap between them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ringback.media.interface import Codec
from ringback.wire.rtp import g711

SILENCE: Final = {Codec.PCMU: g711.PCMU_SILENCE, Codec.PCMA: g711.PCMA_SILENCE}
"""The byte of silence of every codec that this engine speaks."""
CONVERSIONS: Final = {
    (Codec.PCMU, Codec.PCMA): g711.PCMU_TO_PCMA,
    (Codec.PCMA, Codec.PCMU): g711.PCMA_TO_PCMU,
}
"""From one codec to another, a byte a sample."""
MAX_QUEUE: Final = 1024
"""Prompts in a leg's queue; further ones are over at once."""


class EncodedPrompt:
    """A prompt in the codecs that it came in; the other law is made when it is first asked for."""

    def __init__(self, encodings: Mapping[Codec, bytes] | None = None) -> None:
        """Begin with `encodings`: samples at 8 kHz, a byte each."""
        self._encodings = {codec: bytearray(samples) for codec, samples in (encodings or {}).items()}

    def extend(self, codec: Codec, samples: bytes) -> None:
        """Append samples that came in a further piece."""
        self._encodings.setdefault(codec, bytearray()).extend(samples)

    def samples(self, codec: Codec) -> bytearray:
        """Give the samples in a codec; none where it cannot be made of what came."""
        known = self._encodings.get(codec)
        if known is None:
            known = bytearray()
            for (source, target), table in CONVERSIONS.items():
                if target is codec and source in self._encodings:
                    known = self._encodings[source].translate(table)
            self._encodings[codec] = known
        return known


@dataclass(slots=True)
class _Entry:
    play: int
    prompt: EncodedPrompt
    repetitions: int
    """That are left, the running one included; 0 is without end."""


class Playback:
    """The queue of one leg."""

    def __init__(self) -> None:
        """Nothing plays."""
        self._queue: deque[_Entry] = deque()
        self._position = 0

    def append(self, play: int, prompt: EncodedPrompt, repetition: int) -> bool:
        """Queue a prompt; `repetition` 0 plays until it is stopped. False where the queue is full."""
        if len(self._queue) >= MAX_QUEUE:
            return False
        self._queue.append(_Entry(play, prompt, max(repetition, 0)))
        return True

    def stop(self) -> None:
        """Empty the queue."""
        self._queue.clear()
        self._position = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is left to play."""
        return not self._queue

    def frame(self, codec: Codec, size: int) -> tuple[bytes | bytearray, list[int]]:
        """Give the next `size` samples, the rest silence where the queue runs out, and the plays that end in them."""
        entry = self._queue[0]
        samples = entry.prompt.samples(codec)
        end = self._position + size
        if end < len(samples):  # the usual case: a frame from the middle
            frame = samples[self._position : end]
            self._position = end
            return frame, []
        return self._joined(codec, size)

    def _joined(self, codec: Codec, size: int) -> tuple[bytes | bytearray, list[int]]:
        frame = bytearray()
        ended: list[int] = []
        while self._queue:
            entry = self._queue[0]
            samples = entry.prompt.samples(codec)
            piece = samples[self._position : self._position + size - len(frame)]
            frame += piece
            self._position += len(piece)
            if self._position < len(samples):
                break
            self._position = 0
            if entry.repetitions == 1 or not samples:
                ended.append(entry.play)
                self._queue.popleft()
            elif entry.repetitions:
                entry.repetitions -= 1
        frame += bytes((SILENCE[codec],)) * (size - len(frame))
        return frame, ended
