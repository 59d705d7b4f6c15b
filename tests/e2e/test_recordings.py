"""Recorded calls, whole: SIPp and baresip at the far end, files on disk."""

import asyncio
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import miniaudio
import numpy as np
import pytest
from tests.peers.carrier import ACK, BYE, INVITE, Samples, answers, carrier, ear, hangs_up, waits
from tests.peers.house import CALLED, HANGUP, Action, House, dial, house, say, trunk_to
from tests.peers.phone import phone
from tests.peers.program import Program, running
from tests.peers.sipp import free_port

from ringback.app.config import Config, ConfigInvalid, Recordings, Rtp
from ringback.app.media import engine_of
from ringback.service.ports import TimelineEntry, WebhookType

AGENT = "4930123456"
RATE = 8000
CALLS = 10
AROUND = 400
"""Samples by which what was sent back may be earlier or later."""
TEXT = "This call is recorded, from its first word to its last one, on both sides."


def recorded(destination: str = CALLED) -> Action:
    action = dial(destination)
    return {**action, "params": {**action["params"], "callRecording": True}}


def wav_in(folder: Path) -> Recordings:
    return Recordings(folder=str(folder), format="wav")


async def outcome(there: House, session: str, count: int = 1) -> list[TimelineEntry]:
    """Wait until what came of so many recordings is told."""
    async with asyncio.timeout(30):
        while True:
            record = await there.server.store.session(session)
            told = [entry for entry in record.timeline if entry.name.startswith("recording-")] if record else []
            if len(told) >= count:
                return told
            await asyncio.sleep(0.02)


