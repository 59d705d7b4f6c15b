"""`ringback doctor`: examines, and prints what was found."""

import asyncio
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape

from ringback.app.doctor.examination import examine
from ringback.app.doctor.finding import Report, Severity
from ringback.app.doctor.machine import Machine

_COLOURS: Final = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_MARGIN: Final = " " * 24


def doctor(config: Path | None, console: Console, *, json: bool, machine: Machine | None = None) -> bool:
    """Examine, print the findings, and tell whether there is no error."""
    report = asyncio.run(examine(config, machine or Machine()))
    if json:
        print(as_json(report))  # noqa: T201 - what the command answers
    else:
        show(report, console)
    return report.healthy


def as_json(report: Report) -> str:
    """Give a report as JSON."""
    body = {
        "healthy": report.healthy,
        "errors": len(report.of(Severity.ERROR)),
        "warnings": len(report.of(Severity.WARNING)),
        "findings": report.findings,
    }
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def show(report: Report, console: Console) -> None:
    """Print a report: every finding, those that are no good with cause and fix."""
    for finding in report.findings:
        colour = _COLOURS[finding.severity]
        console.print(f"[{colour}]{finding.severity:<8}[/]{finding.check:<14}  {escape(finding.what)}")
        for name, text in (("cause", finding.cause), ("fix", finding.fix)):
            if text:
                console.print(f"{_MARGIN}{name + ':':<7}{escape(text)}")
    errors, warnings = len(report.of(Severity.ERROR)), len(report.of(Severity.WARNING))
    console.print(f"\n{errors} errors, {warnings} warnings, {len(report.findings)} findings in all")
