"""What happens in live sessions, told to whoever listens at this moment, or was cut off a moment ago."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from ringback.service.ports import Clock, TimelineEntry

LISTENERS = 20
"""Of one subaccount at a time."""
BEHIND = 1000
"""Entries that a listener may be behind; one that is slower is sent away."""
KEPT: Final = 5000
"""Entries of all subaccounts that are told again to who was cut off."""
KEPT_SECONDS: Final = 60.0
"""How long they are."""
ELSEWHERE: Final = -1
"""The place of a listener that was cut off by another start of the server."""


class Told(msgspec.Struct, frozen=True):
    """Something that happened."""

    session_id: str
    entry: TimelineEntry
    place: int
    """Among all that this start of the server told anybody, from 1."""


class TooMany(Exception):
    """The subaccount has as many listeners as it may have."""


class Listener:
    """Somebody who listens."""

    def __init__(self, session_id: str | None, place: int) -> None:
        """`session_id`: to one session alone; None: to all of the subaccount; `place`: of what it was told last."""
        self.session_id = session_id
        self.place = place
        self.missed: float | None = None
        """When it came back too late to be told all that it missed; seconds since the epoch."""
        self._again: deque[Told] = deque()
        self._told: asyncio.Queue[Told | None] = asyncio.Queue(BEHIND + 1)
        self._over = False

    def tell(self, told: Told) -> None:
        """Put something in front of the listener where it concerns it; what does not fit ends it."""
        if self._over or self.session_id not in {None, told.session_id}:
            return
        if self._told.qsize() >= BEHIND:
            self.end()
            return
        self._told.put_nowait(told)
        self._end_with(told)

    def tell_again(self, told: Told) -> None:
        """Put something before all else; however much it is, it was cut off and not slow."""
        if self.session_id in {None, told.session_id}:
            self._again.append(told)
            self._end_with(told)

    @property
    def is_behind(self) -> bool:
        """Whether it is to be told something again."""
        return bool(self._again)

    def _end_with(self, told: Told) -> None:
        if self.session_id is not None and told.entry.name == "session-ended":
            self.end()

    def end(self) -> None:
        """Tell nothing more."""
        if not self._over:
            self._over = True
            self._told.put_nowait(None)

    async def next(self, patience: float) -> Told | None:
        """Give what happened next. Raises TimeoutError after `patience` seconds; None: there is nothing more."""
        if self._again:
            return self._again.popleft()
        async with asyncio.timeout(patience):
            return await self._told.get()


class Feed:
    """Tells listeners; costs next to nothing while there are none."""

    def __init__(self, clock: Clock) -> None:
        """Nobody listens yet."""
        self._listeners: dict[str, list[Listener]] = {}
        self._closed = False
        self._clock = clock
        self._recent: deque[tuple[str, Told]] = deque(maxlen=KEPT)
        self._place = 0
        self.start = f"{clock.now() * 1000:.0f}"
        """Names this start of the server: places are of it alone."""

    def tell(self, sub_account_id: str, session_id: str, entry: TimelineEntry) -> None:
        """Tell what happened in a session."""
        self._place += 1
        told = Told(session_id, entry, self._place)
        self._recent.append((sub_account_id, told))
        for listener in self._listeners.get(sub_account_id, ()):
            listener.tell(told)

    def listen(self, sub_account_id: str, session_id: str | None = None, after: int | None = None) -> Listener:
        """Begin to listen; to be ended with `leave`. Raises TooMany.

        `after`: the place of what was told last to who was cut off, or ELSEWHERE; None: it begins with what comes.
        """
        listeners = self._listeners.setdefault(sub_account_id, [])
        if len(listeners) >= LISTENERS:
            raise TooMany(sub_account_id)
        listener = Listener(session_id, self._place if after is None else after)
        if after is not None:
            self._tell_again(sub_account_id, listener, after)
        if self._closed:
            listener.end()
        listeners.append(listener)
        return listener

    def _tell_again(self, sub_account_id: str, listener: Listener, after: int) -> None:
        now = self._clock.now()
        while self._recent and self._recent[0][1].entry.at < now - KEPT_SECONDS:
            self._recent.popleft()
        oldest = self._recent[0][1].place if self._recent else self._place + 1
        if after + 1 < oldest:
            listener.missed, listener.place = now, oldest - 1
        for whose, told in self._recent:
            if whose == sub_account_id and told.place > after:
                listener.tell_again(told)

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


async def listening(
    feed: Feed, sub_account_id: str, listener: Listener, every: float
) -> AsyncGenerator[Told | None, None]:
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
