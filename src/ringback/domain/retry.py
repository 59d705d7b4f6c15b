"""Trying again where nobody answered, or the line was busy: what a callflow or a subaccount may ask for."""

from typing import Annotated, Final, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta

from ringback.domain.session import Direction, Session

MAX_ATTEMPTS: Final = 5
"""Calls after the first."""
MIN_DELAY: Final = 60
MAX_DELAY: Final = 86_400
DELAY: Final = 300
"""Seconds from the end of one session to the next call, where nothing is said."""

Outcome: TypeAlias = Literal["NO_ANSWER", "BUSY"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)


class Retry(msgspec.Struct, frozen=True, rename="camel"):
    """When a callflow is tried again, in a session of its own."""

    attempts: Annotated[int, Meta(ge=0, le=MAX_ATTEMPTS)]
    """How often at most; 0: never, whatever the subaccount's setting says."""
    delay_seconds: Annotated[int, Meta(ge=MIN_DELAY, le=MAX_DELAY)] = DELAY
    """From the end of one session to the call of the next."""
    on: Annotated[tuple[Outcome, ...], Meta(min_length=1, max_length=len(OUTCOMES))] = OUTCOMES
    """How call A may have ended for that."""

    def due(self, session: Session) -> float | None:
        """Give when a session that has ended is tried again, seconds since the epoch; None: it is not."""
        if session.ended is None or session.attempt >= self.attempts or session.status not in self.on:
            return None
        if len(session.legs) != 1 or session.legs[0].direction is Direction.INBOUND:
            return None  # not call A was busy, or somebody else called
        return session.ended + self.delay_seconds


class RetrySetting(Retry, frozen=True, rename="camel", forbid_unknown_fields=True):
    """As a setting of a subaccount."""

    @property
    def retry(self) -> Retry:
        """As a callflow has it."""
        return Retry(self.attempts, self.delay_seconds, self.on)
