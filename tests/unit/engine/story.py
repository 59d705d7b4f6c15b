"""A session told event by event: feeds a machine and remembers what it wanted."""

from itertools import count
from typing import TypeVar

from ringback.domain.callflow import Action, Callflow, Execution, Hangup, MakeCall, Say, SayAndCapture
from ringback.domain.number import Number
from ringback.domain.session import CallStatus, Session
from ringback.engine import commands, events
from ringback.engine.session import SessionMachine

SOURCE = Number("15550100100")
ALICE = Number("6512345678")
BOB = Number("4930123456")
CALL_A = MakeCall(SOURCE, ALICE)
CALL_B = MakeCall(SOURCE, BOB)
HELLO = Say("Hello.", "en-US-Heart")
MENU = SayAndCapture("Press a key.", "en-US-Heart", max_digits=1, tries=1, overall_timeout=10.0)
HANGUP = Hangup()

C = TypeVar("C", bound=commands.Command)


class Story:
    """A session machine, the time, and every command that came."""

    def __init__(
        self, *actions: Action, max_session_seconds: float = 3600.0, scenario: Execution | None = None
    ) -> None:
        """Queue a session with a callflow of `actions`."""
        ids = (f"leg-{number}" for number in count(1))
        self.now = 1000.0
        self.session = Session(session_id="session", sub_account_id="acme", request_id="request", started=999.0)
        self.machine = SessionMachine(
            self.session,
            Callflow(actions=actions, client_action_id="first", scenario=scenario),
            new_id=lambda: next(ids),
            max_session_seconds=max_session_seconds,
        )
        self.commands: list[commands.Command] = []
        self.latest: list[commands.Command] = []
        self.timers: dict[str, float] = {}

    def tell(self, *happened: events.Event, after: float = 0.0) -> "Story":
        """Feed events, `after` seconds later than the one before."""
        self.latest = []
        for event in happened:
            self.now += after
            if isinstance(event, events.TimerFired):
                self.timers.pop(event.timer, None)
            wanted = self.machine.handle(event, self.now)
            for command in wanted:
                if isinstance(command, commands.StartTimer):
                    self.timers[command.timer] = command.seconds
                elif isinstance(command, commands.StopTimer):
                    del self.timers[command.timer]
            self.latest += wanted
        self.commands += self.latest
        return self

    def up(self) -> "Story":
        """Let A be dialled, ring and answer."""
        self.tell(events.SessionStarted(), events.LegDialled("leg-1", 60.0), events.LegRinging("leg-1", 180))
        return self.tell(events.LegAnswered("leg-1"))

    def bob_up(self) -> "Story":
        """Let B be dialled, ring and answer."""
        return self.tell(events.LegDialled("leg-2", 60.0), events.LegRinging("leg-2", 180), events.LegAnswered("leg-2"))

    def wanted(self, kind: type[C]) -> list[C]:
        """Give the commands of a kind that the latest events caused."""
        return [command for command in self.latest if isinstance(command, kind)]

    def all(self, kind: type[C]) -> list[C]:
        """Give every command of a kind."""
        return [command for command in self.commands if isinstance(command, kind)]

    def play(self) -> commands.Play:
        """Give the playback that the latest events started."""
        (play,) = self.wanted(commands.Play)
        return play

    def finish(self) -> "Story":
        """Let the playback that was started last run to its end."""
        return self.tell(events.PlayFinished(self.all(commands.Play)[-1].play_id))

    def reports(self) -> list[tuple[str, CallStatus, str | None]]:
        """Give what the program was told: leg, status, and digit or reason."""
        return [(report.call_id, report.status, report.digit or report.reason) for report in self.all(commands.Report)]

    def ended(self) -> Session:
        """Give the summary; there is exactly one, it is the last command, and no timer runs."""
        (end,) = self.all(commands.EndSession)
        assert self.commands[-1] is end
        assert self.timers == {}
        return end.session
