"""Whatever comes in, a verdict comes out; and the short way accepts nothing that the long way would judge otherwise."""

import json
from typing import Any

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.domain.bodies import HANGUP, NOW, RULES, WITHOUT_VCA, body

from ringback.domain import typed
from ringback.domain.errors import NotANumber
from ringback.domain.findings import MAX_VIOLATIONS, Findings
from ringback.domain.number import Number
from ringback.domain.status import PRECEDENCE
from ringback.domain.validation import Verdict, validate, validate_answer
from ringback.domain.walk import walk

# ---------------------------------------------------------------- bodies

SOURCES = st.sampled_from(["6512341234", "+6512341234", 6512341234, "6531589338"])
DESTINATIONS = st.sampled_from(["+6512345678", "12025550123", 4515121234, "+4402079460000"])
TEXTS = st.text(min_size=1, max_size=40)
OPTIONAL_TEXTS = st.none() | st.text(max_size=40)
PROFILES = st.sampled_from(["en-US-Heart", "en-us-heart", "en-US-BenjaminRUS"])
VOICES = st.fixed_dictionaries({"voiceProfile": PROFILES}) | st.fixed_dictionaries(
    {"language": st.sampled_from(["en", "en-US"])}
)
SPEECH = {"speed": st.none() | st.floats(0.5, 2.0) | st.just(1), "repetition": st.none() | st.integers(1, 3)}


def _joined(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


def _named(name: str, params: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"action": st.just(name), "params": params})


CALLS = _named(
    "makeCall",
    st.fixed_dictionaries(
        {"source": SOURCES, "destination": DESTINATIONS}, optional={"callRecording": st.none() | st.booleans()}
    ),
)
SAYS = _named("say", _joined(VOICES, st.fixed_dictionaries({"text": TEXTS}, optional=SPEECH)))
PLAYS = _named(
    "playFile",
    st.fixed_dictionaries(
        {"fileUrl": st.sampled_from(["http://example.com/a.wav", "https://a:1/x"])},
        optional={"repetition": st.integers(1, 3)},
    ),
)
CAPTURES = _named(
    "sayAndCapture",
    _joined(
        VOICES,
        st.fixed_dictionaries({"promptMessage": TEXTS}) | st.fixed_dictionaries({"text": TEXTS}),
        st.fixed_dictionaries(
            {},
            optional=SPEECH
            | {
                "completeOnHash": st.none() | st.booleans(),
                "noOfTries": st.integers(1, 10),
                "successMessage": OPTIONAL_TEXTS,
                "endMessage": OPTIONAL_TEXTS,
                "failureMessage": OPTIONAL_TEXTS,
                "minDigits": st.none() | st.integers(1, 25),
                "maxDigits": st.none() | st.integers(1, 25),
                "digitTimeout": st.none() | st.integers(1, 20_000),
                "overallTimeout": st.none() | st.integers(1, 20_000),
                "dtmfCallbackUrl": st.sampled_from([None, "http://example.com/digits"]),
            },
        ),
    ),
)
FLOWS = st.builds(
    lambda first, middle, last: [first, *middle, *last],
    CALLS,
    st.lists(SAYS | PLAYS | CAPTURES, max_size=4),
    st.sampled_from([[], [HANGUP], [{"action": "hangup"}]]),
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "clientRequestId": st.none() | st.text(max_size=10),
        "clientActionId": st.none() | st.text(max_size=10),
        "validUntil": st.sampled_from([None, "2030-01-20T20:30:00Z", "2020-01-20T20:30:00Z", "x"]),
        "startAt": st.sampled_from(
            [None, "2027-01-20T20:30:00Z", "2030-01-20T20:30:00Z", "2020-01-20T20:30:00Z", "x", 1]
        ),
        "retry": st.none()
        | st.integers()
        | st.fixed_dictionaries(
            {},
            optional={
                "attempts": st.sampled_from([0, 1, 5, 6, None, 1.0, "1"]),
                "delaySeconds": st.sampled_from([60, 300, 59, None, "x"]),
                "on": st.sampled_from([["BUSY"], ["NO_ANSWER", "BUSY"], [], ["x"], None]),
            },
        ),
        "ignoreQuietHours": st.sampled_from([None, True, False, "yes"]),
        "more": st.integers() | st.floats() | st.text(max_size=5),
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["source", "destination", "text", "voiceProfile", "maxDigits", "digitTimeout", "speed", "fileUrl"]
)


