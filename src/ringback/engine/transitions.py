"""The one table of a session's states: what may happen in which, what is done, and where it leads.

`ringback.engine.session` carries the reactions out; `diagram` draws the table for the documentation.
"""

from collections.abc import Iterable, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

import msgspec


class State(Enum):
    """What a session is doing."""

    QUEUED = auto()
    """On disk, and waiting for a channel."""
    OFFERED = auto()
    """A caller waits while the program is asked what to do."""
    ANSWERING = auto()
    """Our answer to the caller waits for its confirmation."""
    DIALLING = auto()
    """Call A is being set up."""
    SPEAKING = auto()
    """A text or a file is played to A."""
    CAPTURING = auto()
    """A is asked for digits."""
    CONNECTING = auto()
    """Call B is being set up while A hears it ring."""
    BRIDGED = auto()
    """A and B hear each other."""
    ASKING = auto()
    """The program is asked what is next."""
    CLEARING = auto()
    """Every leg was told to end."""
    ENDED = auto()
    """The summary is on disk."""


class Happening(Enum):
    """An event as the table sees it. A is the first leg, B the last one dialled."""

    STARTED = auto()
    RECEIVED = auto()
    A_ANSWERED = auto()
    A_FAILED = auto()
    A_ENDED = auto()
    A_SILENT = auto()
    A_LOST = auto()
    B_HEARD = auto()
    B_ANSWERED = auto()
    B_FAILED = auto()
    B_ENDED = auto()
    B_SILENT = auto()
    B_LOST = auto()
    RING_TIMEOUT = auto()
    DIGIT = auto()
    DIGIT_TIMEOUT = auto()
    OVERALL_TIMEOUT = auto()
    OPTED_OUT = auto()
    """Of a number that was to be called, or of A just now: taken by the list or not."""
    PLAYED = auto()
    PLAY_FAILED = auto()
    CALLFLOW = auto()
    CALLFLOW_REFUSED = auto()
    CALLFLOW_ABSENT = auto()
    FALLBACK = auto()
    """The program gave no usable callflow, and there is one for that."""
    REPLACED = auto()
    CANCELLED = auto()
    TOO_LONG = auto()
    CLEARING_TIMEOUT = auto()


class Reaction(Enum):
    """What the machine does."""

    BEGIN = auto()
    """Dial call A."""
    OFFER = auto()
    """Ask what to do with a caller."""
    RESUME = auto()
    """The caller is connected: bridge B where it waits, else go on."""
    ADVANCE = auto()
    """Start the next action, or ask for the next callflow."""
    CAPTURE = auto()
    """Let the running capture see it."""
    HEAR = auto()
    """Let A hear the early media of B."""
    BRIDGE = auto()
    """Connect A and B."""
    PART = auto()
    """B is gone: go on with A."""
    RELEASE = auto()
    """Hang B up."""
    RUN = auto()
    """Start the callflow that came."""
    FALL_BACK = auto()
    """Start the callflow for a program that fails, as the last one; the session ends with an error."""
    SWITCH = auto()
    """Stop what runs, and start the callflow that came instead."""
    PLAN = auto()
    """Let the callflow that came follow the call that is being set up, instead of what was to follow."""
    LEAVE = auto()
    """Hang B up; then the callflow that came instead starts."""
    CLEAR = auto()
    """Stop everything, end every leg."""
    FAIL = auto()
    """As CLEAR, and the session ends with an error."""
    SETTLE = auto()
    """End the session if no leg is left, and no answer of the opt-out list is waited for."""
    FORCE = auto()
    """End the session whatever is left."""


class Transition(msgspec.Struct, frozen=True):
    """A row: what is done, and every state in which that may leave the session."""

    reaction: Reaction
    targets: frozenset[State]


class InvalidTransition(Exception):
    """The session machine went where its table does not lead: a fault of ours."""


_S, _H, _R = State, Happening, Reaction
_OVER: Final = (_S.CLEARING, _S.ENDED)
_WAITING: Final = (_S.OFFERED, _S.ANSWERING)
"""The states in which a caller waits for us."""
_ONWARD: Final = (_S.SPEAKING, _S.CAPTURING, _S.CONNECTING, _S.ASKING, *_OVER)
_UP: Final = (_S.SPEAKING, _S.CAPTURING, _S.CONNECTING, _S.BRIDGED, _S.ASKING)
"""The states in which A is connected; in CONNECTING a caller may still wait."""


def _rows(
    states: Iterable[State], happenings: Iterable[Happening], reaction: Reaction, targets: Iterable[State]
) -> dict[tuple[State, Happening], Transition]:
    row = Transition(reaction, frozenset(targets))
    return {(state, happening): row for state in states for happening in happenings}


