import pytest

from ringback.adapters.speech.script import Sentence, Silence, heard, script


def told(text: str, speed: float = 1.0, locale: str = "en-US") -> list[str | float]:
    """Give what is heard: texts, and the seconds of silences."""
    lines = heard(script(text, locale, speed))
    return [line.text if isinstance(line, Sentence) else round(line.seconds, 3) for line in lines]


def speeds(text: str, speed: float = 1.0) -> list[float]:
    return [line.speed for line in script(text, "en-US", speed) if isinstance(line, Sentence)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("One. Two.", ["One.", 0.2, "Two."]),
        ("<speak>One. Two.</speak>", ["One.", 0.2, "Two."]),
        ('<speak>One <break time="1s"/> two.</speak>', ["One", 1.0, "two."]),
        ('<speak>One. <break time="50ms"/> Two.</speak>', ["One.", 0.05, "Two."]),
        ('<speak>One<break time="1s"/><break time="500ms"/>two</speak>', ["One", 1.5, "two"]),
        ('<speak><break time="1s"/>One<break time="2s"/></speak>', [1.0, "One", 2.0]),
        ('<speak><break time="1s"/></speak>', [1.0]),
        ('<speak><p>One</p><p>Two</p><s>Three</s><break time="1s"/><s>Four</s></speak>',
         ["One", 0.2, "Two", 0.2, "Three", 1.0, "Four"]),
        ("<speak>One <prosody rate='slow'>two.</prosody> Three</speak>", ["One", "two.", 0.312, "Three"]),
        ("<speak>One <prosody rate='slow'>two</prosody>. Three</speak>", ["One", "two", 0.2, "Three"]),
        ("<speak>Code<say-as interpret-as='digits'>12</say-as>now.</speak>", ["Code one two now."]),
        ("<speak>My code is 4829, <sub alias='okay'>OK</sub>?</speak>",
         ["My code is four eight two nine, okay?"]),
        ("<speak>Your PIN is <prosody rate='slow'>4829</prosody></speak>", ["Your PIN is", "four eight two nine"]),
        ("<speak>Your PIN.<break time='1s'/><prosody rate='slow'>4829</prosody></speak>", ["Your PIN.", 1.0, "4829"]),
        ("<speak/>", []),
        ("<speak>Hi", ["<speak>Hi"]),
        ("...", []),
    ],
)  # fmt: skip
def test_a_text_is_sentences_and_silences(text: str, lines: list[str | float]) -> None:
    assert told(text) == lines


def test_the_pace_of_prosody_and_that_of_the_action_multiply_within_bounds() -> None:
    text = "<speak>a <prosody rate='0.8'>b</prosody> <prosody rate='x-fast'>c</prosody></speak>"
    assert speeds(text) == [1.0, 0.8, 2.0]
    assert speeds(text, 1.5) == pytest.approx([1.5, 1.2, 2.0])
    assert speeds(text, 0.5) == [0.5, 0.5, 1.0]


def test_pauses_keep_the_pace_and_breaks_do_not() -> None:
    assert told("One. Two.", 2.0) == ["One.", 0.1, "Two."]
    assert told('<speak>One.<break time="1s"/>Two.</speak>', 2.0) == ["One.", 1.0, "Two."]


def test_other_languages_are_not_read_as_english() -> None:
    assert told("Code is 4829", locale="de-DE") == ["Code is 4829"]


def test_sentences_of_which_nothing_was_heard_leave_one_silence() -> None:
    short, asked = Silence(0.1, asked_for=False), Silence(1.0, asked_for=True)
    one, two = Sentence("One", 1.0), Sentence("Two", 1.0)
    assert list(heard([one, short, Silence(0.2, asked_for=False), two])) == [one, Silence(0.2, asked_for=False), two]
    assert list(heard([short, one, short, asked, two, short])) == [one, asked, two]
    assert list(heard([short])) == []
