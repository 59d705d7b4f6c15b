"""A telephone without a network, for tests of programs that use the service layer."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ringback.domain.number import Number
from ringback.engine import events
from ringback.service.ports import PacketsKept, Prompt


@dataclass
class FakeLeg:
    """A leg that was dialled."""

    call_id: str
    trunk: str
    source: Number
    destination: Number
    tell: Callable[[events.Event], None]
    played: list[str] = field(default_factory=list)
    """Keys of the prompts, in order."""
    bridged_to: str | None = None
    recorded: str = ""
    """The path of its packets."""
    kept: Callable[[PacketsKept], None] | None = None
    over: bool = False
    settled: str = ""
    """Of a caller: `ringing`, `answered`, or the status of the refusal."""


class FakeTelephone:
    """Implements `ringback.service.ports.Telephone`: every call is answered at once and every prompt ends at once.

    `behave` may be replaced to let a leg do something else when it is dialled.
    """

    def __init__(self) -> None:
        """Nobody was called yet."""
        self.legs: dict[str, FakeLeg] = {}
        self.behave: Callable[[FakeLeg], None] = lambda leg: leg.tell(events.LegAnswered(leg.call_id))
        self.endless = False
        """Playbacks do not end by themselves."""

    def dial(
        self,
        call_id: str,
        trunk: str,
        source: Number,
        destination: Number,
        tell: Callable[[events.Event], None],
        *,
        beside: str | None = None,  # noqa: ARG002 - nothing is near or far here
    ) -> None:
        """Keep the leg and let it behave."""
        leg = self.legs[call_id] = FakeLeg(call_id, trunk, source, destination, tell)
        self.behave(leg)

    def hang_up(self, call_id: str) -> None:
        """End a leg, which tells so."""
        leg = self.legs.get(call_id)
        if leg is not None and not leg.over:
            leg.over = True
            leg.tell(events.LegHungUp(call_id))
            if leg.kept is not None:
                leg.kept(PacketsKept(100, 0, ""))

    def receive(self, call_id: str, called: Number, caller: Number) -> FakeLeg:
        """Let a caller wait."""
        leg = self.legs[call_id] = FakeLeg(call_id, "", caller, called, lambda _event: None)
        return leg

    def attend(self, call_id: str, tell: Callable[[events.Event], None]) -> None:
        """Keep who is told."""
        self.legs[call_id].tell = tell

    def ring(self, call_id: str) -> None:
        """Keep that it rings."""
        self.legs[call_id].settled = "ringing"

    def answer(self, call_id: str) -> None:
        """Confirm the answer at once."""
        self.legs[call_id].settled = "answered"
        self.legs[call_id].tell(events.LegAnswered(call_id))

    def reject(self, call_id: str, status: int) -> None:
        """Keep the refusal."""
        self.legs[call_id].settled = str(status)
        self.legs[call_id].over = True

    def play(self, call_id: str, play_id: int, prompt: Prompt, repetition: int) -> None:
        """Keep the prompt's key, `repetition` times, and finish at once."""
        leg = self.legs[call_id]
        leg.played += [prompt.key] * repetition
        if not self.endless:
            leg.tell(events.PlayFinished(play_id))

    def stop_play(self, call_id: str) -> None:
        """Do nothing: what plays here has ended already."""

    def start_ringback(self, call_id: str) -> None:
        """Keep the tone as a prompt named `ringback`."""
        self.legs[call_id].played.append("ringback")

    def record(self, call_id: str, path: str, done: Callable[[PacketsKept], None]) -> None:
        """Keep where to, and tell of a hundred packets once the leg is hung up."""
        self.legs[call_id].recorded = path
        self.legs[call_id].kept = done

    def bridge(self, call_id: str, other: str) -> None:
        """Keep who is bridged to whom."""
        self.legs[call_id].bridged_to = other
        self.legs[other].bridged_to = call_id

    def unbridge(self, call_id: str, other: str) -> None:
        """Part them."""
        self.legs[call_id].bridged_to = None
        self.legs[other].bridged_to = None
