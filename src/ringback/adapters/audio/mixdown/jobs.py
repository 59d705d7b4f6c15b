"""What goes between the server and the process that mixes: a JSON document a line, one job, one outcome, in turn."""

import msgspec

from ringback.service.ports import Mixed


class Job(msgspec.Struct, frozen=True):
    """A tap of which a sound file is to be made."""

    tap: str
    sound: str
    channels: int


class Outcome(msgspec.Struct, frozen=True):
    """How a job went."""

    mixed: Mixed | None = None
    fault: str = ""
    """Why there is no file."""
