import pytest

from ringback.domain.number import Number
from ringback.domain.settings import BadSetting, Settings

SINGAPORE, GERMANY, PREMIUM, CANADA = (
    Number(digits) for digits in ("6512345678", "4930123456", "19005550100", "16135550100")
)
EVERYWHERE = [SINGAPORE, GERMANY, PREMIUM, CANADA]


@pytest.mark.parametrize(
    ("allowed", "blocked", "covered"),
    [
        ("", "", EVERYWHERE),
        ("65,DE", "", [SINGAPORE, GERMANY]),
        ("+65", "", [SINGAPORE]),
        ("CA", "", [CANADA]),
        ("", "1900,SG", [GERMANY, CANADA]),
        ("1", "1900", [CANADA]),
        ("65", "SG", []),
    ],
)
def test_what_is_allowed_and_not_blocked_is_covered(allowed: str, blocked: str, covered: list[Number]) -> None:
    settings = Settings(allowed_destinations=allowed, blocked_destinations=blocked)
    assert [number for number in EVERYWHERE if settings.covers(number)] == covered


@pytest.mark.parametrize("areas", ["de", "DEU", "0", "65,", ",65", "65 66", "*", "6" * 16, "65,\n66", "65\n"])
def test_areas_that_are_none_are_refused_with_what_they_should_be(areas: str) -> None:
    with pytest.raises(BadSetting, match=r"^blockedDestinations: give prefixes such as 65"):
        Settings().changed({"blockedDestinations": areas})


def test_a_list_of_areas_has_a_bound() -> None:
    with pytest.raises(BadSetting, match="4096"):
        Settings().changed({"allowedDestinations": ",".join(["65"] * 1366)})
