"""Whatever text comes, it is spoken or left unspoken; it never raises, and what comes of it is bounded."""

from hypothesis import example, given
from hypothesis import strategies as st

from ringback.adapters.speech.english import read
from ringback.adapters.speech.script import Sentence, Silence, heard, script
from ringback.adapters.speech.sentences import LONGEST
from ringback.domain.scalars import MAX_TEXT
from ringback.domain.ssml import MAX_SILENCE

_WORDS = (
    "code", "PIN", "is", "call", "in", "press", "ending in", "4829", "482913", "+65", "(555)", "010-0100", "$12.50",
    "£", "USD", "3:45", "PM", "p.m.", "2026-01-20", "1/2/2026", "#", "*", "A1B2", "-", ".", ",", "!", "\n", "x@y.z",
    "٤٢", "²", "Jan", "million",
)  # fmt: skip
_TAGS = (
    "<speak>", "</speak>", "<break/>", '<break time="9s"/>', '<break time="9e9s"/>', "<p>", "</p>", "<s>", "</s>",
    '<prosody rate="-90%">', '<prosody rate="9">', "</prosody>", '<say-as interpret-as="date" format="dmy">',
    '<say-as interpret-as="telephone">', '<say-as interpret-as="characters">', "</say-as>", "<sub alias='x'>", "</sub>",
    "<!DOCTYPE s [<!ENTITY a 'b'>]>", "&a;", "&lt;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0'?>",
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=500),
    st.lists(st.sampled_from(_WORDS) | st.text("0123456789 -.:/", max_size=20), max_size=60).map(" ".join),
)
pieces = st.lists(st.sampled_from(_WORDS + _TAGS) | st.text(max_size=10), max_size=60).map("".join)
documents = st.one_of(texts, pieces, pieces.map(lambda inner: f"<speak>{inner}</speak>"))
locales = st.sampled_from(["en-US", "en-GB", "de-DE", "en-Shaw-GB"])


@given(documents, locales, st.floats(0.5, 2.0))
@example("<speak>" + '<say-as interpret-as="characters">"</say-as>' * 70 + "</speak>", "en-US", 1.0)
@example("<speak>" + "<b>" * 990, "en-US", 1.0)
@example("<speak>" + "<break time='10s'/>" * 150 + "</speak>", "en-US", 0.5)
def test_any_text_becomes_a_bounded_script(text: str, locale: str, speed: float) -> None:
    lines = list(heard(script(text[:MAX_TEXT], locale, speed)))
    spoken = [line for line in lines if isinstance(line, Sentence)]
    asked = [line.seconds for line in lines if isinstance(line, Silence) and line.asked_for]
    assert all(0.5 <= line.speed <= 2.0 and 0 < len(line.text) <= LONGEST for line in spoken)
    assert sum(len(line.text) for line in spoken) <= 20 * MAX_TEXT
    assert sum(asked) <= MAX_SILENCE + 1e-6
    for line in spoken:
        line.text.encode()


@given(texts)
def test_what_is_no_number_is_never_touched(text: str) -> None:
    plain = "".join(sign for sign in text if not sign.isdecimal() and sign not in "#*")
    assert read(plain, american=True) == plain
