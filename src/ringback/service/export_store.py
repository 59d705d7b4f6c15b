"""What exports need of the store."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from ringback.domain.call_record import Spoken
from ringback.domain.numbering import NumberRange
from ringback.domain.rate import Rate
from ringback.domain.session import Session
from ringback.service.ports import Subaccount

MAX_WAITING: Final = 5
"""Jobs of a subaccount that wait or run."""
MAX_KEPT: Final = 100
"""Jobs of a subaccount that wait, run or have a file."""


class ExportState(StrEnum):
    """Where an export stands (`status`)."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The file could not be written."""
    CANCELLED = "cancelled"
    EMPTY = "empty"
    """There was no call in its time."""
    ERROR = "error"
    """A fault of ours."""


class ExportJob(msgspec.Struct, frozen=True, kw_only=True):
    """An export. Times are seconds since the epoch."""

    job_id: str
    """What the program asks with."""
    name: str
    """Of the file; known to whoever sees the folder."""
    token: str
    """What opens the file to whoever has the link."""
    sub_account_id: str
    created: float
    since: float
    until: float
    most: int
    """Lines at most; 0: all."""
    state: ExportState = ExportState.QUEUED
    reached: tuple[float, int] = (0.0, 0)
    """The place of the last session that is in the file."""
    lines: int = 0
    """In the file, without the head."""
    size: int = 0
    """Bytes of the file that hold them; what is behind them is of a run that was cut short."""
    expires: float | None = None
    """When it is forgotten; None before it is over."""


class EndedSession(msgspec.Struct, frozen=True):
    """A session that is over, as it is exported."""

    place: tuple[float, int]
    """When it was created, and a number that makes it unique."""
    summary: Session
    spoken: Sequence[Spoken]


class ExportStore(Protocol):
    """The exports of the store. Every method that writes returns after its COMMIT."""

    async def add_export(self, job: ExportJob) -> bool:
        """Put a job on disk; False where its subaccount has MAX_WAITING or MAX_KEPT already."""

    async def export(self, sub_account_id: str, job_id: str) -> ExportJob | None:
        """Read a job of a subaccount."""

    async def export_named(self, name: str) -> ExportJob | None:
        """Read the job of a file."""

    async def begin_export(self) -> ExportJob | None:
        """Give the oldest job that waits or was cut short, as running; None where there is none."""

    async def save_export(self, job: ExportJob) -> bool:
        """Keep how far a job came; False: it runs no longer."""

    async def end_export(self, job_id: str, state: ExportState, expires: float) -> bool:
        """Say how a job ended; False: it runs no longer."""

    async def cancel_export(self, sub_account_id: str, job_id: str, expires: float) -> ExportJob | None:
        """Cancel a job that is not over, or that has a file, and give it as it is then; None: no job of theirs."""

    async def kept_exports(self, sub_account_id: str) -> Sequence[ExportJob]:
        """List the jobs of a subaccount that wait, run or have a file."""

    async def expired_exports(self, now: float, limit: int) -> Sequence[ExportJob]:
        """List jobs that are to be forgotten."""

    async def remove_export(self, job_id: str) -> None:
        """Forget a job."""

    async def ended_sessions(self, job: ExportJob, limit: int) -> Sequence[EndedSession]:
        """List the next sessions of a job that are over, the oldest first."""

    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        """Read a tenant; may be as old as one second."""

    async def rates(self) -> Sequence[Rate]:
        """List the price list, by direction and prefix."""

    async def replace_rates(self, rates: Sequence[Rate]) -> None:
        """Put another price list in the place of the one that is there."""

    async def numbering(self) -> Sequence[NumberRange]:
        """List the number ranges, by prefix."""

    async def replace_numbering(self, ranges: Sequence[NumberRange]) -> None:
        """Put other number ranges in the place of those that are there."""

    async def list_exports(self, limit: int) -> Sequence[ExportJob]:
        """List the jobs of all subaccounts, the newest first."""
