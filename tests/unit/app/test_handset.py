import pytest

from ringback.app.handset import parse_presses


@pytest.mark.parametrize(
    ("text", "presses"),
    [
        ("", ()),
        (" , ", ()),
        ("1", ((0.0, "1"),)),
        ("1@2.0,23#@5", ((2.0, "1"), (5.0, "23#"))),
        (" 1@2 , *ABCD@0.5 ", ((2.0, "1"), (0.5, "*ABCD"))),
    ],
)
def test_keys_and_their_times_are_read(text: str, presses: tuple[tuple[float, str], ...]) -> None:
    assert parse_presses(text) == presses


@pytest.mark.parametrize("text", ["x", "1 2@3", "@2", "e@1", "a@1", "1@2,!@3", "²@1"])
def test_a_key_that_no_phone_has_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"digits are 0-9, \*, # and A-D"):
        parse_presses(text)


@pytest.mark.parametrize("text", ["1@", "1@x", "1@2@3", "1@-1", "1@nan", "1@inf"])
def test_a_time_that_is_no_number_of_seconds_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="after the @ comes a number of seconds"):
        parse_presses(text)
