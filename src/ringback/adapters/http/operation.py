"""What an endpoint is to whoever calls it: declared beside its route, and read by `ringback.adapters.http.openapi`."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Literal, TypeAlias

import msgspec

JSON = "application/json"

Shape: TypeAlias = Any
"""A type that msgspec can describe, such as a Struct; what is said of it and of its fields goes into the document."""
Tag: TypeAlias = Literal[
    "Callflows",
    "Sessions",
    "Webhooks",
    "Deliveries",
    "Numbers",
    "Opt-outs",
    "Recordings",
    "Exports",
    "Events",
    "Server",
    "Admin",
]
"""The chapter of the reference."""


class Entrance(Enum):
    """Where paths begin, and what opens them."""

    SUBACCOUNT = "/api/v1/subaccounts/{sub_account_id}"
    """An API key of the subaccount."""
    ADMIN = "/admin/v1"
    """An admin key."""
    ROOT = ""
    """Nothing: everybody may ask; or the path itself is the key."""


class Parameter(msgspec.Struct, frozen=True):
    """What a path, a query or a header holds."""

    name: str
    """In a path as the route has it, such as `session_id`; told as `sessionId`."""
    place: Literal["path", "query", "header"]
    meaning: str
    shape: Shape = str
    example: object = None
    required: bool = False
    """Always, in a path."""


class Body(msgspec.Struct, frozen=True):
    """What a request carries."""

    shape: Shape
    examples: Mapping[str, object]
    """By name; at least one."""
    media: str = JSON
    required: bool = True
    """False: an empty body is one, too."""


class Answer(msgspec.Struct, frozen=True):
    """One way in which a request is answered."""

    http: int
    meaning: str
    shape: Shape = None
    """None: there is no body."""
    examples: Mapping[str, object] = {}
    """By name."""
    media: str = JSON
    headers: Mapping[str, str] = {}
    """What each says, by name."""
    links: Mapping[str, tuple[str, str]] = {}
    """Operations that it leads to, by id: which parameter takes what, such as `$response.body#/jobId`."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A method of a path.

    What every endpoint behind an entrance may answer (no key, too many requests, a fault of ours) need not be said.
    """

    method: str
    path: str
    """As the route has it, below that of the entrance."""
    id: str
    """What a generated client calls it, such as `listSessions`."""
    tag: Tag
    summary: str
    description: str = ""
    """Markdown."""
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
    answers: Sequence[Answer]
    """Two of the same status are told as one that is either."""
    entrance: Entrance = Entrance.SUBACCOUNT
