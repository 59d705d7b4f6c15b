"""Exports as they are shown (wire specification, section 3)."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ringback.adapters.http.shapes.scalars import MOMENT, Moment, Url, Uuid
from ringback.service.export_store import ExportState

UNKNOWN_JOB: Final = 4018
INVALID: Final = "Invalid jobId"
JOB: Final = "8f2b" * 16
"""For examples."""


class TakenExport(msgspec.Struct, frozen=True, rename="camel"):
    """The job is on disk and will be done."""

    job_id: Annotated[str, Meta(extra_json_schema={"pattern": "^[0-9a-f]{64}$"})]


class ShownExport(msgspec.Struct, frozen=True, rename="camel"):
    """Where an export stands."""

    status: ExportState
    data: list[Url] | UnsetType = UNSET
    """Links to its files, once it succeeded: they need no key."""
    expires: Moment | UnsetType = UNSET
    """Until when the links lead there."""


class UnknownJob(msgspec.Struct, frozen=True, rename="camel"):
    """The subaccount has no such job, or not any more."""

    code: Literal[4018]
    message: Literal["Invalid jobId"]
    error_id: Uuid
    timestamp: Moment


SUCCEEDED: Final = ShownExport(ExportState.SUCCEEDED, [f"https://voice.example/exports/{JOB}/{JOB[:16]}.csv"], MOMENT)
