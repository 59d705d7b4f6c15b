"""What trunks are asked without calling anybody: OPTIONS, and who waits for the answer (RFC 3261, section 11)."""

import asyncio
import errno
import secrets
from collections.abc import Callable
from typing import Final

from ringback.adapters.telephone.line import Line
from ringback.media.interface import Address
from ringback.wire.sip import events as sip
from ringback.wire.sip.uri import Uri
from ringback.wire.sip.user_agent import UserAgent

OUT_OF_SERVICE: Final = frozenset({408, 480, 500, 502, 503, 504})
"""Answers to OPTIONS of a trunk that is there and takes no calls."""


class NoAnswer(OSError):
    """A trunk cannot be reached."""

    def __init__(self, reason: str, *, is_closed: bool) -> None:
        """`is_closed`: the machine is there and says that nobody listens on the port; else nothing came back."""
        super().__init__(errno.ECONNREFUSED if is_closed else errno.ETIMEDOUT, reason)
        self.is_closed = is_closed


class Questions:
    """Asks trunks out of a user agent."""

    def __init__(self, user_agent: UserAgent, pump: Callable[[], None], host: str) -> None:
        """`pump`: sends what the user agent has to send; `host`: our address, as trunks are told."""
        self._user_agent = user_agent
        self._pump = pump
        self._host = host
        self._asked: dict[str, asyncio.Future[sip.OptionsAnswered]] = {}

    def __contains__(self, name: str) -> bool:
        """Tell whether a name of the user agent's events is that of a question that waits."""
        return name in self._asked

    async def ask(self, line: Line, next_hop: Address, seconds: float) -> sip.OptionsAnswered:
        """Send an OPTIONS to a trunk and give its final answer. Raises NoAnswer after `seconds` at the latest."""
        name = secrets.token_hex(8)
        answered: asyncio.Future[sip.OptionsAnswered] = asyncio.get_running_loop().create_future()
        self._asked[name] = answered
        host, port = line.host_port
        user = line.credentials.username if line.credentials is not None else "ringback"
        self._user_agent.ask_options(
            name,
            to=f"sip:{host}:{port}",
            next_hop=next_hop,
            from_uri=str(Uri("sip", host=self._host, user=user)),
            credentials=line.credentials,
            now=asyncio.get_running_loop().time(),
        )
        self._pump()
        try:
            async with asyncio.timeout(seconds):
                return await answered
        except TimeoutError:
            reason = f"no answer within {seconds:g} s"
            raise NoAnswer(reason, is_closed=False) from None
        finally:
            del self._asked[name]

    def hear(self, event: sip.Event) -> None:
        """Take an event of the user agent; one that answers no question is nothing to us."""
        waiting = self._asked.get(event.call)
        if waiting is None or waiting.done():
            return
        if isinstance(event, sip.OptionsAnswered):
            waiting.set_result(event)
        elif isinstance(event, sip.Unreachable):
            waiting.set_exception(NoAnswer(event.reason, is_closed=True))
