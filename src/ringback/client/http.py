"""What goes over HTTP, without a socket: requests with what their answers mean."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Generic, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from ringback import __version__
from ringback.client import errors
from ringback.client.errors import Violation

MAX_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of an answer."""
SHOWN: Final = 200
"""Characters that are shown of an answer that is none of the API."""

T = TypeVar("T")
Query = Mapping[str, str | int | None]


class Request(msgspec.Struct, frozen=True):
    """A request, whole."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """An answer, whole."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes


class Nothing(msgspec.Struct, frozen=True):
    """A reply that says no more than that it was done."""


class Call(Generic[T]):
    """A request of the API, below the path of the subaccount, and what its reply is."""

    def __init__(
        self,
        method: str,
        path: str,
        reply: type[T],
        *,
        query: Query | None = None,
        body: bytes | None = None,
        key: str | None = None,
        repeatable: bool | None = None,
    ) -> None:
        """`key`: an Idempotency-Key; `repeatable`: it does no more when it is done twice; None: GET and DELETE are."""
        self.method = method
        self.path = path
        self.reply = reply
        self.query = query or {}
        self.body = body
        self.key = key
        self.repeatable = method in {"GET", "DELETE"} if repeatable is None else repeatable


class Address:
    """Where the server is, and who asks."""

    def __init__(self, base_url: str, sub_account_id: str, api_key: str) -> None:
        """Take the parts. Raises ValueError for what is no http or https URL, and a key that fits in no header."""
        parts = urlsplit(base_url)
        more = parts.query or parts.fragment or parts.username is not None or parts.port == 0
        if parts.scheme not in {"http", "https"} or not parts.hostname or more:
            message = f"{base_url}: should be as http://HOST:PORT or https://HOST"
            raise ValueError(message)
        if not (api_key.isascii() and api_key.isprintable()):
            message = "the API key should be printable ASCII"
            raise ValueError(message)
        self._base = f"{base_url.rstrip('/')}/api/v1/subaccounts/{segment(sub_account_id)}"
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "User-Agent": f"ringback-client/{__version__}",
            "Accept-Encoding": "identity",
        }

    def __str__(self) -> str:
        """Give the path of the subaccount, without the key."""
        return self._base

    def request(self, call: Call[T], more: Mapping[str, str] | None = None) -> Request:
        """Write a request down; `more`: headers."""
        headers = {**self._headers, "Accept": "application/json", **(more or {})}
        if call.method == "POST":
            headers["Content-Type"] = "application/json"
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        asked = {name: value for name, value in call.query.items() if value is not None}
        query = f"?{urlencode(asked)}" if asked else ""
        return Request(call.method, f"{self._base}{call.path}{query}", headers, call.body)


def segment(text: str) -> str:
    """Write a name as one segment of a path. Raises ValueError for one that would lead elsewhere."""
    if text in {"", ".", ".."}:
        message = f"{text!r}: no name"
        raise ValueError(message)
    return quote(text, safe="")


# ---------------------------------------------------------------- what an answer means


class _Fault(msgspec.Struct, rename="camel"):
    """The body of a refusal, in every form that the API has."""

    status_code: int | None = None
    status_message: str | None = None
    code: int | None = None
    message: str | None = None
    error_id: str | None = None
    call_flow_request_id: str | None = None
    session_status: str | None = None
    errors: tuple[Violation, ...] = ()


_fault = msgspec.json.Decoder(_Fault, strict=False)
_UNKNOWN: Final = -9999
"""The `statusCode` of a fault of the server."""
_REFUSALS: Final[Mapping[int, type[errors.Refused]]] = {
    HTTPStatus.UNAUTHORIZED: errors.Unauthorized,
    HTTPStatus.FORBIDDEN: errors.Forbidden,
    HTTPStatus.NOT_FOUND: errors.NotFound,
    HTTPStatus.CONFLICT: errors.Conflict,
    HTTPStatus.TOO_MANY_REQUESTS: errors.TooManyRequests,
}


def outcome(call: Call[T], answer: Answer) -> T:
    """Read the reply. Raises Refused, AnswerInvalid."""
    if not is_success(answer.status):
        raise refusal(answer)
    try:
        return msgspec.json.decode(answer.body or b"{}", type=call.reply, strict=False)
    except errors.UNREADABLE as fault:
        message = f"{call.method} {call.path}: {answer.status}, but {fault}: {_shown(answer.body)}"
        raise errors.AnswerInvalid(message) from None


class _Entry(msgspec.Struct, rename="camel"):
    """What became of a callflow among many: it has no HTTP status of its own."""

    session_status: str
    status_code: int


def entry_outcome(entry: msgspec.Raw, reply: type[T]) -> T | errors.Refused:
    """Read what became of one among many: its reply, or why there is none. Raises AnswerInvalid."""
    try:
        said = msgspec.json.decode(entry, type=_Entry, strict=False)
        if said.session_status != "NOT_CREATED":
            return msgspec.json.decode(entry, type=reply, strict=False)
    except errors.UNREADABLE as fault:
        message = f"an entry that is none of the API: {fault}"
        raise errors.AnswerInvalid(message) from None
    http = {429: HTTPStatus.TOO_MANY_REQUESTS, _UNKNOWN: HTTPStatus.INTERNAL_SERVER_ERROR}
    return refusal(Answer(http.get(said.status_code, HTTPStatus.UNPROCESSABLE_ENTITY), {}, bytes(entry)))


def is_success(status: int) -> bool:
    """Tell whether an HTTP status is a success."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def refusal(answer: Answer) -> errors.Refused:
    """Say what a status that is no success means."""
    try:
        fault = _fault.decode(answer.body)
    except errors.UNREADABLE:
        fault = _Fault()
    code = fault.code if fault.status_code is None else fault.status_code
    message = fault.status_message or fault.message or _unsaid(answer)
    if fault.session_status == "NOT_CREATED" and code is not None and code < 0 and not _is_fault(answer.status):
        return errors.CallflowRejected(
            message,
            http_status=answer.status,
            status_code=code,
            call_flow_request_id=fault.call_flow_request_id,
            violations=fault.errors,
        )
    return _kind(answer.status)(
        message,
        http_status=answer.status,
        status_code=code,
        request_id=fault.call_flow_request_id or fault.error_id,
        retry_after=_seconds(answer.headers.get("retry-after")),
    )


def _kind(status: int) -> type[errors.Refused]:
    if _is_fault(status):
        return errors.ServerFault
    return _REFUSALS.get(status, errors.Invalid if status >= HTTPStatus.BAD_REQUEST else errors.Refused)


def _is_fault(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _unsaid(answer: Answer) -> str:
    """Say of a refusal without a message what there is to say."""
    where = answer.headers.get("location")
    return f"{answer.status}: {_shown(answer.body)}" if where is None else f"{answer.status}: it is at {where}"


def _shown(body: bytes) -> str:
    text = body[: 4 * SHOWN].decode(errors="replace")[:SHOWN]
    return "".join(character if character.isprintable() else " " for character in text) or "nothing is said"


def _seconds(text: str | None) -> float | None:
    """Read a Retry-After; the form with a date is not read."""
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None
