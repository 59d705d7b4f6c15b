import pytest

from ringback.adapters.speech.interpretation import interpreted
from ringback.domain.ssml import Manner, SayAs, Spoken


def said(text: str, say_as: SayAs | None, locale: str = "en-US", form: str = "") -> str:
    return interpreted(Spoken(text, Manner(1.0, say_as, form)), locale)


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [
        ("01/02/2026", "mdy", "January 2nd, 2026"),
        ("01/02/2026", "dmy", "February 1st, 2026"),
        ("01/02/2026", "", "January 2nd, 2026"),
        ("2026-01-02", "", "January 2nd, 2026"),
        ("2026.01.02", "ymd", "January 2nd, 2026"),
        ("20260102", "yyyymmdd", "January 2nd, 2026"),
        ("02012026", "dmy", "January 2nd, 2026"),
        ("1/2", "", "January 2nd"),
        ("2/1", "dm", "January 2nd"),
        ("1/2026", "my", "January 2026"),
        ("2026-01", "ym", "January 2026"),
        ("1/2/26", "mdy", "January 2nd, 2026"),
        ("1/2/85", "mdy", "January 2nd, 1985"),
        ("13/13/2026", "mdy", "13/13/2026"),
        ("1/2/2026", "my", "1/2/2026"),
        ("2 January", "dm", "2 January"),
        ("today", "", "today"),
        ("", "", ""),
        ("1" * 5000, "mdy", "1" * 5000),
        ("/".join(["1" * 5000] * 3), "mdy", "/".join(["1" * 5000] * 3)),
        ("1/2/2026", "mdy!", "January 2nd, 2026"),
    ],
)
def test_a_date_is_read_by_its_format(text: str, form: str, words: str) -> None:
    assert said(text, SayAs.DATE, form=form) == words


def test_english_outside_america_puts_the_day_first() -> None:
    assert said("1/2/2026", SayAs.DATE, "en-GB") == "the 1st of February 2026"


def test_say_as_in_english() -> None:
    assert said("482913", SayAs.DIGITS) == "four eight two, nine one three"
    assert said("+65 6123 4567", SayAs.TELEPHONE) == "plus six five, six one two three, four five six seven"
    assert said("ab1", SayAs.CHARACTERS) == "A, B, one"
    assert said("1234", SayAs.CARDINAL) == "1,234"
    assert said("1234.5", SayAs.CARDINAL) == "1234.5"
    assert said("Code 4829", None) == "Code four eight two nine"


@pytest.mark.parametrize("locale", ["de-DE", "zh-CN", "en-Shaw-GB"])
def test_other_voices_know_their_own_words(locale: str) -> None:
    assert said("482913", SayAs.DIGITS, locale) == "4 8 2, 9 1 3"
    assert said("+6561234567", SayAs.TELEPHONE, locale) == "+ 6 5, 6 1 2 3, 4 5 6 7"
    assert said("ab 1", SayAs.CHARACTERS, locale) == "a, b, 1"
    assert said("1/2/2026", SayAs.DATE, locale) == "1/2/2026"
    assert said("1234", SayAs.CARDINAL, locale) == "1234"
    assert said("Code 4829", None, locale) == "Code 4829"
