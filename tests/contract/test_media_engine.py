"""What every media engine must do, over real UDP on loopback."""

import asyncio
import contextlib
import itertools
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.contract.far_end import Diary, FarEnd, free_range

from ringback.media.interface import (
    Address,
    Capability,
    Codec,
    DigitHeard,
    EngineLost,
    Kept,
    Latched,
    LegClosed,
    LegStatistics,
    MediaEngine,
    MediaEvent,
    NoFreePort,
    Paused,
    PlayDone,
    Remote,
    Silence,
)
from ringback.media.reference import ReferenceEngine
from ringback.wire.rtp import g711
from ringback.wire.rtp.rtcp import Goodbye, SenderReport, SourceDescription

ENGINES: list[Callable[[str, tuple[int, int]], MediaEngine]] = [ReferenceEngine]
with contextlib.suppress(ImportError):  # it is not there where there was no compiler
    from ringback.media.core import CoreEngine

    ENGINES.append(CoreEngine)
PAIRS = 8
LOUD = bytes(range(20)) * 8
END_OF_5 = bytes.fromhex("058a0320")


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_range(PAIRS)


@pytest.fixture(params=ENGINES)
async def engine(request: pytest.FixtureRequest, diary: Diary, ports: tuple[int, int]) -> AsyncIterator[MediaEngine]:
    made: MediaEngine = request.param("127.0.0.1", ports)
    await made.start(diary.write)
    yield made
    await made.stop()


async def connected(engine: MediaEngine, far: FarEnd, leg: int = 1, codec: Codec = Codec.PCMU) -> Address:
    address = await engine.open(leg, silence_after=0)
    engine.connect(leg, far.remote(codec))
    return address


async def latched(engine: MediaEngine, far: FarEnd, diary: Diary, leg: int = 1, codec: Codec = Codec.PCMU) -> Address:
    address = await connected(engine, far, leg, codec)
    far.send(address, bytes((codec_silence(codec),)) * 160, codec.value)
    await diary.wait(Latched, leg=leg)
    return address


def codec_silence(codec: Codec) -> int:
    return g711.PCMA_SILENCE if codec is Codec.PCMA else g711.PCMU_SILENCE  # of G.722 as well


async def statistics(engine: MediaEngine, diary: Diary, leg: int = 1) -> LegStatistics:
    engine.close(leg)
    return (await diary.closed(leg)).statistics


def needs(engine: MediaEngine, capability: Capability) -> None:
    if capability not in engine.capabilities:
        pytest.skip(f"{type(engine).__name__} has no {capability}")


# ---------------------------------------------------------------- ports


async def test_a_leg_gets_an_even_port_of_the_range(engine: MediaEngine, ports: tuple[int, int]) -> None:
    addresses = [await engine.open(leg, silence_after=0) for leg in range(PAIRS)]
    assert {host for host, _ in addresses} == {"127.0.0.1"}
    assert sorted(port for _, port in addresses) == list(range(ports[0], ports[1], 2))


async def test_a_full_range_has_no_port_until_a_leg_is_closed(engine: MediaEngine, diary: Diary) -> None:
    addresses = [await engine.open(leg, silence_after=0) for leg in range(PAIRS)]
    with pytest.raises(NoFreePort):
        await engine.open(PAIRS, silence_after=0)
    engine.close(3)
    await diary.closed(3)
    assert await engine.open(PAIRS, silence_after=0) == addresses[3]


async def test_a_number_may_be_used_again_after_its_leg_was_closed(engine: MediaEngine, diary: Diary) -> None:
    await engine.open(1, silence_after=0)
    await statistics(engine, diary)
    with FarEnd() as far:
        await connected(engine, far)
        await far.hear(1)


# ---------------------------------------------------------------- sending


