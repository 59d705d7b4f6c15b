r"""The four transactions of RFC 3261, section 17, with the Accepted states of RFC 6026, as tables.

```
  INVITE client                                      INVITE server
  CALLING --1xx--> PROCEEDING                        PROCEEDING --2xx-----> ACCEPTED ---L--> (over)
     |  \            |    \                              |
     |   `--2xx--> ACCEPTED `--300..699--> COMPLETED      `--300..699--> COMPLETED --ACK--> CONFIRMED ---I--> (over)
     B                |M                      |D                              |H
     v                v                       v                               v
   (over)           (over)                  (over)                          (over)
```
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

T1: Final = 0.5
"""Estimate of a round trip, seconds (RFC 3261, section 17.1.1.1)."""
T2: Final = 4.0
"""Longest pause between two retransmissions of anything but an INVITE."""
T4: Final = 5.0
"""How long a message may stay in the network."""
TIMEOUT: Final = 64 * T1
"""Timers B, F, H, J, L and M."""
TIMER_D: Final = 32.0


class State(Enum):
    """How far a transaction is."""

    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    ACCEPTED = auto()
    """An INVITE got its 2xx: more of them may come, or the first one again (RFC 6026)."""
    COMPLETED = auto()
    CONFIRMED = auto()
    TERMINATED = auto()


class Input(Enum):
    """What happens to a transaction."""

    PROVISIONAL = auto()
    """A 1xx: received by a client, made by the user of a server."""
    SUCCESS = auto()
    """A 2xx, likewise."""
    FAILURE = auto()
    """A 300..699, likewise."""
    REQUEST = auto()
    """The request came again."""
    ACK = auto()
    RETRANSMIT = auto()
    """Timer A, E or G."""
    EXPIRE = auto()
    """Timer B, F or H (waited in vain), D, I, J, K, L or M (nothing more can come)."""
    UNREACHABLE = auto()
    """The network reported that the destination is not there."""


class Action(Enum):
    """What a transaction does on the way to its next state."""

    TELL = auto()
    """Hand the response to the user."""
    SEND = auto()
    """Send the user's response."""
    RESEND = auto()
    """Send the last message again."""
    ACKNOWLEDGE = auto()
    """Send the ACK of a 300..699 (section 17.1.1.3)."""
    FAIL = auto()
    """Tell the user that there will be no response."""
    CLOSE = auto()
    """Tell the user that no further 2xx can come."""


class Failure(Enum):
    """Why there is no response, or no further one."""

    TIMEOUT = auto()
    UNREACHABLE = auto()
    OVER = auto()
    """Not a failure: the time in which further 2xx could come has passed."""


Step: TypeAlias = tuple[State, tuple[Action, ...]]
Pauses: TypeAlias = tuple[float | None, float | None]
"""Seconds from entering a state to its first RETRANSMIT and to EXPIRE; None: never."""


@dataclass(frozen=True)
class Machine:
    """One kind of transaction. An input that a state has no step for is absorbed."""

    start: State
    steps: Mapping[tuple[State, Input], Step]
    timers: Mapping[State, Pauses]
    """Set on entering a state; a state that is not listed leaves the timers of the one before running."""
    longest_pause: float = T2
    """Between two retransmissions, each pause being twice the one before."""


S, I, A = State, Input, Action  # noqa: E741 - three columns of the tables below

