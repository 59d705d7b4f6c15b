import pytest

from ringback.app.doctor.clock import BUILT, Sample, Watch, judge, sample
from ringback.app.doctor.finding import Severity

NOON = BUILT + 12 * 3600.0
DATE = "Thu, 01 Jan 2026 12:00:00 GMT"


def test_a_date_is_compared_with_our_clock() -> None:
    assert sample("x", DATE, NOON + 100.0) == Sample("x", -99.5)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Thu, 99 Jan 2026 12:00:00 GMT", "1", "Thu, 01 Jan 99999999 1:1:1 GMT"]
)
def test_a_date_that_cannot_be_read_is_passed_over(date: str) -> None:
    assert sample("x", date, NOON) is None


@pytest.mark.parametrize(
    ("offset", "severity"),
    [
        (0.0, Severity.OK),
        (-9.9, Severity.OK),
        (11.0, Severity.WARNING),
        (-59.0, Severity.WARNING),
        (61.0, Severity.ERROR),
    ],
)
def test_how_far_a_clock_is_off_makes_how_bad_it_is(offset: float, severity: Severity) -> None:
    (finding,) = judge([Sample("x", offset)])
    assert finding.severity is severity


def test_where_another_clock_agrees_with_ours_the_one_that_differs_is_off() -> None:
    (finding,) = judge([Sample("a", 3600.0), Sample("b", 0.2)])
    assert (finding.severity, finding.what) == (Severity.WARNING, "the clock of a is off")


def test_where_most_clocks_are_against_ours_it_is_off() -> None:
    (finding,) = judge([Sample("a", 3600.0), Sample("b", 3601.0), Sample("c", 0.0)])
    assert (finding.severity, finding.what) == (Severity.ERROR, "the clock of this machine is off")
    assert "behind a" in finding.cause


def test_without_another_clock_that_is_said() -> None:
    (finding,) = judge([])
    assert "could not be compared" in finding.what


def test_a_clock_that_jumps_while_we_look_is_found() -> None:
    times = iter([NOON, NOON, NOON + 5.0])
    watch = Watch(lambda: next(times), lambda: 7.0)
    _, step = watch.look([])
    assert (step.severity, step.cause) == (
        Severity.WARNING,
        "while we looked it moved by +5.0 s against the monotonic clock",
    )


def test_a_clock_that_was_never_set_is_found_without_another() -> None:
    (finding,) = Watch(lambda: 1000.0, lambda: 7.0).look([])
    assert (finding.severity, finding.what) == (Severity.ERROR, "the clock of this machine was never set")
