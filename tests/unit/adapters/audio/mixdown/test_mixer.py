import asyncio
import io
import os
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from tests.unit.adapters.audio.mixdown.streams import Stream, noise, read_wav, spoken
from tests.unit.media.taps import write_tap

from ringback.adapters.audio.mixdown import MONO, Mixer, worker
from ringback.adapters.audio.mixdown.jobs import Job, Outcome
from ringback.media.tap import TapRecord
from ringback.service.ports import MixdownFailed


@pytest_asyncio.fixture
async def mixer() -> AsyncIterator[Mixer]:
    made = Mixer()
    await made.start()
    yield made
    await made.stop()


def tap_of(folder: Path, seconds: float = 1.0) -> Path:
    return write_tap(folder / "call.tap", Stream().packets(spoken(noise(seconds))))


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def files(folder: Path, pattern: str) -> list[Path]:
    return list(folder.glob(pattern))


async def begun(path: Path) -> None:
    async with asyncio.timeout(20):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - a file tells nobody
            await asyncio.sleep(0.01)


async def test_taps_are_mixed_one_after_the_other_by_one_process_that_is_nice(
    mixer: Mixer, started: list[Process], tmp_path: Path
) -> None:
    tap = tap_of(tmp_path)
    mixed = await asyncio.gather(*(mixer.mix(tap, tmp_path / f"{number}.wav", MONO) for number in range(5)))
    for number, each in enumerate(mixed):
        assert len(read_wav(tmp_path / f"{number}.wav", each)) == 8000
        assert mode_of(tmp_path / f"{number}.wav") == 0o600
    (process,) = started
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == 10


async def test_what_cannot_be_mixed_is_told_and_the_next_is_mixed(mixer: Mixer, tmp_path: Path) -> None:
    tap = tap_of(tmp_path)
    with pytest.raises(MixdownFailed, match=r"none\.tap: No such file or directory"):
        await mixer.mix(tmp_path / "none.tap", tmp_path / "call.wav")
    with pytest.raises(MixdownFailed, match=r"call\.ogg in 2 channels"):
        await mixer.mix(tap, tmp_path / "call.ogg")
    assert (await mixer.mix(tap, tmp_path / "call.mp3")).seconds == 1.0


async def test_a_process_that_dies_fails_its_job_alone(mixer: Mixer, started: list[Process], tmp_path: Path) -> None:
    tap = tap_of(tmp_path)
    await mixer.mix(tap, tmp_path / "one.wav")
    long = asyncio.create_task(mixer.mix(write_tap(tmp_path / "long.tap", _minutes()), tmp_path / "two.wav"))
    await begun(tmp_path / "two.wav.part")
    started[0].kill()
    with pytest.raises(MixdownFailed, match="the process that mixes died"):
        await long
    assert not files(tmp_path, "two.*")
    assert (await mixer.mix(tap, tmp_path / "three.wav")).packets == 50


async def test_a_tap_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    mixer = Mixer(limit=0.0)
    await mixer.start()
    with pytest.raises(MixdownFailed, match="took longer than 0 s"):
        await mixer.mix(tap_of(tmp_path), tmp_path / "call.wav")
    await mixer.stop()


async def test_a_process_without_work_is_ended(started: list[Process], tmp_path: Path) -> None:
    mixer = Mixer(idle=0.0)
    await mixer.start()
    await mixer.mix(tap_of(tmp_path), tmp_path / "one.wav")
    await started[0].wait()
    await mixer.mix(tap_of(tmp_path), tmp_path / "two.wav")
    assert len(started) == 2
    await mixer.stop()


async def test_a_stop_fails_what_is_under_way_and_what_waits(tmp_path: Path) -> None:
    mixer = Mixer()
    await mixer.start()
    tap = write_tap(tmp_path / "long.tap", _minutes())
    jobs = [asyncio.create_task(mixer.mix(tap, tmp_path / f"{number}.wav")) for number in range(3)]
    await begun(tmp_path / "0.wav.part")
    await mixer.stop()
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [MixdownFailed] * 3
    assert not files(tmp_path, "?.wav*")
    with pytest.raises(MixdownFailed, match="not made any more"):
        await mixer.mix(tap, tmp_path / "late.wav")


async def test_no_more_wait_than_may(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ringback.adapters.audio.mixdown.mixer.MOST", 1)
    mixer = Mixer()
    await mixer.start()
    waiting = asyncio.create_task(mixer.mix(tap_of(tmp_path), tmp_path / "one.wav"))
    await asyncio.sleep(0)
    with pytest.raises(MixdownFailed, match="1 recordings are waiting"):
        await mixer.mix(tap_of(tmp_path), tmp_path / "two.wav")
    await waiting
    await mixer.stop()


def test_a_worker_answers_every_line(tmp_path: Path) -> None:
    job = msgspec.json.encode(Job(str(tap_of(tmp_path)), str(tmp_path / "call.wav"), MONO))
    outcomes = io.BytesIO()
    worker.serve(io.BytesIO(b"{}\n" + job + b"\nnonsense\n"), outcomes)
    first, second, third = (msgspec.json.decode(line, type=Outcome) for line in outcomes.getvalue().splitlines())
    assert first.mixed is None
    assert "missing required field" in first.fault
    assert second.mixed is not None
    assert second.mixed.packets == 50
    assert third.mixed is None


def _minutes() -> list[TapRecord]:
    return Stream().packets(bytes(8000) * 1200)
