"""Server-sent events: a stream of bytes in, events out (HTML Living Standard, section 9.2.6)."""

from typing import Final

import msgspec

from ringback.client.errors import UNREADABLE, AnswerInvalid, EventsMissed
from ringback.client.replies import Event

MAX_EVENT: Final = 1024 * 1024
"""Bytes of an event."""

_event = msgspec.json.Decoder(Event, strict=False)


class EventReader:
    """Reads events of one connection."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self.last_id: str | None = None
        """Of the last event that is over: with it the server goes on after it."""
        self._buffer = bytearray()
        self._id: str | None = None
        self._name = b""
        self._data: list[bytes] = []

    def receive(self, data: bytes) -> list[Event]:
        """Take what came and give the events that it completes. Raises AnswerInvalid, EventsMissed."""
        self._buffer += data
        *lines, rest = self._buffer.replace(b"\r\n", b"\n").split(b"\n")
        self._buffer = rest
        events = [event for line in lines if (event := self._line(bytes(line))) is not None]
        if len(rest) + sum(map(len, self._data)) > MAX_EVENT:
            message = f"an event is longer than {MAX_EVENT} bytes"
            raise AnswerInvalid(message)
        return events

    def _line(self, line: bytes) -> Event | None:
        """Take a line: the empty one ends an event."""
        if line:
            self._field(*line.split(b":", 1))
            return None
        name, self._name = self._name, b""
        data, self._data = b"\n".join(self._data), []
        self.last_id = self._id
        if not data:
            return None
        if name == b"events-missed":
            message = "some events were not told while the connection was lost; the timelines of sessions have them"
            raise EventsMissed(message)
        try:
            return _event.decode(data)
        except UNREADABLE as fault:
            message = f"an event that is none of the API: {fault}"
            raise AnswerInvalid(message) from None

    def _field(self, name: bytes, value: bytes = b"") -> None:
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data.append(value)
            case b"event":
                self._name = value
            case b"id" if value.isascii() and b"\0" not in value:
                self._id = value.decode()
            case _:  # a comment, or what is of no use here
                pass
