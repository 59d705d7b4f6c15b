"""The page `docs/interop.md`: a cell for each situation and peer, made of the outcomes of the tests marked so."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.interop.situations import NOT_POSSIBLE, Peer, Situation

PAGE = Path(__file__).parents[2] / "docs" / "interop.md"
Cell = tuple[Situation, Peer]

_HEAD = """<!-- Written by `make interop`; do not edit. -->

# Interoperability

Calls with SIP agents that nobody here wrote. Each cell is the outcome of a run: `make interop` makes the calls and
writes this page; a run of some of the tests (`pytest --interop -k PATTERN`) leaves the other cells as they are. The
same tests are part of `make test`, those with Linphone aside, with fewer calls over the line that loses.

"""
_TAIL = """
SIPp plays a carrier or a caller from scenarios, baresip is a phone by the wheel `baresip-python`, Linphone is Debian's
`linphone-cli` on a terminal. SIPp loses messages itself (`-lost 5`); for the phones our own socket does, both ways.
A call is complete when its session is `COMPLETED`: it was answered, heard, and ended with BYE. Nobody may ring twice:
one dialog for each number that we call, one question to the program for each caller.
"""


@dataclass(frozen=True)
class Outcome:
    """How a test went."""

    passed: bool
    note: str = ""
    """What was measured."""


def versions() -> dict[Peer, str]:
    """Tell whom we met."""
    return {
        Peer.SIPP: _said(("sipp", "-v"), r"SIPp v(\S+?)-"),
        Peer.BARESIP: version("baresip-python"),
        Peer.LINPHONE: _said(("linphonec", "-v"), r"version: (\S+)"),
    }


def _said(command: Sequence[str], pattern: str) -> str:
    """Find something in what a program says; `?` where it is not there."""
    if shutil.which(command[0]) is None:
        return "?"
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else "?"


def table_of(text: str) -> dict[Cell, str]:
    """Give what a page says in each cell; a row or column that there is no more is left out."""
    rows = [
        [each.strip() for each in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    peers = [next((peer for peer in Peer if name.startswith(peer.value)), None) for name in rows[0][1:]] if rows else []
    named = {situation.value: situation for situation in Situation}
    return {
        (named[row[0]], peer): said
        for row in rows[1:]
        if row[0] in named
        for peer, said in zip(peers, row[1:], strict=True)
        if peer is not None
    }


def page(
    outcomes: Mapping[Cell, Sequence[Outcome]], peers: Mapping[Peer, str], before: Mapping[Cell, str] | None = None
) -> str:
    """Write the page; `peers`: their versions, `before`: what stays in a cell of which nothing was run."""
    kept = before or {}
    names = " | ".join(f"{peer.value} {peers[peer]}" for peer in Peer)
    rows = [f"| situation | {names} |", f"| --- |{' --- |' * len(Peer)}"]
    for situation in Situation:
        places = [(situation, peer) for peer in Peer]
        cells = (cell(outcomes.get(place, ()), NOT_POSSIBLE.get(place), kept.get(place)) for place in places)
        rows.append(f"| {situation.value} | {' | '.join(cells)} |")
    return _HEAD + "\n".join(rows) + "\n" + _TAIL


def cell(outcomes: Sequence[Outcome], impossible: str | None, before: str | None = None) -> str:
    """Say yes where every test passed, no where one did not, else what was said `before`, or why there was none."""
    if impossible:
        return f"not possible: {impossible}"
    if not outcomes:
        return before or "not tried"
    answer = "yes" if all(outcome.passed for outcome in outcomes) else "**no**"
    return ": ".join([answer, *(outcome.note for outcome in outcomes if outcome.note)])
