"""When a request is sent again: only where it does no more twice than once."""

import random
from typing import Final

import msgspec

from ringback.client.errors import ClientError, ConnectionFailed, ServerFault, TooManyRequests

_AWAY: Final = frozenset({502, 503, 504})
"""What answers is not the server, or it is not ready."""


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how patiently a request is sent again.

    One that was refused (429) or never left (no connection) may be sent again whatever it is. One that may have reached
    the server (connection lost, 502, 503, 504) is, where it does no more twice than once: GET, DELETE, and a callflow
    with an Idempotency-Key. A second DELETE of what the first took away, its answer lost, raises NotFound or Conflict.
    """

    tries: int = 4
    """In all; 1: nothing is sent again."""
    first_pause: float = 0.25
    """Seconds; each pause is up to twice the one before."""
    longest_pause: float = 10.0
    """Seconds; where the server asks for more (Retry-After), the refusal is raised."""

    def pause(self, fault: ClientError, attempt: int, *, repeatable: bool) -> float | None:
        """Give the seconds until the next try; None: there is none. `attempt`: of the one that failed, from 1."""
        if attempt >= self.tries:
            return None
        match fault:
            case TooManyRequests(retry_after=asked):
                pass
            case ConnectionFailed(sent=sent):
                if sent and not repeatable:
                    return None
                asked = None
            case ServerFault(http_status=status, retry_after=asked):
                if status not in _AWAY or not repeatable:
                    return None
            case _:
                return None
        if asked is not None and asked > self.longest_pause:
            return None
        longest = min(self.longest_pause, self.first_pause * 2.0 ** (attempt - 1))
        return max(asked or 0.0, longest * random.uniform(0.5, 1.0))  # noqa: S311 - so that programs do not come at once


RETRIES: Final = Retries()
