"""What is particular to the engine in C; what every engine does is in tests/contract."""

import asyncio
import contextlib
import errno
import itertools
import math
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvloop
from tests.contract.far_end import Diary, FarEnd, free_range

from ringback.media.core import CommandsFull, CoreEngine
from ringback.media.core._core import Core
from ringback.media.interface import (
    Address,
    Capability,
    Codec,
    DigitHeard,
    Latched,
    LegClosed,
    NoFreePort,
    PlayDone,
    Remote,
)
from ringback.wire.rtp import g711, packet
from ringback.wire.rtp.rtcp import ReceiverReport, ReportBlock, SenderReport, build

END_OF_5 = bytes.fromhex("058a0320")
RING = 16384
"""Commands that may wait; see ring.h."""


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
async def engine(diary: Diary) -> AsyncIterator[CoreEngine]:
    made = CoreEngine("127.0.0.1", free_range(8), cores=2)
    await made.start(diary.write)
    yield made
    await made.stop()


def test_it_says_what_it_can() -> None:
    assert CoreEngine.capabilities == set(Capability) - {Capability.LISTEN}


async def test_an_engine_that_was_never_started_can_be_stopped_and_opens_nothing() -> None:
    engine = CoreEngine("127.0.0.1", (20000, 20001))
    engine.register(1, {Codec.PCMU: b"x"})
    engine.close(1)
    await engine.stop()
    with pytest.raises(NoFreePort, match="not running"):
        await engine.open(1, silence_after=0)


async def test_a_leg_is_opened_once(engine: CoreEngine) -> None:
    await engine.open(1, silence_after=0)
    with pytest.raises(NoFreePort, match="leg 1 is open"):
        await engine.open(1, silence_after=0)


@pytest.mark.parametrize(
    "remote",
    [
        Remote(("127.0.0.1", 4000), Codec.PCMU, 0, packet_ms=25),
        Remote(("media.example.com", 4000), Codec.PCMU, 0),
        Remote(("::1", 4000), Codec.PCMU, 0),
    ],
)
async def test_what_cannot_be_sent_is_the_callers_fault(engine: CoreEngine, remote: Remote) -> None:
    await engine.open(1, silence_after=0)
    with pytest.raises(ValueError, match=r"25 ms|IPv4"):
        engine.connect(1, remote)


async def test_it_does_not_listen(engine: CoreEngine) -> None:
    with pytest.raises(ValueError, match="does not listen"):
        engine.listen(1, "heard.wav")


async def test_a_start_that_fails_leaves_no_thread(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Core] = []

    def make() -> Core:
        if made:
            raise OSError(errno.EMFILE, "Too many open files")
        made.append(Core())
        return made[0]

    monkeypatch.setattr("ringback.media.core.Core", make)
    before = media_threads()
    engine = CoreEngine("127.0.0.1", free_range(1), cores=2)
    with pytest.raises(OSError, match="Too many open files"):
        await engine.start(diary.write)
    assert media_threads() == before


# ---------------------------------------------------------------- threads


def media_threads() -> int:
    names = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread of somebody else's that just ended
            names.append((task / "comm").read_text().strip())
    return names.count("ringback-media")


async def test_there_is_a_thread_a_core_until_it_is_stopped(diary: Diary) -> None:
    before = media_threads()
    engine = CoreEngine("127.0.0.1", free_range(1), cores=3)
    await engine.start(diary.write)
    while media_threads() < before + 3:  # noqa: ASYNC110 - a thread names itself when it first runs
        await asyncio.sleep(0)
    await engine.stop()
    assert media_threads() == before


async def test_legs_are_spread_over_the_threads_and_two_that_belong_together_are_not(engine: CoreEngine) -> None:
    for leg in range(4):
        await engine.open(leg, silence_after=0)
    for leg in range(4):
        await engine.open(10 + leg, silence_after=0, beside=leg)
    threads = [engine._legs[leg].thread for leg in range(4)]
    assert [thread.legs for thread in engine._threads] == [4, 4]
    assert [engine._legs[10 + leg].thread for leg in range(4)] == threads
    engine.bridge(0, 10)
    with pytest.raises(ValueError, match="legs 0 and 1 are in two threads"):
        engine.bridge(0, 1)


