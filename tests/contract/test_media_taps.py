"""What every media engine that records must do, over real UDP on loopback."""

import resource
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.contract.far_end import Diary, FarEnd, free_range
from tests.contract.test_media_srtp import KEYS, SecureEnd

from ringback.adapters.audio.g711 import pcmu
from ringback.adapters.audio.mixdown import mix
from ringback.media.core import CoreEngine
from ringback.media.interface import (
    Address,
    Codec,
    DigitHeard,
    Kept,
    Latched,
    LegClosed,
    MediaEngine,
    PlayDone,
    TapClosed,
)
from ringback.media.tap import TapFile, TapRecord
from ringback.wire.rtp import packet
from ringback.wire.rtp.g711 import PCMU_LINEAR

LOUD = bytes(range(20)) * 8


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture(params=[CoreEngine])
async def engine(request: pytest.FixtureRequest, diary: Diary) -> AsyncIterator[MediaEngine]:
    made: MediaEngine = request.param("127.0.0.1", free_range(8))
    await made.start(diary.write)
    yield made
    await made.stop()


async def connected(engine: MediaEngine, far: FarEnd, leg: int = 1) -> Address:
    address = await engine.open(leg, silence_after=0)
    engine.connect(leg, far.remote())
    return address


async def closed(engine: MediaEngine, diary: Diary, leg: int = 1) -> TapClosed:
    engine.close(leg)
    (event,) = await diary.wait(TapClosed, leg=leg)
    assert isinstance(event, TapClosed)
    assert [type(each) for each in diary.events if each in (event, *diary.of(LegClosed, leg))] == [LegClosed, TapClosed]
    return event


def records_of(path: Path) -> tuple[list[TapRecord], list[TapRecord]]:
    """Give what came and what went."""
    with TapFile(path) as tap:
        read = list(tap)
        assert not tap.truncated
        assert abs(tap.real_minus_monotonic - (time.time_ns() - time.monotonic_ns())) < 60 * 10**9
    return [record for record in read if not record.sent], [record for record in read if record.sent]


