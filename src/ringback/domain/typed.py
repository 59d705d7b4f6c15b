"""The short way of a valid callflow: one typed decode, then the rules between fields.

It only ever accepts. What it doubts (a broken rule, an action's name in another case, a type that needs a closer look)
it leaves to `ringback.domain.walk`, which accepts the same bodies with the same outcome.
"""

from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta

from ringback.domain import scalars
from ringback.domain.callflow import Action, Callflow, Hangup, MakeCall, PlayFile, Say, SayAndCapture
from ringback.domain.errors import NotANumber
from ringback.domain.number import MAX_DIGITS, Number, digits_of
from ringback.domain.retry import Retry
from ringback.domain.verdict import Rules

MAX_DEPTH: Final = 64
"""How deep the JSON of a body may be nested."""

_Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=scalars.MAX_TEXT)]
_Message: TypeAlias = Annotated[str, Meta(max_length=scalars.MAX_TEXT)]
_Repetition: TypeAlias = Annotated[int, Meta(ge=1, le=scalars.MAX_REPETITION)]
_Speed: TypeAlias = Annotated[float, Meta(ge=scalars.MIN_SPEED, le=scalars.MAX_SPEED)]
_Digits: TypeAlias = Annotated[int, Meta(ge=1, le=scalars.MAX_CAPTURED)]
_Timeout: TypeAlias = Annotated[int, Meta(ge=1, le=scalars.MAX_TIMEOUT)]
_Tries: TypeAlias = Annotated[int, Meta(ge=1, le=scalars.MAX_TRIES)]


_Msisdn: TypeAlias = (
    Annotated[str, Meta(extra_json_schema={"pattern": rf"^\+?[0-9]{{1,{MAX_DIGITS}}}$"})]
    | Annotated[int, Meta(extra_json_schema={"minimum": 0, "exclusiveMaximum": 10**MAX_DIGITS})]
)
_Url: TypeAlias = Annotated[str, Meta(extra_json_schema=scalars.URL_SCHEMA)]
_Moment: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
_VOICED: Final = Meta(extra_json_schema={"anyOf": [{"required": ["voiceProfile"]}, {"required": ["language"]}]})


class _MakeCallParams(msgspec.Struct, rename="camel"):
    """Who calls whom: E.164, as a string with or without a plus, or as an integer."""

    source: _Msisdn
    """A virtual number of the subaccount, or one of its allowed caller IDs."""
    destination: _Msisdn
    call_recording: bool | None = None
    """Whether the call is recorded; default false."""


class _SayParams(msgspec.Struct, rename="camel"):
    """What is spoken; `voiceProfile` or `language` is required."""

    text: _Text
    """Plain text, or an SSML document."""
    voice_profile: str | None = None
    """One of `GET /speech-profiles`, or an old name of one; wins over `language`."""
    language: str | None = None
    """BCP 47, such as `en-US` or `en`: takes the first voice that speaks it."""
    speed: _Speed | None = None
    """Default 1."""
    repetition: _Repetition | None = None
    """How often it is spoken; default 1."""
    destination: Any = None
    """Old form: that of the first makeCall."""


class _CaptureParams(msgspec.Struct, rename="camel"):
    """What is spoken, and which digits are waited for; `voiceProfile` or `language` is required."""

    prompt_message: _Text | None = None
    """Required; a digit that is pressed while it is spoken stops it, and counts."""
    text: _Text | None = None
    """Old name of `promptMessage`."""
    voice_profile: str | None = None
    """One of `GET /speech-profiles`, or an old name of one; wins over `language`."""
    language: str | None = None
    """BCP 47, such as `en-US` or `en`: takes the first voice that speaks it."""
    speed: _Speed | None = None
    """Default 1."""
    repetition: _Repetition | None = None
    """How often the prompt is spoken within one try; default 1."""
    min_digits: _Digits | None = None
    """Fewer are a failure; default 1. With it `maxDigits` is required."""
    max_digits: _Digits | None = None
    """So many end the entry; default 25. Required where `completeOnHash` is false."""
    digit_timeout: _Timeout | None = None
    """Longest pause between two digits, ms; with it `overallTimeout` is required, and not less."""
    overall_timeout: _Timeout | None = None
    """From the end of the prompt, ms; default 30000."""
    complete_on_hash: bool | None = None
    """Whether `#` ends the entry, and is no digit of it; default true."""
    no_of_tries: _Tries | None = None
    """How often the prompt is tried in all; default 3."""
    success_message: _Message | None = None
    """Spoken when the digits came."""
    end_message: _Message | None = None
    """Old name of `successMessage`."""
    failure_message: _Message | None = None
    """Spoken after each try that failed."""
    dtmf_callback_url: _Url | None = None
    """Old form: the digits are posted there, too; required where no VCA webhook is enabled."""
    destination: Any = None
    """Old form: that of the first makeCall."""


