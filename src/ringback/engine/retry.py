"""When a webhook delivery that failed is tried again."""

from typing import Final

FIRST_PAUSE: Final = 2.0
"""Seconds after the first failure; doubled with each further one."""
LONGEST_PAUSE: Final = 3600.0
GIVE_UP_AFTER: Final = 24 * 3600.0
"""Seconds from the creation of a delivery to its last try."""


def next_attempt(created: float, attempts: int, now: float, jitter: float) -> float | None:
    """Give the time of the next try after `attempts` (1..) failed ones, None to give up.

    The pause is 2, 4, 8, … seconds up to an hour, of which `jitter` (0..1) takes up to a quarter away. The last try is
    made when 24 hours are over.
    """
    end = created + GIVE_UP_AFTER
    if now >= end:
        return None
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 16))
    return min(now + pause * (1 - jitter / 4), end)