async def test_a_prompt_plays_in_every_thread(engine: CoreEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: b"x" * 320})
    with FarEnd() as far:
        for leg in (1, 2):
            await engine.open(leg, silence_after=0)
            engine.connect(leg, far.remote())
            engine.play(leg, leg, 1)
        engine.forget(1)
        done = await diary.wait(PlayDone, 2)
    assert {event.play for event in done if isinstance(event, PlayDone)} == {1, 2}


def test_a_busy_interpreter_does_not_hold_up_the_packets() -> None:
    """A loop that never yields for a while finds as many packets as the time had frames."""

    async def main() -> list[int]:
        engine = CoreEngine("127.0.0.1", free_range(1))
        await engine.start(lambda _event: None)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
            far.bind(("127.0.0.1", 0))
            far.settimeout(10)
            await engine.open(1, silence_after=0)
            engine.connect(1, Remote(far.getsockname(), Codec.PCMU, 0))
            heard = [packet.parse(far.recv(2048)).timestamp for _ in range(50)]  # blocks the loop
        await engine.stop()
        return heard

    heard = asyncio.run(main())
    assert [(two - one) % 2**32 for one, two in itertools.pairwise(heard)] == [160] * 49


# ---------------------------------------------------------------- digits in the audio


def tone(*hertz: int, packets: int) -> list[bytes]:
    """Give packets of 20 ms in PCMU of tones at -9 dBm0 each."""
    by_sample = sorted(zip(g711.PCMU_LINEAR, range(256), strict=True))
    samples = (
        sum(4000 * math.sin(2 * math.pi * frequency * at / 8000) for frequency in hertz) for at in range(160 * packets)
    )
    sound = bytes(min(by_sample, key=lambda step: abs(step[0] - sample))[1] for sample in samples)
    return [sound[at : at + 160] for at in range(0, len(sound), 160)]


async def hears_tones(engine: CoreEngine, far: FarEnd, diary: Diary) -> Address:
    address = await engine.open(1, silence_after=0)
    engine.connect(1, Remote(far.address, Codec.PCMU, 0, 101, inband_digits=True))
    far.send(address)
    await diary.wait(Latched)
    return address


def digits(diary: Diary) -> str:
    return "".join(event.digit for event in diary.of(DigitHeard) if isinstance(event, DigitHeard))


async def test_a_digit_in_the_sound_is_told_once(engine: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await hears_tones(engine, far, diary)
        for payload in (*tone(770, 1336, packets=5), *[b"\xff" * 160] * 5, *tone(941, 1477, packets=5)):
            far.send(address, payload)
        await diary.wait(DigitHeard, 2)
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=0)
        await diary.wait(DigitHeard, 3)
    assert digits(diary) == "5#1"


async def test_tones_are_not_heard_where_they_are_not_asked_for(engine: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await engine.open(1, silence_after=0)
        engine.connect(1, far.remote())
        for payload in tone(770, 1336, packets=5):
            far.send(address, payload)
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=0)
        await diary.wait(DigitHeard)
    assert digits(diary) == "1"


async def test_a_press_that_comes_as_tones_and_as_an_event_is_one(engine: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await hears_tones(engine, far, diary)
        for payload in tone(770, 1336, packets=4):  # before the gateway noticed
            far.send(address, payload)
        await diary.wait(DigitHeard)
        start = far.timestamp
        for said in ("050a00a0", "058a0320", "058a0320"):
            far.send(address, bytes.fromhex(said), 101, timestamp=start)
        for payload in tone(770, 1336, packets=5):  # it leaks
            far.send(address, payload)
        far.send(address, bytes.fromhex("058a0320"), 101, timestamp=start + 8000)  # pressed again
        await diary.wait(DigitHeard, 2)
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=start + 16000)
        await diary.wait(DigitHeard, 3)
    assert digits(diary) == "551"


# ---------------------------------------------------------------- rings


async def test_a_full_ring_of_commands_raises_and_neither_blocks_nor_drops(diary: Diary) -> None:
    core = Core()  # its thread is not started: nobody obeys
    for _ in range(RING):
        core.close(1)
    with pytest.raises(CommandsFull):
        core.close(1)
    with pytest.raises(CommandsFull):
        core.register(1, b"x" * 100_000, None, None)
    engine = CoreEngine("127.0.0.1", free_range(1))
    await engine.start(diary.write)
    [thread] = engine._threads
    running, thread.core = thread.core, core
    for _ in range(3):
        with pytest.raises(CommandsFull):  # and the only port is not lost
            await engine.open(1, silence_after=0)
    thread.core = running
    await engine.stop()


