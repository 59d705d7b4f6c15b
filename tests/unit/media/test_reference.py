"""What is particular to the engine in a process of its own; what every engine does is in tests/contract."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest
import uvloop
from tests.contract.far_end import BOUND, Diary, FarEnd, Signal, free_range

from ringback.media.interface import Capability, Codec, EngineLost, LegClosed, NoFreePort, Remote
from ringback.media.reference import EngineGone, ReferenceEngine


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
async def engine(diary: Diary) -> AsyncIterator[ReferenceEngine]:
    made = ReferenceEngine("127.0.0.1", free_range(4))
    await made.start(diary.write)
    yield made
    await made.stop()


def kill(engine: ReferenceEngine) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGKILL)


async def test_a_killed_process_is_told_as_a_lost_engine(engine: ReferenceEngine, diary: Diary) -> None:
    await engine.open(1, silence_after=0)
    kill(engine)
    await diary.wait(EngineLost)
    engine.play(1, 1, 1)  # too late, and no fault
    with pytest.raises(EngineGone):
        await engine.open(2, silence_after=0)
    await engine.stop()
    assert len(diary.events) == 1


async def test_an_open_that_is_under_way_fails_with_the_process(engine: ReferenceEngine, diary: Diary) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    opening = asyncio.ensure_future(engine.open(1, silence_after=0))
    await asyncio.sleep(0)
    kill(engine)
    with pytest.raises(EngineGone):
        await opening
    await diary.wait(EngineLost)


async def test_an_open_that_nobody_waits_for_is_closed_again(engine: ReferenceEngine, diary: Diary) -> None:
    opening = asyncio.ensure_future(engine.open(1, silence_after=0))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await diary.wait(LegClosed)


async def test_a_process_that_hangs_is_killed_at_the_end(
    engine: ReferenceEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.media.reference.STOP_SECONDS", 0.05)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    await engine.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(engine.pid, 0)


async def test_a_process_that_reads_nothing_is_killed(
    engine: ReferenceEngine, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.media.reference.MAX_UNREAD", 1024 * 1024)
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGSTOP)
    engine.register(1, {Codec.PCMU: bytes(4 * 1024 * 1024)})
    await diary.wait(EngineLost)


async def test_signals_to_the_whole_group_leave_the_end_to_the_server(engine: ReferenceEngine, diary: Diary) -> None:
    assert engine.pid is not None
    os.kill(engine.pid, signal.SIGTERM)
    os.kill(engine.pid, signal.SIGINT)
    await engine.open(1, silence_after=0)
    assert diary.events == []


async def test_a_process_that_does_not_start_is_an_error_that_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    engine = ReferenceEngine("127.0.0.1", (5, 4))
    diary = Diary()
    with pytest.raises(EngineGone, match="did not start"):
        await engine.start(diary.write)
    assert diary.events == []
    assert "no pair of RTP ports in 5-4" in capfd.readouterr().err


async def test_an_engine_that_was_never_started_can_be_stopped_and_opens_nothing() -> None:
    engine = ReferenceEngine("127.0.0.1", (20000, 20001))
    await engine.stop()
    with pytest.raises(EngineGone):
        await engine.open(1, silence_after=0)


async def test_a_leg_is_opened_once(engine: ReferenceEngine) -> None:
    await engine.open(1, silence_after=0)
    with pytest.raises(NoFreePort, match="leg 1 is open"):
        await engine.open(1, silence_after=0)


@pytest.mark.parametrize(
    "remote",
    [
        Remote(("127.0.0.1", 4000), Codec.G722, 9),
        Remote(("127.0.0.1", 4000), Codec.PCMU, 0, packet_ms=25),
        Remote(("media.example.com", 4000), Codec.PCMU, 0),
        Remote(("::1", 4000), Codec.PCMU, 0),
    ],
)
async def test_what_cannot_be_sent_is_the_callers_fault(remote: Remote) -> None:
    with pytest.raises(ValueError, match=r"G722|25 ms|IPv4"):
        ReferenceEngine("127.0.0.1", (20000, 20001)).connect(1, remote)


def test_it_says_what_it_can() -> None:
    assert ReferenceEngine.capabilities == {Capability.LISTEN}


async def test_a_prompt_in_one_law_is_played_in_the_other(engine: ReferenceEngine) -> None:
    engine.register(1, {Codec.PCMU: bytes((0xFE,)) * 160})
    with FarEnd() as far:
        await engine.open(1, silence_after=0)
        engine.connect(1, far.remote(Codec.PCMA))
        engine.play(1, 1, 1)
        packets = await far.hear(1)
    assert packets[0].payload == bytes((0xD5,)) * 160


PARENT = """
import asyncio, sys
from ringback.media.reference import ReferenceEngine

async def main():
    engine = ReferenceEngine("127.0.0.1", (int(sys.argv[1]), int(sys.argv[2])))
    await engine.start(print)
    await engine.open(1, silence_after=0)
    print(engine.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_process_ends_with_the_server_that_was_killed() -> None:
    low, high = free_range(2)
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(low), str(high)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(BOUND):
        pid = int(await parent.stdout.readline())
    handle = os.pidfd_open(pid)  # readable once the process has ended
    ended = Signal()
    gone: list[int] = []
    loop = asyncio.get_running_loop()

    def note() -> None:
        loop.remove_reader(handle)
        gone.append(pid)
        ended.tell()

    loop.add_reader(handle, note)
    try:
        parent.kill()
        await ended.until(lambda: bool(gone))
    finally:
        loop.remove_reader(handle)
        os.close(handle)
        await parent.communicate()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_it_runs_under_uvloop_as_the_server_does() -> None:
    async def main() -> list[type]:
        diary = Diary()
        engine = ReferenceEngine("127.0.0.1", free_range(2))
        await engine.start(diary.write)
        await engine.open(1, silence_after=0)
        engine.register(1, {Codec.PCMU: bytes(3_000_000)})
        engine.close(1)
        await diary.wait(LegClosed)
        kill(engine)
        await diary.wait(EngineLost)
        await engine.stop()
        return [type(event) for event in diary.events]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(main()) == [LegClosed, EngineLost]


async def test_a_start_that_is_given_up_leaves_no_process(diary: Diary) -> None:
    engine = ReferenceEngine("127.0.0.1", free_range(2))
    starting = asyncio.ensure_future(engine.start(diary.write))
    async with asyncio.timeout(BOUND):
        while engine.pid is None:  # noqa: ASYNC110 - the moment between two of its steps is what is looked for
            await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    with pytest.raises(ProcessLookupError):
        os.kill(engine.pid, 0)
