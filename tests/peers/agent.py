"""Our own user agent on its socket, without media, and all that it told."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from tests.peers.sipp import HOST, Sipp

from ringback.adapters.telephone.endpoint import Endpoint
from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.events import Abandoned, Address, Ended, Event, Refused, Traced, Unreachable
from ringback.wire.sip.user_agent import MAX_WAITING, UserAgent

BOUND = 40.0
"""Seconds; longer than a BYE is repeated before it is given up."""
SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 0\r\n"
FINAL = (Refused, Unreachable, Ended, Abandoned)

Admit = Callable[[Address, str], bool]
_Event = TypeVar("_Event", bound=Event)


class Agent:
    """A user agent on its endpoint, and all that it told."""

    def __init__(self, *, admit: Admit = lambda _source, _method: True, max_waiting: int = MAX_WAITING) -> None:
        """Listen on a free port."""
        self.endpoint = Endpoint((HOST, 0))
        self.user_agent = UserAgent(
            self.endpoint.address, token=secrets.token_hex, product="ringback", admit=admit, max_waiting=max_waiting
        )
        self.events: list[Event] = []
        self._told = asyncio.Event()
        self._read = 0
        self.endpoint.start(self.user_agent, self._take)

    def _take(self, event: Event) -> None:
        if not isinstance(event, Traced):
            self.events.append(event)
            self._told.set()

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def next_event(self) -> Event:
        """Wait for the next event."""
        async with asyncio.timeout(BOUND):
            while self._read == len(self.events):
                self._told.clear()
                await self._told.wait()
        self._read += 1
        return self.events[self._read - 1]

    async def until(self, kind: type[_Event]) -> _Event:
        """Wait for the next event of a kind; fails where a call ends before."""
        while True:
            event = await self.next_event()
            if isinstance(event, kind):
                return event
            assert not isinstance(event, FINAL), event

    def call(self, peer: Sipp, name: str = "call", credentials: Credentials | None = None) -> None:
        self.user_agent.invite(
            name,
            to=f"sip:6512345678@{peer.address[0]}:{peer.address[1]}",
            next_hop=peer.address,
            from_uri=f"sip:15550100100@{HOST}",
            offer=SDP,
            credentials=credentials,
            now=self.now,
        )
        self.endpoint.pump()

    def hang_up(self, name: str = "call") -> None:
        self.user_agent.hang_up(name, self.now)
        self.endpoint.pump()


@asynccontextmanager
async def agent(
    *, admit: Admit = lambda _source, _method: True, max_waiting: int = MAX_WAITING
) -> AsyncIterator[Agent]:
    """Run a user agent; `admit`, `max_waiting`: as it takes them."""
    made = Agent(admit=admit, max_waiting=max_waiting)
    try:
        yield made
    finally:
        made.endpoint.close()
