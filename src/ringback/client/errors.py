"""What can go wrong between a program and the server.

```
  ClientError
    ConnectionFailed      no answer came
    AnswerInvalid         an answer came that is none of the API
    NotPublished          the hosted API would understand it otherwise
    EventsMissed          some events were not told
    TimedOut              what was waited for did not happen in time
    SignatureInvalid      a webhook post that the server did not make
    WebhookInvalid        a webhook post that is none of the API
    Refused               the server said no
      Unauthorized  Forbidden  NotFound  Conflict  Invalid  TooManyRequests  ServerFault
      CallflowRejected    a rule of callflows was broken
```
"""

from typing import Final

import msgspec

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What is raised when bytes are read that are none of the API."""


class ClientError(Exception):
    """Something went wrong between the program and the server."""


class ConnectionFailed(ClientError):
    """No answer came, or not all of it."""

    def __init__(self, message: str, *, sent: bool) -> None:
        """`sent`: the request may have reached the server."""
        super().__init__(message)
        self.sent = sent


class AnswerInvalid(ClientError):
    """An answer came that is none of the API: something else answers at this URL."""


class NotPublished(ClientError):
    """The hosted API does not have this, and would do something else: nothing was sent."""


class EventsMissed(ClientError):
    """Some events were not told: the connection was lost for longer than the server keeps them."""


class TimedOut(ClientError, TimeoutError):
    """What was waited for did not happen in time."""


class SignatureInvalid(ClientError):
    """A webhook post is not signed with the secret, or too long ago: the server did not make it."""


class WebhookInvalid(ClientError):
    """A webhook post is none of the API, or of a type that this version does not know."""


class Violation(msgspec.Struct, frozen=True, rename="camel"):
    """A rule that a callflow breaks."""

    status_code: int
    path: str
    """Where, as in `$.callflow[0].params.text`."""
    message: str


class Refused(ClientError):
    """The server said no."""

    def __init__(
        self,
        message: str,
        *,
        http_status: int,
        status_code: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """`status_code`: of the body; `request_id`: by which the server's log knows it; `retry_after`: in seconds."""
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.status_code = status_code
        self.request_id = request_id
        self.retry_after = retry_after


class Unauthorized(Refused):
    """The API key is unknown, revoked or expired (401)."""


class Forbidden(Refused):
    """The API key may not do this (403)."""


class NotFound(Refused):
    """There is no such thing, or it is another subaccount's (404)."""


class Conflict(Refused):
    """What it is about is in no state for this: a session that has ended, or is setting up a call (409)."""


class Invalid(Refused):
    """A parameter cannot be used; the message names it (422 and every other 4xx)."""


class TooManyRequests(Refused):
    """Too many at a time; `retry_after` seconds later there may be room (429)."""


class ServerFault(Refused):
    """A fault of the server, or of what stands before it (5xx)."""


class CallflowRejected(Refused):
    """A rule of callflows was broken: `status_code` is the first, `violations` are all of them."""

    def __init__(
        self,
        message: str,
        *,
        http_status: int,
        status_code: int,
        call_flow_request_id: str | None,
        violations: tuple[Violation, ...],
    ) -> None:
        """`message`: the `statusMessage`."""
        super().__init__(message, http_status=http_status, status_code=status_code, request_id=call_flow_request_id)
        self.status_code: int = status_code
        self.call_flow_request_id = call_flow_request_id
        self.violations = violations

    def __str__(self) -> str:
        """Give the code and the message."""
        return f"{self.status_code} {self.message}"
