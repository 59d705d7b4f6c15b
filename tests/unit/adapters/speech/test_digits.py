import pytest

from ringback.adapters.speech.digits import groups_of, telephone_groups, told


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        (1, [1]),
        (4, [4]),
        (5, [5]),
        (6, [3, 3]),
        (7, [3, 4]),
        (8, [4, 4]),
        (9, [3, 3, 3]),
        (10, [3, 3, 4]),
        (11, [1, 3, 3, 4]),
        (12, [3, 3, 3, 3]),
        (13, [4, 3, 3, 3]),
        (14, [2, 3, 3, 3, 3]),
        (16, [4, 4, 4, 4]),
    ],
)
def test_a_run_of_digits_is_parted_as_people_do(size: int, sizes: list[int]) -> None:
    groups = groups_of("1234567890123456"[:size])
    assert "".join(groups) == "1234567890123456"[:size]
    assert [len(group) for group in groups] == sizes


def test_the_groups_of_the_writer_are_kept() -> None:
    assert groups_of("12 345-6") == ["12", "345", "6"]
    assert groups_of("no digits") == []


@pytest.mark.parametrize(
    ("number", "groups"),
    [
        ("+6561234567", ["+65", "6123", "4567"]),
        ("+15550100100", ["+1", "555", "010", "0100"]),
        ("+1 555 010 0100", ["+1", "555", "010", "0100"]),
        ("+442079460958", ["+44", "20", "7946", "0958"]),
        ("5550100100", ["555", "010", "0100"]),
        ("+999", ["+999"]),
        ("+", []),
        ("nobody", []),
    ],
)
def test_a_telephone_number_has_the_groups_of_its_writer_or_its_country(number: str, groups: list[str]) -> None:
    assert telephone_groups(number) == groups


def test_digits_are_told_in_words_or_left_to_the_voice() -> None:
    assert told(["+1", "555"], english=True) == "plus one, five five five"
    assert told(["+1", "555"], english=False) == "+ 1, 5 5 5"
    assert told(["٤٢"], english=True) == "four two"
