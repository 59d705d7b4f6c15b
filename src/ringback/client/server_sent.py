"""Server-sent events: a stream of bytes in, events out (HTML Living Standard, section 9.2.6)."""

from typing import Final

import msgspec

from ringback.client.errors import UNREADABLE, AnswerInvalid
from ringback.client.replies import Event

MAX_EVENT: Final = 1024 * 1024
"""Bytes of an event."""

_event = msgspec.json.Decoder(Event, strict=False)


class EventReader:
    """Reads events of one connection."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._buffer = bytearray()
        self._data: list[bytes] = []

    def receive(self, data: bytes) -> list[Event]:
        """Take what came and give the events that it completes. Raises AnswerInvalid."""
        self._buffer += data
        *lines, rest = self._buffer.replace(b"\r\n", b"\n").split(b"\n")
        self._buffer = rest
        events = [event for line in lines if (event := self._line(bytes(line))) is not None]
        if len(rest) + sum(map(len, self._data)) > MAX_EVENT:
            message = f"an event is longer than {MAX_EVENT} bytes"
            raise AnswerInvalid(message)
        return events

    def _line(self, line: bytes) -> Event | None:
        """Take a line: the empty one ends an event; `id` and `event` say nothing that is not in its data."""
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            return None
        data, self._data = b"\n".join(self._data), []
        if not data:
            return None
        try:
            return _event.decode(data)
        except UNREADABLE as fault:
            message = f"an event that is none of the API: {fault}"
            raise AnswerInvalid(message) from None
