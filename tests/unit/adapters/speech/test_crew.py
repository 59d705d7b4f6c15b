import asyncio
import os
import signal
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from ringback.adapters.speech.crew import Crew, module_command
from ringback.adapters.speech.jobs import LENGTH, Job, Outcome, frame
from ringback.service.ports import SynthesisFailed

GERMAN = Job("gmw/de", "Guten Tag.", 1.0)


@pytest_asyncio.fixture
async def crew() -> AsyncIterator[Crew]:
    made = Crew("espeak", 1, eager=False)
    await made.start()
    yield made
    await made.stop()


async def taken(crew: Crew) -> None:
    """Wait until a worker has taken the job that waits."""
    async with asyncio.timeout(10):
        while not crew._jobs.empty():  # noqa: ASYNC110 - the queue tells nobody
            await asyncio.sleep(0)


async def test_espeak_really_speaks(crew: Crew) -> None:
    sound = await crew.speak(GERMAN)
    assert sound.rate == 22_050
    assert 0.4 < len(sound.samples) / 2 / sound.rate < 2


async def test_half_the_pace_takes_longer(crew: Crew) -> None:
    slow, fast = [len((await crew.speak(Job("gmw/de", "Guten Tag zusammen.", pace))).samples) for pace in (0.5, 2.0)]
    assert slow > 2 * fast


async def test_a_worker_is_nicer_than_the_server(crew: Crew, started: list[Process]) -> None:
    await crew.speak(GERMAN)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, started[0].pid) == min(19, own + 10)


async def test_a_voice_that_is_not_there_fails_and_the_worker_goes_on(crew: Crew, started: list[Process]) -> None:
    with pytest.raises(SynthesisFailed, match="no voice"):
        await crew.speak(Job("nowhere/xx", "Hello.", 1.0))
    assert (await crew.speak(GERMAN)).samples
    assert len(started) == 1


async def test_a_worker_that_is_killed_mid_way_fails_its_text_and_is_replaced(
    crew: Crew, started: list[Process]
) -> None:
    await crew.speak(GERMAN)
    started[0].send_signal(signal.SIGSTOP)
    speaking = asyncio.create_task(crew.speak(GERMAN))
    await taken(crew)
    started[0].kill()
    with pytest.raises(SynthesisFailed, match="died"):
        await speaking
    assert (await crew.speak(GERMAN)).samples
    assert len(started) == 2


async def test_a_worker_that_takes_too_long_is_replaced(crew: Crew, started: list[Process]) -> None:
    await crew.speak(GERMAN)
    started[0].send_signal(signal.SIGSTOP)
    crew._limit = 0.1
    with pytest.raises(SynthesisFailed, match=r"longer than 0\.1 s"):
        await crew.speak(GERMAN)
    crew._limit = 60
    assert (await crew.speak(GERMAN)).samples
    assert started[0].returncode == -signal.SIGKILL
    assert len(started) == 2


async def test_a_worker_that_died_while_it_had_nothing_to_do_costs_no_text(crew: Crew, started: list[Process]) -> None:
    await crew.speak(GERMAN)
    started[0].kill()
    await started[0].wait()
    assert (await crew.speak(GERMAN)).samples
    assert len(started) == 2


async def test_a_worker_outlives_the_signals_of_the_terminal(crew: Crew, started: list[Process]) -> None:
    await crew.speak(GERMAN)
    for number in (signal.SIGINT, signal.SIGTERM):
        started[0].send_signal(number)
    assert (await crew.speak(GERMAN)).samples
    assert len(started) == 1


async def test_a_text_that_nobody_waits_for_is_not_spoken(crew: Crew, started: list[Process]) -> None:
    await crew.speak(GERMAN)
    given_up = asyncio.create_task(crew.speak(Job("gmw/de", "never", 1.0)))
    given_up.cancel()
    assert (await crew.speak(GERMAN)).samples
    assert given_up.cancelled()
    assert len(started) == 1


async def test_stopping_fails_what_is_spoken_and_what_waits(started: list[Process]) -> None:
    crew = Crew("espeak", 1, eager=False)
    await crew.start()
    await crew.speak(GERMAN)
    started[0].send_signal(signal.SIGSTOP)
    first = asyncio.create_task(crew.speak(GERMAN))
    await taken(crew)
    second = asyncio.create_task(crew.speak(GERMAN))
    await asyncio.sleep(0)
    await crew.stop()
    for each in (first, second):
        with pytest.raises(SynthesisFailed, match="not running"):
            await each
    assert started[0].returncode is not None


async def test_a_crew_that_was_not_started_speaks_nothing() -> None:
    with pytest.raises(SynthesisFailed, match="not running"):
        await Crew("espeak", 1, eager=False).speak(GERMAN)


async def test_an_engine_that_cannot_be_loaded_fails_every_text_and_hangs_nobody() -> None:
    crew = Crew("unheard_of", 1, eager=True)
    await crew.start()
    for _ in range(2):
        async with asyncio.timeout(30):
            with pytest.raises(SynthesisFailed):
                await crew.speak(GERMAN)
    await crew.stop()


def test_a_worker_ends_with_the_server() -> None:
    done = subprocess.run(
        module_command("worker", "espeak"), input=frame(GERMAN), capture_output=True, timeout=60, check=True
    )
    outcome = msgspec.msgpack.decode(done.stdout[LENGTH:], type=Outcome)
    assert outcome.fault is None
    assert outcome.samples
