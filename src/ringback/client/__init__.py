"""A typed client of the Callflows API: `Client` blocks, `AsyncClient` awaits; they have the same methods.

`ringback.client.webhooks` is for the program that the server posts to. Nothing of the server is imported.
"""

from typing import TYPE_CHECKING

from ringback.client import webhooks
from ringback.client.actions import (
    Action,
    Callflow,
    CallRetry,
    ExecuteScenario,
    Hangup,
    MakeCall,
    PlayFile,
    Say,
    SayAndCapture,
)
from ringback.client.errors import (
    AnswerInvalid,
    CallflowRejected,
    ClientError,
    Conflict,
    ConnectionFailed,
    EventsMissed,
    Forbidden,
    Invalid,
    NotFound,
    NotPublished,
    Refused,
    ServerFault,
    SignatureInvalid,
    TimedOut,
    TooManyRequests,
    Unauthorized,
    Violation,
    WebhookInvalid,
)
from ringback.client.push_target import PushTarget
from ringback.client.retries import Retries
from ringback.client.timeouts import Timeouts

if TYPE_CHECKING:
    from ringback.client.awaiting import AsyncClient
    from ringback.client.blocking import Client

__all__ = [
    "Action",
    "AnswerInvalid",
    "AsyncClient",
    "CallRetry",
    "Callflow",
    "CallflowRejected",
    "Client",
    "ClientError",
    "Conflict",
    "ConnectionFailed",
    "EventsMissed",
    "ExecuteScenario",
    "Forbidden",
    "Hangup",
    "Invalid",
    "MakeCall",
    "NotFound",
    "NotPublished",
    "PlayFile",
    "PushTarget",
    "Refused",
    "Retries",
    "Say",
    "SayAndCapture",
    "ServerFault",
    "SignatureInvalid",
    "TimedOut",
    "Timeouts",
    "TooManyRequests",
    "Unauthorized",
    "Violation",
    "WebhookInvalid",
    "webhooks",
]


def __getattr__(name: str) -> object:
    """Import a client when it is asked for: who needs one need not wait for the HTTP library of the other."""
    match name:
        case "AsyncClient":
            from ringback.client.awaiting import AsyncClient  # noqa: PLC0415 - imported when it is asked for

            return AsyncClient
        case "Client":
            from ringback.client.blocking import Client  # noqa: PLC0415 - imported when it is asked for

            return Client
        case _:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
