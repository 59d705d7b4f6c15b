"""Exports and rates in memory."""

from collections.abc import Sequence

import msgspec

from ringback.domain.numbering import NumberRange
from ringback.domain.rate import Rate
from ringback.service.export_store import MAX_KEPT, MAX_WAITING, ExportJob, ExportState

_UNFINISHED = frozenset({ExportState.QUEUED, ExportState.RUNNING})
_KEPT = _UNFINISHED | {ExportState.SUCCEEDED}


class InMemoryExports:
    """Implements the jobs and lists of `ringback.service.export_store.ExportStore`."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.exports: dict[str, ExportJob] = {}
        """By id, in the order in which they were asked for."""
        self._rates: Sequence[Rate] = ()
        self._numbering: Sequence[NumberRange] = ()

    async def add_export(self, job: ExportJob) -> bool:
        """Keep a job; False where its subaccount has MAX_WAITING or MAX_KEPT already."""
        states = [each.state for each in self.exports.values() if each.sub_account_id == job.sub_account_id]
        if (
            sum(state in _UNFINISHED for state in states) >= MAX_WAITING
            or sum(state in _KEPT for state in states) >= MAX_KEPT
        ):
            return False
        self.exports[job.job_id] = job
        return True

    async def export(self, sub_account_id: str, job_id: str) -> ExportJob | None:
        """Read a job of a subaccount."""
        job = self.exports.get(job_id)
        return None if job is None or job.sub_account_id != sub_account_id else job

    async def export_named(self, name: str) -> ExportJob | None:
        """Read the job of a file."""
        return next((job for job in self.exports.values() if job.name == name), None)

    async def begin_export(self) -> ExportJob | None:
        """Give the oldest job that waits or was cut short, as running; None where there is none."""
        job = next((job for job in self.exports.values() if job.state in _UNFINISHED), None)
        return None if job is None else self._now(job, state=ExportState.RUNNING)

    async def save_export(self, job: ExportJob) -> bool:
        """Keep how far a job came; False: it runs no longer."""
        if not self._runs(job.job_id):
            return False
        self.exports[job.job_id] = job
        return True

    async def end_export(self, job_id: str, state: ExportState, expires: float) -> bool:
        """Say how a job ended; False: it runs no longer."""
        if not self._runs(job_id):
            return False
        self._now(self.exports[job_id], state=state, expires=expires)
        return True

    async def cancel_export(self, sub_account_id: str, job_id: str, expires: float) -> ExportJob | None:
        """Cancel a job that is not over, or that has a file, and give it as it is then; None: no job of theirs."""
        job = await self.export(sub_account_id, job_id)
        if job is None or job.state not in _KEPT:
            return job
        return self._now(job, state=ExportState.CANCELLED, expires=expires)

    async def kept_exports(self, sub_account_id: str) -> Sequence[ExportJob]:
        """List the jobs of a subaccount that wait, run or have a file."""
        return [job for job in self.exports.values() if job.sub_account_id == sub_account_id and job.state in _KEPT]

    async def expired_exports(self, now: float, limit: int) -> Sequence[ExportJob]:
        """List jobs that are to be forgotten."""
        return [job for job in self.exports.values() if job.expires is not None and job.expires <= now][:limit]

    async def remove_export(self, job_id: str) -> None:
        """Forget a job."""
        self.exports.pop(job_id, None)

    async def rates(self) -> Sequence[Rate]:
        """List the price list, by direction and prefix."""
        return sorted(self._rates, key=lambda rate: (rate.direction, rate.prefix))

    async def replace_rates(self, rates: Sequence[Rate]) -> None:
        """Put another price list in the place of the one that is there."""
        self._rates = tuple(rates)

    async def numbering(self) -> Sequence[NumberRange]:
        """List the number ranges, by prefix."""
        return sorted(self._numbering, key=lambda each: each.prefix)

    async def replace_numbering(self, ranges: Sequence[NumberRange]) -> None:
        """Put other number ranges in the place of those that are there."""
        self._numbering = tuple(ranges)

    async def list_exports(self, limit: int) -> Sequence[ExportJob]:
        """List the jobs of all subaccounts, the newest first."""
        return list(self.exports.values())[::-1][:limit]

    def _runs(self, job_id: str) -> bool:
        return job_id in self.exports and self.exports[job_id].state is ExportState.RUNNING

    def _now(self, job: ExportJob, **changes: object) -> ExportJob:
        changed = self.exports[job.job_id] = msgspec.structs.replace(job, **changes)
        return changed
