"""What every endpoint answers with: JSON, in the forms of the wire specification, sections 1.2 and 3."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ringback.adapters.http.shapes.failure import Failure, InvalidParameter, Rejection
from ringback.domain import status
from ringback.domain.scalars import format_moment

METHOD_NOT_ALLOWED: Final = 405
CONFLICT: Final = 409
UNSUPPORTED_MEDIA_TYPE: Final = 415
UNPROCESSABLE: Final = 422
CALLFLOWS: Final = ("/callflows", "/callflows/batch")
"""How the path of an endpoint that takes callflows ends: its failures say that nothing was created."""
IMPORT: Final = "/import"
"""How the path of an endpoint ends that takes CSV."""
CSV: Final = "text/csv"
ECHO: Final = 200
"""Characters of a path or a parameter that are given back."""
OK: Final[Mapping[str, object]] = {"statusCode": 0, "statusMessage": "ok"}
"""What marks success."""
BEHIND_A_LINK: Final = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of a file that needs no key, only its link."""
TEXTS: Final = {
    METHOD_NOT_ALLOWED: "Method not allowed",
    UNSUPPORTED_MEDIA_TYPE: "Content-Type must be application/json",
}


def reply(http: int, body: Mapping[str, object] | msgspec.Struct, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a JSON object."""
    return Response(msgspec.json.encode(body), http, headers, media_type="application/json")


def failure(
    request: Request,
    code: int,
    request_id: str,
    message: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    http: int | None = None,
) -> Response:
    """Answer in the form of the endpoint: that of a callflow has a request id and says that nothing was created.

    `message`: empty for that of the code; `http`: where it is not the code.
    """
    text = message or TEXTS.get(code) or status.STATUS_CODES[code].message
    if request.scope["path"].endswith(CALLFLOWS):
        return reply(http or code, Rejection(request_id, code, text), headers)
    return reply(http or code, Failure(code, text), headers)


def invalid(message: str, error_id: str, now: float) -> Response:
    """Answer 422: a parameter cannot be used; `now` in seconds since the epoch."""
    return reply(UNPROCESSABLE, InvalidParameter(error_id, "1001", message, format_moment(now)))


def missing(message: str) -> Response:
    """Answer 404: there is no such thing; `message` names it."""
    return reply(404, Failure(404, message))
