"""Exports of calls: jobs that write files, one at a time, and the links to the files.

```
  queued ──> running ──> succeeded, empty, failed, error
     └──────────┴─────────────┴──> cancelled
```

A job that a stop or a crash cut short goes on where its file was saved last.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog

from ringback.domain.call_record import Lists
from ringback.domain.numbering import Numbering
from ringback.domain.rate import Rates
from ringback.domain.scalars import format_moment
from ringback.service import export_file, export_request
from ringback.service.export_store import ExportJob, ExportState, ExportStore
from ringback.service.ports import Clock, Overloaded, Subaccount

LIFETIME: Final = 30 * 86_400.0
"""Seconds that a job, its file and its link live once it is over."""
PAGE: Final = 250
"""Sessions that are written at a time."""
PAUSE: Final = 5.0
"""Seconds until a store that failed is asked again."""
NAME_LENGTH: Final = 16
"""Characters of a file's name."""
PATH: Final = "/exports"
"""Of links, below the public URL."""

_log = structlog.get_logger(__name__)


class Exports:
    """Takes jobs, does them, and gives their files away."""

    def __init__(
        self, store: ExportStore, clock: Clock, *, folder: Path, public_url: str, new_token: Callable[[], str]
    ) -> None:
        """`public_url`: where programs reach the server; `new_token`: gives 64 characters that nobody can guess."""
        self._store = store
        self._clock = clock
        self._folder = folder
        self._public_url = public_url.rstrip("/")
        self._new_token = new_token
        self._wake = asyncio.Event()

    # -- what is asked for

    async def request(self, subaccount: Subaccount, body: bytes) -> str:
        """Take a job and give its id. Raises ParameterInvalid, Overloaded (the subaccount has too many)."""
        now = self._clock.now()
        period = export_request.parse(body, now)
        job = ExportJob(
            job_id=self._new_token(),
            name=self._new_token()[:NAME_LENGTH],
            token=self._new_token(),
            sub_account_id=subaccount.sub_account_id,
            created=now,
            since=period.since,
            until=period.until,
            most=period.most,
        )
        if not await self._store.add_export(job):
            raise Overloaded
        self._wake.set()
        return job.job_id

    async def show(self, subaccount: Subaccount, job_id: str) -> Mapping[str, object] | None:
        """Say where a job stands; None where the subaccount has none such."""
        job = await self._store.export(subaccount.sub_account_id, job_id)
        if job is None or self._is_over(job):
            return None
        if job.state is not ExportState.SUCCEEDED or job.expires is None:
            return {"status": str(job.state)}
        link = f"{self._public_url}{PATH}/{job.token}/{job.name}{export_file.SUFFIX}"
        return {"status": str(job.state), "data": [link], "expires": format_moment(job.expires)}

    async def cancel(self, subaccount: Subaccount, job_id: str) -> bool:
        """Stop a job, or take back its file; False where the subaccount has none such."""
        if await self.show(subaccount, job_id) is None:
            return False
        job = await self._store.cancel_export(subaccount.sub_account_id, job_id, self._clock.now() + LIFETIME)
        if job is not None and job.state is ExportState.CANCELLED:
            await self._discard(job)
        return job is not None

    async def withdraw(self, sub_account_id: str, moments: Iterable[float] | None = None) -> None:
        """Cancel the exports of a subaccount, with their files, that hold sessions created then; None: all of them."""
        created = None if moments is None else list(moments)
        for job in await self._store.kept_exports(sub_account_id):
            if created is None or any(job.since <= moment < job.until for moment in created):
                await self._store.cancel_export(sub_account_id, job.job_id, self._clock.now() + LIFETIME)
                await self._discard(job)

    async def file(self, token: str, name: str) -> Path | None:
        """Give the file that a link leads to; None where it leads nowhere, or no longer."""
        job = await self._store.export_named(name)
        if job is None or job.state is not ExportState.SUCCEEDED or self._is_over(job):
            return None
        if not hmac.compare_digest(job.token.encode(), token.encode(errors="replace")):
            return None
        path = export_file.path_of(self._folder, job)
        return path if await asyncio.to_thread(path.is_file) else None

    # -- what is done

    async def run(self) -> None:
        """Do job after job, until cancelled."""
        while True:
            self._wake.clear()
            try:
                job = await self._store.begin_export()
                if job is None:
                    await self._wake.wait()
                else:
                    await self._do(job)
            except Exception:  # noqa: BLE001 - a store that fails once must not end this for good
                _log.exception("exports-not-done")
                await asyncio.sleep(PAUSE)

    async def forget(self, limit: int) -> int:
        """Remove what is too old, files first, `limit` jobs at most; give how many there were."""
        old = await self._store.expired_exports(self._clock.now(), limit)
        for job in old:
            await self._discard(job)
            await self._store.remove_export(job.job_id)
        return len(old)

    async def _do(self, job: ExportJob) -> None:
        try:
            state = await self._write(job)
        except OSError as fault:
            _log.error("export-failed", job=job.name, reason=fault.strerror or str(fault))
            state = ExportState.FAILED
        except Exception:  # noqa: BLE001 - whatever it is, the job is told of it and the server goes on
            _log.exception("export-failed", job=job.name)
            state = ExportState.ERROR
        ended = await self._store.end_export(job.job_id, state, self._clock.now() + LIFETIME)
        if not ended or state is not ExportState.SUCCEEDED:
            await self._discard(job)

    async def _write(self, job: ExportJob) -> ExportState:
        """Write the rest of a job's file, page by page; half of the time is left to calls."""
        if not await asyncio.to_thread(export_file.is_whole, self._folder, job):
            job = msgspec.structs.replace(job, reached=(0.0, 0), lines=0, size=0)
        subaccount = await self._store.subaccount(job.sub_account_id)
        lists = Lists(
            Rates(await self._store.rates()),
            Numbering(await self._store.numbering()),
            "" if subaccount is None else subaccount.account_id,
        )
        while True:
            began = self._clock.monotonic()
            page = await self._store.ended_sessions(job, PAGE)
            job = await asyncio.to_thread(export_file.write, self._folder, job, page, lists)
            if not await self._store.save_export(job):
                return ExportState.CANCELLED
            if len(page) < PAGE or (job.most and job.lines >= job.most):
                return ExportState.SUCCEEDED if job.lines else ExportState.EMPTY
            await asyncio.sleep(self._clock.monotonic() - began)

    async def _discard(self, job: ExportJob) -> None:
        path = export_file.path_of(self._folder, job)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _is_over(self, job: ExportJob) -> bool:
        return job.expires is not None and job.expires <= self._clock.now()