class _PlayFileParams(msgspec.Struct, rename="camel"):
    """A sound file that is played."""

    file_url: _Url
    """http or https; mp3 or wav, at most 5,242,880 bytes; kept for an hour."""
    repetition: _Repetition | None = None
    """How often it is played; default 1."""
    destination: Any = None
    """Old form: that of the first makeCall."""


class _HangupParams(msgspec.Struct, rename="camel"):
    """Nothing needs to be said."""

    destination: Any = None
    """Old form: that of the first makeCall."""


class _MakeCallEntry(msgspec.Struct, tag_field="action", tag="makeCall"):
    """Dial: the first of a callflow dials call A, a second call B, which is bridged to A once answered."""

    params: _MakeCallParams


class _SayEntry(msgspec.Struct, tag_field="action", tag="say"):
    """Speak a text."""

    params: Annotated[_SayParams, _VOICED]


class _CaptureEntry(msgspec.Struct, tag_field="action", tag="sayAndCapture"):
    """Speak a prompt and collect digits; `say&capture` is an old name."""

    params: Annotated[_CaptureParams, _VOICED]


class _PlayFileEntry(msgspec.Struct, tag_field="action", tag="playFile"):
    """Play a sound file."""

    params: _PlayFileParams


class _HangupEntry(msgspec.Struct, tag_field="action", tag="hangup"):
    """End every call of the session; nothing comes after it."""

    params: _HangupParams | None = None


class _ScenarioParams(msgspec.Struct, rename="camel"):
    """A callflow that the server has, and what it is to be filled with."""

    scenario_name: str
    """One of `GET /scenarios`."""
    scenario_params: dict[str, Any] | None = None
    """As the scenario declares them; what is wrong with them ends the session with -2009, or -2008 for the source."""


class _ScenarioEntry(msgspec.Struct, tag_field="action", tag="executeScenario"):
    """Run a scenario: the only action of its callflow."""

    params: _ScenarioParams


Entry: TypeAlias = _MakeCallEntry | _SayEntry | _CaptureEntry | _PlayFileEntry | _HangupEntry | _ScenarioEntry
"""An action; its name may be written in any case."""


class CallflowRequest(msgspec.Struct, rename="camel"):
    """What is to happen, in order, in a call that is made first."""

    callflow: Annotated[list[Entry], Meta(min_length=1)]
    """The first action is a `makeCall`; two of these at most. 50 actions at most, unless the server says otherwise.

    Or it is one `executeScenario`.
    """
    client_request_id: str | None = None
    """Given back in the summary of the session (VSS)."""
    client_action_id: str | None = None
    """Given back when this callflow has run out (VCA)."""
    valid_until: _Moment | None = None
    """ISO 8601 date-time, without a zone UTC: a session that still waits then is not dialled."""
    start_at: _Moment | None = None
    """ISO 8601 date-time, at most 30 days ahead and before `validUntil`: the session is not dialled earlier."""
    retry: Retry | None = None
    """Whether, and when, it is tried again where nobody answers or the line is busy; else the subaccount's setting."""
    ignore_quiet_hours: bool | None = None
    """Whether it is dialled in the quiet hours of the destination, too, such as a one-time code; default false."""


_decoder = msgspec.json.Decoder(CallflowRequest)


def accept(body: bytes, rules: Rules, now: float, *, max_calls: int, first_is_call: bool) -> Callflow | None:
    """Give the callflow of a body that is valid beyond doubt, else None."""
    if not _is_plain(body):
        return None
    try:
        request = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    entries = request.callflow
    if not entries or len(entries) > rules.max_actions or (first_is_call and type(entries[0]) is not _MakeCallEntry):
        return None
    times = _times(request, now, first_is_call=first_is_call)
    actions = _actions(entries, rules, max_calls)
    if times is None or actions is None:
        return None
    return Callflow(
        actions=actions,
        client_action_id=request.client_action_id,
        client_request_id=request.client_request_id,
        valid_until=times[0],
        start_at=times[1],
        retry=(request.retry or rules.settings.usual_retry) if first_is_call else None,
        ignores_quiet_hours=first_is_call and request.ignore_quiet_hours is True,
    )


