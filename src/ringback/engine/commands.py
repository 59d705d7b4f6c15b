"""What a session wants done: the output of `ringback.engine.session.SessionMachine`."""

from typing import TypeAlias

import msgspec

from ringback.domain.number import Number
from ringback.domain.session import CallStatus, Session


class Dial(msgspec.Struct, frozen=True):
    """Place a call. Answered by LegDialled, LegNotRouted, LegNotCarried or LegUnreachable, then by the phone."""

    call_id: str
    name: str
    """`callA`, `callB`, …: only call A was given its channel when the session was claimed."""
    source: Number
    destination: Number
    beside: str | None = None
    """The call that it is to be bridged with; None for call A."""


class Answer(msgspec.Struct, frozen=True):
    """Take a caller's call. Answered by LegAnswered, LegRefused (there is no common codec) or LegHungUp."""

    call_id: str


class Reject(msgspec.Struct, frozen=True):
    """Refuse a caller's call; nothing is reported."""

    call_id: str
    sip_code: int
    """A final response of 300..699."""


class HangUp(msgspec.Struct, frozen=True):
    """End a leg whatever its state: CANCEL, BYE or nothing.

    A leg that was up answers with LegHungUp, one that rang with LegRefused.
    """

    call_id: str


class Utterance(msgspec.Struct, frozen=True):
    """A text to be spoken."""

    text: str
    voice: str
    speed: float = 1.0


class File(msgspec.Struct, frozen=True):
    """A sound file to be fetched."""

    url: str


Sound: TypeAlias = Utterance | File


class Record(msgspec.Struct, frozen=True):
    """Record what a leg says and hears, from now until it is over; nothing is reported."""

    call_id: str


class Prepare(msgspec.Struct, frozen=True):
    """Render these ahead of their Play (while the phone rings); a failure is told only by the Play."""

    sounds: tuple[Sound, ...]


class Play(msgspec.Struct, frozen=True):
    """Play a sound to a leg. Answered by PlayFinished or PlayFailed unless it is stopped."""

    call_id: str
    play_id: int
    sound: Sound
    repetition: int = 1


class StopPlay(msgspec.Struct, frozen=True):
    """Stop the playback on a leg within one frame; nothing is reported."""

    call_id: str
    play_id: int


class StartRingback(msgspec.Struct, frozen=True):
    """Let a leg hear the ringback tone until StopRingback."""

    call_id: str


class StopRingback(msgspec.Struct, frozen=True):
    """End the ringback tone."""

    call_id: str


class Bridge(msgspec.Struct, frozen=True):
    """Connect the audio of two legs in both directions."""

    call_id: str
    other: str


class Unbridge(msgspec.Struct, frozen=True):
    """Part two bridged legs."""

    call_id: str
    other: str


class AskCallflow(msgspec.Struct, frozen=True):
    """Ask the program's VCA webhook what is next. Answered by CallflowReceived, CallflowRefused or CallflowAbsent."""

    call_id: str
    """Of call A."""
    digits: str | None
    client_action_id: str | None
    status: CallStatus = CallStatus.ACTION_COMPLETED
    """CALL_RECEIVED where a caller waits for the first callflow."""


class Report(msgspec.Struct, frozen=True):
    """Tell the program (VCS) what happened to a leg, which is described by `session` as it is now."""

    call_id: str
    status: CallStatus
    digit: str | None = None
    reason: str | None = None
    """With CALL_UPDATED, for the timeline: `ringing`, `bridged`, `unbridged`, `hold`, `resumed`."""


class ReportDigits(msgspec.Struct, frozen=True):
    """Post captured digits to the URL that an old-form sayAndCapture carried."""

    url: str
    digits: str | None


class OptOut(msgspec.Struct, frozen=True):
    """Put the number at the far end on the subaccount's opt-out list. Answered by OptOutKept or OptOutLost."""

    call_id: str


class StartTimer(msgspec.Struct, frozen=True):
    """Feed TimerFired(timer) after `seconds`; starting one that runs starts it anew."""

    timer: str
    seconds: float


class StopTimer(msgspec.Struct, frozen=True):
    """Forget a timer."""

    timer: str


class EndSession(msgspec.Struct, frozen=True):
    """The session is over; the last command of a machine."""

    session: Session


Command: TypeAlias = (
    Dial
    | Answer
    | Reject
    | HangUp
    | Record
    | Prepare
    | Play
    | StopPlay
    | StartRingback
    | StopRingback
    | Bridge
    | Unbridge
    | AskCallflow
    | Report
    | ReportDigits
    | OptOut
    | StartTimer
    | StopTimer
    | EndSession
)
