"""What a text says one after the other: sentences, each at its pace, and the silences between them."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, TypeAlias

import msgspec

from ringback.adapters.speech.interpretation import interpreted
from ringback.adapters.speech.sentences import sentences
from ringback.domain import ssml
from ringback.domain.scalars import MAX_SPEED, MIN_SPEED

PAUSE: Final = 0.2
"""Seconds between two sentences at speed 1."""
_ENDS: Final = tuple(".!?…。！？।؟")  # noqa: RUF001 - the sentence ends of other scripts


class Sentence(msgspec.Struct, frozen=True):
    """A sentence, or a part of one, for an engine."""

    text: str
    speed: float
    """0.5..2.0."""


class Silence(msgspec.Struct, frozen=True):
    """A pause."""

    seconds: float
    asked_for: bool
    """By a `break`: it is kept exactly, and replaces the pause between sentences."""


Line: TypeAlias = Sentence | Silence


def script(text: str, locale: str, speed: float) -> Sequence[Line]:
    """Give what is to be spoken. `text`: plain or a whole `<speak>` document; `speed`: 0.5..2.0, at rate 1."""
    lines: list[Line] = []
    parts = ssml.parse(text)
    if parts is None:
        parts = (ssml.Spoken(text),)
    before = ""
    for rate, stretch in groupby(parts, lambda part: part.manner.rate if isinstance(part, ssml.Spoken) else None):
        if rate is None:
            lines += [_silence(part, speed) for part in stretch if isinstance(part, ssml.Pause)]
            before = ""
            continue
        said = ""
        for part in stretch:
            if isinstance(part, ssml.Spoken):
                said = _appended(said, interpreted(part, locale, before))
                before += part.text
        lines += _spoken(said, min(max(speed * rate, MIN_SPEED), MAX_SPEED))
    return lines


def _appended(text: str, more: str) -> str:
    """Join what was written in different manners; words do not become one by it."""
    return f"{text} {more}" if text[-1:].isalnum() and more[:1].isalnum() else text + more


def _silence(pause: ssml.Pause, speed: float) -> Silence:
    if pause.seconds is None:
        return Silence(PAUSE / speed, asked_for=False)
    return Silence(pause.seconds, asked_for=True)


def _spoken(text: str, speed: float) -> Iterator[Line]:
    pause = Silence(PAUSE / speed, asked_for=False)
    if text.lstrip().startswith(_ENDS):
        yield pause
    for number, sentence in enumerate(sentences(text)):
        if number:
            yield pause
        yield Sentence(sentence, speed)
    if text.rstrip().endswith(_ENDS):
        yield pause


def heard(lines: Sequence[Line]) -> Iterator[Line]:
    """Give the lines with the silences between two sentences as one: those asked for, else the longest of the others.

    What nobody asked for is left out before the first sentence and after the last.
    """
    groups = [(kind, list(group)) for kind, group in groupby(lines, lambda line: isinstance(line, Silence))]
    for number, (silent, group) in enumerate(groups):
        if not silent:
            yield from group
            continue
        silences = [line for line in group if isinstance(line, Silence)]
        asked = sum(each.seconds for each in silences if each.asked_for)
        if asked:
            yield Silence(asked, asked_for=True)
        elif 0 < number < len(groups) - 1:
            yield max(silences, key=lambda each: each.seconds)
