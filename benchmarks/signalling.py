"""The SIP user agent on its socket against SIPp, without media: CPU a call, calls over a line that loses, memory."""

import asyncio
import gc
import secrets
import time
import tracemalloc
from collections.abc import Sequence

import uvloop
from gauge import SERVER_CORE, Figure, percentile, pinned
from house import HOST, SOURCE
from sipp import Sipp, answering

from ringback.adapters.telephone.endpoint import Endpoint
from ringback.wire.sip.events import Abandoned, Accepted, Ended, Event, Refused, Traced, Unreachable
from ringback.wire.sip.user_agent import UserAgent

NAME = "signalling"
CALLS = 400
ROUNDS = 5
AT_A_TIME = 20
LOSSY_CALLS = 1_000
LOSSY_RATE = 200.0
LOSSY_SECONDS = 60.0
DIALOGS = 400
SECONDS = 60.0
OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40002 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
)


class _Phone:
    """A user agent on its endpoint; it traces as that of a server does."""

    def __init__(self, peer: Sipp, *, hang_up: bool) -> None:
        """`hang_up`: as soon as a call was answered."""
        self._endpoint = Endpoint((HOST, 0))
        self._user_agent = UserAgent(self._endpoint.address, token=secrets.token_hex, product="ringback")
        self._peer = peer
        self._hang_up = hang_up
        self._changed = asyncio.Event()
        self.accepted = self.ended = self.failed = 0
        self.on_end = self._changed.set
        self._endpoint.start(self._user_agent, self._take)

    def _take(self, event: Event) -> None:
        if isinstance(event, Traced):
            return
        if isinstance(event, Accepted):
            self.accepted += 1
            if self._hang_up:
                self._user_agent.hang_up(event.call, asyncio.get_running_loop().time())
        elif isinstance(event, Ended):
            self.ended += 1
            self.on_end()
        elif isinstance(event, (Refused, Unreachable, Abandoned)):
            self.failed += 1
            self.on_end()
        self._changed.set()

    def call(self, number: int) -> None:
        self._user_agent.invite(
            str(number),
            to=f"sip:+65{number:08d}@{HOST}:{self._peer.address[1]}",
            next_hop=self._peer.address,
            from_uri=f"sip:+{SOURCE}@{HOST}",
            offer=OFFER,
            credentials=None,
            now=asyncio.get_running_loop().time(),
        )
        self._endpoint.pump()

    def hang_up(self, number: int) -> None:
        self._user_agent.hang_up(str(number), asyncio.get_running_loop().time())
        self._endpoint.pump()

    async def until(self, count: int, *, accepted: bool = False, seconds: float = SECONDS) -> None:
        """Wait until so many calls are over, or were answered."""
        async with asyncio.timeout(seconds):
            while (self.accepted if accepted else self.ended + self.failed) < count:
                self._changed.clear()
                await self._changed.wait()

    @property
    def retransmissions(self) -> int:
        return self._user_agent.counters.retransmissions

    def close(self) -> None:
        self._endpoint.close()


def run() -> Sequence[Figure]:
    """Measure all three."""
    with pinned(SERVER_CORE), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return [*runner.run(_cpu()), *runner.run(_lossy()), *runner.run(_memory())]


async def _cpu() -> Sequence[Figure]:
    async with answering() as peer:
        phone = _Phone(peer, hang_up=True)
        began, peer_cpu = time.perf_counter(), peer.cpu
        costs = [await _calls(phone, turn * CALLS, CALLS) / CALLS for turn in range(ROUNDS)]
        seconds, peer_cpu = time.perf_counter() - began, peer.cpu - peer_cpu
        phone.close()
    note = (
        f"{ROUNDS * CALLS / seconds:,.0f} calls a second, {AT_A_TIME} at a time; SIPp {100 * peer_cpu / seconds:.0f} %"
    )
    return [Figure("signalling: CPU per call, INVITE to BYE", percentile(costs, 50) * 1e3, "ms", 0.8, note=note)]


async def _calls(phone: _Phone, first: int, count: int) -> float:
    """Make calls, some at a time; give the CPU that they took, in seconds."""
    numbers = iter(range(first, first + count))
    done = phone.ended + phone.failed

    def more() -> None:
        if (number := next(numbers, None)) is not None:
            asyncio.get_running_loop().call_soon(phone.call, number)

    phone.on_end = more
    cpu = time.process_time()
    for _ in range(AT_A_TIME):
        more()
    await phone.until(done + count)
    cpu = time.process_time() - cpu
    if phone.failed:
        message = f"{phone.failed} calls failed"
        raise RuntimeError(message)
    return cpu


async def _lossy() -> Sequence[Figure]:
    async with answering(lost_percent=5) as peer:
        phone = _Phone(peer, hang_up=True)
        began = time.perf_counter()
        for number in range(LOSSY_CALLS):
            if (early := began + number / LOSSY_RATE - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            phone.call(number)
        await phone.until(LOSSY_CALLS, seconds=LOSSY_SECONDS)
        phone.close()
    complete = 100 * phone.ended / LOSSY_CALLS
    return [
        Figure(
            "signalling: calls that complete at 5 % loss each way",
            complete,
            "%",
            99.5,
            at_least=True,
            note=f"{LOSSY_CALLS} calls, {phone.retransmissions} messages sent again",
        )
    ]


async def _memory() -> Sequence[Figure]:
    async with answering() as peer:
        phone = _Phone(peer, hang_up=False)
        await _calls_up(phone, 0, AT_A_TIME)  # what is made once is there before it counts
        tracemalloc.start()
        try:
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            await _calls_up(phone, AT_A_TIME, DIALOGS)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        for number in range(AT_A_TIME + DIALOGS):
            phone.hang_up(number)
        await phone.until(AT_A_TIME + DIALOGS)
        phone.close()
    return [Figure("signalling: memory per dialog", grown / DIALOGS / 1000, "kB", 10, note=f"{DIALOGS} dialogs")]


async def _calls_up(phone: _Phone, first: int, count: int) -> None:
    up = phone.accepted
    for number in range(first, first + count):
        phone.call(number)
        if number % AT_A_TIME == 0:
            await phone.until(up + number - first, accepted=True)
    await phone.until(up + count, accepted=True)
