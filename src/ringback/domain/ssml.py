"""SSML, as much of it as a spoken text may hold: stretches of text and the pauses between them.

A text is SSML when it is a whole `<speak>` document. It is what W3C SSML 1.1 calls speak, p, s, break, say-as, sub and
prosody (its rate); of other elements the text within is spoken. A document type is refused, so there are no entities
but XML's own.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, TypeAlias
from xml.parsers import expat

import msgspec

from ringback.domain.scalars import MAX_SPEED, MIN_SPEED

MAX_DEPTH: Final = 16
"""Elements within each other; a deeper document is no SSML to us."""
LONGEST_BREAK: Final = 10.0
"""Seconds of one break; a longer one is cut."""
MAX_SILENCE: Final = 60.0
"""Seconds of all breaks of a text together; what goes beyond is left out."""


class SayAs(Enum):
    """How the text of a `say-as` is read."""

    DIGITS = auto()
    CHARACTERS = auto()
    TELEPHONE = auto()
    DATE = auto()
    CARDINAL = auto()


_INTERPRETATIONS: Final[Mapping[str, SayAs]] = MappingProxyType(
    {
        "digits": SayAs.DIGITS,
        "digit": SayAs.DIGITS,
        "number_digit": SayAs.DIGITS,
        "characters": SayAs.CHARACTERS,
        "character": SayAs.CHARACTERS,
        "spell-out": SayAs.CHARACTERS,
        "spell": SayAs.CHARACTERS,
        "verbatim": SayAs.CHARACTERS,
        "telephone": SayAs.TELEPHONE,
        "phone": SayAs.TELEPHONE,
        "date": SayAs.DATE,
        "cardinal": SayAs.CARDINAL,
        "number": SayAs.CARDINAL,
    }
)
# What the hosted API's own voices take these words for.
_STRENGTHS: Final[Mapping[str, float]] = MappingProxyType(
    {"none": 0.0, "x-weak": 0.25, "weak": 0.5, "medium": 0.75, "strong": 1.0, "x-strong": 1.25}
)
_RATES: Final[Mapping[str, float]] = MappingProxyType(
    {"x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0}
)
_TIME: Final = re.compile(r"\+?(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})(ms|s)", re.ASCII)
_RATE: Final = re.compile(r"([+-]?)(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(%?)", re.ASCII)
_SPACES: Final = re.compile(r"\s+")
_ROOT: Final = "speak"


class Manner(msgspec.Struct, frozen=True):
    """How a stretch of text is spoken."""

    rate: float = 1.0
    """0.5..2.0: what `prosody` makes of the pace of the action."""
    say_as: SayAs | None = None
    format: str = ""
    """Of a date, such as `mdy`."""


class Spoken(msgspec.Struct, frozen=True):
    """Text that is spoken in one manner."""

    text: str
    manner: Manner = Manner()


class Pause(msgspec.Struct, frozen=True):
    """Silence."""

    seconds: float | None
    """None: what a voice leaves between two sentences."""


Part: TypeAlias = Spoken | Pause


def looks_like_ssml(text: str) -> bool:
    """Tell whether a text is meant to be SSML, well-formed or not."""
    return text.lstrip().startswith(("<speak", "<?xml"))


def parse(text: str) -> Sequence[Part] | None:
    """Read a `<speak>` document; None: it is none, or broken, and is to be spoken as it is."""
    if not looks_like_ssml(text):
        return None
    reader = _Reader()
    try:
        reader.read(text.strip())
    except (expat.ExpatError, UnicodeEncodeError, _Refused):
        return None
    return reader.parts


class _Refused(Exception):
    """Well-formed XML that is nothing for us."""


class _Reader:
    """Takes what expat finds."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._manners: list[Manner | None] = []
        """Of the elements that are open; None: what is within is not spoken."""
        self._silence = 0.0

    def read(self, document: str) -> None:
        """Read a document. Raises ExpatError, UnicodeEncodeError, _Refused."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        parser.StartElementHandler = self._started
        parser.EndElementHandler = self._ended
        parser.CharacterDataHandler = self._said
        parser.Parse(document, True)  # noqa: FBT003 - expat takes it by position only

    def _started(self, name: str, attributes: Mapping[str, str]) -> None:
        if not self._manners and name != _ROOT:
            raise _Refused
        if len(self._manners) == MAX_DEPTH:
            raise _Refused
        manner = self._manners[-1] if self._manners else Manner()
        self._manners.append(None if manner is None else self._within(name, attributes, manner))

    def _within(self, name: str, attributes: Mapping[str, str], manner: Manner) -> Manner | None:
        """Take an element that is heard, and give the manner of what is within."""
        match name:
            case "break":
                self._pause(_duration(attributes))
            case "p" | "s":
                self.parts.append(Pause(None))
            case "sub" if "alias" in attributes:
                self._say(attributes["alias"], manner)
                return None
            case "say-as":
                say_as = _INTERPRETATIONS.get(attributes.get("interpret-as", "").strip().lower())
                return Manner(manner.rate, say_as, attributes.get("format", "").strip().lower())
            case "prosody":
                rate = manner.rate * _rate(attributes.get("rate", ""))
                return Manner(min(max(rate, MIN_SPEED), MAX_SPEED), manner.say_as, manner.format)
            case "desc" | "metadata":
                return None
        return manner

    def _ended(self, name: str) -> None:
        if self._manners.pop() is not None and name in {"p", "s"}:
            self.parts.append(Pause(None))

    def _said(self, text: str) -> None:
        manner = self._manners[-1]
        if manner is not None:
            self._say(text, manner)

    def _say(self, text: str, manner: Manner) -> None:
        last = self.parts[-1] if self.parts else None
        if isinstance(last, Spoken) and last.manner == manner:
            self.parts.pop()
            text = last.text + text
        self.parts.append(Spoken(_SPACES.sub(" ", text), manner))

    def _pause(self, seconds: float) -> None:
        seconds = min(seconds, LONGEST_BREAK, MAX_SILENCE - self._silence)
        if seconds > 0.0:
            self._silence += seconds
            self.parts.append(Pause(seconds))


def _refuse(*_declared: object) -> None:
    """Take no document type: it is where entities are declared, and other documents are named."""
    raise _Refused


def _duration(attributes: Mapping[str, str]) -> float:
    """Give the seconds of a break."""
    time = _TIME.fullmatch(attributes.get("time", "").strip())
    if time is not None:
        return float(time[1]) / (1000.0 if time[2] == "ms" else 1.0)
    return _STRENGTHS.get(attributes.get("strength", "").strip().lower(), _STRENGTHS["medium"])


def _rate(text: str) -> float:
    """Give the factor that a `rate` says: by name, `80%`, `0.8`, or as a change, `-20%`; 1 where it says nothing."""
    text = text.strip().lower()
    rate = _RATE.fullmatch(text)
    if rate is None:
        return _RATES.get(text, 1.0)
    sign, number, percent = rate.groups()
    if not percent:
        return 1.0 if sign else float(number)
    share = float(number) / 100.0
    return 1.0 + share if sign == "+" else 1.0 - share if sign else share
