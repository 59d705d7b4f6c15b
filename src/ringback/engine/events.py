"""What can happen to a session: the input of `ringback.engine.session.SessionMachine`.

A leg is named by its `call_id`, a playback by its `play_id`; an event for one that is over is ignored.
"""

from typing import TypeAlias

import msgspec

from ringback.domain.callflow import Callflow
from ringback.domain.number import Number
from ringback.domain.session import MediaReport, Quality


class SessionStarted(msgspec.Struct, frozen=True):
    """The session was claimed from the queue and its dialling is on disk."""


class CallReceived(msgspec.Struct, frozen=True):
    """A caller waits on a virtual number; it rings. The session is on disk."""

    call_id: str
    source: Number
    """As it came, possible or not."""
    destination: Number


class LegDialled(msgspec.Struct, frozen=True):
    """The INVITE of a leg is on its way through a trunk."""

    call_id: str
    ring_timeout: float
    """Seconds until an unanswered leg is given up (the trunk's setting)."""


class LegNotRouted(msgspec.Struct, frozen=True):
    """No trunk serves the destination (-2004)."""

    call_id: str


class LegNotCarried(msgspec.Struct, frozen=True):
    """The trunk of the destination has no free channel (-2010)."""

    call_id: str


class LegRinging(msgspec.Struct, frozen=True):
    """A provisional response other than 100 came."""

    call_id: str
    sip_code: int
    early_media: bool = False
    """The response carried SDP: what the network plays can be heard."""


class LegAnswered(msgspec.Struct, frozen=True):
    """The callee took the call, or our answer to a caller was confirmed: audio flows."""

    call_id: str


class LegRefused(msgspec.Struct, frozen=True):
    """A final response other than 2xx came, 487 after our own CANCEL included."""

    call_id: str
    sip_code: int
    media: MediaReport | None = None
    """Of early media."""


class LegUnreachable(msgspec.Struct, frozen=True):
    """No response at all, an ICMP error or a refused connection (-2002)."""

    call_id: str


class LegHungUp(msgspec.Struct, frozen=True):
    """A leg is over: BYE from the far end, our own was carried out, or a caller left before the answer."""

    call_id: str
    quality: Quality | None = None
    media: MediaReport | None = None


class LegHeld(msgspec.Struct, frozen=True):
    """The far end of a leg put it on hold, or took it back: while it is held, nothing is sent to it."""

    call_id: str
    held: bool


class LegSilent(msgspec.Struct, frozen=True):
    """No RTP came from an answered leg for as long as the configuration allows."""

    call_id: str


class LegLost(msgspec.Struct, frozen=True):
    """The media of a leg is gone by a fault of ours (the engine died): -2001."""

    call_id: str


class DigitPressed(msgspec.Struct, frozen=True):
    """A key was pressed on a leg."""

    call_id: str
    digit: str
    """One of `0123456789*#ABCD`."""


class PlayFinished(msgspec.Struct, frozen=True):
    """A playback ran to its end (never reported for one that was stopped)."""

    play_id: int


class PlayFailed(msgspec.Struct, frozen=True):
    """A playback could not be started."""

    play_id: int
    error_code: int
    """-2005 (synthesis), -2006 (download or decoding) or -2001."""


class CallflowReceived(msgspec.Struct, frozen=True):
    """The VCA webhook answered with a valid callflow."""

    callflow: Callflow


class CallflowReplaced(msgspec.Struct, frozen=True):
    """The program wants another callflow to run instead of this one."""

    callflow: Callflow


class CallflowRefused(msgspec.Struct, frozen=True):
    """The VCA webhook gave no usable answer."""

    error_code: int
    """-2002 (not reached), -2003 (invalid), -2008 (source not allowed)."""
    fallback: Callflow | None = None
    """Runs instead, as the last one: then the session ends."""


class CallflowAbsent(msgspec.Struct, frozen=True):
    """No VCA webhook is enabled: the session hangs up."""


class NumberOptedOut(msgspec.Struct, frozen=True):
    """The number that was to be called is on the opt-out list; takes the place of SessionStarted."""


class OptOutKept(msgspec.Struct, frozen=True):
    """Who opted out is on the list, on disk."""


class OptOutLost(msgspec.Struct, frozen=True):
    """The list could not take who opted out."""


class TimerFired(msgspec.Struct, frozen=True):
    """A timer that the machine started ran out."""

    timer: str


class SessionCancelled(msgspec.Struct, frozen=True):
    """The API, or the end of a drain, ends the session: hang up what is up, give up what rings."""


Event: TypeAlias = (
    SessionStarted
    | CallReceived
    | LegDialled
    | LegNotRouted
    | LegNotCarried
    | LegRinging
    | LegAnswered
    | LegRefused
    | LegUnreachable
    | LegHungUp
    | LegHeld
    | LegSilent
    | LegLost
    | DigitPressed
    | PlayFinished
    | PlayFailed
    | CallflowReceived
    | CallflowReplaced
    | CallflowRefused
    | CallflowAbsent
    | NumberOptedOut
    | OptOutKept
    | OptOutLost
    | TimerFired
    | SessionCancelled
)