INVITE_CLIENT: Final = Machine(
    S.CALLING,
    {
        (S.CALLING, I.RETRANSMIT): (S.CALLING, (A.RESEND,)),
        (S.CALLING, I.EXPIRE): (S.TERMINATED, (A.FAIL,)),
        (S.CALLING, I.UNREACHABLE): (S.TERMINATED, (A.FAIL,)),
        (S.CALLING, I.PROVISIONAL): (S.PROCEEDING, (A.TELL,)),
        (S.CALLING, I.SUCCESS): (S.ACCEPTED, (A.TELL,)),
        (S.CALLING, I.FAILURE): (S.COMPLETED, (A.ACKNOWLEDGE, A.TELL)),
        (S.PROCEEDING, I.PROVISIONAL): (S.PROCEEDING, (A.TELL,)),
        (S.PROCEEDING, I.SUCCESS): (S.ACCEPTED, (A.TELL,)),
        (S.PROCEEDING, I.FAILURE): (S.COMPLETED, (A.ACKNOWLEDGE, A.TELL)),
        (S.ACCEPTED, I.SUCCESS): (S.ACCEPTED, (A.TELL,)),
        (S.ACCEPTED, I.EXPIRE): (S.TERMINATED, (A.CLOSE,)),
        (S.COMPLETED, I.FAILURE): (S.COMPLETED, (A.ACKNOWLEDGE,)),
        (S.COMPLETED, I.EXPIRE): (S.TERMINATED, ()),
    },
    {
        S.CALLING: (T1, TIMEOUT),  # A, B
        S.PROCEEDING: (None, None),
        S.ACCEPTED: (None, TIMEOUT),  # M
        S.COMPLETED: (None, TIMER_D),
    },
    longest_pause=TIMEOUT,
)
CLIENT: Final = Machine(
    S.TRYING,
    {
        (S.TRYING, I.RETRANSMIT): (S.TRYING, (A.RESEND,)),
        (S.TRYING, I.EXPIRE): (S.TERMINATED, (A.FAIL,)),
        (S.TRYING, I.UNREACHABLE): (S.TERMINATED, (A.FAIL,)),
        (S.TRYING, I.PROVISIONAL): (S.PROCEEDING, (A.TELL,)),
        (S.TRYING, I.SUCCESS): (S.COMPLETED, (A.TELL,)),
        (S.TRYING, I.FAILURE): (S.COMPLETED, (A.TELL,)),
        (S.PROCEEDING, I.RETRANSMIT): (S.PROCEEDING, (A.RESEND,)),
        (S.PROCEEDING, I.EXPIRE): (S.TERMINATED, (A.FAIL,)),
        (S.PROCEEDING, I.UNREACHABLE): (S.TERMINATED, (A.FAIL,)),
        (S.PROCEEDING, I.PROVISIONAL): (S.PROCEEDING, (A.TELL,)),
        (S.PROCEEDING, I.SUCCESS): (S.COMPLETED, (A.TELL,)),
        (S.PROCEEDING, I.FAILURE): (S.COMPLETED, (A.TELL,)),
        (S.COMPLETED, I.EXPIRE): (S.TERMINATED, ()),
    },
    {
        S.TRYING: (T1, TIMEOUT),  # E, F: both go on in PROCEEDING
        S.COMPLETED: (None, T4),  # K
    },
)
INVITE_SERVER: Final = Machine(
    S.PROCEEDING,
    {
        (S.PROCEEDING, I.REQUEST): (S.PROCEEDING, (A.RESEND,)),
        (S.PROCEEDING, I.PROVISIONAL): (S.PROCEEDING, (A.SEND,)),
        (S.PROCEEDING, I.SUCCESS): (S.ACCEPTED, (A.SEND,)),
        (S.PROCEEDING, I.FAILURE): (S.COMPLETED, (A.SEND,)),
        (S.ACCEPTED, I.EXPIRE): (S.TERMINATED, ()),
        (S.COMPLETED, I.REQUEST): (S.COMPLETED, (A.RESEND,)),
        (S.COMPLETED, I.RETRANSMIT): (S.COMPLETED, (A.RESEND,)),
        (S.COMPLETED, I.ACK): (S.CONFIRMED, ()),
        (S.COMPLETED, I.EXPIRE): (S.TERMINATED, ()),
        (S.CONFIRMED, I.EXPIRE): (S.TERMINATED, ()),
    },
    {
        S.ACCEPTED: (None, TIMEOUT),  # L
        S.COMPLETED: (T1, TIMEOUT),  # G, H
        S.CONFIRMED: (None, T4),  # I
    },
)
SERVER: Final = Machine(
    S.TRYING,
    {
        (S.TRYING, I.SUCCESS): (S.COMPLETED, (A.SEND,)),
        (S.TRYING, I.FAILURE): (S.COMPLETED, (A.SEND,)),
        (S.COMPLETED, I.REQUEST): (S.COMPLETED, (A.RESEND,)),
        (S.COMPLETED, I.EXPIRE): (S.TERMINATED, ()),
    },
    {
        S.COMPLETED: (None, TIMEOUT),  # J
    },
)
"""No 1xx: RFC 4320, section 4.1, leaves only the 100 after 4 seconds, and nothing of ours takes as long."""
