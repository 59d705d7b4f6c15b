"""What a callflow is made of: actions, and what is said beside them (wire specification, section 1.1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, TypeAlias, TypedDict

import msgspec


class _Action(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An action; what is None is not sent, so that the server's default holds."""

    action: ClassVar[str]


class MakeCall(_Action, frozen=True):
    """Call a number: the first in a callflow begins the session, a second is bridged to it."""

    action: ClassVar[str] = "makeCall"
    source: str
    """A number of the subaccount or one of its caller IDs, in E.164; the plus is optional."""
    destination: str
    """In E.164; the plus is optional."""
    call_recording: bool = False


class Say(_Action, frozen=True):
    """Speak a text; a `voice_profile` or a `language` is needed."""

    action: ClassVar[str] = "say"
    text: str
    """1..3000 characters."""
    voice_profile: str | None = None
    language: str | None = None
    """A BCP 47 tag, such as en-US."""
    repetition: int | None = None
    """1..3."""
    speed: float | None = None
    """0.5..2.0."""


class SayAndCapture(_Action, frozen=True):
    """Speak a prompt and take digits: they are in the next `CallAction`.

    A `voice_profile` or a `language` is needed.
    """

    action: ClassVar[str] = "sayAndCapture"
    prompt_message: str
    """1..3000 characters."""
    voice_profile: str | None = None
    language: str | None = None
    """A BCP 47 tag, such as en-US."""
    repetition: int | None = None
    """1..3."""
    speed: float | None = None
    """0.5..2.0."""
    min_digits: int | None = None
    """1..25; needs `max_digits`."""
    max_digits: int | None = None
    """1..25."""
    digit_timeout: int | None = None
    """Milliseconds between two digits; needs `overall_timeout`."""
    overall_timeout: int | None = None
    """Milliseconds from the end of the prompt."""
    complete_on_hash: bool | None = None
    no_of_tries: int | None = None
    """1..10."""
    success_message: str | None = None
    failure_message: str | None = None
    dtmf_callback_url: str | None = None
    """Gets the digits too, in the old form."""


class PlayFile(_Action, frozen=True):
    """Play an mp3 or wav file of at most 5,242,880 bytes."""

    action: ClassVar[str] = "playFile"
    file_url: str
    """http or https."""
    repetition: int | None = None
    """1..3."""


class Hangup(_Action, frozen=True):
    """End every call of the session."""

    action: ClassVar[str] = "hangup"


class ExecuteScenario(_Action, frozen=True):
    """Run a scenario of the server; it is the only action of its callflow."""

    action: ClassVar[str] = "executeScenario"
    scenario_name: str
    scenario_params: Mapping[str, Any] | None = None


Action: TypeAlias = MakeCall | Say | SayAndCapture | PlayFile | Hangup | ExecuteScenario


class CallRetry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """When a callflow is tried again, in a session of its own."""

    attempts: int
    """0..5, after the first; 0: never, whatever the subaccount's setting says."""
    delay_seconds: int | None = None
    """60..86400 from the end of one session to the call of the next; None: 300."""
    on: Sequence[str] | None = None
    """How the call may have ended for that: NO_ANSWER, BUSY; None: both."""


class Callflow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A callflow, as it is sent. Raises ValueError for a time without a zone: the server would take it for UTC."""

    actions: Sequence[Action]
    client_request_id: str | None = None
    """Comes back in the session's summary."""
    client_action_id: str | None = None
    """Comes back in the first `CallAction`."""
    valid_until: datetime | None = None
    """A session that waits in the queue until then does not call any more."""
    start_at: datetime | None = None
    """The session does not call earlier: at most 30 days ahead, and before `valid_until`."""
    ignore_quiet_hours: bool | None = None
    """Call in the quiet hours of the destination too, as with a one-time code."""
    retry: CallRetry | None = None
    """None: the subaccount's setting."""

    def __post_init__(self) -> None:
        """Hold the times to their zones."""
        for at in (self.valid_until, self.start_at):
            if at is not None:
                moment(at)

    def body(self) -> bytes:
        """Write it as JSON."""
        said = {
            field.encode_name: value
            for field in msgspec.structs.fields(self)
            if field.name != "actions" and (value := getattr(self, field.name)) is not None
        }
        actions = [{"action": action.action, "params": action} for action in self.actions]
        return msgspec.json.encode({**said, "callflow": actions})


BEYOND: Final = ("start_at", "ignore_quiet_hours", "retry")
"""Fields of a callflow that are not published."""


class Beside(TypedDict, total=False):
    """What may be said beside the actions: the fields of a `Callflow`."""

    client_request_id: str | None
    client_action_id: str | None
    valid_until: datetime | None
    start_at: datetime | None
    ignore_quiet_hours: bool | None
    retry: CallRetry | None


def moment(at: datetime) -> str:
    """Write a time. Raises ValueError for one without a zone."""
    if at.tzinfo is None:
        message = f"{at}: a time needs its zone, as in datetime.now(UTC)"
        raise ValueError(message)
    return at.isoformat()
