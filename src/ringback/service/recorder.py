"""Keeps the SIP messages of live sessions in memory, within bounds; they are written with the end of a session.

```
  telephone -- message --> Recorder: by call -----> Flight of a session -- close --> the store, with the summary
```

A crash loses the traces of the sessions that lived, and nothing else.
"""

from ringback.service.ports import SipMessage, SipTrace

MESSAGES = 500
"""Kept of one session."""
BYTES = 256 * 1024
"""Kept of one session."""
TOTAL = 64 * 1024 * 1024
"""Bytes kept of all live sessions together."""


class Flight:
    """What is recorded of one live session."""

    __slots__ = ("calls", "left_out", "messages", "size")

    def __init__(self) -> None:
        """Nothing happened yet."""
        self.calls: list[str] = []
        self.messages: list[SipMessage] = []
        self.size = 0
        """Bytes of the messages."""
        self.left_out = 0


class Recorder:
    """Sorts the messages of calls into sessions."""

    def __init__(self, *, total: int = TOTAL) -> None:
        """`total`: bytes kept of all live sessions together."""
        self._total = total
        self._size = 0
        self._flights: dict[str, Flight] = {}
        """By call."""
        self._caller = Flight()
        """Of the latest call that nobody follows: where a caller comes in, the messages come before the call does."""

    @property
    def size(self) -> int:
        """Bytes kept of all live sessions together."""
        return self._size

    @property
    def live(self) -> int:
        """How many calls are followed."""
        return len(self._flights)

    def open(self, call_id: str | None = None) -> Flight:
        """Begin the record of a session; `call_id`: of the caller who came just now."""
        if call_id is None:
            return Flight()
        if self._caller.calls != [call_id]:
            self._caller = Flight()
        flight, self._caller = self._caller, Flight()
        self._size += flight.size
        flight.calls.clear()
        self.follow(flight, call_id)
        return flight

    def follow(self, flight: Flight, call_id: str) -> None:
        """Let a session keep the messages of a call."""
        flight.calls.append(call_id)
        self._flights[call_id] = flight

    def message(self, message: SipMessage) -> None:
        """Keep a message, or count it as left out."""
        size = len(message.message)
        flight = self._flights.get(message.call_id)
        if flight is None:
            if self._caller.calls != [message.call_id]:
                self._caller = Flight()
                self._caller.calls.append(message.call_id)
            _keep(self._caller, message, size)
        elif self._size + size > self._total:
            flight.left_out += 1
        elif _keep(flight, message, size):
            self._size += size

    def close(self, flight: Flight) -> SipTrace | None:
        """End the record of a session and give it; None where there are no messages."""
        for call_id in flight.calls:
            del self._flights[call_id]
        flight.calls.clear()
        self._size -= flight.size
        messages, flight.messages, flight.size = flight.messages, [], 0
        return SipTrace(messages, flight.left_out) if messages else None


def _keep(flight: Flight, message: SipMessage, size: int) -> bool:
    if len(flight.messages) >= MESSAGES or flight.size + size > BYTES:
        flight.left_out += 1
        return False
    flight.messages.append(message)
    flight.size += size
    return True
