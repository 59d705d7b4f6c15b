"""What happens in live sessions, told to whoever listens at this moment."""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from ringback.service.ports import TimelineEntry

LISTENERS = 20
"""Of one subaccount at a time."""
BEHIND = 1000
"""Entries that a listener may be behind; one that is slower is sent away."""


class Told(msgspec.Struct, frozen=True):
    """Something that happened."""

    session_id: str
    entry: TimelineEntry


class TooMany(Exception):
    """The subaccount has as many listeners as it may have."""


class Listener:
    """Somebody who listens."""

    def __init__(self, session_id: str | None) -> None:
        """`session_id`: to one session alone; None: to all of the subaccount."""
        self.session_id = session_id
        self._told: asyncio.Queue[Told | None] = asyncio.Queue(BEHIND + 1)
        self._over = False

    def tell(self, told: Told) -> None:
        """Put something in front of the listener; what does not fit ends it."""
        if self._over:
            return
        if self._told.qsize() >= BEHIND:
            self.end()
        else:
            self._told.put_nowait(told)

    def end(self) -> None:
        """Tell nothing more."""
        if not self._over:
            self._over = True
            self._told.put_nowait(None)

    async def next(self, patience: float) -> Told | None:
        """Give what happened next. Raises TimeoutError after `patience` seconds; None: there is nothing more."""
        async with asyncio.timeout(patience):
            return await self._told.get()


class Feed:
    """Tells listeners; costs next to nothing while there are none."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._listeners: dict[str, list[Listener]] = {}
        self._closed = False

    def tell(self, sub_account_id: str, session_id: str, entry: TimelineEntry) -> None:
        """Tell what happened in a session."""
        for listener in self._listeners.get(sub_account_id, ()):
            if listener.session_id in {None, session_id}:
                listener.tell(Told(session_id, entry))
                if listener.session_id is not None and entry.name == "session-ended":
                    listener.end()

    def listen(self, sub_account_id: str, session_id: str | None = None) -> Listener:
        """Begin to listen; to be ended with `leave`. Raises TooMany."""
        listeners = self._listeners.setdefault(sub_account_id, [])
        if len(listeners) >= LISTENERS:
            raise TooMany(sub_account_id)
        listener = Listener(session_id)
        if self._closed:
            listener.end()
        listeners.append(listener)
        return listener

    def leave(self, sub_account_id: str, listener: Listener) -> None:
        """Listen no more."""
        listeners = self._listeners.get(sub_account_id, [])
        if listener in listeners:
            listeners.remove(listener)
        if not listeners:
            self._listeners.pop(sub_account_id, None)

    def close(self) -> None:
        """Tell nobody anything any more: the server stops."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.end()


async def listening(feed: Feed, sub_account_id: str, listener: Listener, every: float) -> AsyncIterator[Told | None]:
    """Give what happens until there is nothing more; None every so many seconds, to keep a connection awake."""
    try:
        while True:
            try:
                told = await listener.next(every)
            except TimeoutError:
                yield None
                continue
            if told is None:
                return
            yield told
    finally:
        feed.leave(sub_account_id, listener)
