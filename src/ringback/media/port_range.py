"""The RTP ports of an engine: pairs of an even port for RTP and the odd one above it for RTCP."""

import errno
import socket
from random import SystemRandom
from typing import Final

from ringback.media.interface import NoFreePort

RECEIVE_BUFFER: Final = 256 * 1024
"""Bytes asked of the kernel for an RTP socket: seconds of a stream while the process is held up."""
EXPEDITED: Final = 0xB8
"""The DSCP of voice, EF (RFC 3246), in the octet of the IP header that it is in."""
_MAX_PORT: Final = 65534


class PortRange:
    """Binds pairs at random, so that nobody can guess the next one; one that was used rests before a leg gets it again.

    ```
      fresh: shuffled  --bind--> used --release--> resting, in this order
                 ^--- the older half, shuffled, when none is fresh ---'
    ```
    """

    def __init__(self, host: str, low: int, high: int) -> None:
        """`low`..`high`: the range, ends included. Raises ValueError where it has no pair."""
        first = low + low % 2
        last = min(high, _MAX_PORT + 1) - 1
        self._host = host
        self._pairs = range(first, last + 1, 2)
        if low < 1 or not self._pairs:
            reason = f"no pair of RTP ports in {low}-{high}"
            raise ValueError(reason)
        self._random = SystemRandom()
        self._fresh = list(self._pairs)
        self._random.shuffle(self._fresh)
        self._resting: list[int] = []

    def bind(self) -> tuple[socket.socket, socket.socket]:
        """Give bound sockets for RTP and RTCP. Raises NoFreePort."""
        for _ in range(2 * (len(self._fresh) + len(self._resting))):  # every one has its turn among those that rest
            if not self._fresh:
                self._refresh()
            port = self._fresh.pop()
            try:
                pair = self._try(port)
            except NoFreePort:
                self._resting.append(port)
                raise
            if pair is not None:
                return pair
            self._resting.append(port)  # somebody else has it; later perhaps no more
        reason = f"every RTP port of {self._pairs[0]}-{self._pairs[-1] + 1} is in use"
        raise NoFreePort(errno.EADDRINUSE, reason)

    def release(self, port: int) -> None:
        """Take back the pair of an RTP port whose sockets were closed."""
        self._resting.append(port)

    def _refresh(self) -> None:
        half = (len(self._resting) + 1) // 2
        self._fresh, self._resting = self._resting[:half], self._resting[half:]
        self._random.shuffle(self._fresh)

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
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EXPEDITED)
            opened.bind((self._host, port))
        except OSError:
            opened.close()
            raise
        return opened