def sides_of(path: Path) -> tuple[Samples, Samples]:
    """Give what the far end said, and what it heard."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        frames = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    return frames[:, 0], frames[:, 1]


def lags(said: Samples, heard: Samples) -> list[float]:
    """Give the lags of every fifth of a second that both sides hold whole; there are some."""
    found = []
    for begin in range(0, len(heard) - 1600, 1600):
        if np.abs(heard[begin : begin + 1600].astype(np.int32)).max() > 1000:
            lag_there = find(said, heard[begin : begin + 1600], begin)
            found += [] if lag_there is None else [lag_there]
    assert found
    return found


def find(said: Samples, piece: Samples, begin: int) -> float | None:
    """Give by how many milliseconds a piece that begins there comes later in `said`; None where it is not there."""
    for shift in range(-min(AROUND, begin), AROUND):
        if np.array_equal(said[begin + shift : begin + shift + piece.size], piece):
            return 1000 * shift / RATE
    return None


def lag(said: Samples, heard: Samples, begin: float, seconds: float = 1.0) -> float:
    """Find by how many milliseconds a stretch of `heard` comes later in `said`, which holds the very same samples."""
    start = round(begin * RATE)
    piece = heard[start : start + round(seconds * RATE)]
    assert np.abs(piece.astype(np.int32)).max() > 1000, "there is sound"
    found = find(said, piece, start)
    assert found is not None, "what was sent back is in the recording"
    return found


async def test_ten_calls_are_recorded_each_side_in_its_channel_to_the_millisecond(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    options = ("-mp", str(free_port()), "-rtp_echo")
    async with (
        carrier(tmp_path, INVITE, answers("[media_port]"), ACK, BYE, options=options, calls=CALLS) as peer,
        house(tmp_path, trunk_to(peer.address), recordings=wav_in(folder)) as there,
    ):
        await there.server.prompts.utterance(TEXT, "en-US-Heart", 1.0)
        sessions = [await there.call(recorded(), say(TEXT), HANGUP) for _ in range(CALLS)]
        made = [(await outcome(there, session))[0] for session in sessions]
        await peer.succeed()
    for session, entry in zip(sessions, made, strict=True):
        assert entry.name == "recording-made", entry
        assert "cut" not in entry.details
        (file,) = (folder / session).iterdir()
        assert str(file.relative_to(folder)) == entry.details["file"]
        said, heard = sides_of(file)
        assert len(heard) / RATE == pytest.approx(entry.details["seconds"], abs=0.01)
        loud = np.flatnonzero(np.abs(heard.astype(np.int32)) > 500)
        first, last = loud[0] / RATE, loud[-1] / RATE
        assert last - first > 3.0, "the whole prompt is there"
        delays = [lag(said, heard, first), lag(said, heard, last - 1.0)]
        assert all(0 <= delay <= 5.0 for delay in delays), delays  # the way there and back, on one machine
        assert abs(delays[0] - delays[1]) <= 1.0, delays


async def test_a_recording_is_told_by_vru_and_fetched_by_its_link_whole_and_in_part(tmp_path: Path) -> None:
    options = ("-mp", str(free_port()), "-rtp_echo")
    kept = Recordings(folder=str(tmp_path / "recordings"))
    async with (
        running(Program()) as program,
        carrier(tmp_path, INVITE, answers("[media_port]"), ACK, BYE, options=options) as peer,
        house(
            tmp_path,
            trunk_to(peer.address),
            program=program,
            webhooks=[WebhookType(name, program.url(name)) for name in ("VSS", "VRU")],
            recordings=kept,
        ) as there,
    ):
        session = await there.call(recorded(), say(TEXT), HANGUP)
        await program.until(lambda: program.of_type("VRU", session))
        await peer.succeed()
        (made,) = await outcome(there, session)
        (vru,) = program.of_type("VRU", session)
        assert vru.body["eventType"] == "CALL_RECORDING_STATUS"
        status, shown = await there.ask("GET", f"recordings/{session}")
        (row,) = shown["recordings"]
        link = row["externalFileUrl"]
        async with there.http.get(link) as answer:
            sound = await answer.read()
            assert (answer.status, answer.content_type) == (200, "audio/mpeg")
        async with there.http.get(link, headers={"Range": "bytes=100-299"}) as answer:
            assert (answer.status, await answer.read()) == (206, sound[100:300])
        async with there.http.get(link.replace(session, "other")) as answer:
            assert (answer.status, (await answer.json())["statusMessage"]) == (403, "Link invalid")
        assert (await there.ask("GET", "recordings/other"))[0] == 404
    assert (status, row["status"]) == (200, "UPLOAD_COMPLETED")
    assert vru.payload == {
        "sessionId": session,
        "recordingId": row["recordingId"],
        "durationSeconds": row["duration"],
        "filePath": str(next((tmp_path / "recordings").rglob("*.mp3")).relative_to(tmp_path / "recordings")),
        "status": "UPLOAD_COMPLETED",
    }
    played = miniaudio.decode(sound, nchannels=2, sample_rate=RATE)
    length = made.details["seconds"]
    assert row["duration"] == pytest.approx(length, abs=0.51)
    assert length <= played.num_frames / RATE <= length + 0.3  # mp3 fills up at both ends
    said, heard = np.frombuffer(played.samples, np.int16).reshape(-1, 2).T
    assert all(np.flatnonzero(np.abs(side.astype(np.int32)) > 500).size > 3.0 * RATE / 10 for side in (said, heard))


async def test_both_parties_of_a_bridge_are_recorded(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    noise = np.random.default_rng(1).integers(-9000, 9000, 16_000).astype(np.int16)
    async with (
        carrier(
            *(tmp_path, INVITE, answers("[media_port]"), ACK, waits(5000), hangs_up()),
            options=("-mp", str(free_port()), "-rtp_echo"),
        ) as second,
        phone() as first,
        house(
            tmp_path,
            trunk_to(first.address, "first", prefixes=("65",)),
            trunk_to(second.address, "second", prefixes=("49",)),
            recordings=wav_in(folder),
        ) as there,
    ):
        there.program.answers.append({"callflow": []})
        session = await there.call(recorded(), recorded(AGENT), HANGUP)
        talk = await first.rung()
        await talk.answer()
        speaking = asyncio.create_task(talk.speaks(noise.tobytes(), asyncio.Event()))
        await talk.ended()
        await speaking
        told = await outcome(there, session, 2)
        await second.succeed()
    assert [entry.name for entry in told] == ["recording-made"] * 2
    legs = {entry.details["call"]: sides_of(folder / str(entry.details["file"])) for entry in told}
    (a_said, a_heard), (b_said, b_heard) = sorted(legs.values(), key=lambda sides: -len(sides[0]))
    # the agent sends back what the phone says: each leg has it twice
    there_and_back, through = lags(b_said, b_heard), [-delay for delay in lags(a_said, a_heard)]
    # a phone, SIPp and a server on few cores: each of them may be some milliseconds late throughout
    assert -5.0 <= np.median(there_and_back) <= 10.0, there_and_back
    assert -5.0 <= np.median(through) <= 15.0, through


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 96 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(("mount", "-t", "tmpfs", "-o", "size=96k", "none", str(folder)), check=False)
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    assert file.suffix == ".wav"
    return file


def enlarge(disk: Path) -> None:
    subprocess.run(("mount", "-o", "remount,size=10m", str(disk)), check=True)


async def test_a_full_disk_disturbs_no_call_and_what_was_kept_is_mixed_once_there_is_room(
    tmp_path: Path, small_disk: Path
) -> None:
    async with ear(echo=True) as heard, ear() as other:
        async with (
            carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as first,
            carrier(tmp_path, INVITE, answers(other.port), ACK, BYE) as second,
            house(
                tmp_path,
                trunk_to(first.address, "first", prefixes=("65",)),
                trunk_to(second.address, "second", prefixes=("49",)),
                recordings=wav_in(small_disk),
            ) as there,
        ):
            await there.server.prompts.utterance(TEXT, "en-US-Heart", 1.0)
            session = await there.call(recorded(), say(TEXT), say(TEXT), HANGUP)
            beside = await there.call(dial(AGENT), say(TEXT), say(TEXT), HANGUP)
            summary = await there.program.summary(session)
            await there.program.summary(beside)
            (failed,) = await outcome(there, session)
            await first.succeed()
            await second.succeed()
        other.assert_paced()
        assert summary["sessionStatus"] == "COMPLETED"
        assert failed.name == "recording-failed"
        assert "No space left on device" in failed.details["reason"]
        enlarge(small_disk)
        async with house(tmp_path, recordings=wav_in(small_disk)) as there:
            _, made = await outcome(there, session, 2)
    assert made.name == "recording-made"
    said, sent = sides_of(only_file(small_disk / session))
    assert 0.5 < len(sent) / RATE < 6
    assert 0 <= lag(said, sent, float(np.flatnonzero(np.abs(sent.astype(np.int32)) > 500)[0]) / RATE, 0.2) <= 5.0


async def test_a_call_that_is_live_at_a_stop_is_recorded_up_to_it_and_told_before_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with ear(echo=True) as heard, carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer:
        async with house(tmp_path, trunk_to(peer.address), recordings=wav_in(folder)) as there:
            await there.server.prompts.utterance(TEXT, "en-US-Heart", 1.0)
            await there.ask("POST", "webhooks", {"type": "VRU", "url": there.program.url("VRU")})
            session = await there.call(recorded(), *[say(TEXT)] * 3)
            await heard.until(lambda: heard.loud_seconds > 1.0)
        await peer.succeed()
    (vru,) = there.program.of_type("VRU", session)
    assert vru.payload["status"] == "UPLOAD_COMPLETED"
    said, sent = sides_of(only_file(folder / session))
    assert 0 <= lag(said, sent, float(np.flatnonzero(np.abs(sent.astype(np.int32)) > 500)[0]) / RATE, 0.5) <= 5.0


async def test_a_call_that_is_not_to_be_recorded_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address), recordings=wav_in(folder)) as there,
    ):
        await there.run(dial(), say("Hello."), HANGUP)
        await peer.succeed()
    assert not folder.exists()


async def test_without_a_folder_a_recording_is_warned_of(tmp_path: Path) -> None:
    body: dict[str, Any] = {"callflow": [recorded(), HANGUP]}
    async with (
        ear() as heard,
        carrier(tmp_path, INVITE, answers(heard.port), ACK, BYE) as peer,
        house(tmp_path, trunk_to(peer.address)) as there,
    ):
        receipt = await there.post(body)
        await there.program.summary(receipt["sessionId"])
        await peer.succeed()
    assert [warning["path"] for warning in receipt["warnings"]] == ["$.callflow[0].params.callRecording"]


def test_an_engine_that_does_not_record_is_refused_at_start() -> None:
    config = Config(rtp=Rtp(engine="reference"), recordings=Recordings(folder="recordings"))
    with pytest.raises(ConfigInvalid, match=r'\[recordings\] folder: the media engine "reference" cannot serve it'):
        engine_of(config)
