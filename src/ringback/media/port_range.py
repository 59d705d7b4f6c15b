"""The RTP ports of an engine: pairs of an even port for RTP and the odd one above it for RTCP."""

import errno
import socket
from typing import Final

from ringback.media.interface import NoFreePort

RECEIVE_BUFFER: Final = 256 * 1024
"""Bytes asked of the kernel for an RTP socket: seconds of a stream while the process is held up."""
_MAX_PORT: Final = 65534


class PortRange:
    """Binds pairs in turn, so that a port rests as long as possible before the next leg gets it."""

    def __init__(self, host: str, low: int, high: int) -> None:
        """`low`..`high`: the range, ends included. Raises ValueError where it has no pair."""
        first = low + low % 2
        last = min(high, _MAX_PORT + 1) - 1
        self._host = host
        self._pairs = range(first, last + 1, 2)
        if low < 1 or not self._pairs:
            reason = f"no pair of RTP ports in {low}-{high}"
            raise ValueError(reason)
        self._next = 0
        self._used: set[int] = set()

    def bind(self) -> tuple[socket.socket, socket.socket]:
        """Give bound sockets for RTP and RTCP. Raises NoFreePort."""
        for _ in range(len(self._pairs)):
            port = self._pairs[self._next]
            self._next = (self._next + 1) % len(self._pairs)
            if port in self._used:
                continue
            pair = self._try(port)
            if pair is not None:
                self._used.add(port)
                return pair
        reason = f"every RTP port of {self._pairs[0]}-{self._pairs[-1] + 1} is in use"
        raise NoFreePort(errno.EADDRINUSE, reason)

    def release(self, port: int) -> None:
        """Take back the pair of an RTP port whose sockets were closed."""
        self._used.discard(port)

    def _try(self, port: int) -> tuple[socket.socket, socket.socket] | None:
        rtp: socket.socket | None = None
        try:
            rtp = self._socket(port)
            return rtp, self._socket(port + 1)
        except OSError as fault:
            if rtp is not None:
                rtp.close()
            if fault.errno in (errno.EADDRINUSE, errno.EACCES):
                return None
            raise NoFreePort(fault.errno, f"no RTP port can be opened: {fault.strerror}") from fault

    def _socket(self, port: int) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            opened.setblocking(False)  # noqa: FBT003 - the standard library's signature
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            opened.bind((self._host, port))
        except OSError:
            opened.close()
            raise
        return opened
