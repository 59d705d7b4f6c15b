"""Reads each action of an untyped callflow: every rule on its params."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from ringback.domain import scalars, status
from ringback.domain.callflow import Action, Hangup, MakeCall, OptOut, PlayFile, Say, SayAndCapture
from ringback.domain.errors import NotANumber
from ringback.domain.number import Number, digits_of
from ringback.domain.params import Params
from ringback.domain.scalars import MISSING, integer_of
from ringback.domain.verdict import Rules

_SEPARATORS: Final = re.compile(r"[,; ]+")
_LONGEST_LIST: Final = 1024
"""Characters of a destination in which several numbers are looked for."""
_NOWHERE: Final = Number("")
_OPT_OUT_DIGITS: Final = "0123456789*"


def read_make_call(params: Params, rules: Rules) -> Action:
    """Read `makeCall`."""
    return MakeCall(_source(params, rules), _destination(params), params.boolean("callRecording", default=False))


def read_say(params: Params, rules: Rules) -> Action:
    """Read `say`."""
    return Say(
        params.text("text"),
        params.voice(rules.catalogue),
        params.speed(),
        params.integer("repetition", scalars.MAX_REPETITION),
    )


def read_play_file(params: Params, _rules: Rules) -> Action:
    """Read `playFile`."""
    if not params.given("fileUrl"):
        params.invalid("fileUrl", MISSING)
    return PlayFile(params.url("fileUrl") or "", params.integer("repetition", scalars.MAX_REPETITION))


def read_hangup(_params: Params, _rules: Rules) -> Action:
    """Read `hangup`."""
    return Hangup()


def read_capture(params: Params, rules: Rules) -> Action:
    """Read `sayAndCapture`."""
    complete_on_hash = params.boolean("completeOnHash", default=True)
    min_digits = params.integer("minDigits", scalars.MAX_CAPTURED)
    max_digits = _max_digits(params, min_digits, complete_on_hash=complete_on_hash)
    overall_timeout = _overall_timeout(params)
    callback_url = params.url("dtmfCallbackUrl")
    opt_out = _opt_out(params)
    if not (rules.vca_enabled or params.given("dtmfCallbackUrl") or opt_out is not None):
        params.broken(status.CALLBACK_URL_MISSING, "dtmfCallbackUrl")
    settings = rules.settings
    if overall_timeout is None:
        overall_timeout = settings.overall_timeout
    if max_digits is None:
        max_digits = settings.max_digits
    digit_timeout = None
    if params.given("digitTimeout"):
        digit_timeout = params.integer("digitTimeout", scalars.MAX_TIMEOUT) / 1000
    return SayAndCapture(
        prompt=params.text("promptMessage", "text"),
        voice=params.voice(rules.catalogue),
        speed=params.speed(),
        repetition=params.integer("repetition", scalars.MAX_REPETITION),
        min_digits=min_digits,
        max_digits=max_digits,
        digit_timeout=digit_timeout,
        overall_timeout=overall_timeout / 1000,
        complete_on_hash=complete_on_hash,
        tries=params.integer("noOfTries", scalars.MAX_TRIES, settings.no_of_tries),
        success_message=params.message("successMessage", "endMessage"),
        failure_message=params.message("failureMessage"),
        callback_url=callback_url,
        opt_out=opt_out,
    )


READERS: Final[Mapping[str, Callable[[Params, Rules], Action]]] = {
    "makecall": read_make_call,
    "say": read_say,
    "sayandcapture": read_capture,
    "say&capture": read_capture,
    "playfile": read_play_file,
    "hangup": read_hangup,
}
"""By the action's name in lower case; executeScenario is judged by the walk."""


def check_old_destination(params: Params, dialled: object) -> None:
    """Judge a `destination` that an action other than makeCall carries in the old form.

    `dialled`: the destination of the first makeCall.
    """
    value = params.values.get("destination")
    if value is None:
        return
    same = digits_of(value) == digits_of(dialled) if digits_of(value) else value == dialled
    if isinstance(value, list) or not (dialled is None or same):
        params.broken(status.SEVERAL_DESTINATIONS, "destination")


def _source(params: Params, rules: Rules) -> Number:
    if not params.given("source"):
        params.invalid("source", MISSING)
        return _NOWHERE
    digits = digits_of(params.values["source"])
    if digits is None or digits not in rules.allowed_sources:
        params.broken(status.SOURCE_NOT_ALLOWED, "source")
        return _NOWHERE
    return Number(digits)


def _destination(params: Params) -> Number:
    if not params.given("destination"):
        params.invalid("destination", MISSING)
        return _NOWHERE
    value = params.values["destination"]
    try:
        return Number.parse(value)
    except NotANumber:
        params.broken(
            status.SEVERAL_DESTINATIONS if _holds_several(value) else status.DESTINATION_INVALID, "destination"
        )
        return _NOWHERE


def _holds_several(value: object) -> bool:
    if isinstance(value, list):
        return True
    if not isinstance(value, str):
        return False
    found = 0
    for part in _SEPARATORS.split(value[:_LONGEST_LIST]):
        try:
            Number.parse(part)
        except NotANumber:
            continue
        found += 1
        if found > 1:
            return True
    return False


def _opt_out(params: Params) -> OptOut | None:
    """Read `optOut`, which only the template of a scenario can have."""
    if not (params.is_rendered and params.given("optOut")):
        return None
    values = params.values["optOut"]
    if not isinstance(values, dict):
        params.invalid("optOut", "must be an object")
        return None
    inner = Params(values, f"{params.path}.optOut", params.findings)
    digit = values.get("digit")
    if not isinstance(digit, str) or len(digit) != 1 or digit not in _OPT_OUT_DIGITS:
        inner.invalid("digit", f"must be one of {_OPT_OUT_DIGITS}")
        digit = ""
    return OptOut(digit, inner.message("confirmation"), inner.message("failure"))


def _max_digits(params: Params, min_digits: int, *, complete_on_hash: bool) -> int | None:
    """Read `maxDigits`: -1003 beside minDigits, -1008 without the hash, -1009 else."""
    number = integer_of(params.values.get("maxDigits"))
    valid = number is not None and 1 <= number <= scalars.MAX_CAPTURED
    if params.given("minDigits") and not (valid and number is not None and number >= min_digits):
        params.broken(status.MAX_DIGITS_REQUIRED, "maxDigits")
    if valid:
        return number
    if not complete_on_hash:
        params.broken(status.MAX_DIGITS_REQUIRED_WITHOUT_HASH, "maxDigits")
    elif not params.given("minDigits"):
        params.integer("maxDigits", scalars.MAX_CAPTURED)
    return None


def _overall_timeout(params: Params) -> int | None:
    """Read `overallTimeout`: -1005 and -1006 beside digitTimeout, -1009 else."""
    pause = integer_of(params.values.get("digitTimeout"))
    overall = integer_of(params.values.get("overallTimeout"))
    if params.given("digitTimeout"):
        if overall is None or overall < 1:
            params.broken(status.OVERALL_TIMEOUT_REQUIRED, "overallTimeout")
            return None
        if pause is not None and 1 <= pause <= scalars.MAX_TIMEOUT and overall < pause:
            params.broken(status.OVERALL_TIMEOUT_TOO_SHORT, "overallTimeout")
    if params.given("overallTimeout"):
        return params.integer("overallTimeout", scalars.MAX_TIMEOUT)
    return None