async def test_an_idle_leg_sends_silence_without_a_gap(engine: MediaEngine) -> None:
    with FarEnd() as far:
        address = await connected(engine, far)
        packets = await far.hear(20)
        assert set(far.sources) == {address}
    assert {heard.payload for heard in packets} == {b"\xff" * 160}
    assert {heard.ssrc for heard in packets} == {packets[0].ssrc}
    for one, two in itertools.pairwise(packets):
        assert (two.sequence - one.sequence) % 65536 == 1
        assert (two.timestamp - one.timestamp) % 2**32 == 160


async def test_prompts_follow_each_other_without_a_gap(engine: MediaEngine, diary: Diary) -> None:
    first, second = bytes(range(250)), bytes(range(200, 100, -1)) * 3
    engine.register(1, {Codec.PCMU: first})
    engine.register(2, {Codec.PCMU: second})
    with FarEnd() as far:
        await engine.open(1, silence_after=0)
        engine.play(1, 11, 1)
        engine.play(1, 12, 2, 2)
        engine.connect(1, far.remote())
        done = await diary.wait(PlayDone, 2)
        packets = await far.hear(6)
        wanted = first + second + second
        assert far.audio()[:960] == wanted + b"\xff" * (960 - len(wanted))
    assert [event.play for event in done if isinstance(event, PlayDone)] == [11, 12]
    assert [heard.marker for heard in packets] == [True, False, False, False, False, False]
    assert [(heard.timestamp - packets[0].timestamp) % 2**32 for heard in packets] == [0, 160, 320, 480, 640, 800]


async def test_a_stream_is_marked_where_it_begins_and_no_prompt_in_it(engine: MediaEngine) -> None:
    engine.register(1, {Codec.PCMU: LOUD * 2})
    with FarEnd() as far:
        await connected(engine, far)
        await far.hear(3)
        engine.play(1, 11, 1)
        await far.until(lambda: LOUD * 2 in far.audio())
        marked = [index for index, heard in enumerate(far.packets) if heard.marker]
    assert marked == [0]


async def test_a_prompt_is_played_in_the_codec_of_the_leg(engine: MediaEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: b"u" * 160, Codec.PCMA: b"a" * 160})
    with FarEnd() as far:
        await connected(engine, far, codec=Codec.PCMA)
        engine.play(1, 11, 1)
        await diary.wait(PlayDone)
        await far.until(lambda: b"a" * 160 in far.audio())
        assert {heard.payload_type for heard in far.packets} == {8}
        assert far.audio().replace(b"a", b"").strip(b"\xd5") == b""


async def test_a_prompt_without_end_plays_until_it_is_stopped(engine: MediaEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: b"x" * 100})
    engine.register(2, {Codec.PCMU: b"y" * 160})
    with FarEnd() as far:
        await connected(engine, far)
        engine.play(1, 11, 1, 0)
        await far.until(lambda: b"x" * 1600 in far.audio())
        engine.stop_play(1)
        engine.play(1, 12, 2)
        done = await diary.wait(PlayDone)
        await far.until(lambda: b"y" * 160 in far.audio())
        last_x = max(index for index, heard in enumerate(far.packets) if b"x" in heard.payload)
        assert far.packets[last_x + 1].payload == b"y" * 160
    assert [event.play for event in done if isinstance(event, PlayDone)] == [12]


async def test_a_forgotten_prompt_is_played_to_its_end_where_it_plays(engine: MediaEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: LOUD * 5})
    with FarEnd() as far:
        await connected(engine, far)
        engine.play(1, 11, 1)
        engine.forget(1)
        engine.play(1, 12, 1)
        done = await diary.wait(PlayDone, 2)
        await far.until(lambda: LOUD * 5 in far.audio())
        assert LOUD * 6 not in far.audio()
    assert {event.play for event in done if isinstance(event, PlayDone)} == {11, 12}


