"""Whose number ranges are."""

import pytest

from ringback.domain import numbering
from ringback.domain.number import Number
from ringback.domain.numbering import Numbering, NumberRange, parse_numbering
from ringback.domain.prefix_list import BadList

HEAD = "operator,prefix,mnc,mcc"


def test_the_longest_prefix_counts_and_beyond_the_list_the_name_of_the_mobile_operator_is_known() -> None:
    known = Numbering(parse_numbering([HEAD, "One,65,01,525", "Two,+6581,003,525"]))
    assert known.of(Number("6581234567")) == NumberRange("6581", "Two", "525", "003")
    assert known.of(Number("6591234567")) == NumberRange("65", "One", "525", "01")
    assert Numbering().of(Number("6581234567")) == NumberRange("", "SingTel", "", "")
    assert Numbering().of(Number("4930123456")) == NumberRange("", "", "", "")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("One,,01,525", "line 2: prefix: should be 1..15 digits"),
        ("One,65x,01,525", "line 2: prefix: should be 1..15 digits"),
        ("One,1234567890123456,01,525", "line 2: prefix: should be 1..15 digits"),
        ("One,65,1,525", "line 2: mnc: should be two or three digits, or empty"),
        ("One,65,01,52", "line 2: mcc: should be three digits, or empty"),
        (f"{'x' * 101},65,01,525", "line 2: operator: should be at most 100 characters"),
    ],
)
def test_a_range_that_cannot_be_is_named(line: str, fault: str) -> None:
    with pytest.raises(BadList, match=f"^{fault}$"):
        parse_numbering([HEAD, line])


def test_a_prefix_that_is_there_twice_and_a_list_that_is_too_long_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadList, match="line 3: the prefix '65' is there twice"):
        parse_numbering([HEAD, "One,65,01,525", "Two,65,01,525"])
    monkeypatch.setattr(numbering, "MAX_RANGES", 1)
    with pytest.raises(BadList, match="line 3: there are more than 1 rows"):
        parse_numbering([HEAD, "One,65,01,525", "Two,66,01,525"])
