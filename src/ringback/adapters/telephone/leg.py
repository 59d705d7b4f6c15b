"""A leg as the telephone keeps it: its state, its media, and what has been agreed for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from ringback.engine.events import Event
from ringback.media.interface import Address, LegStatistics
from ringback.wire.sdes import Crypto, Policy
from ringback.wire.sdp import Stream


class LegState(Enum):
    """How far a leg is."""

    OPENING = auto()
    """The media port is being bound; nothing was sent yet."""
    CALLING = auto()
    """The INVITE is out, or a caller waits for an answer."""
    UP = auto()
    CLOSING = auto()
    """SIP is over; the statistics of the media are awaited."""


@dataclass(slots=True)
class Leg:
    """One call."""

    call_id: str
    number: int
    """Of the leg in the media engine."""
    tell: Callable[[Event], None]
    codecs: tuple[str, ...]
    """What it may speak, in our order of preference."""
    srtp: Policy = Policy.OFF
    inband_digits: bool = False
    """Digits in the sound are heard, too."""
    beside: str = ""
    """The call that it is, or will be, connected with; empty where there is none."""
    state: LegState = LegState.OPENING
    given_up: bool = False
    """Hung up by us before anything was sent."""
    lost: bool = False
    """The engine that had its media is gone."""
    address: Address = ("", 0)
    """Where its media is received, as told to the far end."""
    remote: Address = ("", 0)
    """Where packets come from."""
    version: int = 0
    """Of our session description (RFC 4566, section 5.2); raised with every new one."""
    offered: tuple[str, ...] = ()
    """Codecs of our last offer."""
    crypto: tuple[Crypto, ...] = ()
    """Keys of our last offer."""
    agreed: Stream | None = None
    """The outcome of the last offer and answer."""
    early: bool = False
    """Early media was agreed."""
    held: bool = False
    """The far end wants to be sent nothing."""
    told_held: bool = False
    """The same, as it was last told."""
    plays: set[int] = field(default_factory=set)
    """Engine numbers of the playbacks that have not ended."""
    on_pause: Callable[[], None] = lambda: None
    offer: bytes | None = None
    """Of an incoming call."""
    farewell: Callable[[LegStatistics | None], Event] | None = None
    """Makes the last event of the leg from the statistics of its media."""
