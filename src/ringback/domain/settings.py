"""What a subaccount may set for itself."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ringback.domain import coverage, scalars
from ringback.domain.errors import Unusable
from ringback.domain.misfit import misfit
from ringback.domain.number import Number
from ringback.domain.retry import Retry, RetrySetting

Days = Annotated[int, Meta(ge=0, le=36_500)]
Areas = Annotated[str, Meta(pattern=coverage.AREAS, max_length=coverage.LONGEST)]

FALLBACK: Final = "fallbackCallflow"
_WRITTEN_AS_JSON: Final = frozenset({FALLBACK, "retry"})
MAX_FALLBACK: Final = 16_384
"""Bytes of a fallback callflow: every request of the subaccount has it at hand."""


class BadSetting(Unusable):
    """A setting has no such name or cannot have such a value; the text says which."""


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"
):
    """The settings of a subaccount; written, they are JSON that holds what is not the default."""

    overall_timeout: Annotated[int, Meta(ge=1, le=scalars.MAX_TIMEOUT)] = scalars.CAPTURE_TIMEOUT
    """Of a sayAndCapture that gives none, in milliseconds."""
    no_of_tries: Annotated[int, Meta(ge=1, le=scalars.MAX_TRIES)] = scalars.CAPTURE_TRIES
    """Of a sayAndCapture that gives none."""
    max_digits: Annotated[int, Meta(ge=1, le=scalars.MAX_CAPTURED)] = scalars.CAPTURE_DIGITS
    """Of a sayAndCapture that gives none."""
    leg_keys: Literal["callA", "CallA"] = "callA"
    """How the legs are named in the details of a VSS: `callA`, `callB`, … or `CallA`, `CallB`, …."""
    event_data_form: Literal["object", "string"] = "object"
    """Whether a VCA carries `"eventData": {"dtmf": "1"}` or `"eventData": "1"`."""

    allowed_destinations: Areas = ""
    """Where its calls may go, such as `65,DE`; empty: everywhere. Other destinations end with -2004, undialled."""
    blocked_destinations: Areas = ""
    """Where its calls may not go, such as `1900,4190`, allowed or not."""

    retry: RetrySetting | None = None
    """Of a callflow that says nothing of it; None: it is not tried again."""
    fallback_callflow: dict[str, Any] | None = None
    """Runs where the VCA webhook fails: as its answer would be, `{"callflow": [...]}`.

    See `ringback.domain.fallback`.
    """

    keep_texts_days: Days | None = None
    """After so many days the texts and digits of a session are erased; 0: never, None: as the server is configured."""
    keep_sessions_days: Days | None = None
    """After so many days a session is erased with all that is about it; 0: never, None: as the server is configured."""
    keep_recordings_days: Days | None = None
    """After so many days a recording is removed; 0: never, None: as the server is configured."""

    def covers(self, destination: Number) -> bool:
        """Tell whether a call may go there."""
        return coverage.is_covered(destination, self.allowed_destinations, self.blocked_destinations)

    @property
    def usual_retry(self) -> Retry | None:
        """Give the retry of a callflow that says nothing of it."""
        return None if self.retry is None else self.retry.retry

    def changed(self, changes: Mapping[str, object], *, strict: bool = False) -> "Settings":
        """Set some, by the names of the API, such as `noOfTries`; None sets the default. Raises BadSetting.

        Numbers and JSON may be given as text, unless it is `strict`.
        """
        if not strict:
            changes = {name: _plain(name, value) for name, value in changes.items()}
        if len(msgspec.json.encode(changes.get(FALLBACK))) > MAX_FALLBACK:
            message = f"{FALLBACK}: it is longer than {MAX_FALLBACK} bytes"
            raise BadSetting(message)
        merged = msgspec.to_builtins(self) | changes
        try:
            return msgspec.convert(
                {name: value for name, value in merged.items() if value is not None}, Settings, strict=strict
            )
        except msgspec.ValidationError as fault:
            message = _explain(fault)
            raise BadSetting(message) from None


def _plain(name: str, value: object) -> object:
    """Give what a text stands for where it is JSON. Raises BadSetting."""
    if name not in _WRITTEN_AS_JSON or not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        message = f"{name}: it is no JSON: {fault}"
        raise BadSetting(message) from None


def _explain(fault: msgspec.ValidationError) -> str:
    """Say it without the words of the decoder."""
    text = misfit(fault)
    if "matching regex" in text:  # of areas alone
        return f"{text.partition(':')[0]}: give {coverage.HOW}"
    return text
