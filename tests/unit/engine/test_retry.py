import pytest

from ringback.engine.retry import GIVE_UP_AFTER, LONGEST_PAUSE, next_attempt


@pytest.mark.parametrize(
    ("attempts", "pause"), [(1, 2.0), (2, 4.0), (5, 32.0), (11, 2048.0), (12, 3600.0), (900, 3600.0)]
)
def test_pauses_double_up_to_an_hour(attempts: int, pause: float) -> None:
    assert next_attempt(0.0, attempts, 100.0, 0.0) == 100.0 + pause


def test_jitter_takes_up_to_a_quarter_away() -> None:
    assert next_attempt(0.0, 1, 100.0, 1.0) == 101.5


def test_the_last_try_is_made_when_a_day_is_over() -> None:
    assert next_attempt(0.0, 30, GIVE_UP_AFTER - 10, 0.0) == GIVE_UP_AFTER
    assert next_attempt(0.0, 31, GIVE_UP_AFTER, 0.0) is None
    assert next_attempt(0.0, 31, GIVE_UP_AFTER + 1, 0.0) is None


def test_a_day_of_failures_is_a_bounded_number_of_tries() -> None:
    now, tries = 0.0, 1
    while (due := next_attempt(0.0, tries, now, 0.5)) is not None:
        assert 0 < due - now <= LONGEST_PAUSE
        now, tries = due, tries + 1
    assert now == GIVE_UP_AFTER
    assert tries < 50
