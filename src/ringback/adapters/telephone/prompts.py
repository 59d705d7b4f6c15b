"""The prompts that the media engine holds."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Protocol

from ringback.media.interface import Codec, MediaEngine
from ringback.service.ports import Prompt

LIMIT = 64 * 1024 * 1024
"""Bytes of encoded prompts kept in the engine."""


class EncodedPrompt(Prompt, Protocol):
    """What a prompt must have to be played here."""

    @property
    def encodings(self) -> Mapping[Codec, bytes]:
        """Give the samples at 8 kHz for every codec."""


class PromptShelf:
    """Registers prompts with an engine once; the least recently played make room."""

    def __init__(self, numbers: Iterator[int], limit: int = LIMIT) -> None:
        """`numbers`: of prompts in the engine, each given once."""
        self._numbers = numbers
        self._limit = limit
        self._known: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Number and size in bytes by key, least recently played first."""
        self._size = 0

    def number(self, engine: MediaEngine, prompt: EncodedPrompt) -> int:
        """Give the engine's number of a prompt, registering it where it is new."""
        if (known := self._known.get(prompt.key)) is not None:
            self._known.move_to_end(prompt.key)
            return known[0]
        number = next(self._numbers)
        size = sum(len(samples) for samples in prompt.encodings.values())
        engine.register(number, prompt.encodings)
        self._known[prompt.key] = (number, size)
        self._size += size
        while self._size > self._limit and len(self._known) > 1:
            _, (old, freed) = self._known.popitem(last=False)
            self._size -= freed
            engine.forget(old)
        return number

    def clear(self) -> None:
        """Forget everything: the engine that held it is gone."""
        self._known.clear()
        self._size = 0
