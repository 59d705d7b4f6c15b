"""What a callflow is held to, and what came of it."""

from collections.abc import Mapping

import msgspec

from ringback.domain.callflow import Callflow
from ringback.domain.errors import CallflowRejected
from ringback.domain.scenario import Scenario
from ringback.domain.settings import Settings
from ringback.domain.status import CREATED, ENTRY_INVALID, STATUS_CODES
from ringback.domain.voice import Catalogue


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between installations and subaccounts."""

    allowed_sources: frozenset[str]
    """Digits of the subaccount's caller IDs and virtual numbers; see `ringback.domain.caller_ids`."""
    catalogue: Catalogue
    vca_enabled: bool
    """An enabled VCA webhook takes the digits of a sayAndCapture."""
    settings: Settings = Settings()
    """Of the subaccount."""
    scenarios: Mapping[str, Scenario] = {}
    """Granted to the subaccount, by name."""
    records: bool = False
    """Calls can be recorded."""
    max_actions: int = 50
    """In one callflow."""
    body_bytes: int = 262_144
    """Longest request body."""


class Violation(msgspec.Struct, frozen=True):
    """A broken rule: an entry of `errors` in a rejection."""

    code: int
    """A row of `ringback.domain.status.STATUS_CODES`."""
    path: str
    """Where, such as `$.callflow[0].params.text`."""
    message: str
    """The row's message, or for -1001, -1007 and -1009 what exactly is wrong."""


class Notice(msgspec.Struct, frozen=True):
    """Something that is allowed but hardly meant: an entry of `warnings` in a receipt."""

    path: str
    message: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a validation: a callflow, or what is wrong with it."""

    callflow: Callflow | None = None
    """None when it is rejected."""
    violations: tuple[Violation, ...] = ()
    """In the order of precedence: the first one is reported. Empty when it is accepted."""
    warnings: tuple[Notice, ...] = ()
    """Only with a callflow."""

    @property
    def code(self) -> int:
        """The `statusCode`."""
        return self.violations[0].code if self.violations else CREATED

    @property
    def message(self) -> str:
        """The `statusMessage`."""
        row = STATUS_CODES[self.code]
        if row.code == ENTRY_INVALID:
            return row.message.replace("{detail}", self.violations[0].message)
        return row.message

    @property
    def http(self) -> int:
        """The HTTP status."""
        return STATUS_CODES[self.code].http

    def require(self) -> Callflow:
        """Give the callflow. Raises CallflowRejected."""
        if self.callflow is None:
            raise CallflowRejected(self)
        return self.callflow
