"""How the API says that it did not do what was asked (wire specification, sections 1.2 and 3)."""

from typing import Literal

import msgspec

from ringback.adapters.http.shapes.scalars import Moment, Uuid


class Failure(msgspec.Struct, frozen=True, rename="camel"):
    """Something was not done."""

    status_code: int
    status_message: str
    """Why."""


class InvalidParameter(msgspec.Struct, frozen=True, rename="camel"):
    """A parameter, or the body, cannot be used."""

    error_id: Uuid
    status_code: Literal["1001"]
    status_message: str
    """Which, and what is wrong with it."""
    timestamp: Moment


class Violation(msgspec.Struct, frozen=True, rename="camel"):
    """A broken rule."""

    status_code: int
    path: str
    """Where, such as `$.callflow[0].params.text`."""
    message: str


class Rejection(msgspec.Struct, frozen=True, rename="camel", tag_field="sessionStatus", tag="NOT_CREATED"):
    """A callflow that is not run."""

    call_flow_request_id: Uuid
    """Of this request; a fault of the server is logged under it."""
    status_code: int
    status_message: str
    errors: list[Violation] | msgspec.UnsetType = msgspec.UNSET
    """Every rule that is broken, the reported one first; absent where the callflow was not looked at."""
