"""What the doctor finds."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from ringback.app.printable import printable


class Severity(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """Calls are possible, but something will go wrong sooner or later, or could not be seen."""
    ERROR = "error"
    """Some call, webhook or start of the server fails."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    check: str
    """Configuration, ports, limits, disk, voices, store, trunk, addresses, webhooks, pushes, call, clock.

    In small letters.
    """
    severity: Severity
    what: str
    cause: str = ""
    """Empty where all is well."""
    fix: str = ""
    """Empty where all is well."""


class Report(msgspec.Struct, frozen=True):
    """Everything that was found, in the order in which it was looked at."""

    findings: Sequence[Finding]

    @property
    def healthy(self) -> bool:
        """Tell whether there is no error."""
        return not self.of(Severity.ERROR)

    def of(self, severity: Severity) -> list[Finding]:
        """Give the findings of a severity."""
        return [finding for finding in self.findings if finding.severity is severity]


def ok(check: str, what: str) -> Finding:
    """Say that all is well."""
    return Finding(check, Severity.OK, printable(what))


def warning(check: str, what: str, cause: str, fix: str) -> Finding:
    """Say what will go wrong sooner or later."""
    return Finding(check, Severity.WARNING, printable(what), printable(cause), printable(fix))


def error(check: str, what: str, cause: str, fix: str) -> Finding:
    """Say what fails."""
    return Finding(check, Severity.ERROR, printable(what), printable(cause), printable(fix))
