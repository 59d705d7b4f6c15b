"""A 2xx to an INVITE, repeated until its ACK comes (RFC 3261, section 13.3.1.4)."""

from collections.abc import Callable

from ringback.wire.sip.machines import T1, T2, TIMEOUT
from ringback.wire.sip.stack import Stack
from ringback.wire.sip.transaction import ServerTransaction


class Answer:
    """The transaction does not repeat a 2xx: only the far end's ACK shows that it came through every proxy."""

    __slots__ = ("_data", "_expiry", "_give_up", "_pause", "_repetition", "_stack", "_transaction", "cseq", "offered")

    def __init__(
        self,
        stack: Stack,
        transaction: ServerTransaction,
        cseq: int,
        give_up: Callable[[float], None],
        *,
        offered: bool,
    ) -> None:
        """`cseq`: of the INVITE; `give_up`: called if no ACK comes within 64*T1; `offered`: the 2xx holds our offer."""
        self._stack = stack
        self._transaction = transaction
        self._give_up = give_up
        self.cseq = cseq
        self.offered = offered

    def start(self, data: bytes, now: float) -> None:
        """Begin to repeat what was sent."""
        self._data = data
        self._pause = T1
        self._repetition = self._stack.timers.start(now + T1, self._repeat)
        self._expiry = self._stack.timers.start(now + TIMEOUT, self._expire)

    def stop(self) -> None:
        """Repeat it no more: the ACK came, or the dialog is over."""
        self._stack.timers.stop(self._repetition)
        self._stack.timers.stop(self._expiry)

    def _repeat(self, now: float) -> None:
        self._pause = min(2 * self._pause, T2)
        self._repetition = self._stack.timers.start(now + self._pause, self._repeat)
        self._stack.transport.counters.retransmissions += 1
        self._stack.transport.send(self._data, self._transaction.destination, self._transaction.call)

    def _expire(self, now: float) -> None:
        self.stop()
        self._give_up(now)
