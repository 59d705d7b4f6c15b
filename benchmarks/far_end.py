"""A far end of our own, so that its clock is the benchmark's: answers INVITEs, notes when RTP comes, presses keys.

```
  server --INVITE--> far end       answered: when the 200 leaves
         --RTP-----> own socket    heard: when the first packet with payload type 0 is read
         <--RFC 4733--             pressed: when the first packet that ends the last digit leaves
```
"""

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from typing import cast

from house import HOST

PCMU = 0
EVENTS = 101
FRAME_SECONDS = 0.02
DIGIT_FRAMES = 5
_BUFFER = 1024 * 1024


class Call(asyncio.DatagramProtocol):
    """One answered call."""

    def __init__(self, number: str) -> None:
        """Take the number that was called, the digits of the Request-URI."""
        self.number = number
        self.answered = 0.0
        self.heard = 0.0
        self.pressed = 0.0
        self.packets = 0
        self.on_heard: Callable[[], None] = lambda: None
        self._source: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sequence = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to hear."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take an RTP packet."""
        if len(data) > 12 and data[1] & 0x7F == PCMU:
            self.packets += 1
            if not self.heard:
                self.heard = time.perf_counter()
                self._source = addr
                self.on_heard()

    async def press(self, digits: str) -> None:
        """Press keys, each for 100 ms with as much between (RFC 4733, section 2.5)."""
        for index, digit in enumerate(digits):
            if index:
                await asyncio.sleep(FRAME_SECONDS * DIGIT_FRAMES)
            await self._press(int(digit), 8000 * (index + 1))

    async def _press(self, event: int, timestamp: int) -> None:
        for frame in range(1, DIGIT_FRAMES + 1):
            self._send(event, timestamp, frame * 160, first=frame == 1, end=False)
            await asyncio.sleep(FRAME_SECONDS)
        self.pressed = time.perf_counter()
        for _ in range(3):
            self._send(event, timestamp, DIGIT_FRAMES * 160, first=False, end=True)

    def _send(self, event: int, timestamp: int, duration: int, *, first: bool, end: bool) -> None:
        self._sequence += 1
        packet = struct.pack(
            "!BBHIIBBH",
            *(0x80, EVENTS | (0x80 if first else 0), self._sequence, timestamp, 0x52494E47),
            *(event, 0x8A if end else 0x0A, duration),
        )
        if self._transport is not None and self._source is not None:
            self._transport.sendto(packet, self._source)

    def close(self) -> None:
        """Hear no more."""
        if self._transport is not None:
            self._transport.close()


class FarEnd(asyncio.DatagramProtocol):
    """Answers every INVITE at once, with a socket for its media; takes a BYE."""

    def __init__(self) -> None:
        """No calls yet."""
        self.calls: dict[str, Call] = {}
        """By Call-ID."""
        self.on_answer: Callable[[Call], None] = lambda _call: None
        self.address = (HOST, 0)
        self._answers: dict[str, bytes] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to hear."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take a request."""
        lines = data.decode().split("\r\n\r\n")[0].split("\r\n")
        method, uri, _ = lines[0].split(" ", 2)
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        call_id = fields["call-id"]
        if method == "INVITE":
            if call_id in self._answers:
                self._send(self._answers[call_id], addr)
            elif call_id not in self.calls:
                number = uri.removeprefix("sip:").partition("@")[0].lstrip("+")
                call = self.calls[call_id] = Call(number)
                self._spawn(self._answer(call, call_id, fields, addr))
        elif method == "BYE":
            if (over := self.calls.get(call_id)) is not None:
                over.close()
            self._send(_response(fields, "200 OK", fields["to"], b""), addr)

    async def _answer(self, call: Call, call_id: str, fields: dict[str, str], addr: tuple[str, int]) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: call, (HOST, 0))
        port = transport.get_extra_info("sockname")[1]
        description = (
            f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {PCMU} {EVENTS}\r\n"
            f"a=rtpmap:{PCMU} PCMU/8000\r\na=rtpmap:{EVENTS} telephone-event/8000\r\na=fmtp:{EVENTS} 0-15\r\n"
        ).encode()
        contact = f"Contact: <sip:callee@{HOST}:{self.address[1]}>\r\nContent-Type: application/sdp\r\n"
        to = f"{fields['to']};tag={secrets.token_hex(4)}"
        # rung for two frames: a far end that answers in no time gives a prompt no time to be rendered
        self._send(_response(fields, "180 Ringing", to, b"", contact.partition("Content-Type")[0]), addr)
        await asyncio.sleep(2 * FRAME_SECONDS)
        self._answers[call_id] = _response(fields, "200 OK", to, description, contact)
        call.answered = time.perf_counter()
        self._send(self._answers[call_id], addr)
        self.on_answer(call)

    def _send(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(data, addr)

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End."""
        for call in self.calls.values():
            call.close()
        if self._transport is not None:
            self._transport.close()


def _response(fields: dict[str, str], status: str, to: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"SIP/2.0 {status}\r\nVia: {fields['via']}\r\nFrom: {fields['from']}\r\nTo: {to}\r\n"
        f"Call-ID: {fields['call-id']}\r\nCSeq: {fields['cseq']}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@contextlib.asynccontextmanager
async def far_end() -> AsyncIterator[FarEnd]:
    """Run one in this loop."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    bound.bind((HOST, 0))
    bound.setblocking(False)  # noqa: FBT003 - the standard library's signature
    _, end = await asyncio.get_running_loop().create_datagram_endpoint(FarEnd, sock=bound)
    try:
        yield end
    finally:
        end.close()
