"""Keeps the SIP messages of live sessions in memory, within bounds; they are written with the end of a session.

```
  telephone -- message --> Recorder: by call --> LiveTrace of a session -- close --> the store, with the summary
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


class LiveTrace:
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
        self._live: dict[str, LiveTrace] = {}
        """By call."""
        self._caller = LiveTrace()
        """Of the latest call that nobody follows: where a caller comes in, the messages come before the call does."""

    @property
    def size(self) -> int:
        """Bytes kept of all live sessions together."""
        return self._size

    @property
    def live(self) -> int:
        """How many calls are followed."""
        return len(self._live)

    def open(self, call_id: str | None = None) -> LiveTrace:
        """Begin the record of a session; `call_id`: of the caller who came just now."""
        if call_id is None:
            return LiveTrace()
        if self._caller.calls != [call_id]:
            self._caller = LiveTrace()
        live, self._caller = self._caller, LiveTrace()
        self._size += live.size
        live.calls.clear()
        self.follow(live, call_id)
        return live

    def follow(self, live: LiveTrace, call_id: str) -> None:
        """Let a session keep the messages of a call."""
        live.calls.append(call_id)
        self._live[call_id] = live

    def message(self, message: SipMessage) -> None:
        """Keep a message, or count it as left out."""
        size = len(message.message)
        live = self._live.get(message.call_id)
        if live is None:
            if self._caller.calls != [message.call_id]:
                self._caller = LiveTrace()
                self._caller.calls.append(message.call_id)
            _keep(self._caller, message, size)
        elif self._size + size > self._total:
            live.left_out += 1
        elif _keep(live, message, size):
            self._size += size

    def close(self, live: LiveTrace) -> SipTrace | None:
        """End the record of a session and give it; None where there were no messages."""
        for call_id in live.calls:
            self._live.pop(call_id, None)
        live.calls.clear()
        self._size -= live.size
        messages, live.messages, live.size = live.messages, [], 0
        return SipTrace(messages, live.left_out) if messages or live.left_out else None


def _keep(live: LiveTrace, message: SipMessage, size: int) -> bool:
    if len(live.messages) >= MESSAGES or live.size + size > BYTES:
        live.left_out += 1
        return False
    live.messages.append(message)
    live.size += size
    return True
