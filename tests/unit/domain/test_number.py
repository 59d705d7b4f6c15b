import pytest

from ringback.domain.errors import NotANumber
from ringback.domain.number import Number


@pytest.mark.parametrize("value", ["+6512345678", "6512345678", 6512345678])
def test_a_number_may_be_text_or_an_integer(value: object) -> None:
    assert str(Number.parse(value)) == "+6512345678"


@pytest.mark.parametrize("value", ["+12345678", "+390612345678", "+4402079460000", "+80012345678", "+8835100012345"])
def test_what_libphonenumber_holds_possible_is_a_number(value: str) -> None:
    assert str(Number.parse(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "+",
        "++6512345678",
        "+65 12345678",
        "tel:+6512345678",
        "0",
        "006512345678",
        "+65123",
        "+999123456789",
        "+6512345678901234",
        "+6512345678" * 1000,
        "\u0666512345678",
        "65123456\u00b2",
        True,
        None,
        6512345678.0,
        -6512345678,
        10**15,
        10**5000,
        ["+6512345678"],
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_none(value: object) -> None:
    with pytest.raises(NotANumber):
        Number.parse(value)


@pytest.mark.parametrize(
    ("digits", "country"),
    [
        ("6512345678", "SG"),
        ("12025550123", "US"),
        ("12045550123", "CA"),
        ("441624123456", "IM"),
        ("77011234567", "KZ"),
        ("4515121234", "DK"),
    ],
)
def test_the_country_of_a_number_is_that_of_its_plan(digits: str, country: str) -> None:
    assert Number(digits).country == country


@pytest.mark.parametrize(("digits", "country"), [("65", "SG"), ("1202", "US"), ("44", "GB"), ("65" * 30, "SG")])
def test_the_country_of_an_impossible_number_is_the_main_one_of_its_calling_code(digits: str, country: str) -> None:
    assert Number(digits).country == country


@pytest.mark.parametrize("digits", ["80012345678", "999123", "0", "", "anonymous", "\u0666"])
def test_a_number_of_no_country_has_the_code_for_none(digits: str) -> None:
    assert Number(digits).country == "XX"


@pytest.mark.parametrize(
    ("digits", "canonical"),
    [
        ("4402083661177", "442083661177"),
        ("442083661177", "442083661177"),
        ("49030123456", "4930123456"),
        ("390612345678", "390612345678"),
        ("6512345678", "6512345678"),
        ("12", "12"),
        ("", ""),
        ("999" * 10, "999" * 10),
    ],
)
def test_a_number_has_one_canonical_way_of_writing(digits: str, canonical: str) -> None:
    assert Number(digits).canonical == Number(canonical)