# ---------------------------------------------------------------- checks


def _is_sound(verdict: Verdict) -> None:
    assert (verdict.callflow is None) == bool(verdict.violations)
    assert verdict.message
    assert verdict.http in {200, 400, 422}
    assert len(verdict.violations) <= MAX_VIOLATIONS
    # the codes come in the order of the table; -1009 has three places in it
    places = iter(PRECEDENCE)
    last = None
    for violation in verdict.violations:
        if violation.code != last:
            assert violation.code in places
            last = violation.code


def _agree(content: bytes) -> bool:
    """Compare the short way with the long one; tell whether the short one accepted."""
    short = typed.accept(content, RULES, NOW, max_calls=2, first_is_call=True)
    if short is not None:
        findings = Findings()
        assert walk(json.loads(content), RULES, NOW, findings, max_calls=2, first_is_call=True) == short
        assert findings.count == 0
    return short is not None


@given(flow=FLOWS, envelope=ENVELOPES, ascii_only=st.booleans())
@settings(max_examples=200)
def test_the_short_way_and_the_long_way_agree(
    flow: list[object], envelope: dict[str, Any], *, ascii_only: bool
) -> None:
    content = json.dumps({"callflow": flow, **envelope}, ensure_ascii=ascii_only).encode()
    _agree(content)
    _is_sound(validate(content, RULES, NOW))
    _is_sound(validate(content, WITHOUT_VCA, NOW))


@given(FLOWS)
def test_a_valid_ascii_callflow_never_needs_the_long_way(flow: list[dict[str, Any]]) -> None:
    content = body(*flow)
    verdict = validate(content, RULES, NOW)
    if verdict.callflow is not None and b"\\ud" not in content:
        assert _agree(content)


@given(FLOWS, FIELDS, JSON, st.integers(0, 10))
@settings(max_examples=200)
def test_a_field_of_any_kind_is_judged_alike_by_both_ways(
    flow: list[dict[str, Any]], name: str, value: object, index: int
) -> None:
    entry = flow[index % len(flow)]
    flow[index % len(flow)] = entry | {"params": dict(entry.get("params") or {}) | {name: value}}
    content = json.dumps({"callflow": flow}).encode()
    _is_sound(validate(content, RULES, NOW))
    if b"Infinity" not in content and b"NaN" not in content:
        _agree(content)


@given(JSON, JSON, st.lists(JSON, max_size=3))
@settings(max_examples=200)
def test_any_json_gets_a_verdict(whole: object, params: object, flow: list[object]) -> None:
    for document in (whole, {"callflow": flow}, {"callflow": [{"action": "say", "params": params}]}):
        content = json.dumps(document).encode()
        _is_sound(validate(content, RULES, NOW))
        _is_sound(validate_answer(content, RULES, NOW))


@given(st.binary(max_size=60))
def test_any_bytes_get_a_verdict(content: bytes) -> None:
    _is_sound(validate(content, RULES, NOW))


@given(FLOWS, st.integers(0, 10_000), st.binary(max_size=3))
@settings(max_examples=200)
def test_a_damaged_callflow_gets_a_verdict(flow: list[object], at: int, damage: bytes) -> None:
    content = json.dumps({"callflow": flow}, ensure_ascii=False).encode()
    at %= len(content)
    _is_sound(validate(content[:at] + damage + content[at + len(damage) :], RULES, NOW))


@given(
    st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    st.sampled_from(["", "0", "00", "1"]),
    st.text("0123456789", max_size=12),
)
@settings(max_examples=200)
def test_a_number_is_possible_where_libphonenumber_says_so(calling_code: int, prefix: str, national: str) -> None:
    digits = f"{calling_code}{prefix}{national}"[:15]
    try:
        expected = phonenumbers.is_possible_number(phonenumbers.parse("+" + digits))
    except phonenumbers.NumberParseException:
        expected = False
    try:
        Number.parse(digits)
    except NotANumber:
        assert not expected
    else:
        assert expected


@given(st.text(max_size=20))
def test_a_number_from_outside_always_has_a_country(text: str) -> None:
    country = Number(text).country
    assert len(country) == 2
    assert country.isupper()
