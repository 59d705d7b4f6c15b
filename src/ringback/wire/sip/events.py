"""What the SIP user agent tells its owner: the output of `ringback.wire.sip.user_agent.UserAgent.next_event`.

A call is named by the key that its owner gave to `invite`, or that the `Incoming` event gave.
"""

from dataclasses import dataclass
from typing import TypeAlias

Address: TypeAlias = tuple[str, int]
"""An IPv4 address as text and a UDP port."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A provisional response other than 100 to our INVITE (RFC 3261, section 13.2.2.1)."""

    call: str
    status: int
    """101..199."""
    sdp: bytes | None = None
    """Early media."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The first 2xx to our INVITE; the ACK is already under way."""

    call: str
    sdp: bytes | None = None
    """The answer; None where neither this response nor a reliable one before carried any."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A final response of 300..699 to our INVITE, 487 after our CANCEL included, told after its ACK."""

    call: str
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Our INVITE or OPTIONS got no response at all: timer B or F, an ICMP error, an address that cannot be sent to."""

    call: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A confirmed dialog is over: BYE from the far end, our own was answered or timed out, or the ACK never came.

    Also told when we hang up on a caller who still waits.
    """

    call: str
    by_peer: bool


@dataclass(frozen=True, slots=True)
class Reoffered:
    """A re-INVITE (or UPDATE) with an offer, or without one (None); to be settled with `reanswer` or `rereject`."""

    call: str
    offer: bytes | None


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """A digit by INFO (`application/dtmf-relay` or `application/dtmf`); the INFO was answered 200."""

    call: str
    digit: str
    """One of `0123456789*#ABCD`."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A new INVITE; it was answered 100 and waits for `ring`, `answer` or `reject`."""

    call: str
    source: Address
    request_user: str
    """User part of the Request-URI, as it came."""
    from_user: str
    offer: bytes | None
    asserted_user: str = ""
    """User part of the first P-Asserted-Identity (RFC 3325) that has one; empty where there is none, or the caller asks
    for privacy (`Privacy: id`, RFC 3323)."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The caller cancelled an incoming INVITE, or its answer was never acknowledged; it is over."""

    call: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The ACK for our answer came; also that of a re-INVITE without an offer, when it carries the answer to ours."""

    call: str
    sdp: bytes | None = None
    """The answer to an offer that our 2xx made."""


@dataclass(frozen=True, slots=True)
class OptionsAnswered:
    """The final response to our OPTIONS outside a dialog; where there is none it is Unreachable (section 11)."""

    call: str
    status: int
    """200..699; 401 and 407 where our credentials do not do."""
    reason: str
    answered_challenge: int = 0
    """401 or 407 where it was challenged on the way and sent again with credentials; else 0."""
    seen_as: tuple[str | None, int | None] = None, None
    """Address and port that it came from, where the peer says so (`received` and `rport`, RFC 3581)."""
    allow: tuple[str, ...] = ()
    """Methods; empty where nothing is said."""
    accept: tuple[str, ...] = ()
    """Types of bodies; empty where nothing is said."""
    date: str = ""
    """As it came (section 20.17); empty where there is none."""
    sdp: bytes | None = None
    """What it would answer an offer with, as far as it says so."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A datagram that belongs to a call was received or is about to be sent (retransmissions included)."""

    call: str
    sent: bool
    peer: Address
    data: bytes


Event: TypeAlias = (
    Progress
    | Accepted
    | Refused
    | Unreachable
    | Ended
    | Reoffered
    | DigitReceived
    | Incoming
    | Abandoned
    | Confirmed
    | OptionsAnswered
    | Traced
)
