"""Answers that several endpoints give, declared once; numbers and messages are those of `ringback.domain.status`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from ringback.adapters.http.operation import Answer, Entrance, Operation
from ringback.adapters.http.replies import (
    CALLFLOWS,
    CONFLICT,
    CSV,
    IMPORT,
    TEXTS,
    UNPROCESSABLE,
    UNSUPPORTED_MEDIA_TYPE,
)
from ringback.adapters.http.scopes import admin_scope_of, scope_of
from ringback.adapters.http.shapes.failure import Failure, InvalidParameter, Rejection, Violation
from ringback.adapters.http.shapes.scalars import ANOTHER_UUID, MOMENT, UUID
from ringback.domain import status
from ringback.domain.status import PRECEDENCE, STATUS_CODES

RETRY_AFTER: Final = {"Retry-After": "Seconds after which to ask again."}
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})

_DOOR: Final = (status.UNAUTHORIZED, status.FORBIDDEN, status.NOT_FOUND, status.TOO_MANY_REQUESTS)
_RULES: Final = frozenset(PRECEDENCE).difference(_DOOR)


def invalid_parameter(message: str) -> Answer:
    """Declare 422; `message`: such as `limit: should be 1..200`."""
    return Answer(
        UNPROCESSABLE,
        "A parameter, or the body, cannot be used.",
        InvalidParameter,
        {"invalid": InvalidParameter(UUID, "1001", message, MOMENT)},
    )


def refused(
    http: int,
    meaning: str,
    message: str,
    *,
    code: int | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
    of_callflow: bool = False,
) -> Answer:
    """Declare a failure.

    `message`: the `statusMessage`; `code`: the `statusCode` where it is not the HTTP status; `of_callflow`: it says
    that nothing was created.
    """
    said = code or http
    failure = Rejection(UUID, said, message) if of_callflow else Failure(said, message)
    return Answer(http, meaning, type(failure), {message.partition(" : ")[0]: failure}, headers=headers)


def missing(what: str, message: str) -> Answer:
    """Declare 404: the subaccount has none such; `message`: the `statusMessage`."""
    return refused(status.NOT_FOUND, f"The subaccount has no such {what}.", message)


def conflict(message: str) -> Answer:
    """Declare 409: it cannot be done beside what is there; `message`: the `statusMessage`."""
    return refused(CONFLICT, "It cannot be done beside what is there.", message)


def missing_file(message: str) -> Answer:
    """Declare 404: the link leads nowhere, or not any more."""
    return refused(status.NOT_FOUND, "The link leads nowhere, or not any more.", message)


def rejections(*codes: int) -> list[Answer]:
    """Declare that nothing is run; `codes`: why, every rule of a callflow where none is given."""
    found: dict[int, list[status.StatusCode]] = {}
    for row in STATUS_CODES.values():
        if row.code in (codes or _RULES):
            found.setdefault(row.http, []).append(row)
    return [
        Answer(
            http,
            "Nothing is run:\n\n" + "\n".join(f"- {row.code} `{row.message}`: {row.when}" for row in rows),
            Rejection,
            {str(row.code): _rejection(row) for row in rows},
        )
        for http, rows in sorted(found.items())
    ]


def always(operation: Operation) -> list[Answer]:
    """Give what an operation may answer whatever it is about."""
    if operation.entrance is Entrance.ROOT:
        return []
    is_admin = operation.entrance is Entrance.ADMIN
    scope = admin_scope_of(operation.method) if is_admin else scope_of(operation.path, operation.method)
    takes_callflows = operation.path.endswith(CALLFLOWS)
    never: set[int] = set()
    if is_admin:
        # there is no subaccount before the path, and every admin key may read
        never = {status.NOT_FOUND} | ({status.FORBIDDEN} if scope == "read" else set())
    rows = [STATUS_CODES[code] for code in (*_DOOR, status.UNKNOWN_ERROR) if code not in never]
    if operation.method == "POST":
        is_csv = operation.path.endswith(IMPORT)
        text = f"Content-Type must be {CSV}" if is_csv else TEXTS[UNSUPPORTED_MEDIA_TYPE]
        when = f"the body is no {'CSV' if is_csv else 'JSON'}"
        rows.append(status.StatusCode(UNSUPPORTED_MEDIA_TYPE, text, UNSUPPORTED_MEDIA_TYPE, when))
    return [
        refused(
            row.http,
            # where to look, said after the semicolon, is there with a callflow alone
            _sentence(row.when if takes_callflows else row.when.partition(";")[0]),
            row.message.replace("{detail}", scope),
            code=row.code,
            headers=RETRY_AFTER if row.code == status.TOO_MANY_REQUESTS else NO_HEADERS,
            of_callflow=takes_callflows,
        )
        for row in rows
    ]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _rejection(row: status.StatusCode) -> Rejection:
    detail = "$.callflow[0].params.text: is missing but it is required"
    path = {status.INVALID_JSON: "$", status.ENTRY_INVALID: "$.callflow[0].params.text"}.get(row.code, "$.callflow[0]")
    message = row.message.replace("{detail}", detail)
    errors = [Violation(row.code, path, detail if row.code == status.ENTRY_INVALID else message)]
    return Rejection(ANOTHER_UUID, row.code, message, msgspec.UNSET if row.code == status.KEY_USED else errors)
