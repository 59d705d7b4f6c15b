# Written by `python -m ringback.app.faces src` from ringback/client/awaiting/connection.py; do not edit.
"""What every part of the client has in common: a request is sent, perhaps more than once, and its reply is read."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, TypeVar

from ringback.client.envelopes import Page
from ringback.client.errors import AnswerInvalid, ClientError, TimedOut
from ringback.client.http import (
    MAX_ANSWER,
    Address,
    Answer,
    Call,
    Nothing,
    Query,
    Request,
    is_success,
    outcome,
    refusal,
)
from ringback.client.incoming import Incoming
from ringback.client.replies import Event, Export, Session
from ringback.client.retries import Retries
from ringback.client.server_sent import EventReader
from ringback.client.timeouts import Timeouts
from ringback.client.urllib3_transport import Urllib3Transport

T = TypeVar("T")
E = TypeVar("E", Export, Session)
P = TypeVar("P", bound=Page)


class Connection:
    """The server, as one subaccount sees it."""

    def __init__(
        self, address: Address, transport: Urllib3Transport, timeouts: Timeouts, retries: Retries, *, hosted: bool
    ) -> None:
        """`hosted`: the server has no more than what is published."""
        self.hosted = hosted
        self.address = address
        self._transport = transport
        self._timeouts = timeouts
        self._retries = retries

    def send(self, call: Call[T]) -> T:
        """Send a request and give the reply. Raises ClientError."""
        request = self.address.request(call)
        attempt = 0
        while True:
            attempt += 1
            try:
                return outcome(call, self._exchange(request))
            except ClientError as fault:
                pause = self._retries.pause(fault, attempt, repeatable=call.repeatable)
                if pause is None:
                    raise
            self._transport.pause(pause)

    def pages(self, path: str, reply: type[P], query: Query) -> Generator[P]:
        """Give the pages of a list, one after the other. Raises ClientError."""
        cursor: str | None = None
        while True:
            page = self.send(Call("GET", path, reply, query={**query, "cursor": cursor}))
            yield page
            cursor = page.next_cursor
            if cursor is None:
                return

    def until_over(self, call: Call[E], within: float, every: float) -> E:
        """Ask every so many seconds until it is over. Raises TimedOut after `within` seconds, ClientError."""
        deadline = time.monotonic() + within
        while True:
            found = self.send(call)
            if found.is_over:
                return found
            if time.monotonic() + every > deadline:
                message = f"{call.path} is not over after {within} s"
                raise TimedOut(message)
            self.pause(every)

    def pause(self, seconds: float) -> None:
        """Wait."""
        self._transport.pause(seconds)

    def fetch(self, url: str, to: IO[bytes]) -> int:
        """Write what is behind a link to a file and give its size; the key stays here. Raises ClientError, OSError."""
        size = 0
        request = Request("GET", url, {"Accept-Encoding": "identity"})
        with self._answered(request, self._timeouts.silence) as chunks:
            for chunk in chunks:
                to.write(chunk)
                size += len(chunk)
        return size

    def events(self, path: str) -> Generator[Event]:
        """Give events as they come, until the server has no more; cut off, it goes on. Raises ClientError."""
        headers = {"Accept": "text/event-stream"}
        attempt = 0
        while True:
            request = self.address.request(Call("GET", path, Nothing), headers)
            reader = EventReader()
            try:
                with self._answered(request, self._timeouts.events) as chunks:
                    for chunk in chunks:
                        for event in reader.receive(chunk):
                            yield event
                        if reader.last_id is not None:
                            headers["Last-Event-ID"] = reader.last_id
                            attempt = 0
            except ClientError as fault:
                attempt += 1
                resumable = "Last-Event-ID" in headers
                pause = self._retries.pause(fault, attempt, repeatable=True) if resumable else None
                if pause is None:
                    raise
            else:
                return
            self.pause(pause)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _exchange(self, request: Request) -> Answer:
        """Send a request once and read its answer whole. Raises ConnectionFailed, AnswerInvalid."""
        with self._transport.stream(request, self._timeouts.silence) as incoming:
            return _whole(incoming)

    @contextmanager
    def _answered(self, request: Request, silence: float) -> Iterator[Iterator[bytes]]:
        """Send a request and give the body of its answer as it comes. Raises ClientError."""
        with self._transport.stream(request, silence) as incoming:
            if not is_success(incoming.status):
                raise refusal(_whole(incoming))
            yield incoming.chunks


def _whole(incoming: Incoming[Iterator[bytes]]) -> Answer:
    """Read an answer to its end. Raises ConnectionFailed, AnswerInvalid."""
    body = bytearray()
    for chunk in incoming.chunks:
        body += chunk
        if len(body) > MAX_ANSWER:
            message = f"the answer is longer than {MAX_ANSWER} bytes"
            raise AnswerInvalid(message)
    return Answer(incoming.status, incoming.headers, bytes(body))