async def test_a_long_prompt_comes_through_whole(engine: MediaEngine, diary: Diary) -> None:
    long = bytes(range(256)) * 4000  # over two minutes: more than the pipe to any engine holds
    engine.register(1, {Codec.PCMU: long, Codec.PCMA: long})
    engine.register(2, {Codec.PCMU: LOUD})
    with FarEnd() as far:
        await connected(engine, far)
        engine.play(1, 11, 1)
        await far.until(lambda: long[:3200] in far.audio())
        engine.stop_play(1)
        engine.play(1, 12, 2)
        await diary.wait(PlayDone)


async def test_packets_are_as_long_as_the_far_end_likes(engine: MediaEngine) -> None:
    with FarEnd() as far, FarEnd() as other:
        for leg, (end, length) in enumerate([(far, 30), (other, 60)]):
            await engine.open(leg, silence_after=0)
            engine.connect(leg, Remote(end.address, Codec.PCMU, 0, 101, packet_ms=length))
        for end, samples in ((far, 240), (other, 480)):
            one, two = await end.hear(2)
            assert len(one.payload) == len(two.payload) == samples
            assert (two.timestamp - one.timestamp) % 2**32 == samples


async def test_nothing_is_sent_while_the_far_end_holds(engine: MediaEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: LOUD * 3})
    with FarEnd() as held, FarEnd() as clock:
        await connected(engine, held)
        await connected(engine, clock, 2)
        await held.hear(2)
        await clock.hear(1)
        engine.connect(1, held.remote(send=False))
        engine.connect(2, clock.remote(Codec.PCMA))  # obeyed after the hold
        await clock.until(lambda: clock.packets[-1].payload_type == 8)
        before = len(held.packets)
        engine.play(1, 11, 1)
        await diary.wait(PlayDone)  # time goes on for the callflow
        await clock.hear(len(clock.packets) + 10)
        assert len(held.packets) == before
        engine.connect(1, held.remote())
        await held.hear(before + 2)
    after = held.packets[before]
    assert (after.sequence - held.packets[before - 1].sequence) % 65536 == 1
    assert (after.timestamp - held.packets[before - 1].timestamp) % 2**32 >= 160 * 10
    assert after.marker


