"""The customer's program: takes every webhook on loopback, counts them, and says when each came."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import cast

from house import HOST

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
_HANGUP = b'{"callflow":[{"action":"hangup"}]}'
_HANGS_UP = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(_HANGUP),
    _HANGUP,
)


class Program:
    """What it got."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.port = 0
        self.counts: Counter[str] = Counter()
        """By the path of the request, which is the type of the webhook."""
        self.completed = 0
        """Summaries of completed sessions."""
        self.on_post: Callable[[str, bytes, float], None] = lambda _type, _body, _at: None
        """Called with the type, the body and the time (`time.perf_counter`) at which its first byte was read."""
        self._changed = asyncio.Event()

    @property
    def webhooks(self) -> list[str]:
        """What a subaccount is given so that everything comes here."""
        return [f"{type_}=http://{HOST}:{self.port}/{type_}" for type_ in ("VCA", "VSS")]

    def take(self, type_: str, body: bytes, at: float) -> bytes:
        """Note a webhook and give the answer."""
        self.counts[type_] += 1
        self.completed += type_ == "VSS" and b'"sessionStatus":"COMPLETED"' in body
        self.on_post(type_, body, at)
        self._changed.set()
        return _HANGS_UP if type_ == "VCA" else _ANSWER

    async def until(self, type_: str, count: int, seconds: float) -> None:
        """Wait until so many of a type came."""
        async with asyncio.timeout(seconds):
            while self.counts[type_] < count:
                self._changed.clear()
                await self._changed.wait()


class _Connection(asyncio.Protocol):
    def __init__(self, program: Program) -> None:
        self._program = program
        self._buffer = b""
        self._began = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are not derived from it

    def data_received(self, data: bytes) -> None:
        if not self._buffer:
            self._began = time.perf_counter()
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r")[0])
        if len(self._buffer) < end + 4 + length:
            return
        type_ = self._buffer.split(b" ", 2)[1].decode().strip("/")
        body, self._buffer = self._buffer[end + 4 : end + 4 + length], b""
        if self._transport is not None:
            self._transport.write(self._program.take(type_, body, self._began))


@contextlib.asynccontextmanager
async def program() -> AsyncIterator[Program]:
    """Run it in this loop."""
    running = Program()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(running), HOST, 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
