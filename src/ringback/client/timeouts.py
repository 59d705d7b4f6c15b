"""How long the client waits for the server."""

from typing import Final

import msgspec


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """How long the client waits, in seconds; then ConnectionFailed is raised."""

    connect: float = 5.0
    """Until there is a connection."""
    silence: float = 30.0
    """Until more of an answer comes."""
    events: float = 45.0
    """The same while events are listened to: the server says something every 15 s."""


TIMEOUTS: Final = Timeouts()