async def test_no_digit_is_lost_while_the_loop_stands_still(engine: CoreEngine, diary: Diary) -> None:
    presses = 9000  # more than the ring of events holds
    with FarEnd() as far:
        address = await engine.open(1, silence_after=0)
        engine.connect(1, far.remote())
        far.send(address)
        await diary.wait(Latched)
        far.rtp.setblocking(True)  # noqa: FBT003 - the standard library's signature
        for number in range(presses):  # in the loop's own thread: it reads nothing meanwhile
            far.send(address, bytes((number % 10,)) + b"\x8a\x03\x20", 101, timestamp=10_000 + 1600 * number)
            if number % 50 == 49:
                far.rtp.recv(2048)  # a packet of ours each 20 ms: so long they have to be read
        far.rtp.setblocking(False)  # noqa: FBT003 - the standard library's signature
        heard = await diary.wait(DigitHeard, presses)
        engine.close(1)
        figures = (await diary.closed(1)).statistics
    assert figures.packets_received == presses + 1
    assert [event.digit for event in heard if isinstance(event, DigitHeard)] == [
        str(number % 10) for number in range(presses)
    ]


def test_it_runs_under_uvloop_as_the_server_does() -> None:
    async def main() -> list[type]:
        diary = Diary()
        engine = CoreEngine("127.0.0.1", free_range(2))
        await engine.start(diary.write)
        await engine.open(1, silence_after=0)
        engine.register(1, {Codec.PCMU: bytes(3_000_000)})
        engine.close(1)
        await diary.wait(LegClosed)
        await engine.open(1, silence_after=0)
        await engine.stop()
        return [type(event) for event in diary.events]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == [LegClosed, LegClosed]


# ---------------------------------------------------------------- hostile and broken far ends


async def test_a_far_end_whose_port_is_closed_stalls_nobody(engine: CoreEngine) -> None:
    with FarEnd() as gone, FarEnd() as far:
        await engine.open(1, silence_after=0)
        await engine.open(2, silence_after=0, beside=1)
        remote = gone.remote()
        gone.rtp.close()  # the kernel answers with ICMP: port unreachable
        engine.connect(1, remote)
        engine.connect(2, far.remote())
        await far.hear(20)


async def test_a_stranger_who_floods_starves_nobody(engine: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far, FarEnd() as stranger:
        address = await engine.open(1, silence_after=0)
        engine.connect(1, far.remote())
        far.send(address)
        await diary.wait(Latched)
        for _ in range(100):
            for _ in range(3):
                stranger.send(address, END_OF_5, 101, timestamp=0)
            await asyncio.sleep(0)
        far.send(address, END_OF_5, 101, timestamp=1)
        await diary.wait(DigitHeard)
        engine.close(1)
        figures = (await diary.closed(1)).statistics
    assert (figures.packets_foreign, figures.packets_received) == (300, 2)
    assert len(diary.of(Latched)) == 1


# ---------------------------------------------------------------- reports


async def test_round_trip_and_what_the_far_end_lost_are_told(engine: CoreEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await engine.open(1, silence_after=0)
        engine.connect(1, far.remote())
        far.send(address)
        await far.until(lambda: bool(far.reports))
        said = far.reports[0][0]
        assert isinstance(said, SenderReport)
        block = ReportBlock(said.ssrc, 0, 7, 1, 80, said.middle, 0)
        far.rtcp.sendto(build([ReceiverReport(far.ssrc, (block,))]), (address[0], address[1] + 1))
        other = ReportBlock(said.ssrc, 0, 9, 1, 160, said.middle, 100 << 16)  # held longer than it takes: no trip
        far.rtcp.sendto(build([ReceiverReport(far.ssrc, (other,))]), (address[0], address[1] + 1))
        far.send(address, END_OF_5, 101, timestamp=1)
        await diary.wait(DigitHeard)
        await far.hear(len(far.packets) + 2)
        engine.close(1)
        figures = (await diary.closed(1)).statistics
    assert 0 < figures.round_trip_ms < 5000
    assert (figures.reported_lost, figures.reported_jitter_ms) == (9, 20.0)
    assert figures.last_packet_received_ns > figures.first_packet_received_ns
    assert figures.last_packet_sent_ns > figures.first_packet_sent_ns
