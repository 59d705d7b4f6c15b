"""The parameters that a scenario declares: each kind knows what it takes.

A value is read once; what comes out is what the template puts in the place of `${name}`.
"""

import re
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta

from ringback.domain import scalars
from ringback.domain.number import digits_of
from ringback.domain.voice import Catalogue

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
"""How a parameter may be called."""
MAX_CHOICES: Final = 50
"""Values of an enum."""
LARGEST: Final = 2**53
"""Beyond it, JSON numbers are not exact everywhere (RFC 8259, section 6)."""

Value: TypeAlias = str | int | bool | None
"""What stands for a parameter; None: it is absent."""

_Integer: TypeAlias = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
_Choice: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100)]


class Unfit(ValueError):
    """A value is none that the parameter takes; the text says what it takes."""


class _Declared(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
    tag_field="type",
):
    """What every kind has."""

    description: Annotated[str, Meta(max_length=500)] = ""
    required: bool | None = None
    """None: it is where there is no default."""
    default: str | int | bool | None = None

    @property
    def is_required(self) -> bool:
        """Tell whether a program must give it."""
        return self.default is None if self.required is None else self.required

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - whatever JSON holds
        """Give what stands for a value that is given. Raises Unfit."""
        raise NotImplementedError


class StringParameter(_Declared, frozen=True, tag="string"):
    """A text."""

    max_length: Annotated[int, Meta(ge=1, le=scalars.MAX_TEXT)] = scalars.MAX_TEXT

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take a string of at most `max_length` characters."""
        del catalogue
        if not isinstance(value, str) or len(value) > self.max_length:
            message = f"must be a string of at most {self.max_length} characters"
            raise Unfit(message)
        return value


class IntegerParameter(_Declared, frozen=True, tag="integer"):
    """A whole number."""

    minimum: _Integer = -LARGEST
    maximum: _Integer = LARGEST

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take an integer of `minimum`..`maximum`."""
        del catalogue
        number = scalars.integer_of(value)
        if number is None or not self.minimum <= number <= self.maximum:
            message = f"must be an integer from {self.minimum} to {self.maximum}"
            raise Unfit(message)
        return number


class NumberParameter(_Declared, frozen=True, tag="msisdn"):
    """A telephone number."""

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take an MSISDN as a makeCall does, and give it with a plus; the makeCall says whether it is possible."""
        del catalogue
        digits = digits_of(value)
        if digits is None:
            message = "must be one MSISDN: 1 to 15 digits, with or without a plus"
            raise Unfit(message)
        return f"+{digits}"


class BooleanParameter(_Declared, frozen=True, tag="boolean"):
    """True or false."""

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take a boolean."""
        del catalogue
        if not isinstance(value, bool):
            message = "must be true or false"
            raise Unfit(message)
        return value


class EnumParameter(_Declared, frozen=True, tag="enum"):
    """One of some texts."""

    values: Annotated[tuple[_Choice, ...], Meta(min_length=1, max_length=MAX_CHOICES)]

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take one of `values`."""
        del catalogue
        if not isinstance(value, str) or value not in self.values:
            message = f"must be one of: {', '.join(self.values)}"
            raise Unfit(message)
        return value


class VoiceParameter(_Declared, frozen=True, tag="voice"):
    """A `voiceProfile`."""

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take the code of an installed voice, or another name of it."""
        if not isinstance(value, str) or catalogue.resolve(value, None) is None:
            message = "must be the code of a voice that is installed"
            raise Unfit(message)
        return value


class LanguageParameter(_Declared, frozen=True, tag="language"):
    """A `language`."""

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take a language that has a voice."""
        if not isinstance(value, str) or catalogue.resolve(None, value) is None:
            message = "must be a language that has a voice"
            raise Unfit(message)
        return value


class UrlParameter(_Declared, frozen=True, tag="url"):
    """An address on the web."""

    def read(self, value: Any, catalogue: Catalogue) -> Value:  # noqa: ANN401 - see above
        """Take an http or https URL."""
        del catalogue
        if not isinstance(value, str) or not scalars.is_url(value):
            message = f"must be an http or https URL of at most {scalars.MAX_URL} characters"
            raise Unfit(message)
        return value


Parameter: TypeAlias = (
    StringParameter
    | IntegerParameter
    | NumberParameter
    | BooleanParameter
    | EnumParameter
    | VoiceParameter
    | LanguageParameter
    | UrlParameter
)
