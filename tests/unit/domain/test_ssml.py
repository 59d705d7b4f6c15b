import pytest

from ringback.domain.ssml import LONGEST_BREAK, MAX_DEPTH, MAX_SILENCE, Manner, Pause, SayAs, Spoken, parse


def spoken(document: str) -> list[str]:
    parts = parse(document)
    assert parts is not None
    return [part.text for part in parts if isinstance(part, Spoken)]


def pauses(inner: str) -> list[float | None]:
    parts = parse(f"<speak>{inner}</speak>")
    assert parts is not None
    return [part.seconds for part in parts if isinstance(part, Pause)]


def manner(inner: str) -> Manner:
    parts = parse(f"<speak>{inner}</speak>")
    assert parts is not None
    (part,) = parts
    assert isinstance(part, Spoken)
    return part.manner


@pytest.mark.parametrize(
    "document",
    [
        "<speak>Hi</speak>",
        "  <speak>Hi</speak>\n",
        '<?xml version="1.0"?><speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis">Hi</speak>',
        '<?xml version="1.0" encoding="UTF-16"?><speak>Hi</speak>',
        "<speak><!-- a remark -->Hi<?target?></speak>",
        "<speak><![CDATA[Hi]]></speak>",
        "<speak><voice name='x'><emphasis level='strong'>Hi</emphasis></voice></speak>",
        "<speak><mstts:express-as style='sad'>Hi</mstts:express-as></speak>",
        "<speak><audio src='https://example.com/x.mp3'>Hi<desc>a bell</desc></audio></speak>",
        "<speak><metadata><x>y</x></metadata>Hi</speak>",
        "<speak><sub alias='Hi'>Hello <b>there</b></sub></speak>",
    ],
)
def test_a_whole_document_is_read_and_of_unknown_elements_the_text(document: str) -> None:
    assert spoken(document) == ["Hi"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hi",
        "Say <speak>Hi</speak>",
        "<speak>Hi</speak> there",
        "<speak>Hi",
        "<speak>Hi & you</speak>",
        "<speak>1 < 2</speak>",
        "<speak><b>Hi</speak></b>",
        "<speaker>Hi</speaker>",
        "<speak>&nbsp;</speak>",
        "<speak>&#0;</speak>",
        "<speak>half a pair \ud800</speak>",
        "<!DOCTYPE speak><speak>Hi</speak>",
        '<?xml version="1.0"?><!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak>Hi</speak>',
        '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>',
        '<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><speak>&b;</speak>',
        "<?xml",
        "<speak",
    ],
)
def test_anything_else_is_no_ssml(text: str) -> None:
    assert parse(text) is None


def test_a_document_may_be_so_deep_and_no_deeper() -> None:
    within = MAX_DEPTH - 1
    assert spoken(f"<speak>{'<b>' * within}Hi{'</b>' * within}</speak>") == ["Hi"]
    assert parse(f"<speak>{'<b>' * MAX_DEPTH}Hi{'</b>' * MAX_DEPTH}</speak>") is None


def test_entities_of_xml_and_white_space_are_text() -> None:
    assert spoken("<speak>A &amp; B\n\n   &#67;</speak>") == ["A & B C"]


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ('time="500ms"', 0.5),
        ('time="2s"', 2.0),
        ('time="+1.5s"', 1.5),
        ('time=".25s"', 0.25),
        ('time="1m"', 0.75),
        ('time="-1s" strength="weak"', 0.5),
        ('time="1s" strength="weak"', 1.0),
        ("", 0.75),
        ('strength="x-weak"', 0.25),
        ('strength="weak"', 0.5),
        ('strength="medium"', 0.75),
        ('strength="strong"', 1.0),
        ('strength="x-strong"', 1.25),
        ('strength="loud"', 0.75),
        ('time="999999999s"', LONGEST_BREAK),
        ('time="99999999999999999999s"', 0.75),
    ],
)
def test_a_break_lasts_as_it_says(attributes: str, seconds: float) -> None:
    assert pauses(f"<break {attributes}/>") == [seconds]


@pytest.mark.parametrize("attributes", ['strength="none"', 'time="0s"', 'time="0ms"'])
def test_a_break_of_nothing_is_none(attributes: str) -> None:
    assert pauses(f"<break {attributes}/>") == []


def test_all_breaks_together_are_bounded() -> None:
    found = pauses('<break time="9s"/>' * 100)
    assert sum(each for each in found if each is not None) == MAX_SILENCE


def test_paragraphs_and_sentences_have_the_pause_between_sentences_around() -> None:
    assert pauses("<p>One</p><p><s>Two</s><s>Three</s></p>") == [None] * 8


@pytest.mark.parametrize(
    ("rate", "factor"),
    [
        ("x-slow", 0.5),
        ("slow", 0.64),
        ("medium", 1.0),
        ("default", 1.0),
        ("fast", 1.55),
        ("x-fast", 2.0),
        ("X-Fast", 2.0),
        ("80%", 0.8),
        ("-20%", 0.8),
        ("+20%", 1.2),
        ("1.3", 1.3),
        ("150%", 1.5),
        ("9", 2.0),
        ("1%", 0.5),
        ("0", 0.5),
        ("-500%", 0.5),
        ("+0.5", 1.0),
        ("fastest", 1.0),
        ("", 1.0),
        ("NaN", 1.0),
        ("1e9", 1.0),
    ],
)
def test_a_rate_is_a_name_a_percentage_or_a_number_within_bounds(rate: str, factor: float) -> None:
    assert manner(f'<prosody rate="{rate}">Hi</prosody>').rate == pytest.approx(factor)


def test_rates_within_each_other_multiply() -> None:
    nested = '<prosody rate="1.5"><prosody rate="0.8"><emphasis>Hi</emphasis></prosody></prosody>'
    assert manner(nested).rate == pytest.approx(1.2)


def test_other_things_of_prosody_are_passed_over() -> None:
    assert manner('<prosody pitch="high" volume="loud">Hi</prosody>') == Manner()


@pytest.mark.parametrize(
    ("word", "say_as"),
    [
        ("digits", SayAs.DIGITS),
        ("number_digit", SayAs.DIGITS),
        ("characters", SayAs.CHARACTERS),
        ("spell-out", SayAs.CHARACTERS),
        ("Verbatim", SayAs.CHARACTERS),
        ("telephone", SayAs.TELEPHONE),
        ("date", SayAs.DATE),
        ("cardinal", SayAs.CARDINAL),
        ("currency", None),
        ("", None),
    ],
)
def test_say_as_has_its_usual_names(word: str, say_as: SayAs | None) -> None:
    assert manner(f'<say-as interpret-as="{word}" format="MDY">1</say-as>') == Manner(1.0, say_as, "mdy")


def test_say_as_keeps_the_rate_around_it() -> None:
    inner = '<prosody rate="0.8"><say-as interpret-as="digits">1</say-as></prosody>'
    assert manner(inner) == Manner(0.8, SayAs.DIGITS)


def test_a_sub_without_an_alias_is_spoken_as_it_is() -> None:
    assert spoken("<speak><sub>Hi</sub></speak>") == ["Hi"]


def test_nothing_to_say_is_a_document_all_the_same() -> None:
    assert parse("<speak/>") == []
