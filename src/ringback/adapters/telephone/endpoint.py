"""The UDP socket under a SIP user agent: what comes in goes to it, what it wants sent goes out, its timers fire."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable

from ringback.wire.sip.events import Address, Event
from ringback.wire.sip.user_agent import UserAgent

BATCH = 64
"""Datagrams read before the loop gets its turn."""
LARGEST = 65535
RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes asked of the kernel, so that a burst of messages waits instead of being lost."""
_IP_RECVERR = 11  # Linux: ICMP errors are queued with the address that they are about


class PortTaken(OSError):
    """The SIP port is in use."""


class Endpoint:
    """Drives one `UserAgent` over one UDP socket in the running loop."""

    def __init__(self, listen: Address) -> None:
        """Bind the socket. Raises PortTaken."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
        try:
            self._socket.bind(listen)
        except OSError as fault:
            self._socket.close()
            if fault.errno == errno.EADDRINUSE:
                text = f"udp:{listen[0]}:{listen[1]} is in use by another process: change [sip] listen"
                raise PortTaken(errno.EADDRINUSE, text) from None
            raise
        self._user_agent: UserAgent | None = None
        self._on_event: Callable[[Event], None] = lambda _event: None
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        """When the timer fires: a handle of uvloop cannot be asked where that is at once."""
        self._pumping = False
        self.not_sent = 0
        """Datagrams that the kernel would not take; retransmission makes up for them."""

    @property
    def address(self) -> Address:
        """The bound address."""
        host, port = self._socket.getsockname()
        return host, port

    def start(self, user_agent: UserAgent, on_event: Callable[[Event], None]) -> None:
        """Begin to read; `on_event` is called for everything that the user agent tells."""
        self._user_agent = user_agent
        self._on_event = on_event
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def close(self) -> None:
        """Send what is left and close the socket."""
        if self._user_agent is not None:
            self._send(self._user_agent)
            asyncio.get_running_loop().remove_reader(self._socket)
            self._user_agent = None
        if self._timer is not None:
            self._timer.cancel()
        self._socket.close()

    def pump(self) -> None:
        """Send, tell and arm the timer; to be called after every command given to the user agent."""
        if self._pumping or (user_agent := self._user_agent) is None:
            return  # an event handler gave a command: the running pump sees to it
        self._pumping = True
        try:
            self._send(user_agent)
            while (event := user_agent.next_event()) is not None:
                self._on_event(event)
                self._send(user_agent)
        finally:
            self._pumping = False
        self._arm(user_agent)

    def _readable(self) -> None:
        heard = False
        for _ in range(BATCH):
            try:
                data, source = self._socket.recvfrom(LARGEST)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                self._read_errors()
                heard = False
                break
            if self._user_agent is None:
                return
            heard = True
            self._user_agent.receive(data, source, self._now())
        if not heard and self._user_agent is not None:
            # woken by an error: libuv, and so uvloop, watches a socket no more once it was told of one
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.add_reader(self._socket, self._readable)
        self.pump()

    def _read_errors(self) -> None:
        """Take the ICMP errors that the kernel queued, each with the address that it is about."""
        for _ in range(BATCH):
            try:
                _, _, _, destination = self._socket.recvmsg(1, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            if self._user_agent is not None and destination:
                self._user_agent.receive_error((destination[0], destination[1]), self._now())

    def _send(self, user_agent: UserAgent) -> None:
        for data, destination in user_agent.datagrams_to_send(self._now()):
            for _ in range(2):
                try:
                    self._socket.sendto(data, destination)
                except (BlockingIOError, InterruptedError):
                    self.not_sent += 1
                except OSError as fault:
                    self._read_errors()
                    if fault.errno == errno.ECONNREFUSED:
                        continue  # the error of an earlier datagram, told by this call: this one was not sent
                    self.not_sent += 1
                    user_agent.receive_error(destination, self._now())
                break

    def _arm(self, user_agent: UserAgent) -> None:
        due = user_agent.next_timer()
        if due == self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due is not None:
            self._timer = asyncio.get_running_loop().call_at(due, self._fire)

    def _fire(self) -> None:
        self._timer = self._due = None
        if self._user_agent is not None:
            self._user_agent.handle_timer(self._now())
            self.pump()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