TRANSITIONS: Final[Mapping[tuple[State, Happening], Transition]] = MappingProxyType(
    _rows([_S.QUEUED], [_H.STARTED], _R.BEGIN, [_S.DIALLING])
    | _rows([_S.QUEUED], [_H.CANCELLED, _H.OPTED_OUT], _R.CLEAR, [_S.ENDED])
    | _rows([_S.QUEUED], [_H.RECEIVED], _R.OFFER, [_S.OFFERED])
    | _rows([_S.OFFERED], [_H.CALLFLOW], _R.RUN, [_S.ANSWERING, _S.CONNECTING, *_OVER])
    | _rows([_S.OFFERED], [_H.FALLBACK], _R.FALL_BACK, [_S.ANSWERING, _S.CONNECTING, *_OVER])
    | _rows([_S.OFFERED], [_H.CALLFLOW_ABSENT], _R.CLEAR, [_S.ENDED])
    | _rows([_S.OFFERED], [_H.CALLFLOW_REFUSED], _R.FAIL, [_S.ENDED])
    | _rows(_WAITING, [_H.A_FAILED, _H.CANCELLED, _H.TOO_LONG], _R.CLEAR, _OVER)
    | _rows(_WAITING, [_H.A_LOST], _R.FAIL, _OVER)
    | _rows([_S.ANSWERING], [_H.A_ANSWERED], _R.RESUME, [*_ONWARD, _S.BRIDGED])
    | _rows([_S.ANSWERING], [_H.B_ENDED], _R.CLEAR, [_S.CLEARING])
    | _rows([_S.ANSWERING], [_H.B_LOST], _R.FAIL, [_S.CLEARING])
    | _rows([_S.CONNECTING], [_H.A_FAILED], _R.CLEAR, _OVER)
    | _rows([_S.DIALLING], [_H.A_ANSWERED], _R.ADVANCE, _ONWARD)
    | _rows([_S.DIALLING], [_H.A_FAILED], _R.CLEAR, [_S.ENDED])
    | _rows([_S.DIALLING], [_H.RING_TIMEOUT, _H.CANCELLED, _H.TOO_LONG], _R.CLEAR, [_S.CLEARING])
    | _rows([_S.DIALLING], [_H.A_LOST], _R.FAIL, [_S.CLEARING])
    | _rows(_UP, [_H.A_ENDED, _H.A_SILENT, _H.CANCELLED, _H.TOO_LONG], _R.CLEAR, _OVER)
    | _rows(_UP, [_H.A_LOST], _R.FAIL, _OVER)
    | _rows([_S.SPEAKING], [_H.PLAYED], _R.ADVANCE, _ONWARD)
    | _rows([_S.SPEAKING, _S.CAPTURING], [_H.PLAY_FAILED], _R.FAIL, [_S.CLEARING])
    | _rows(
        [_S.CAPTURING],
        [_H.PLAYED, _H.DIGIT, _H.DIGIT_TIMEOUT, _H.OVERALL_TIMEOUT, _H.OPTED_OUT],
        _R.CAPTURE,
        _ONWARD,
    )
    | _rows([_S.CONNECTING], [_H.B_HEARD], _R.HEAR, [_S.CONNECTING])
    | _rows([_S.CONNECTING], [_H.B_ANSWERED], _R.BRIDGE, [_S.BRIDGED, _S.ANSWERING])
    | _rows([_S.CONNECTING], [_H.B_FAILED, _H.RING_TIMEOUT], _R.CLEAR, _OVER)
    | _rows([_S.CONNECTING, _S.BRIDGED], [_H.B_LOST], _R.FAIL, _OVER)
    | _rows([_S.BRIDGED], [_H.B_ENDED], _R.PART, _ONWARD)
    | _rows([_S.BRIDGED], [_H.B_SILENT], _R.RELEASE, [_S.BRIDGED])
    | _rows([_S.ASKING], [_H.CALLFLOW], _R.RUN, _ONWARD)
    | _rows([_S.ASKING], [_H.FALLBACK], _R.FALL_BACK, _ONWARD)
    | _rows([_S.ASKING], [_H.CALLFLOW_REFUSED], _R.FAIL, [_S.CLEARING])
    | _rows([_S.ASKING], [_H.CALLFLOW_ABSENT], _R.CLEAR, [_S.CLEARING])
    | _rows([_S.DIALLING], [_H.REPLACED], _R.PLAN, [_S.DIALLING])
    | _rows([_S.SPEAKING, _S.CAPTURING, _S.ASKING], [_H.REPLACED], _R.SWITCH, _ONWARD)
    | _rows([_S.BRIDGED], [_H.REPLACED], _R.LEAVE, [_S.BRIDGED])
    | _rows([_S.CLEARING], [_H.A_ENDED, _H.A_FAILED, _H.B_ENDED, _H.B_FAILED, _H.OPTED_OUT], _R.SETTLE, _OVER)
    | _rows([_S.CLEARING], [_H.CLEARING_TIMEOUT], _R.FORCE, [_S.ENDED])
)
"""What is not here changes nothing."""


def diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    edges: dict[tuple[State, State], list[str]] = {}
    for (state, happening), transition in TRANSITIONS.items():
        for target in transition.targets:
            edges.setdefault((state, target), []).append(happening.name.lower().replace("_", " "))
    order = list(State)
    lines = ["stateDiagram-v2", f"    [*] --> {State.QUEUED.name}"]
    for (state, target), names in sorted(edges.items(), key=lambda edge: [order.index(end) for end in edge[0]]):
        lines.append(f"    {state.name} --> {target.name}: {', '.join(names)}")
    lines.append(f"    {State.ENDED.name} --> [*]")
    return "\n".join(lines) + "\n"
