"""Reads the untyped params of one action: a value, or a violation with its path.

A value that is null counts as absent. What is returned for a value that broke a rule is of no use: the findings say so.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ringback.domain import scalars, status
from ringback.domain.findings import Findings, Place
from ringback.domain.scalars import MISSING, integer_of
from ringback.domain.voice import Catalogue


class Params:
    """The params of one action at a path."""

    def __init__(self, values: Mapping[str, Any], path: str, findings: Findings, *, is_rendered: bool = False) -> None:
        """`path`: such as `$.callflow[0].params`; `is_rendered`: they are a scenario's."""
        self.values = values
        self.path = path
        self.findings = findings
        self.is_rendered = is_rendered

    def given(self, name: str) -> bool:
        """Tell whether a field is there and not null."""
        return self.values.get(name) is not None

    def named(self, names: Sequence[str]) -> str:
        """Give the first of several names of a field that is given, else the first."""
        return next((name for name in names if self.given(name)), names[0])

    def invalid(self, name: str, reason: str) -> None:
        """Note a -1009."""
        self.findings.entry(Place.PARAMS, f"{self.path}.{name}", reason)

    def broken(self, code: int, name: str) -> None:
        """Note a rule that has a code of its own."""
        self.findings.rule(code, f"{self.path}.{name}")

    def integer(self, name: str, highest: int, default: int = 1) -> int:
        """Read an optional integer of 1..highest."""
        value = self.values.get(name)
        if value is None:
            return default
        number = integer_of(value)
        if number is None or not 1 <= number <= highest:
            self.invalid(name, f"must be an integer from 1 to {highest}")
            return default
        return number

    def boolean(self, name: str, *, default: bool) -> bool:
        """Read an optional boolean."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.invalid(name, "must be true or false")
            return default
        return value

    def speed(self) -> float:
        """Read `speed`."""
        value = self.values.get("speed")
        if value is None:
            return 1.0
        if type(value) not in {int, float} or not scalars.MIN_SPEED <= value <= scalars.MAX_SPEED:
            self.invalid("speed", f"must be a number from {scalars.MIN_SPEED} to {scalars.MAX_SPEED}")
            return 1.0
        return float(value)

    def text(self, *names: str) -> str:
        """Read a required text of 1..3000 characters by the first of its names that is given."""
        name = self.named(names)
        if not self.given(name):
            self.invalid(name, MISSING)
            return ""
        text = self._spoken(name)
        if text == "":
            self.invalid(name, f"must have 1 to {scalars.MAX_TEXT} characters")
        return text or ""

    def message(self, *names: str) -> str | None:
        """Read an optional text; an empty one says nothing."""
        name = self.named(names)
        return (self._spoken(name) or None) if self.given(name) else None

    def voice(self, catalogue: Catalogue) -> str:
        """Read `voiceProfile` or `language` as the code of an installed voice."""
        voice = catalogue.resolve(self.values.get("voiceProfile"), self.values.get("language"))
        if voice is None:
            self.broken(status.VOICE_INVALID, self.named(("voiceProfile", "language")))
            return ""
        return voice

    def url(self, name: str) -> str | None:
        """Read an optional http or https URL."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not scalars.is_url(value):
            self.invalid(name, f"must be an http or https URL of at most {scalars.MAX_URL} characters")
            return None
        return value

    def _spoken(self, name: str) -> str | None:
        """Read a given text of at most 3000 characters; None if it is invalid."""
        value = self.values[name]
        if not isinstance(value, str):
            self.invalid(name, "must be a string")
            return None
        if len(value) > scalars.MAX_TEXT:
            self.invalid(name, f"must have at most {scalars.MAX_TEXT} characters")
            return None
        if not scalars.is_speakable(value):
            self.broken(status.CHARACTERS_INVALID, name)
        return value
