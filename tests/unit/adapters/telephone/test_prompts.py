from collections.abc import Mapping
from itertools import count
from typing import cast

import msgspec

from ringback.adapters.telephone.prompts import PromptShelf
from ringback.media.interface import Codec, MediaEngine


class Sound(msgspec.Struct, frozen=True):
    key: str
    size: int = 10

    @property
    def duration(self) -> float:
        return self.size / 8000

    @property
    def encodings(self) -> Mapping[Codec, bytes]:
        return {Codec.PCMU: bytes(self.size)}


class Engine:
    def __init__(self) -> None:
        """Hold nothing."""
        self.held: dict[int, int] = {}

    def register(self, number: int, encodings: Mapping[Codec, bytes]) -> None:
        self.held[number] = sum(len(samples) for samples in encodings.values())

    def forget(self, number: int) -> None:
        del self.held[number]


def shelf(limit: int) -> tuple[PromptShelf, Engine, MediaEngine]:
    engine = Engine()
    return PromptShelf(count(1), limit), engine, cast("MediaEngine", engine)


def test_a_prompt_is_registered_once() -> None:
    prompts, held, engine = shelf(100)
    assert prompts.number(engine, Sound("hello")) == prompts.number(engine, Sound("hello")) == 1
    assert held.held == {1: 10}


def test_the_least_recently_played_prompt_makes_room() -> None:
    prompts, held, engine = shelf(25)
    prompts.number(engine, Sound("first"))
    prompts.number(engine, Sound("second"))
    prompts.number(engine, Sound("first"))
    prompts.number(engine, Sound("third"))
    assert set(held.held) == {1, 3}
    assert prompts.number(engine, Sound("second")) == 4


def test_a_prompt_larger_than_the_shelf_is_played_all_the_same() -> None:
    prompts, held, engine = shelf(25)
    prompts.number(engine, Sound("small"))
    prompts.number(engine, Sound("large", 1000))
    assert held.held == {2: 1000}


def test_a_new_engine_gets_every_prompt_anew() -> None:
    prompts, _, engine = shelf(100)
    prompts.number(engine, Sound("hello"))
    prompts.clear()
    other = Engine()
    assert prompts.number(cast("MediaEngine", other), Sound("hello")) == 2
    assert other.held == {2: 10}
