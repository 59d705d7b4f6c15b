"""What the endpoints of operators have in common: typed bodies, pages, and parts of their declarations."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request

from ringback.adapters.http import answers, sessions
from ringback.adapters.http.door import read_parameters
from ringback.adapters.http.operation import Answer, Entrance, Operation, Parameter
from ringback.adapters.http.shapes.admin import ID, OK
from ringback.adapters.http.shapes.success import Success
from ringback.domain.misfit import misfit
from ringback.domain.scalars import format_moment, parse_moment
from ringback.service import pages
from ringback.service.webhooks import ParameterInvalid

T = TypeVar("T")

BODY_BYTES: Final = 262_144
"""Longest body that is no file."""

SUBACCOUNT: Final = Parameter(
    "sub_account_id", "path", "Of the subaccount.", Annotated[str, Meta(extra_json_schema={"pattern": ID})], "acme"
)
PAGE: Final = sessions.PAGE
BAD_PAGE: Final = answers.invalid_parameter(f"limit: should be 1..{pages.MAX_LIMIT}")
NO_SUBACCOUNT: Final = answers.refused(404, "There is no such thing.", "there is no subaccount acme")
DONE: Final = Answer(200, "It is done.", Success, {"done": OK})


def operation(
    method: str,
    path: str,
    id_: str,
    summary: str,
    *declared: Answer,
    parameters: Sequence[Parameter] = (),
    body: Any = None,  # noqa: ANN401 - a Body
    description: str = "",
) -> Operation:
    """Declare an operation of the admin API."""
    of_subaccount = (SUBACCOUNT,) if "{sub_account_id}" in path else ()
    return Operation(
        method=method,
        path=path,
        id=id_,
        tag="Admin",
        summary=summary,
        description=description,
        parameters=(*of_subaccount, *parameters),
        body=body,
        answers=declared,
        entrance=Entrance.ADMIN,
    )


def missing(message: str) -> Answer:
    """Declare 404; `message`: the `statusMessage`."""
    return answers.refused(404, "There is no such thing.", message)


async def read(request: Request, form: type[T], *, required: bool = True) -> T:
    """Read a JSON body. Raises ParameterInvalid, with the path of what is wrong.

    `required`: none at all is wrong, too; else it is as good as an empty object.
    """
    body = await read_parameters(request, BODY_BYTES)
    try:
        return msgspec.json.decode(body if body or required else b"{}", type=form)
    except msgspec.ValidationError as fault:
        raise ParameterInvalid(misfit(fault)) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        message = f"the body is no JSON: {fault}"
        raise ParameterInvalid(message) from None


def page_of(rows: Sequence[T], key: Callable[[T], str], query: Mapping[str, str]) -> tuple[Sequence[T], str | None]:
    """Give a page of rows that are in the order of their keys, and the cursor of the next one.

    Each key is there once. Raises ParameterInvalid.
    """
    limit = pages.limit_of(query)
    after = pages.cursor_of(query, str)
    first = 0 if after is None else bisect_right(rows, after, key=key)
    page = rows[first : first + limit]
    more = first + limit < len(rows)
    return page, pages.cursor_at(key(page[-1])) if more else None


def moment(seconds: float | None) -> str | None:
    """Write a time; none is null."""
    return None if seconds is None else format_moment(seconds)


def seconds_of(name: str, text: str | None) -> float | None:
    """Read a time of a body. Raises ParameterInvalid."""
    if text is None:
        return None
    found = parse_moment(text)
    if found is None:
        message = f"{name}: should be an ISO 8601 date-time, such as 2026-01-13T08:26:58Z"
        raise ParameterInvalid(message)
    return found