def _is_plain(body: bytes) -> bool:
    """Tell whether a typed decode sees all that is wrong with the JSON: it does not look into fields that it skips."""
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH or b"\\ud" in body or b"\\uD" in body:
        return False
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            return False
    return True


def _times(request: CallflowRequest, now: float, *, first_is_call: bool) -> tuple[float | None, float | None] | None:
    """Give `validUntil` and, but of the answer to a VCA, `startAt`; None where one of them is no good."""
    valid_until = start_at = None
    if request.valid_until is not None:
        valid_until = scalars.parse_moment(request.valid_until)
        if valid_until is None or valid_until < now:
            return None
    if request.start_at is not None and first_is_call:
        start_at = scalars.parse_moment(request.start_at)
        if start_at is None or scalars.why_not_start(start_at, valid_until, now) is not None:
            return None
    return valid_until, start_at


def _actions(entries: list[Entry], rules: Rules, max_calls: int) -> tuple[Action, ...] | None:
    actions: list[Action] = []
    last = len(entries) - 1
    calls = 0
    for index, entry in enumerate(entries):
        action: Action | None
        match entry:
            case _MakeCallEntry(params=params):
                calls += 1
                action = _make_call(params, rules) if calls <= max_calls else None
            case _SayEntry(params=params):
                action = _say(params, rules)
            case _CaptureEntry(params=params):
                action = _capture(params, rules)
            case _PlayFileEntry(params=params):
                action = _play_file(params)
            case _HangupEntry(params=hangup):
                action = Hangup() if index == last and (hangup is None or hangup.destination is None) else None
            case _ScenarioEntry():
                action = None  # it goes the long way
        if action is None:
            return None
        actions.append(action)
    return tuple(actions)


def _make_call(params: _MakeCallParams, rules: Rules) -> MakeCall | None:
    source = digits_of(params.source)
    if source is None or source not in rules.allowed_sources:
        return None
    try:
        destination = Number.parse(params.destination)
    except NotANumber:
        return None
    return MakeCall(Number(source), destination, bool(params.call_recording))


def _say(params: _SayParams, rules: Rules) -> Say | None:
    voice = rules.catalogue.resolve(params.voice_profile, params.language)
    if voice is None or params.destination is not None or not scalars.is_speakable(params.text):
        return None
    return Say(params.text, voice, params.speed or 1.0, params.repetition or 1)


def _play_file(params: _PlayFileParams) -> PlayFile | None:
    if params.destination is not None or not scalars.is_url(params.file_url):
        return None
    return PlayFile(params.file_url, params.repetition or 1)


def _capture(params: _CaptureParams, rules: Rules) -> SayAndCapture | None:
    prompt = params.prompt_message or params.text
    voice = rules.catalogue.resolve(params.voice_profile, params.language)
    success = params.end_message if params.success_message is None else params.success_message
    if (
        prompt is None
        or voice is None
        or params.destination is not None
        or not scalars.is_speakable(prompt)
        or not (success is None or scalars.is_speakable(success))
        or not (params.failure_message is None or scalars.is_speakable(params.failure_message))
        or not _digits_fit(params)
        or not _timeouts_fit(params)
        or not _digits_are_taken(params, rules)
    ):
        return None
    settings = rules.settings
    overall = params.overall_timeout or settings.overall_timeout
    return SayAndCapture(
        prompt=prompt,
        voice=voice,
        speed=params.speed or 1.0,
        repetition=params.repetition or 1,
        min_digits=params.min_digits or 1,
        max_digits=params.max_digits or settings.max_digits,
        digit_timeout=None if params.digit_timeout is None else params.digit_timeout / 1000,
        overall_timeout=overall / 1000,
        complete_on_hash=params.complete_on_hash is not False,
        tries=params.no_of_tries or settings.no_of_tries,
        success_message=success or None,
        failure_message=params.failure_message or None,
        callback_url=params.dtmf_callback_url,
    )


def _digits_fit(params: _CaptureParams) -> bool:
    if params.max_digits is None:
        return params.min_digits is None and params.complete_on_hash is not False
    return params.min_digits is None or params.min_digits <= params.max_digits


def _timeouts_fit(params: _CaptureParams) -> bool:
    if params.digit_timeout is None:
        return True
    return params.overall_timeout is not None and params.digit_timeout <= params.overall_timeout


def _digits_are_taken(params: _CaptureParams, rules: Rules) -> bool:
    if params.dtmf_callback_url is None:
        return rules.vca_enabled
    return scalars.is_url(params.dtmf_callback_url)
