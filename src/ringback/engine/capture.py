"""sayAndCapture: a prompt is spoken, digits are collected, and a message says how it went.

```
  try 1                                          try 2
  |--prompt--|--overallTimeout------->|--failure--|--prompt--|...
             1 . . digitTimeout . |               (barge-in)
                                  '-- 1 digit: success when minDigits <= 1
```

See the wire specification, section 1.4, rule 3. The key that opts out ends the entry in another way: the number is put
on the list, that is confirmed, and nothing comes after it.
"""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from ringback.domain.callflow import SayAndCapture
from ringback.engine.commands import Command, OptOut, Play, ReportDigits, StartTimer, StopPlay, StopTimer, Utterance

DIGIT_TIMER: Final = "digit"
OVERALL_TIMER: Final = "overall"
HASH: Final = "#"


class Phase(Enum):
    """What a capture is doing."""

    PROMPTING = auto()
    COLLECTING = auto()
    OPTING_OUT = auto()
    """The opt-out list was told, and has not answered yet."""
    REPORTING = auto()
    """The success message, or the failure message, is spoken."""
    DONE = auto()


class Capture:
    """One sayAndCapture on one leg. Every method gives the commands that follow."""

    def __init__(self, action: SayAndCapture, call_id: str, next_play: Callable[[], int]) -> None:
        """`next_play` gives the number of each playback."""
        self.digits: str | None = None
        """What was captured; None after the last failure."""
        self.has_opted_out = False
        """The key that opts out was pressed: the call ends."""
        self.play_id = 0
        """The playback under way, 0 for none."""
        self._action = action
        self._call_id = call_id
        self._next_play = next_play
        self._phase = Phase.PROMPTING
        self._entry = ""
        self._tries = 0
        self._timers: set[str] = set()

    @property
    def is_done(self) -> bool:
        """Tell whether the callflow goes on."""
        return self._phase is Phase.DONE

    def begin(self) -> list[Command]:
        """Speak the prompt."""
        self._phase = Phase.PROMPTING
        self._entry = ""
        self._tries += 1
        return [self._speak(self._action.prompt, self._action.repetition)]

    def played(self) -> list[Command]:
        """Take the end of what was spoken."""
        self.play_id = 0
        if self._phase is Phase.PROMPTING:
            self._phase = Phase.COLLECTING
            return [self._start(OVERALL_TIMER, self._action.overall_timeout)]
        if self.has_opted_out or self.digits is not None or self._tries >= self._action.tries:
            return self._finish()
        return self.begin()

    def pressed(self, digit: str) -> list[Command]:
        """Take a digit."""
        if self._phase in {Phase.OPTING_OUT, Phase.REPORTING}:
            return []
        commands: list[Command] = []
        if self._phase is Phase.PROMPTING:
            self._phase = Phase.COLLECTING
            commands += [*self._silence(), self._start(OVERALL_TIMER, self._action.overall_timeout)]
        if digit == HASH and self._action.complete_on_hash:
            return commands + self._judge()
        self._entry += digit
        if len(self._entry) >= self._action.max_digits:
            return commands + self._judge()
        if self._action.digit_timeout is not None:
            commands.append(self._start(DIGIT_TIMER, self._action.digit_timeout))
        return commands

    def timed_out(self, timer: str) -> list[Command]:
        """Take the end of a timer."""
        if timer not in self._timers:
            return []
        self._timers.discard(timer)
        return self._judge()

    def opted_out(self, *, kept: bool) -> list[Command]:
        """Take the answer of the opt-out list."""
        if self._phase is not Phase.OPTING_OUT or (opt_out := self._action.opt_out) is None:
            return []
        return self._report(opt_out.confirmation if kept else opt_out.failure)

    def stop(self) -> list[Command]:
        """Leave it as it is: the call is over."""
        self._phase = Phase.DONE
        return [*self._silence(), *self._stop_timers()]

    def _judge(self) -> list[Command]:
        commands = self._stop_timers()
        if self._action.opt_out is not None and self._entry == self._action.opt_out.digit:
            self.digits = self._entry
            self.has_opted_out = True
            self._phase = Phase.OPTING_OUT
            return [*commands, OptOut(self._call_id)]
        succeeded = len(self._entry) >= self._action.min_digits
        self.digits = self._entry if succeeded else None
        return commands + self._report(self._action.success_message if succeeded else self._action.failure_message)

    def _report(self, message: str | None) -> list[Command]:
        self._phase = Phase.REPORTING
        return self.played() if message is None else [self._speak(message, 1)]

    def _finish(self) -> list[Command]:
        self._phase = Phase.DONE
        url = self._action.callback_url
        return [] if url is None else [ReportDigits(url, self.digits)]

    def _speak(self, text: str, repetition: int) -> Command:
        self.play_id = self._next_play()
        sound = Utterance(text, self._action.voice, self._action.speed)
        return Play(self._call_id, self.play_id, sound, repetition)

    def _silence(self) -> list[Command]:
        if not self.play_id:
            return []
        play_id, self.play_id = self.play_id, 0
        return [StopPlay(self._call_id, play_id)]

    def _start(self, timer: str, seconds: float) -> Command:
        self._timers.add(timer)
        return StartTimer(timer, seconds)

    def _stop_timers(self) -> list[Command]:
        timers, self._timers = sorted(self._timers), set()
        return [StopTimer(timer) for timer in timers]
