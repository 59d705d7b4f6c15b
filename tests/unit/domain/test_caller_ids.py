import pytest
from tests.unit.domain.bodies import NOW, RULES, body, call, say

from ringback.domain.caller_ids import CallerIds, allowed, parse_caller_id
from ringback.domain.errors import NotACallerId, NotANumber
from ringback.domain.validation import validate, validate_answer
from ringback.domain.verdict import Rules


def with_sources(*caller_ids: str) -> Rules:
    return Rules(allowed_sources=allowed(caller_ids, ["6531589338"]), catalogue=RULES.catalogue, vca_enabled=True)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("+15550100100", "15550100100"), ("+1555*", "1555*"), ("1*", "1*"), ("1" * 14 + "*", "1" * 14 + "*")],
)
def test_a_caller_id_is_a_number_or_how_numbers_begin(text: str, kept: str) -> None:
    assert parse_caller_id(text) == kept


@pytest.mark.parametrize(
    "text", ["*", "+*", "0*", "15*5", "155**", "*1555", "1" * 15 + "*", "ACME*", "1 5*", "++1*", "\u0661*"]
)
def test_a_pattern_is_digits_and_one_star_at_the_end(text: str) -> None:
    with pytest.raises(NotACallerId):
        parse_caller_id(text)


@pytest.mark.parametrize("text", ["ACME", "", "12"])
def test_a_word_is_no_caller_id(text: str) -> None:
    with pytest.raises(NotANumber):
        parse_caller_id(text)


def test_without_patterns_the_set_is_a_plain_one() -> None:
    assert type(allowed(["15550100100"], ["6531589338"])) is frozenset


@pytest.mark.parametrize("source", ["15550100100", "+15550100999", 6531589338, "4930123456"])
def test_a_source_that_begins_like_a_pattern_is_allowed(source: object) -> None:
    rules = with_sources("1555*", "4930123456")
    assert validate(body(call(source=source), say()), rules, NOW).code == 1


@pytest.mark.parametrize(
    "source", ["15560100100", "1555", "15551", "1555*", "1555010010011111", "ACME", ["15550100100"], None]
)
def test_another_source_is_minus_1014(source: object) -> None:
    verdict = validate(body(call(source=source), say()), with_sources("1555*"), NOW)
    assert verdict.code == (-1009 if source is None else -1014)


def test_a_pattern_holds_in_a_later_answer_too() -> None:
    rules = with_sources("1555*")
    assert validate_answer(body(call(source="15550100100")), rules, NOW).code == 1
    assert validate_answer(body(call(source="15560100100")), rules, NOW).code == -1014


def test_patterns_of_several_lengths_are_all_looked_at() -> None:
    sources = CallerIds([], ["1555*", "49*"])
    assert [number in sources for number in ("4930123456", "15550100100", "33123456789")] == [True, True, False]
