"""How good a call sounds, estimated from what was lost and when it came (ITU-T G.107, the E-model)."""

import math
from typing import Final

BEST: Final = 4.5
WORST: Final = 1.0

_DEFAULT_RATING: Final = 93.2  # R of a call with every parameter at its default (G.107, section 7.7)
_LOSS_ROBUSTNESS: Final = 25.1  # Bpl of G.711 with packet loss concealment (G.113, table I.4); its Ie is 0
_DELAY_UNNOTICED: Final = 100.0  # ms (G.107, equation 7-27)
_BUFFER_JITTERS: Final = 2  # a receiver's buffer holds about twice the jitter


def rating(packet_loss_rate: float, delay_ms: float) -> float:
    """Give the transmission rating R, at most 93.2, for G.711 with loss concealment and random loss.

    `packet_loss_rate`: 0..1; `delay_ms`: one way, from mouth to ear. See ITU-T G.107, sections 7.4 and 7.5.
    """
    percent = 100 * min(max(packet_loss_rate, 0.0), 1.0)
    impairment = 95 * percent / (percent + _LOSS_ROBUSTNESS)
    return _DEFAULT_RATING - _delay_impairment(delay_ms) - impairment


def mos_of(rating: float) -> float:
    """Give the mean opinion score 1.0..4.5 of a rating. See ITU-T G.107, annex B."""
    if rating <= 0:
        return WORST
    if rating >= 100:  # noqa: PLR2004 - the end of the scale
        return BEST
    score = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
    return min(BEST, max(WORST, score))


def mos(packet_loss_rate: float, jitter_ms: float, delay_ms: float = 50.0) -> float:
    """Estimate the mean opinion score 1.0..4.5 of a G.711 leg.

    `packet_loss_rate`: 0..1; `jitter_ms`: interarrival jitter, which the far end's buffer turns into delay;
    `delay_ms`: one way without that buffer. The best that G.711 comes to is 4.41.
    """
    return mos_of(rating(packet_loss_rate, delay_ms + _BUFFER_JITTERS * max(jitter_ms, 0.0)))


def _delay_impairment(delay_ms: float) -> float:
    """Give Idd (G.107, equations 7-27 and 7-28)."""
    if delay_ms <= _DELAY_UNNOTICED:
        return 0.0
    x = math.log2(delay_ms / _DELAY_UNNOTICED)
    return 25 * (_sixth_norm(x) - 3 * _sixth_norm(x / 3) + 2)


def _sixth_norm(x: float) -> float:
    return math.pow(1 + math.pow(x, 6), 1 / 6)
