"""What is left of a session when its texts and digits are erased: how it went, but not what was said and pressed.

```
  {"text": "Dear Ann, …", "voice": …}   ->   {"text": "", "characters": 11, "voice": …}
  {"digit": "7"}                        ->   {"digit": ""}
```
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from ringback.domain.callflow import Action, Callflow, OptOut, PlayFile, Say, SayAndCapture
from ringback.service.ports import TimelineEntry
from ringback.service.queries import CALLFLOW_ASKED

TEXT: Final = "text"
CHARACTERS: Final = "characters"
"""How long a text is that is not there in full."""
_SAID: Final = frozenset({TEXT, "digit", "digits", "request", "response"})
"""Details of a timeline entry that hold what was said, pressed, asked or answered."""
_REASONS: Final = frozenset({"prompt-failed", CALLFLOW_ASKED})
"""Entries whose reason may quote a text."""
_FILES: Final = frozenset({"prompt-played"})
"""Entries whose URL is that of a sound, and not of a webhook."""


def blanked_callflow(callflow: Callflow) -> Callflow:
    """Give a callflow without its texts, URLs and messages; numbers, voices and the program's ids stay."""
    scenario = callflow.scenario
    return msgspec.structs.replace(
        callflow,
        actions=tuple(map(_action, callflow.actions)),
        scenario=None if scenario is None else msgspec.structs.replace(scenario, reason=""),
    )


def blanked_entries(entries: Sequence[TimelineEntry]) -> Sequence[TimelineEntry]:
    """Give entries of a timeline without texts and digits."""
    return [msgspec.structs.replace(entry, details=_details(entry)) for entry in entries]


def _action(action: Action) -> Action:
    match action:
        case Say():
            return msgspec.structs.replace(action, text="")
        case SayAndCapture():
            return msgspec.structs.replace(
                action,
                prompt="",
                success_message=None,
                failure_message=None,
                callback_url=None,
                opt_out=None if action.opt_out is None else OptOut(action.opt_out.digit),
            )
        case PlayFile():
            return msgspec.structs.replace(action, url="")
        case _:
            return action


def _details(entry: TimelineEntry) -> Mapping[str, Any]:
    hidden = _SAID | ({"reason"} if entry.name in _REASONS else set()) | ({"url"} if entry.name in _FILES else set())
    blank = {name: "" for name in entry.details.keys() & hidden if entry.details[name]}
    if not blank:
        return entry.details
    length = {CHARACTERS: len(entry.details[TEXT])} if TEXT in blank else {}
    return {**length, **entry.details, **blank}
