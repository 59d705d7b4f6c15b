import time

import pytest

from ringback.adapters.speech.sentences import LONGEST, sentences


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Hello.", ["Hello."]),
        ("Hello there! Press 1. Or 2?", ["Hello there!", "Press 1.", "Or 2?"]),
        ("Dr. Smith calls. J. Smith too.", ["Dr. Smith calls.", "J. Smith too."]),
        ("It costs 3.50 dollars. e.g. here", ["It costs 3.50 dollars. e.g. here"]),
        ("  Much \t space.  Here  too. ", ["Much space.", "Here too."]),
        ("Press 1 for sales\nPress 2 for support", ["Press 1 for sales", "Press 2 for support"]),
        ("one line\nthat goes on", ["one line that goes on"]),
        ('She said "Go." He went.', ['She said "Go."', "He went."]),
        ("你好。再见！好", ["你好。", "再见！", "好"]),  # noqa: RUF001 - Chinese
        ("नमस्ते। आप कैसे हैं", ["नमस्ते।", "आप कैसे हैं"]),
        ("5 % or 3 $", ["5 % or 3 $"]),
    ],
)
def test_a_text_is_parted_where_sentences_end(text: str, pieces: list[str]) -> None:
    assert sentences(text) == pieces


@pytest.mark.parametrize("text", ["", " \n ", "...", "!? -", "\U0001f600"])
def test_what_cannot_be_spoken_is_left_out(text: str) -> None:
    assert sentences(text) == []


def test_half_a_surrogate_pair_does_not_reach_the_pipe() -> None:
    assert sentences("a\ud800b") == ["a?b"]


def test_a_long_sentence_is_parted_at_its_commas() -> None:
    pieces = sentences(", ".join(["and so on it goes"] * 60))
    assert all(len(piece) <= LONGEST and piece.endswith((",", "goes")) for piece in pieces)
    assert " ".join(pieces) == ", ".join(["and so on it goes"] * 60)


def test_a_long_sentence_without_commas_is_parted_between_words() -> None:
    pieces = sentences("word " * 600)
    assert {word for piece in pieces for word in piece.split()} == {"word"}
    assert max(map(len, pieces)) <= LONGEST


def test_a_word_without_end_is_cut() -> None:
    assert list(map(len, sentences("a" * 3000))) == [400] * 7 + [200]


@pytest.mark.parametrize("sign", [" ", ".", '"', "\n", ". ", ', "', "。", ") "])
def test_no_text_takes_long_to_part(sign: str) -> None:
    began = time.process_time()
    sentences("a" + sign * 3000 + "b")
    assert time.process_time() - began < 0.5