async def test_every_packet_of_both_ways_is_kept_as_it_was(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    path = tmp_path / "call.tap"
    engine.register(1, {Codec.PCMU: LOUD * 20})
    began = time.monotonic_ns()
    with FarEnd() as far:
        address = await engine.open(1, silence_after=0)
        engine.tap(1, str(path), Kept.PACKETS)
        engine.connect(1, far.remote())
        engine.play(1, 1, 1)
        sent = []
        for number in range(40):
            sent.append(packet.build(0, far.sequence, far.timestamp, far.ssrc, bytes((number,)) * 160))
            far.send(address, bytes((number,)) * 160)
            await far.hear(len(far.packets) + 1)
        engine.press(1, "5")
        await diary.wait(PlayDone)
        await far.until(lambda: any(heard.payload_type == 101 for heard in far.packets))
        event = await closed(engine, diary)
        await far.until(
            lambda: bool(far.reports) and len(far.reports[-1]) == 3
        )  # its goodbye is the last that it sends
        came, went = records_of(path)
        assert [packet.parse(record.packet) for record in went] == far.packets
        assert {record.peer for record in (*came, *went)} == {far.address}
    assert [record.packet for record in came] == sent
    assert (event.path, event.packets, event.dropped, event.fault) == (str(path), len(came) + len(went), 0, "")
    for way in (came, went):
        assert all(one.at <= two.at for one, two in pairwise(way))
        assert began < way[0].at < way[-1].at < time.monotonic_ns()
        assert all(record.size == len(record.packet) for record in way)
    steps = [two.at - one.at for one, two in pairwise(went)]
    assert 15_000_000 < sorted(steps)[len(steps) // 2] < 25_000_000
    assert event.at > went[-1].at


async def test_headers_alone_are_kept(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    path = tmp_path / "call.tap"
    with FarEnd() as far:
        address = await connected(engine, far)
        engine.tap(1, str(path), Kept.HEADERS)
        far.send(address, LOUD)
        far.rtp.sendto(b"\x91\x00\x00\x00" + bytes(12) + b"\xbe\xde\x00\x01----" + LOUD, address)
        await diary.wait(Latched)
        await far.hear(len(far.packets) + 3)
        await closed(engine, diary)
    came, went = records_of(path)
    assert [(len(record.packet), record.size) for record in came] == [(12, 172), (24, 184)]
    assert {(len(record.packet), record.size) for record in went} == {(12, 172)}


async def test_what_is_not_the_far_end_s_is_not_kept(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    path = tmp_path / "call.tap"
    with FarEnd() as far, FarEnd() as stranger:
        address = await connected(engine, far)
        engine.tap(1, str(path), Kept.PACKETS)
        far.send(address, LOUD)
        await diary.wait(Latched)
        stranger.send(address, LOUD)
        far.rtp.sendto(b"\x00" * 172, address)
        far.send(address, bytes.fromhex("058a0320"), 101, timestamp=far.timestamp)
        await diary.wait(DigitHeard)
        await closed(engine, diary)
        came, _ = records_of(path)
        assert {record.peer for record in came} == {far.address}
    assert [packet.parse(record.packet).payload_type for record in came] == [0, 101]


async def test_both_legs_of_a_bridge_are_kept_each_with_what_it_said_and_heard(
    engine: MediaEngine, diary: Diary, tmp_path: Path
) -> None:
    with FarEnd() as one, FarEnd() as two:
        here, there = await connected(engine, one, 1), await connected(engine, two, 2)
        for leg, far, address in ((1, one, here), (2, two, there)):
            engine.tap(leg, str(tmp_path / f"{leg}.tap"), Kept.PACKETS)
            far.send(address)
            await diary.wait(Latched, leg=leg)
        engine.bridge(1, 2)
        for number in range(30):
            one.send(here, bytes((number,)) * 160)
            two.send(there, bytes((number + 100,)) * 160)
            await one.hear(len(one.packets) + 1)
        await two.until(lambda: bytes((29,)) * 160 in two.audio())
        await one.until(lambda: bytes((129,)) * 160 in one.audio())
        for leg in (1, 2):
            await closed(engine, diary, leg)
    first, second = records_of(tmp_path / "1.tap"), records_of(tmp_path / "2.tap")
    for said, heard in ((first[0], second[1]), (second[0], first[1])):
        payloads = [record.packet[12:] for record in said[1:]]
        assert [record.packet[12:] for record in heard if record.packet[12:] in payloads] == payloads


async def test_a_second_tap_of_a_kind_is_refused_and_the_first_goes_on(
    engine: MediaEngine, diary: Diary, tmp_path: Path
) -> None:
    with FarEnd() as far:
        await connected(engine, far)
        engine.tap(1, str(tmp_path / "one.tap"), Kept.PACKETS)
        engine.tap(1, str(tmp_path / "two.tap"), Kept.PACKETS)
        (refused,) = await diary.wait(TapClosed)
        assert isinstance(refused, TapClosed)
        assert (refused.path, refused.packets, refused.fault) == (
            str(tmp_path / "two.tap"),
            0,
            "the leg has such a tap already",
        )
        await far.hear(5)
        engine.close(1)
        _, event = await diary.wait(TapClosed, 2)
    assert isinstance(event, TapClosed)
    assert (event.path, event.fault) == (str(tmp_path / "one.tap"), "")
    assert not (tmp_path / "two.tap").exists()


async def test_a_leg_may_have_a_tap_of_each_kind(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    with FarEnd() as far:
        await connected(engine, far)
        engine.tap(1, str(tmp_path / "headers.tap"), Kept.HEADERS)
        await far.hear(5)
        engine.tap(1, str(tmp_path / "packets.tap"), Kept.PACKETS)
        await far.hear(10)
        engine.close(1)
        await diary.wait(TapClosed, 2)
        first = packet.parse(records_of(tmp_path / "packets.tap")[1][0].packet)
    _, whole = records_of(tmp_path / "packets.tap")
    _, headers = records_of(tmp_path / "headers.tap")
    assert len(headers) > len(whole) >= 4
    assert [record.packet for record in headers[-len(whole) :]] == [record.packet[:12] for record in whole]
    assert first.payload == b"\xff" * 160


async def test_an_encrypted_leg_is_kept_in_the_clear(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    with SecureEnd(KEYS) as far:
        address = await engine.open(1, silence_after=0)
        engine.tap(1, str(tmp_path / "call.tap"), Kept.PACKETS)
        engine.connect(1, replace(far.remote(), srtp=KEYS))
        far.send(address, LOUD)
        await diary.wait(Latched)
        await far.hear(5)
        event = await closed(engine, diary)
        came, went = records_of(tmp_path / "call.tap")
        await far.hear(len(went))
        assert [packet.parse(record.packet) for record in went] == far.packets
        assert all(record.packet not in far.wire for record in went)
    assert [packet.parse(record.packet).payload for record in came] == [LOUD]
    assert event.fault == ""


@pytest.mark.parametrize(
    ("name", "fault"),
    [("none/call.tap", "No such file or directory"), ("taken", "File exists"), ("n" * 300, "File name too long")],
)
async def test_a_path_that_cannot_be_written_ends_no_more_than_the_tap(
    engine: MediaEngine, diary: Diary, tmp_path: Path, name: str, fault: str
) -> None:
    (tmp_path / "taken").write_text("what is there stays")
    with FarEnd() as far:
        await connected(engine, far)
        engine.tap(1, str(tmp_path / name), Kept.PACKETS)
        await far.hear(10)
        event = await closed(engine, diary)
    assert (event.packets, event.fault) == (0, fault)
    assert event.dropped >= 5
    assert (tmp_path / "taken").read_text() == "what is there stays"


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file grow beyond 40 KB: what then is written fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_files")
async def test_a_full_disk_ends_a_tap_and_disturbs_no_call(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    with FarEnd() as far, FarEnd() as other:
        address = await connected(engine, far)
        await connected(engine, other, 2)
        engine.tap(1, str(tmp_path / "full.tap"), Kept.PACKETS)
        engine.tap(2, str(tmp_path / "other.tap"), Kept.HEADERS)
        await other.hear(3)
        for _ in range(20):
            for _ in range(5):
                far.send(address, LOUD * 5)
            await far.hear(len(far.packets) + 1)
        await other.hear(len(other.packets) + 5)
        event, untouched = await closed(engine, diary), await closed(engine, diary, 2)
        for heard in (far.packets, other.packets):
            assert all((two.sequence - one.sequence) % 2**16 == 1 for one, two in pairwise(heard))
    assert event.fault == "File too large"
    assert event.packets > 0
    assert event.dropped > 0
    came, went = records_of(tmp_path / "full.tap")  # it ends with a whole record
    assert len(came) + len(went) == event.packets
    assert (untouched.fault, untouched.dropped) == ("", 0)


async def test_a_recording_of_a_call_is_right_to_the_millisecond(
    engine: MediaEngine, diary: Diary, tmp_path: Path
) -> None:
    sound = np.zeros(16_000, np.int16)
    sound[::800] = 20_000
    engine.register(1, {Codec.PCMU: pcmu(sound)})
    with FarEnd() as far:
        address = await connected(engine, far)
        engine.tap(1, str(tmp_path / "call.tap"), Kept.PACKETS)
        engine.play(1, 1, 1)
        for number in range(60):
            click = pcmu(np.where(np.arange(160) == 0, 20_000, 0).astype(np.int16))
            far.send(address, click if number % 5 == 0 else b"\xff" * 160)
            await far.hear(len(far.packets) + 1)
        await diary.wait(PlayDone)
        await closed(engine, diary)
    mixed = mix(tmp_path / "call.tap", tmp_path / "call.wav")
    frames = np.frombuffer((tmp_path / "call.wav").read_bytes()[44:], "<i2").reshape(-1, 2)
    with TapFile(tmp_path / "call.tap") as tap:
        records = list(tap)
        zero = mixed.started - tap.real_minus_monotonic
    table = np.array(PCMU_LINEAR)
    for side in (0, 1):
        packets = [record for record in records if record.sent == bool(side)]
        loud = [
            (record.at - zero) / 1e6 + int(np.argmax(samples)) / 8
            for record in packets
            if (samples := table[np.frombuffer(record.packet[12:], np.uint8)]).max() > 10_000
        ]
        heard = np.flatnonzero(frames[:, side] > 10_000) / 8
        assert len(heard) == len(loud) == (12, 20)[side]
        # the lowest delay is that of the network; what a busy machine added on top is not in the recording
        late = np.array(loud) - heard
        assert -1.0 <= late.min() <= 1.0