async def test_an_old_hold_by_address_sends_nothing(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        await latched(engine, far, diary)
        await far.hear(1)
        engine.connect(1, Remote(("0.0.0.0", far.address[1]), Codec.PCMU, 0, 101, send=False))
        engine.connect(1, far.remote(Codec.PCMA))
        await far.until(lambda: far.packets[-1].payload_type == 8)


# ---------------------------------------------------------------- digits


async def test_a_pressed_digit_is_told_once_with_its_end(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await latched(engine, far, diary)
        start = far.timestamp
        for duration in (160, 320, 480):
            far.send(address, bytes((5, 10)) + duration.to_bytes(2, "big"), 101, timestamp=start)
        for _ in range(3):
            far.send(address, END_OF_5, 101, timestamp=start)
        far.send(address, bytes.fromhex("0b8a0320"), 101, timestamp=start + 1600)
        heard = await diary.wait(DigitHeard, 2)
    assert [(event.leg, event.digit) for event in heard if isinstance(event, DigitHeard)] == [(1, "5"), (1, "#")]


async def test_a_digit_whose_end_was_lost_is_told(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await latched(engine, far, diary)
        far.send(address, bytes.fromhex("070a00a0"), 101, timestamp=far.timestamp)
        heard = await diary.wait(DigitHeard)
    assert [event.digit for event in heard if isinstance(event, DigitHeard)] == ["7"]


async def test_a_digit_is_heard_by_the_number_that_we_offered_too(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await engine.open(1, silence_after=0)
        engine.connect(1, far.remote(events=96))
        far.send(address, bytes.fromhex("018a0320"), 96, timestamp=1000)
        far.send(address, bytes.fromhex("028a0320"), 101, timestamp=5000)
        heard = await diary.wait(DigitHeard, 2)
    assert [event.digit for event in heard if isinstance(event, DigitHeard)] == ["1", "2"]


async def test_a_digit_is_sent_as_drawn(engine: MediaEngine) -> None:
    with FarEnd() as far:
        await engine.open(1, silence_after=0)
        engine.connect(1, far.remote(events=96))
        first = (await far.hear(2))[0]
        engine.press(1, "5")
        await far.until(lambda: sum(heard.payload_type == 96 for heard in far.packets) == 7)
        await far.hear(len(far.packets) + 5)
        events = [heard for heard in far.packets if heard.payload_type == 96]
        after = far.packets[far.packets.index(events[-1]) + 1]
    assert [heard.payload.hex() for heard in events] == [
        *("050a00a0", "050a0140", "050a01e0", "050a0280", "058a0320", "058a0320", "058a0320")
    ]
    assert [heard.marker for heard in events] == [True] + [False] * 6
    assert len({heard.timestamp for heard in events}) == 1
    assert [(heard.sequence - events[0].sequence) % 65536 for heard in events] == list(range(7))
    assert (after.timestamp - events[0].timestamp) % 2**32 == 7 * 160  # the clock went on meanwhile
    assert {heard.ssrc for heard in far.packets} == {first.ssrc}


async def test_digits_that_the_far_end_does_not_take_are_not_sent(engine: MediaEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: LOUD})
    with FarEnd() as far:
        await engine.open(1, silence_after=0)
        engine.connect(1, far.remote(events=None))
        engine.press(1, "5")
        engine.play(1, 11, 1)
        await diary.wait(PlayDone)
        await far.until(lambda: LOUD in far.audio())
    assert {heard.payload_type for heard in far.packets} == {0}


# ---------------------------------------------------------------- latching


async def test_packets_go_to_where_the_first_came_from(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as told, FarEnd() as real:
        address = await connected(engine, told)
        await told.hear(1)
        real.send(address)
        await real.hear(3)
        [event] = await diary.wait(Latched)
        before = len(told.packets)
        await real.hear(10)
        assert len(told.packets) <= before + 1  # one may have been under way
    assert isinstance(event, Latched)
    assert event.source == real.address


async def test_packets_of_others_are_dropped_and_counted(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far, FarEnd() as stranger:
        address = await latched(engine, far, diary)
        for _ in range(3):
            stranger.send(address, END_OF_5, 101, timestamp=0)
        far.send(address, bytes.fromhex("018a0320"), 101, timestamp=far.timestamp)
        heard = await diary.wait(DigitHeard)
        figures = await statistics(engine, diary)
        assert stranger.packets == []
    assert [event.digit for event in heard if isinstance(event, DigitHeard)] == ["1"]
    assert (figures.packets_foreign, figures.packets_received) == (3, 2)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x80",
        b"\x00" * 200,
        b"\x80\xc8" + bytes(26),  # RTCP
        b"\xff" * 172,
        b"\x80\x32" + bytes(170),  # payload type 50
        b"\x80\x00" + bytes(2100),
    ],
)
async def test_what_is_no_packet_latches_nothing_and_is_counted(engine: MediaEngine, diary: Diary, junk: bytes) -> None:
    with FarEnd() as far, FarEnd() as stranger:
        address = await connected(engine, far)
        stranger.rtp.sendto(junk, address)
        far.send(address)
        [event] = await diary.wait(Latched)
        assert isinstance(event, Latched)
        assert event.source == far.address
        assert (await statistics(engine, diary)).packets_malformed == 1


async def test_a_changed_address_is_latched_anew(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as first, FarEnd() as second:
        address = await latched(engine, first, diary)
        engine.connect(1, second.remote())
        await second.hear(2)
        second.send(address)
        events = await diary.wait(Latched, 2)
    assert [event.source for event in events if isinstance(event, Latched)] == [first.address, second.address]


async def test_a_re_invite_with_the_same_address_keeps_the_latch(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as told, FarEnd() as real:
        address = await connected(engine, told)
        real.send(address)
        await diary.wait(Latched)
        engine.connect(1, told.remote(Codec.PCMA))
        await real.until(lambda: bool(real.packets) and real.packets[-1].payload_type == 8)
        assert len({heard.ssrc for heard in real.packets}) == 1
    assert len(diary.of(Latched)) == 1


async def test_the_address_of_the_session_description_is_taken_from_whoever_came_first(
    engine: MediaEngine, diary: Diary
) -> None:
    with FarEnd() as told, FarEnd() as stranger:
        address = await connected(engine, told)
        stranger.send(address)
        await diary.wait(Latched)
        told.send(address)
        await diary.wait(Latched, 2)
        stranger.send(address)
        told.send(address, END_OF_5, 101, timestamp=0)
        await diary.wait(DigitHeard)
        figures = await statistics(engine, diary)
    assert [event.source for event in diary.of(Latched) if isinstance(event, Latched)] == [
        stranger.address,
        told.address,
    ]
    assert figures.packets_foreign == 1


async def test_another_source_is_taken_after_a_long_quiet(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as told, FarEnd() as before, FarEnd() as after:
        address = await connected(engine, told)
        before.send(address)
        await diary.wait(Latched)
        after.send(address)
        await before.hear(160)  # over three seconds
        after.send(address)
        await after.hear(2)
        before.send(address)
        after.send(address, END_OF_5, 101, timestamp=0)
        await diary.wait(DigitHeard)
        events = diary.of(Latched)
        figures = await statistics(engine, diary)
    assert [event.source for event in events if isinstance(event, Latched)] == [before.address, after.address]
    assert (figures.packets_foreign, figures.packets_received) == (2, 3)


async def test_a_far_end_that_takes_our_ssrc_makes_us_take_another(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await latched(engine, far, diary)
        far.ssrc = (await far.hear(1))[0].ssrc
        far.send(address)
        await far.until(lambda: far.packets[-1].ssrc != far.ssrc)
        ours = far.packets[-1].ssrc
        await far.until(lambda: bool(far.reports))
        assert far.reports[-1][-1] == Goodbye((far.ssrc,))
        far.ssrc = ours  # all that we send comes back: no reason to take ever another
        far.send(address)
        await far.hear(len(far.packets) + 5)
        assert far.packets[-1].ssrc == ours
        figures = await statistics(engine, diary)
        await far.until(lambda: len(far.reports) > 1)
        report = far.reports[-1][0]
    assert isinstance(report, SenderReport)
    assert report.packets == sum(heard.ssrc == ours for heard in far.packets)
    assert figures.packets_sent == len(far.packets)


async def test_two_sources_in_turns_do_not_spoil_the_figures(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await latched(engine, far, diary)
        sequences = {0xFACE: far.sequence, 0xBEEF: 40000}
        for _ in range(5):
            for ssrc, sequence in sequences.items():
                far.ssrc, far.sequence = ssrc, sequence
                far.send(address)
                sequences[ssrc] = far.sequence
        far.ssrc, far.sequence = 0xFACE, sequences[0xFACE]
        far.send(address, END_OF_5, 101, timestamp=far.timestamp)
        await diary.wait(DigitHeard)
        assert (await statistics(engine, diary)).packets_lost == 0


# ---------------------------------------------------------------- silence


async def test_a_dead_line_is_told_once(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await engine.open(1, silence_after=0.2)
        engine.connect(1, far.remote())
        await diary.wait(Silence)
        far.send(address)  # it lives again, and dies again
        await diary.wait(Silence, 2)
        await far.hear(len(far.packets) + 20)
    assert len(diary.of(Silence)) == 2


async def test_a_far_end_that_is_gone_ends_in_silence_and_disturbs_no_other_call(
    engine: MediaEngine, diary: Diary
) -> None:
    with FarEnd() as other:
        with FarEnd() as gone:
            address = await engine.open(1, silence_after=0.3)
            engine.connect(1, gone.remote())
            gone.send(address)
            await diary.wait(Latched, leg=1)
        await connected(engine, other, leg=2)  # from now on the kernel refuses what leg 1 sends (ICMP)
        await diary.wait(Silence, leg=1)
        heard = await other.hear(30)
        sent = (await statistics(engine, diary)).packets_sent
    assert all((two.sequence - one.sequence) % 65536 == 1 for one, two in itertools.pairwise(heard))
    assert sent > 0


async def test_a_held_line_is_not_dead(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far, FarEnd() as clock:
        await engine.open(1, silence_after=0.1)
        engine.connect(1, far.remote(send=False))
        await connected(engine, clock, 2)
        await clock.hear(20)
        assert diary.of(Silence) == []
        engine.connect(1, far.remote())
        await diary.wait(Silence)


# ---------------------------------------------------------------- bridging


async def test_two_legs_hear_each_other_each_in_its_own_codec(engine: MediaEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: LOUD})
    with FarEnd() as one, FarEnd() as two:
        here = await latched(engine, one, diary, 1, Codec.PCMU)
        there = await latched(engine, two, diary, 2, Codec.PCMA)
        engine.play(1, 11, 1, 0)
        engine.bridge(1, 2)
        said = bytes(range(160))
        for _ in range(30):
            one.send(here, said, 0)
            two.send(there, said, 8)
            await one.hear(len(one.packets) + 1)
        await one.until(lambda: said.translate(g711.PCMA_TO_PCMU) in one.audio())
        await two.until(lambda: said.translate(g711.PCMU_TO_PCMA) in two.audio())
        assert {heard.payload_type for heard in one.packets} == {0}
        assert {heard.payload_type for heard in two.packets} == {8}
        assert len({heard.ssrc for heard in one.packets}) == 1
        for first, second in itertools.pairwise(one.packets):
            assert (second.sequence - first.sequence) % 65536 == 1
            assert 0 < (second.timestamp - first.timestamp) % 2**32 < 8000
        engine.unbridge(2)
        await one.until(lambda: one.packets[-1].payload == b"\xff" * 160)
    assert diary.of(PlayDone) == []


async def test_digits_pass_a_bridge_by_the_numbers_of_either_end_and_are_told(
    engine: MediaEngine, diary: Diary
) -> None:
    with FarEnd() as one, FarEnd() as two:
        here = await latched(engine, one, diary, 1)
        await engine.open(2, silence_after=0)
        engine.connect(2, two.remote(events=96))
        engine.bridge(1, 2)
        start = one.timestamp
        for payload in ("050a00a0", "050a0140", "058a01e0", "058a01e0", "058a01e0"):
            one.send(here, bytes.fromhex(payload), 101, timestamp=start, marker=payload == "050a00a0")
        await two.until(lambda: sum(heard.payload_type == 96 for heard in two.packets) == 5)
        events = [heard for heard in two.packets if heard.payload_type == 96]
        heard = await diary.wait(DigitHeard)
    assert [event.payload.hex() for event in events] == ["050a00a0", "050a0140", "058a01e0", "058a01e0", "058a01e0"]
    assert len({event.timestamp for event in events}) == 1
    assert [event.marker for event in events] == [True, False, False, False, False]
    assert [(event.leg, event.digit) for event in heard if isinstance(event, DigitHeard)] == [(1, "5")]


async def test_a_leg_that_is_closed_leaves_the_other_on_its_own(engine: MediaEngine, diary: Diary) -> None:
    engine.register(1, {Codec.PCMU: LOUD})
    with FarEnd() as one, FarEnd() as two:
        await latched(engine, one, diary, 1)
        await latched(engine, two, diary, 2)
        engine.bridge(1, 2)
        await statistics(engine, diary, 2)
        engine.play(1, 11, 1)
        await one.until(lambda: LOUD in one.audio())


async def test_a_bridge_of_codecs_that_cannot_be_converted_sends_silence_and_digits(
    engine: MediaEngine, diary: Diary
) -> None:
    needs(engine, Capability.G722)
    with FarEnd() as one, FarEnd() as two:
        here = await latched(engine, one, diary, 1)
        await latched(engine, two, diary, 2, Codec.G722)
        engine.bridge(1, 2)
        start = one.timestamp
        for _ in range(20):
            one.send(here, LOUD)
            await two.hear(len(two.packets) + 1)
        for payload in ("050a00a0", "058a01e0", "058a01e0", "058a01e0"):
            one.send(here, bytes.fromhex(payload), 101, timestamp=start)
        await two.until(lambda: sum(heard.payload_type == 101 for heard in two.packets) == 4)
        events = [heard for heard in two.packets if heard.payload_type == 101]
    assert {heard.payload for heard in two.packets if heard.payload_type == 9} == {b"\xff" * 160}
    assert len({event.timestamp for event in events}) == 1


async def test_a_prompt_in_g722_counts_at_8_khz(engine: MediaEngine, diary: Diary) -> None:
    needs(engine, Capability.G722)
    engine.register(1, {Codec.PCMU: LOUD, Codec.G722: LOUD * 3})
    engine.register(2, {Codec.PCMU: LOUD})
    with FarEnd() as far:
        await engine.open(1, silence_after=0)
        engine.play(1, 11, 1)
        engine.play(1, 12, 2)  # not there in G.722: over at once
        engine.connect(1, far.remote(Codec.G722))
        await diary.wait(PlayDone, 2)
        packets = await far.hear(5)
    assert far.audio()[:800] == LOUD * 3 + b"\xff" * 320
    assert [(heard.timestamp - packets[0].timestamp) % 2**32 for heard in packets] == [0, 160, 320, 480, 640]


async def test_a_quiet_bridge_sends_silence(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as one, FarEnd() as two:
        await latched(engine, one, diary, 1)
        await latched(engine, two, diary, 2)
        engine.bridge(1, 2)
        await one.hear(len(one.packets) + 20)


# ---------------------------------------------------------------- listening


async def test_what_was_heard_is_kept_with_its_gaps(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    needs(engine, Capability.LISTEN)
    path = tmp_path / "heard.wav"
    with FarEnd() as far:
        address = await connected(engine, far)
        engine.listen(1, str(path))
        first, second = bytes(range(160)), bytes(range(96, 256))
        far.send(address, first)
        far.timestamp += 320
        far.send(address, second)
        await diary.wait(Latched)
        await far.hear(len(far.packets) + 3)
        await statistics(engine, diary)
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        frames = file.readframes(file.getnframes())
    samples = [int.from_bytes(frames[at : at + 2], "little", signed=True) for at in range(0, len(frames), 2)]
    wanted = [*(g711.PCMU_LINEAR[byte] for byte in first), *[0] * 320, *(g711.PCMU_LINEAR[byte] for byte in second)]
    assert samples == wanted


async def test_a_second_of_quiet_after_speech_is_a_pause(engine: MediaEngine, diary: Diary, tmp_path: Path) -> None:
    needs(engine, Capability.LISTEN)
    with FarEnd() as far:
        address = await connected(engine, far)
        engine.listen(1, str(tmp_path / "heard.wav"))
        far.send(address, LOUD)
        while not diary.of(Paused):
            far.send(address)
            await far.hear(len(far.packets) + 5)
        for _ in range(15):
            far.send(address)
            await far.hear(len(far.packets) + 5)
        assert len(diary.of(Paused)) == 1


# ---------------------------------------------------------------- the end


async def test_the_figures_are_those_of_what_went_and_came(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await connected(engine, far)
        for _ in range(5):
            far.send(address)
        far.sequence += 3
        late = far.sequence + 1
        far.send(address)
        far.sequence = late + 1
        far.send(address)
        far.sequence = late
        far.send(address, END_OF_5, 101, timestamp=far.timestamp)
        await diary.wait(DigitHeard)
        figures = await statistics(engine, diary)
        await far.hear(figures.packets_sent)
    assert figures.packets_received == 8
    assert figures.octets_received == 7 * 160 + 4
    assert figures.packets_lost == 3
    assert figures.packets_out_of_order == 1
    assert figures.packets_sent == len(far.packets)
    assert figures.octets_sent == sum(len(heard.payload) for heard in far.packets)
    assert figures.first_packet_sent_ns > 0
    assert figures.first_packet_received_ns > 0


async def test_a_leg_takes_its_leave_with_a_report(engine: MediaEngine, diary: Diary) -> None:
    with FarEnd() as far:
        address = await latched(engine, far, diary)
        far.sequence += 1
        far.send(address, END_OF_5, 101, timestamp=far.timestamp)
        await diary.wait(DigitHeard)
        figures = await statistics(engine, diary)
        await far.until(lambda: any(isinstance(said, Goodbye) for said in far.reports[-1]) if far.reports else False)
        report, name, goodbye = far.reports[-1]
        ssrc = far.packets[0].ssrc
    assert isinstance(report, SenderReport)
    assert (report.ssrc, report.packets, report.octets) == (ssrc, figures.packets_sent, figures.octets_sent)
    [block] = report.blocks
    assert (block.ssrc, block.lost, block.highest_sequence) == (far.ssrc, 1, far.sequence - 1)
    assert isinstance(name, SourceDescription)
    assert goodbye == Goodbye((ssrc,))


async def test_commands_for_a_leg_that_is_not_open_are_ignored(
    engine: MediaEngine, diary: Diary, tmp_path: Path
) -> None:
    with FarEnd() as far:
        await connected(engine, far)
        engine.connect(9, far.remote())
        engine.play(9, 1, 1)
        engine.stop_play(9)
        engine.press(9, "1")
        engine.bridge(9, 1)
        engine.bridge(1, 9)
        engine.bridge(1, 1)
        engine.unbridge(9)
        if Capability.LISTEN in engine.capabilities:
            engine.listen(9, str(tmp_path / "none.wav"))
        if Capability.RECORDING in engine.capabilities:
            engine.tap(9, str(tmp_path / "none.tap"), Kept.HEADERS)
        engine.close(9)
        engine.forget(9)
        await far.hear(3)
        await statistics(engine, diary)
    assert [type(event) for event in diary.events] == [LegClosed]


async def test_stopping_closes_every_leg(engine: MediaEngine, diary: Diary) -> None:
    for leg in range(3):
        await engine.open(leg, silence_after=0)
    await engine.stop()
    assert {event.leg for event in diary.of(LegClosed) if isinstance(event, LegClosed)} == {0, 1, 2}
    assert diary.of(EngineLost) == []


@pytest.mark.parametrize("make", ENGINES)
async def test_a_handler_that_fails_does_not_stop_the_others(
    make: Callable[[str, tuple[int, int]], MediaEngine], diary: Diary
) -> None:
    faults = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context["exception"]))

    def handle(event: MediaEvent) -> None:
        diary.write(event)
        raise LookupError

    engine = make("127.0.0.1", free_range(2))
    await engine.start(handle)
    for leg in (1, 2):
        await engine.open(leg, silence_after=0)
        engine.close(leg)
    await diary.wait(LegClosed, 2)
    await engine.stop()
    assert [type(fault) for fault in faults] == [LookupError, LookupError]


async def test_a_file_that_cannot_be_written_ends_no_more_than_the_recording(
    engine: MediaEngine, diary: Diary, tmp_path: Path
) -> None:
    needs(engine, Capability.LISTEN)
    with FarEnd() as far:
        address = await connected(engine, far)
        engine.listen(1, str(tmp_path / "missing" / "heard.wav"))
        far.send(address)
        await diary.wait(Latched)
        await statistics(engine, diary)
        await connected(engine, far, 2)
        await far.hear(len(far.packets) + 2)
