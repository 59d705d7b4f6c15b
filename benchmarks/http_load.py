"""A client that costs little: requests written as bytes, answers cut at their Content-Length, connections kept."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from house import HOST, House

CONNECTIONS = 64
GRACE_SECONDS = 20.0
ACCEPTED = b'"statusCode":1,'


@dataclass
class Outcome:
    """What a run of requests came to."""

    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds that this client took itself."""
    latencies: list[float] = field(default_factory=list)
    """Seconds from when a request was due to its answer, of those that were accepted."""
    others: list[bytes] = field(default_factory=list)
    """Answers to those that were not."""

    @property
    def answers(self) -> int:
        """How many there were."""
        return len(self.latencies) + len(self.others)

    def checked(self) -> "Outcome":
        """Give itself. Raises RuntimeError where something was not accepted."""
        if self.others:
            message = f"{len(self.others)} callflows were not accepted, the first: {self.others[0]!r}"
            raise RuntimeError(message)
        return self

    @property
    def rate(self) -> float:
        """Accepted a second."""
        return len(self.latencies) / self.seconds


class _Connection(asyncio.Protocol):
    """One connection: requests in order, answers in order."""

    def __init__(self, outcome: Outcome, on_answer: "Callable[[_Connection], None]") -> None:
        self._outcome = outcome
        self._on_answer = on_answer
        self._buffer = b""
        self._due: deque[float] = deque()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop's are not derived from it

    @property
    def waiting(self) -> int:
        """Requests without an answer."""
        return len(self._due)

    def send(self, request: bytes, due: float) -> None:
        if self._transport is not None:
            self._due.append(due)
            self._transport.write(request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 : head.find(b"\r", at) if head.find(b"\r", at) > 0 else None])
            if len(buffer) < end + 4 + length:
                break
            due = self._due.popleft()
            if ACCEPTED in buffer[end : end + 4 + length]:
                self._outcome.latencies.append(time.perf_counter() - due)
            else:
                self._outcome.others.append(buffer[: end + 4 + length])
            buffer = buffer[end + 4 + length :]
            self._on_answer(self)
        self._buffer = buffer


def requests(server: House, bodies: Sequence[bytes], below: str = "") -> Sequence[bytes]:
    """Make whole requests of bodies; `below`: the end of the path, such as `/batch`."""
    head = (
        f"POST {server.path}{below} HTTP/1.1\r\nHost: {HOST}:{server.port}\r\nAuthorization: Bearer {server.key}\r\n"
        "Content-Type: application/json\r\nUser-Agent: bench\r\nAccept: */*\r\nContent-Length: "
    ).encode()
    return [head + str(len(body)).encode() + b"\r\n\r\n" + body for body in bodies]


async def flat_out(server: House, bodies: Sequence[bytes], connections: int = CONNECTIONS, below: str = "") -> Outcome:
    """Post bodies as fast as they are answered: every connection has one request under way."""
    outcome = Outcome()
    left = iter(requests(server, bodies, below))
    answered = asyncio.Event()
    count = len(bodies)

    def more(connection: _Connection) -> None:
        if (request := next(left, None)) is not None:
            connection.send(request, time.perf_counter())
        elif outcome.answers == count:
            answered.set()

    opened = [await _connect(server, outcome, more) for _ in range(min(connections, count))]
    began, cpu = time.perf_counter(), time.process_time()
    for connection in opened:
        more(connection)
    async with asyncio.timeout(count / 100 + GRACE_SECONDS):
        await answered.wait()
    outcome.seconds, outcome.cpu = time.perf_counter() - began, time.process_time() - cpu
    for connection in opened:
        connection.close()
    return outcome.checked()


async def paced(server: House, bodies: Sequence[bytes], rate: float) -> Outcome:
    """Post `rate` bodies a second whether they are answered or not, each on the connection with the least to do."""
    outcome = Outcome()
    connections = max(1, min(CONNECTIONS, int(rate / 10)))  # none is left alone until the server closes it
    count = len(bodies)
    answered = asyncio.Event()

    def more(_connection: _Connection) -> None:
        if outcome.answers == count:
            answered.set()

    opened = deque([await _connect(server, outcome, more) for _ in range(connections)])
    began, cpu = time.perf_counter(), time.process_time()
    for index, request in enumerate(requests(server, bodies)):
        due = began + index / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        opened.rotate(-1)
        connection = opened[0] if not opened[0].waiting else min(opened, key=lambda each: each.waiting)
        connection.send(request, due)
    async with asyncio.timeout(GRACE_SECONDS):
        await answered.wait()
    outcome.seconds, outcome.cpu = time.perf_counter() - began, time.process_time() - cpu
    for connection in opened:
        connection.close()
    return outcome.checked()


async def _connect(server: House, outcome: Outcome, more: Callable[[_Connection], None]) -> _Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(lambda: _Connection(outcome, more), HOST, server.port)
    return connection
