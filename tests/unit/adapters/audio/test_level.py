import numpy as np
import pytest
from numpy.typing import NDArray

from ringback.adapters.audio.level import BOOST, LOUDEST, PEAK, QUIETEST, levelled


def tone(decibels: float, seconds: float = 1.0) -> NDArray[np.float32]:
    time = np.arange(int(8000 * seconds)) / 8000
    return np.asarray(np.sin(2 * np.pi * 500 * time) * np.sqrt(2) * 10 ** (decibels / 20), np.float32)


def loudness(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(np.square(samples))))


def test_what_is_loud_enough_and_not_too_loud_is_left_alone() -> None:
    assert np.array_equal(levelled(tone(-20)), tone(-20))


def test_a_loud_sound_is_turned_down() -> None:
    assert loudness(levelled(tone(-4))) == pytest.approx(LOUDEST, abs=0.1)


def test_a_quiet_sound_is_turned_up() -> None:
    assert loudness(levelled(tone(-32))) == pytest.approx(QUIETEST, abs=0.1)


def test_a_very_quiet_sound_is_turned_up_by_no_more_than_allowed() -> None:
    assert loudness(levelled(tone(-45))) == pytest.approx(-45 + BOOST, abs=0.1)


def test_pauses_do_not_make_speech_louder() -> None:
    with_pauses = np.concatenate([tone(-20), np.zeros(80_000, np.float32)])
    assert np.array_equal(levelled(with_pauses), with_pauses)


def test_a_peak_never_reaches_full_scale() -> None:
    clicks = tone(-24)
    clicks[::1000] = 1.5
    assert np.abs(levelled(clicks)).max() <= PEAK + 1e-6


def test_silence_and_nothing_stay_as_they_are() -> None:
    assert not levelled(np.zeros(500, np.float32)).any()
    assert levelled(np.zeros(1, np.float32)).size == 1
