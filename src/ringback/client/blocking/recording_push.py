# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/recording_push.py; do not edit.
"""Where recordings are pushed to."""

import msgspec

from ringback.client.blocking.connection import Connection
from ringback.client.http import Call
from ringback.client.push_target import PushTarget
from ringback.client.replies import PushConfig

_PATH = "/recording-push-config"


class RecordingPush:
    """Shows and changes where recordings are pushed to."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    def get(self) -> PushConfig:
        """Give where they are pushed to. Raises NotFound where they are not, and every other ClientError."""
        return self._connection.send(Call("GET", _PATH, PushConfig))

    def set(self, target: PushTarget) -> PushConfig:
        """Let them be pushed there, in place of where they were. Raises Invalid and every other ClientError."""
        # done twice, it is as it was after the first time
        body = msgspec.json.encode(target)
        return self._connection.send(Call("POST", _PATH, PushConfig, body=body, repeatable=True))

    def delete(self) -> PushConfig:
        """Let them be pushed no longer, and give what it was. Raises NotFound and every other ClientError."""
        return self._connection.send(Call("DELETE", _PATH, PushConfig))
