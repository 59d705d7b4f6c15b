"""Asks trunks what they are, without calling anybody: OPTIONS, and what comes back (RFC 3261, section 11)."""

import asyncio
import errno
import secrets
from types import TracebackType
from typing import Final, Self

import msgspec

from ringback.adapters.telephone.endpoint import Endpoint, PortTaken
from ringback.adapters.telephone.line import Line, Names, own_address
from ringback.adapters.telephone.questions import Questions
from ringback.media.interface import Address
from ringback.wire import sdp
from ringback.wire.sip import events as sip
from ringback.wire.sip.user_agent import UserAgent

PRODUCT: Final = "ringback-doctor"
_EVENT: Final = "TELEPHONE-EVENT"


class NoAddress(OSError):
    """The name of a trunk has no IPv4 address; the text says what the resolver said."""


class TrunkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a trunk said to an OPTIONS."""

    status: int
    """200..699."""
    reason: str
    challenged: bool
    """It asked for a password, and was given it."""
    seen_as: tuple[str | None, int | None]
    """Address and port that it sees us at, where it says so."""
    told: Address
    """Address and port that it was told are ours."""
    allow: tuple[str, ...]
    """Methods; empty where nothing is said."""
    accept: tuple[str, ...]
    """Types of bodies; empty where nothing is said."""
    date: str
    """Its clock, as it came; empty where nothing is said."""
    codecs: tuple[str, ...] | None
    """Those of its session description, upper case, telephone-event left out; None where it has none."""
    digits: bool
    """Whether its session description has telephone-event (RFC 4733)."""


class TrunkProbe:
    """A UDP port from which trunks are asked; `async with` it. Strangers get no answer there."""

    def __init__(self, listen: Address, lines: dict[str, Line], advertise: str = "") -> None:
        """Bind the port of the server where it is free, so that a trunk sees what it will see; else another one.

        `advertise`: the address that trunks are told, empty where it is the port's. Raises OSError.
        """
        try:
            self._endpoint = Endpoint(listen)
            self.is_servers_port = True
        except PortTaken:
            self._endpoint = Endpoint((listen[0], 0))
            self.is_servers_port = False
        host, port = self._endpoint.address
        self._told: Address = (advertise or own_address(host, lines), port)
        self._names = Names()
        self._user_agent = UserAgent(
            self._told, token=secrets.token_hex, product=PRODUCT, trace=False, admit=lambda _source, _method: False
        )
        self._questions = Questions(self._user_agent, self._endpoint.pump, self._told[0])

    async def __aenter__(self) -> Self:
        """Begin to hear."""
        self._endpoint.start(self._user_agent, self._questions.hear)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Free the port."""
        self._endpoint.close()

    async def resolve(self, line: Line, seconds: float) -> Address:
        """Give the address of a trunk. Raises NoAddress after `seconds` at the latest."""
        try:
            async with asyncio.timeout(seconds):
                return await self._names.resolve(line)
        except TimeoutError:
            reason = f"no name server answered within {seconds:g} s"
            raise NoAddress(errno.ETIMEDOUT, reason) from None
        except OSError as fault:
            raise NoAddress(fault.errno, fault.strerror or str(fault)) from fault

    async def ask(self, line: Line, next_hop: Address, seconds: float) -> TrunkAnswer:
        """Send an OPTIONS to a trunk and give its final answer. Raises NoAnswer after `seconds` at the latest."""
        return self._answer(await self._questions.ask(line, next_hop, seconds))

    def _answer(self, event: sip.OptionsAnswered) -> TrunkAnswer:
        codecs, digits = _codecs(event.sdp)
        return TrunkAnswer(
            status=event.status,
            reason=event.reason,
            challenged=bool(event.answered_challenge),
            seen_as=event.seen_as,
            told=self._told,
            allow=event.allow,
            accept=event.accept,
            date=event.date,
            codecs=codecs,
            digits=digits,
        )


def _codecs(description: bytes | None) -> tuple[tuple[str, ...] | None, bool]:
    """Give the codecs of the first audio stream, and whether it takes digits; None where nothing can be read."""
    if description is None:
        return None, False
    try:
        media = sdp.Description.parse(description).media
    except sdp.SdpRejected:
        return None, False
    audio = next((medium for medium in media if medium.kind == "audio"), None)
    if audio is None:
        return None, False
    names = [name for _, name in audio.payloads()]
    return tuple(name for name in names if name != _EVENT), _EVENT in names
