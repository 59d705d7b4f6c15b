"""A proxy inside the server that leads to public addresses only, for what resolves names by itself.

```
  obstore -- CONNECT s3.example.com:443 --> Gateway: resolves, looks at the address -- TCP --> the host
          <-- 200, then TLS between the two ends -->
```

See RFC 9110, section 9.3.6. It listens on the loopback address and asks for a password that nobody else knows.
"""

import asyncio
import base64
import contextlib
import hmac
import secrets
from typing import Final

from ringback.adapters.storage.dial import dial

HEAD_BYTES: Final = 8192
"""Longest request."""
HEAD_SECONDS: Final = 10.0
PIECE: Final = 64 * 1024
"""Bytes passed on at a time."""
HOST: Final = "127.0.0.1"
_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_FORBIDDEN: Final = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_NO_WAY: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Gateway:
    """Answers CONNECT, and nothing else: what is not encrypted does not get through."""

    def __init__(self) -> None:
        """Listen to nobody yet."""
        self._password = secrets.token_urlsafe(32)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._under_way: set[asyncio.Task[None]] = set()

    async def url(self) -> str:
        """Give the URL that obstore takes, with the password; listens from the first time on."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, 0, limit=HEAD_BYTES)
            self._port = self._server.sockets[0].getsockname()[1]
        return f"http://ringback:{self._password}@{HOST}:{self._port}"

    async def close(self) -> None:
        """Listen no longer, and cut what is passed on."""
        if self._server is not None:
            self._server.close()
            self._server = None
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        # a cancelled handler is an error to asyncio's streams
        with contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                await self._pass(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            return
        target = self._target(head)
        if target is None:
            writer.write(_FORBIDDEN)
            return
        try:
            connection = await dial(*target, allow_private_addresses=False)
        except OSError:
            writer.write(_NO_WAY)
            return
        far_reader, far_writer = await asyncio.open_connection(sock=connection)
        writer.write(_ESTABLISHED)
        try:
            await _until_one_ends(
                asyncio.create_task(_relay(reader, far_writer)), asyncio.create_task(_relay(far_reader, writer))
            )
        finally:
            far_writer.close()

    def _target(self, head: bytes) -> tuple[str, int] | None:
        """Read where to; None: not for us, or by somebody else."""
        request, *fields = head.decode("latin-1").split("\r\n")
        method, _, rest = request.partition(" ")
        host, _, port = rest.partition(" ")[0].rpartition(":")
        wanted = base64.b64encode(f"ringback:{self._password}".encode()).decode()
        given = {name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)}
        scheme, _, password = given.get("proxy-authorization", "").partition(" ")
        if scheme.lower() != "basic" or not hmac.compare_digest(password.encode(), wanted.encode()):
            return None
        is_port = port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 1 << 16  # noqa: PLR2004 - five digits
        return (host.strip("[]"), int(port)) if method == "CONNECT" and host and is_port else None


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until there is no more."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


async def _until_one_ends(*tasks: asyncio.Task[None]) -> None:
    """Wait until one side is done, and end the other: TLS says by itself when it is."""
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
