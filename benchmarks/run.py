"""Run the benchmarks, all or those named, and show them beside the targets: `python benchmarks/run.py [NAME...]`.

Prints a table, and writes the same rows into `docs/performance.md`, between its markers.
"""

import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import accept
import claiming
import document
import exports
import growth
import latency
import live
import sessions
import signalling
import speech
import validation
from gauge import Figure
from media import abilities, serving, sweep
from rich.console import Console
from rich.table import Table

BENCHMARKS = {
    each.NAME: each
    for each in (
        validation,
        accept,
        growth,
        claiming,
        exports,
        signalling,
        sessions,
        latency,
        speech,
        live,
        sweep,
        abilities,
        serving,
    )
}
HEAD = "| what | measured | target | met | |\n| --- | --- | --- | --- | --- |\n"
_MARKS = {True: "yes", False: "**no**", None: ""}


def main() -> None:
    """Run what is named on the command line."""
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    console = Console()
    figures: list[Figure] = []
    began = time.monotonic()
    for name in names:
        console.print(f"{name} ...", highlight=False)
        figures += BENCHMARKS[name].run()
    console.print(table(figures))
    console.print(f"{time.monotonic() - began:.0f} s", highlight=False)
    publish(figures)


def table(figures: Sequence[Figure]) -> Table:
    """Show figures."""
    shown = Table("what", "measured", "target", "met", "note")
    for figure in figures:
        mark = _MARKS[figure.met].strip("*")
        shown.add_row(figure.what, figure.measured, figure.wanted, mark, figure.note)
    return shown


def publish(figures: Sequence[Figure]) -> None:
    """Put figures into the document: a row that is there is replaced, a new one goes to the end."""
    written = document.read("figures")
    rows = {line.split("|")[1].strip(): line for line in written.splitlines()[4:] if line.startswith("| ")}
    for figure in figures:
        cells = (figure.what, figure.measured, figure.wanted, _MARKS[figure.met], figure.note)
        rows[figure.what] = f"| {' | '.join(cells)} |".replace("|  |", "| |")
    body = f"{machine()}\n\n{HEAD}" + "".join(f"{row}\n" for row in rows.values())
    document.replace("figures", body)


def machine() -> str:
    """Say where it was measured."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    return (
        f"Measured on {len(models)} cores of {model}, Linux {platform.release()}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
