"""Where recordings are pushed to."""

import msgspec

from ringback.client.awaiting.connection import AsyncConnection
from ringback.client.http import Call
from ringback.client.push_target import PushTarget
from ringback.client.replies import PushConfig

_PATH = "/recording-push-config"


class AsyncRecordingPush:
    """Shows and changes where recordings are pushed to."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Take the connection to the server."""
        self._connection = connection

    async def get(self) -> PushConfig:
        """Give where they are pushed to. Raises NotFound where they are not, and every other ClientError."""
        return await self._connection.send(Call("GET", _PATH, PushConfig))

    async def set(self, target: PushTarget) -> PushConfig:
        """Let them be pushed there, in place of where they were. Raises Invalid and every other ClientError."""
        # done twice, it is as it was after the first time
        body = msgspec.json.encode(target)
        return await self._connection.send(Call("POST", _PATH, PushConfig, body=body, repeatable=True))

    async def delete(self) -> PushConfig:
        """Let them be pushed no longer, and give what it was. Raises NotFound and every other ClientError."""
        return await self._connection.send(Call("DELETE", _PATH, PushConfig))
