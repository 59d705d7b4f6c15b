"""The actions of a callflow as values that are valid by construction.

`ringback.domain.validation` makes them from JSON; the store keeps them as JSON; the engine runs them.
"""

from typing import TypeAlias

import msgspec

from ringback.domain.number import Number
from ringback.domain.retry import Retry


class MakeCall(msgspec.Struct, frozen=True, tag="makeCall"):
    """Dial: the first of a callflow starts call A, a second is bridged to A once answered."""

    source: Number
    destination: Number
    record: bool = False


class Say(msgspec.Struct, frozen=True, tag="say"):
    """Speak a text (1..3000 characters) in an installed voice."""

    text: str
    voice: str
    """Code of an installed voice, aliases resolved, such as `en-US-Heart`."""
    speed: float = 1.0
    """0.5 (half as fast) to 2.0."""
    repetition: int = 1
    """How often it is spoken, 1..3."""


class OptOut(msgspec.Struct, frozen=True):
    """What a scenario's capture does with the key of those who want no more calls."""

    digit: str
    """One of `0123456789*`; pressed alone, it puts the number of call A on the subaccount's opt-out list."""
    confirmation: str | None = None
    """Spoken once it is there; then the call ends."""
    failure: str | None = None
    """Spoken where the list could not take it; then the call ends too."""


class SayAndCapture(msgspec.Struct, frozen=True, tag="sayAndCapture"):
    """Speak a prompt and collect digits; see the wire specification, section 1.4, rule 3."""

    prompt: str
    voice: str
    speed: float = 1.0
    repetition: int = 1
    min_digits: int = 1
    max_digits: int = 25
    digit_timeout: float | None = None
    """Longest pause between two digits in seconds; None: only `overall_timeout` counts."""
    overall_timeout: float = 30.0
    """Seconds from the end of the prompt, or from the barge-in."""
    complete_on_hash: bool = True
    tries: int = 3
    """How often the prompt is tried in all, 1..10."""
    success_message: str | None = None
    failure_message: str | None = None
    callback_url: str | None = None
    """Old form: the digits are also posted here (wire specification, section 7)."""
    opt_out: OptOut | None = None


class PlayFile(msgspec.Struct, frozen=True, tag="playFile"):
    """Play an mp3 or wav file fetched from an http or https URL."""

    url: str
    repetition: int = 1


class Hangup(msgspec.Struct, frozen=True, tag="hangup"):
    """End every call of the session."""


Action: TypeAlias = MakeCall | Say | SayAndCapture | PlayFile | Hangup


class Execution(msgspec.Struct, frozen=True):
    """What an executeScenario came to."""

    name: str
    version: int
    """Of the scenario, when it was accepted."""
    error_code: int | None = None
    """Its parameters are no good: the session ends with this, undialled, and the callflow has no actions."""
    reason: str = ""
    """What is wrong with them."""


class Callflow(msgspec.Struct, frozen=True, kw_only=True):
    """A validated callflow: what a session runs next."""

    actions: tuple[Action, ...]
    client_action_id: str | None = None
    client_request_id: str | None = None
    valid_until: float | None = None
    """Seconds since the epoch, UTC."""
    start_at: float | None = None
    """Not to be dialled earlier; seconds since the epoch, UTC. None: as soon as may be."""
    retry: Retry | None = None
    """None: it is not tried again."""
    ignores_quiet_hours: bool = False
    """Whether it is dialled in quiet hours, too: somebody waits for it."""
    scenario: Execution | None = None
    """Whose rendering the actions are."""

    @property
    def is_refusable(self) -> bool:
        """Tell whether a callee may opt out: then a number on the opt-out list is not called."""
        return any(isinstance(action, SayAndCapture) and action.opt_out is not None for action in self.actions)
