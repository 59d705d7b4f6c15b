"""A phone that nobody here wrote: baresip. It takes calls, hears, speaks and presses keys."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
from baresip import Account, AudioNotActive, AudioRestarted, Call, CallState, Config, Runtime, UserAgent
from baresip.events import Event
from tests.peers.carrier import Samples, loud_seconds
from tests.peers.sipp import HOST

BOUND = 30.0
FRAME_SECONDS = 0.02
"""How often baresip's buffers are looked at: they tell nothing by themselves."""


class Talk:
    """One call of the phone."""

    def __init__(self, call: Call) -> None:
        """`call`: it rings."""
        self._call = call
        self.heard = bytearray()
        """Linear samples: 8 kHz, 16 kHz in G.722."""
        self.over = asyncio.Event()
        call.on(self._event)

    def _event(self, event: object) -> None:
        if getattr(event, "event", None) is Event.CALL_CLOSED:
            self.over.set()

    async def answer(self) -> None:
        """Take the call and wait until it stands."""
        await self._call.answer()
        await self._call.wait_established(BOUND)

    async def busy(self) -> None:
        """Refuse with 486."""
        await self._call.reject()

    async def hold(self) -> None:
        """Put the other end on hold: a re-INVITE."""
        await self._call.hold()

    async def resume(self) -> None:
        """Take it off hold: another one."""
        await self._call.resume()

    async def hang_up(self) -> None:
        """Say BYE."""
        await self._call.hangup()

    async def press(self, digits: str) -> None:
        """Press keys: RTP events (RFC 4733)."""
        await self._call.send_dtmf(digits)

    async def hears(self, seconds: float, bound: float = BOUND) -> None:
        """Listen until so many seconds were loud. Raises TimeoutError."""
        async with asyncio.timeout(bound):
            while self.loud < seconds:
                self._listen()
                await asyncio.sleep(FRAME_SECONDS)

    async def speaks(self, tone: bytes, until: asyncio.Event) -> None:
        """Say the same sound again and again, and listen meanwhile."""
        while not until.is_set() and self._call.state is CallState.ESTABLISHED:
            with contextlib.suppress(AudioNotActive, AudioRestarted):
                if self._call.audio.info().tx_buffered < len(tone):
                    self._call.audio.write(tone)
            self._listen()
            await asyncio.sleep(FRAME_SECONDS)

    async def ended(self, bound: float = BOUND) -> None:
        """Wait until the call is over. Raises TimeoutError."""
        await asyncio.wait_for(self.over.wait(), bound)

    def _listen(self) -> None:
        with contextlib.suppress(AudioNotActive, AudioRestarted):
            self.heard += self._call.audio.read(65536)

    @property
    def samples(self) -> Samples:
        return np.frombuffer(bytes(self.heard[: len(self.heard) // 2 * 2]), dtype=np.int16)

    @property
    def loud(self) -> float:
        """Seconds heard that are no silence."""
        return loud_seconds(self.samples)


class Phone:
    """A baresip that listens at an address."""

    def __init__(self, port: int) -> None:
        """Made by `phone`."""
        self.address = (HOST, port)
        self.rings: asyncio.Queue[Talk] = asyncio.Queue()
        self.agent: UserAgent | None = None

    async def rung(self, bound: float = BOUND) -> Talk:
        """Wait for a call. Raises TimeoutError."""
        return await asyncio.wait_for(self.rings.get(), bound)

    async def call(self, address: tuple[str, int], number: str) -> Talk:
        """Call a number at a SIP address and wait until it answers."""
        assert self.agent is not None
        call = await self.agent.dial(f"sip:{number}@{address[0]}:{address[1]}")
        await call.wait_established(BOUND)
        return Talk(call)


def _free_port() -> int:
    """Give a port that is free for UDP and for TCP, of which baresip takes both, and that the kernel gives nobody."""
    while True:
        port = 10000 + secrets.randbelow(10000)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
            socket.socket() as other,
            contextlib.suppress(OSError),
        ):
            one.bind((HOST, port))
            other.bind((HOST, port))
            return port


@asynccontextmanager
async def phone(codecs: Sequence[str] = ("pcmu", "pcma"), encryption: str = "") -> AsyncIterator[Phone]:
    """Run baresip: one at a time in a process.

    `codecs`: in its names and its order of preference; `encryption`: one of its modules, `srtp` where the other end may
    decline, `srtp-mand` where it may not.
    """
    made = Phone(_free_port())
    runtime = Runtime()
    listen = f"sip_listen {HOST}:{made.address[1]}\n"
    await runtime.start(Config(net_interface=HOST, max_concurrent_calls=None, extra_config_text=listen))
    try:
        extra = ("catchall=yes", *((f"mediaenc={encryption}",) if encryption else ()))
        account = Account(
            user="phone", domain=HOST, password="", reg_interval=0, audio_codecs=tuple(codecs), extra_params=extra
        )
        made.agent = agent = await UserAgent.create(runtime, account)
        agent.on_incoming(lambda call: made.rings.put_nowait(Talk(call)))
        yield made
    finally:
        await runtime.close()
