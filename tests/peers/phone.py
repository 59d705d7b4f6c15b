"""A phone that nobody here wrote: baresip. It calls and is called, hears, speaks, presses keys and holds."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Literal

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
        """`call`: it rings, here or at the far end."""
        self._call = call
        self.heard = bytearray()
        """Linear samples: 8 kHz, 16 kHz in G.722."""
        self.over = asyncio.Event()
        self.rings = asyncio.Event()
        """The far end said 180 to our INVITE."""
        self.described = asyncio.Event()
        """The far end's session description came."""
        call.on(self._event)

    def _event(self, event: object) -> None:
        match getattr(event, "event", None):
            case Event.CALL_CLOSED:
                self.over.set()
            case Event.CALL_RINGING:
                self.rings.set()
            case Event.CALL_REMOTE_SDP:
                self.described.set()

    async def pick_up(self) -> None:
        """Take the call."""
        await self._call.answer()

    async def answer(self) -> None:
        """Take the call and wait until it stands."""
        await self.pick_up()
        await self.established()

    async def established(self) -> None:
        """Wait until the call stands. Raises BaresipError where it is refused."""
        await self._call.wait_established(BOUND)

    async def busy(self) -> None:
        """Refuse with 486."""
        await self._call.reject()

    async def hang_up(self) -> None:
        """Say BYE."""
        await self._call.hangup()

    async def hold(self) -> None:
        """Offer `sendonly`, and wait until that is agreed."""
        await self._agreed(self._call.hold())

    async def resume(self) -> None:
        """Offer `sendrecv`, and wait until that is agreed."""
        await self._agreed(self._call.resume())

    async def _agreed(self, offering: Awaitable[None]) -> None:
        self.described.clear()
        await offering
        await asyncio.wait_for(self.described.wait(), BOUND)

    async def press(self, digits: str) -> None:
        """Press keys: RTP events (RFC 4733)."""
        await self._call.send_dtmf(digits)

    async def hears(self, seconds: float, bound: float = BOUND) -> None:
        """Listen until so many seconds were loud. Raises TimeoutError."""
        async with asyncio.timeout(bound):
            while self.loud < seconds:
                self._listen()
                await asyncio.sleep(FRAME_SECONDS)

    @property
    def stands(self) -> bool:
        return self._call.state is CallState.ESTABLISHED

    async def speaks(self, sound: bytes, until: asyncio.Event, *, early: bool = False) -> None:
        """Say the same sound again and again, and listen meanwhile; `early`: before the call stands too."""
        while not until.is_set() and (self.stands or early):
            with contextlib.suppress(AudioNotActive, AudioRestarted):
                if self._call.audio.info().tx_buffered < len(sound):
                    self._call.audio.write(sound)
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

    async def dial(self, address: tuple[str, int], number: str) -> Talk:
        """Call a number at a SIP address; the INVITE is on its way."""
        assert self.agent is not None
        return Talk(await self.agent.dial(f"sip:{number}@{address[0]}:{address[1]}"))

    async def rung(self, bound: float = BOUND) -> Talk:
        """Wait for a call. Raises TimeoutError."""
        return await asyncio.wait_for(self.rings.get(), bound)

    async def call(self, address: tuple[str, int], number: str) -> Talk:
        """Call a number at a SIP address and wait until it answers."""
        talk = await self.dial(address, number)
        await talk.established()
        return talk


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


class _SendsEarly(Account):
    """An account whose calls get sound before they are answered (183)."""

    def aor(self) -> str:
        return str(super().aor()).replace("answermode=manual", "answermode=early")


@asynccontextmanager
async def phone(
    codecs: Sequence[str] = ("pcmu", "pcma"),
    encryption: str = "",
    *,
    user: str = "phone",
    dtmf_mode: Literal["rtpevent", "info"] = "rtpevent",
    early: bool = False,
) -> AsyncIterator[Phone]:
    """Run baresip: one at a time in a process.

    `codecs`: in its names and its order of preference; `encryption`: one of its modules, `srtp` where the other end may
    decline, `srtp-mand` where it may not; `user`: who calls, as in From; `dtmf_mode`: `rtpevent` or `info`; `early`:
    send sound before the answer.
    """
    made = Phone(_free_port())
    runtime = Runtime()
    listen = f"sip_listen {HOST}:{made.address[1]}\ncall_hold_other_calls no\n"
    await runtime.start(Config(net_interface=HOST, max_concurrent_calls=None, extra_config_text=listen))
    try:
        extra = ("catchall=yes", *((f"mediaenc={encryption}",) if encryption else ()))
        account = (_SendsEarly if early else Account)(
            user=user,
            domain=HOST,
            password="",
            reg_interval=0,
            audio_codecs=tuple(codecs),
            dtmf_mode=dtmf_mode,
            extra_params=extra,
        )
        made.agent = agent = await UserAgent.create(runtime, account)
        agent.on_incoming(lambda call: made.rings.put_nowait(Talk(call)))
        yield made
    finally:
        await runtime.close()
