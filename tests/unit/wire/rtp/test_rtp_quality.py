import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.wire.rtp import quality
from ringback.wire.rtp.quality import mos, mos_of, rating


@pytest.mark.parametrize(("r", "score"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)])
def test_scores_are_those_of_the_recommendation(r: float, score: float) -> None:
    assert mos_of(r) == pytest.approx(score, abs=0.01)  # ITU-T G.107, table B.1


@pytest.mark.parametrize(("r", "score"), [(-5, 1.0), (0, 1.0), (3, 1.0), (100, 4.5), (120, 4.5)])
def test_the_scale_has_two_ends(r: float, score: float) -> None:
    assert mos_of(r) == score


def test_a_call_without_fault_has_the_default_rating() -> None:
    assert rating(0.0, 0.0) == pytest.approx(93.2)
    assert mos(0.0, 0.0) == pytest.approx(4.41, abs=0.01)


def test_loss_costs_what_the_formula_says() -> None:
    # Ie,eff = (95 - 0) * Ppl / (Ppl + Bpl) with Bpl 25.1: 2 % costs 7.01
    assert rating(0.02, 0.0) == pytest.approx(93.2 - 95 * 2 / 27.1)


@pytest.mark.parametrize(("delay", "impairment"), [(100, 0.0), (200, 3.0), (400, 24.1)])
def test_delay_costs_what_the_formula_says(delay: float, impairment: float) -> None:
    assert rating(0.0, delay) == pytest.approx(93.2 - impairment, abs=0.1)


def test_jitter_becomes_delay() -> None:
    assert mos(0.0, 100.0) == pytest.approx(mos(0.0, 0.0, 250.0))


@given(st.floats(-1, 2), st.floats(-10, 1e5), st.floats(0, 1e5))
def test_every_call_has_a_score_on_the_scale(loss: float, jitter: float, delay: float) -> None:
    assert quality.WORST <= mos(loss, jitter, delay) <= quality.BEST


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 500))
def test_more_loss_never_sounds_better(loss: float, other: float, jitter: float) -> None:
    worse, better = max(loss, other), min(loss, other)
    assert mos(worse, jitter) <= mos(better, jitter) + 1e-9
