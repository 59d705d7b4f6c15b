"""The command line inside this process: what it prints, and its exit code."""

from pathlib import Path

import msgspec
import pytest

from ringback.app.cli import main


class Outcome(msgspec.Struct, frozen=True):
    """What a command printed."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs commands in a folder of their own, whose ringback.toml names a store there."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """`folder`: the current one, with nothing in it."""
        self.folder = folder
        self._capsys = capsys

    def run(self, *words: str) -> Outcome:
        """Run a command."""
        self._capsys.readouterr()
        code = 0
        try:
            main(list(words))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = self._capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    def lines(self, *words: str) -> list[str]:
        """Run a command that must succeed; give the lines that it printed."""
        outcome = self.run(*words)
        assert (outcome.code, outcome.err) == (0, "")
        return outcome.out.splitlines()

    def refusal(self, *words: str) -> str:
        """Run a command that must fail with one line; give it."""
        outcome = self.run(*words)
        assert (outcome.code, outcome.out) == (1, "")
        (line,) = outcome.err.splitlines()
        assert line.startswith("ringback: ")
        return line.removeprefix("ringback: ")
