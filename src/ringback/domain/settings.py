"""What a subaccount may set for itself."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ringback.domain import coverage, quiet_hours, scalars
from ringback.domain.errors import Unusable
from ringback.domain.misfit import misfit
from ringback.domain.number import Number
from ringback.domain.retry import Retry, RetrySetting

MAX_CALLS: Final = 1_000_000
"""At a time or a second, more than a server has."""

Days = Annotated[int, Meta(ge=0, le=36_500)]
Areas = Annotated[str, Meta(pattern=coverage.AREAS, max_length=coverage.LONGEST)]
QuietHours = Annotated[str, Meta(pattern=quiet_hours.RULES, max_length=quiet_hours.LONGEST)]

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
    max_concurrent_calls: Annotated[int, Meta(ge=0, le=MAX_CALLS)] = 0
    """Calls that it may have at a time, in and out: while there are so many, its sessions wait. 0: no limit."""
    calls_per_second: Annotated[float, Meta(ge=0, le=MAX_CALLS)] = 0.0
    """Sessions that are dialled a second; below 1: one each so many seconds. 0: no limit."""
    quiet_hours: QuietHours = ""
    """When whom it calls is not to be disturbed, such as `SG 21:00-08:00, DE Sun 00:00-24:00`: its sessions wait.

    See `ringback.domain.quiet_hours`.
    """

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
            settings = msgspec.convert(
                {name: value for name, value in merged.items() if value is not None}, Settings, strict=strict
            )
        except msgspec.ValidationError as fault:
            message = _explain(fault)
            raise BadSetting(message) from None
        if "quietHours" in changes:
            _check_quiet_hours(settings.quiet_hours)
        return settings


def _check_quiet_hours(written: str) -> None:
    """Raise BadSetting where nobody could ever be called, or nobody knows what time it is anywhere."""
    if (country := quiet_hours.never_called(written)) is not None:
        message = f"quietHours: they leave no time to call {country}"
        raise BadSetting(message)
    if written and not quiet_hours.knows_time_zones():
        message = "quietHours: this machine has no time zones: install tzdata, of the system or by pip"
        raise BadSetting(message)


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
    if "matching regex" in text:
        path = text.partition(":")[0]
        return f"{path}: give {quiet_hours.HOW if path == 'quietHours' else coverage.HOW}"
    return text
