"""What a recording holds, sample by sample, of packets that passed in every which way."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from G722 import G722
from tests.unit.adapters.audio.mixdown.streams import (
    CAME,
    MS,
    SECOND,
    START,
    WENT,
    Samples,
    Stream,
    clicks,
    moved,
    noise,
    recorded,
    spoken,
)
from tests.unit.media.taps import REAL_MINUS_MONOTONIC, written

from ringback.adapters.audio.mixdown import MONO, NothingRecorded, mix
from ringback.media.tap import TapUnreadable


def same(one: Samples, two: Samples) -> bool:
    return bool(np.array_equal(one, two))


def test_both_sides_are_kept_as_they_were_where_they_were(tmp_path: Path) -> None:
    said, heard = noise(20), noise(19, 2)
    there = recorded(
        tmp_path,
        Stream().packets(spoken(said)) + Stream(sent=True, began=313 * MS, ssrc=8).packets(spoken(heard)),
    )
    assert same(there.at(0, said.size, CAME), said)
    assert same(there.at(313 * MS, heard.size, WENT), heard)
    assert not there.at(0, 313 * 8, WENT).any()
    assert there.mixed.started == START + REAL_MINUS_MONOTONIC
    assert (there.mixed.seconds, there.mixed.rate, there.mixed.channels) == (20.0, 8000, 2)
    assert (there.mixed.packets, there.mixed.dropped, there.mixed.truncated) == (1950, 0, False)


def test_mono_is_the_sum_of_both_sides(tmp_path: Path) -> None:
    said, heard = noise(2), noise(2, 2)
    both = Stream(payload_type=8).packets(spoken(said, 8)) + Stream(sent=True).packets(spoken(heard))
    one = recorded(tmp_path, both).frames.astype(np.int32)
    assert same(recorded(tmp_path, both, MONO).frames[:, 0], np.clip(one.sum(axis=1), -32768, 32767).astype(np.int16))


def test_jitter_moves_nothing(tmp_path: Path) -> None:
    said = noise(30)
    there = recorded(tmp_path, Stream(jitter=5 * MS).packets(spoken(said)))
    assert same(there.at(0, said.size), said)


@pytest.mark.parametrize("ppm", [-100.0, 100.0])
@pytest.mark.parametrize("jitter", [0, 25 * MS])
def test_a_clock_that_runs_away_is_followed(tmp_path: Path, ppm: float, jitter: int) -> None:
    sound = spoken(clicks(150))
    there = recorded(
        tmp_path,
        Stream(ppm=ppm, jitter=jitter).packets(sound) + Stream(sent=True, ssrc=8, sequence=3).packets(sound),
    )
    passed = [250 * number * (1 - ppm / 1e6) for number in range(600)]
    assert len(there.clicks(CAME)) == 600
    assert max(abs(at - wanted) for at, wanted in zip(there.clicks(CAME), passed, strict=True)) <= 1.0
    assert there.clicks(WENT) == pytest.approx([250 * number for number in range(600)], abs=0.01)


def test_lost_packets_leave_silence_and_move_nothing(tmp_path: Path) -> None:
    said = noise(20)
    packets = Stream(jitter=3 * MS).packets(spoken(said))
    lost = set(np.random.default_rng(1).integers(1, len(packets), 200).tolist()) | set(range(400, 450))
    there = recorded(tmp_path, [each for number, each in enumerate(packets) if number not in lost])
    wanted = said.copy()
    for number in lost:
        wanted[160 * number : 160 * (number + 1)] = 0
    got = there.at(0, said.size)
    assert same(got, wanted[: got.size])
    assert there.mixed.packets == len(packets) - len(lost)


def test_packets_that_overtake_each_other_are_put_in_order(tmp_path: Path) -> None:
    said = noise(10)
    packets = Stream().packets(spoken(said))
    for number, late in zip(range(3, 480, 4), np.random.default_rng(1).integers(150, size=200), strict=False):
        packets[number] = packets[number]._replace(at=packets[number].at + int(late) * MS)
    there = recorded(tmp_path, packets)
    assert same(there.at(0, said.size), said)
    assert there.mixed.dropped == 0


def test_packets_that_come_twice_are_heard_once(tmp_path: Path) -> None:
    said = noise(5)
    packets = Stream().packets(spoken(said))
    there = recorded(tmp_path, packets + moved(packets[::3], 7 * MS) + moved(packets[::5], 90 * MS))
    assert same(there.at(0, said.size), said)
    assert (there.mixed.packets, there.mixed.dropped) == (250, 84 + 50)


def test_a_packet_that_comes_after_all_others_is_too_late(tmp_path: Path) -> None:
    said = noise(5)
    packets = Stream().packets(spoken(said))
    there = recorded(tmp_path, [*packets[:50], *packets[51:], *moved(packets[50:51], 1500 * MS)])
    assert not there.at(1000 * MS, 160).any()
    assert same(there.at(1020 * MS, 8000), said[51 * 160 : 51 * 160 + 8000])
    assert there.mixed.dropped == 1


def test_a_network_that_stood_still_is_made_good(tmp_path: Path) -> None:
    said = noise(20)
    packets = Stream().packets(spoken(said))
    begin, end = packets[500].at, packets[500].at + 3 * SECOND
    there = recorded(tmp_path, [each if each.at < begin else each._replace(at=max(each.at, end)) for each in packets])
    assert same(there.at(0, said.size), said)


def test_a_first_packet_that_came_late_does_not_move_the_others(tmp_path: Path) -> None:
    said = noise(10)
    packets = Stream().packets(spoken(said))
    there = recorded(tmp_path, [packets[0]._replace(at=packets[0].at + 15 * MS), *packets[1:]])
    assert same(there.at(0, said.size), said)


def test_the_network_s_way_may_become_longer(tmp_path: Path) -> None:
    said = noise(20)
    packets = Stream().packets(spoken(said))
    there = recorded(tmp_path, packets[:500] + moved(packets[500:], 120 * MS))
    assert same(there.at(0, 80_000), said[:80_000])
    assert same(there.at(10_120 * MS, 79_000), said[80_000 : 80_000 + 79_000])


@pytest.mark.parametrize("step", [9.5, -9.5, 2.5, -17.0])
def test_a_step_as_that_of_a_bridge_is_followed_at_once(tmp_path: Path, step: float) -> None:
    said = noise(30)
    packets = Stream(jitter=MS // 4).packets(spoken(said))
    there = recorded(tmp_path, packets[:500] + moved(packets[500:1000], round(step * MS)) + packets[1000:])
    kept = round(8 * step)
    assert same(there.at(0, 80_000 + min(kept, 0)), said[: 80_000 + min(kept, 0)])
    assert same(there.at(10 * SECOND + round(step * MS), 79_000), said[80_000:159_000])
    assert same(there.at(20 * SECOND + max(round(step * MS), 0), 79_000), said[160_000 + max(kept, 0) :][:79_000])


def test_another_source_goes_on_where_it_came(tmp_path: Path) -> None:
    said, other = noise(4), noise(4, 2)
    there = recorded(
        tmp_path,
        Stream().packets(spoken(said))
        + Stream(began=4 * SECOND + 37 * MS, ssrc=99, sequence=5, timestamp=123).packets(spoken(other)),
    )
    assert same(there.at(0, said.size), said)
    assert same(there.at(4037 * MS, other.size), other)


def test_sequence_numbers_may_begin_anew(tmp_path: Path) -> None:
    said = noise(8)
    first = Stream().packets(spoken(said[:32_000]))
    then = Stream(began=4 * SECOND, sequence=65_000 - 30_000, timestamp=(2**32 - 4000 + 32_000) % 2**32)
    there = recorded(tmp_path, first + then.packets(spoken(said[32_000:])))
    assert same(there.at(0, said.size), said)
    assert there.mixed.dropped == 0


@pytest.mark.parametrize("leap", [160, 8000, 2**31 - 1, -4000], ids=["stood still", "little", "far", "back"])
def test_after_a_pause_time_counts_and_not_the_timestamp(tmp_path: Path, leap: int) -> None:
    said, more = noise(6), noise(6, 2)
    packets = Stream().packets(spoken(said))
    later = Stream(began=16 * SECOND, sequence=65_000 + 300, timestamp=(2**32 - 4000 + 48_000 - 160 + leap) % 2**32)
    there = recorded(tmp_path, packets + later.packets(spoken(more)))
    assert same(there.at(0, said.size), said)
    assert not there.at(6 * SECOND, 80_000).any()
    assert same(there.at(16 * SECOND, more.size), more)


def test_a_long_pause_with_a_clock_that_ran_on_is_silence(tmp_path: Path) -> None:
    said = noise(6)
    packets = Stream().packets(spoken(said))
    hour = 3600 * SECOND
    later = Stream(began=hour, sequence=64_000, timestamp=(2**32 - 4000 + 3600 * 8000) % 2**32)
    there = recorded(tmp_path, packets + later.packets(spoken(said)))
    assert there.mixed.seconds == 3606.0
    assert same(there.at(hour, said.size), said)
    assert not there.at(6 * SECOND, 3594 * 8000).any()


def test_keys_and_comfort_noise_are_not_sound(tmp_path: Path) -> None:
    said = noise(4)
    sound = Stream().packets(spoken(said))
    event, quiet = Stream(payload_type=101), Stream(payload_type=13)
    for number in range(100, 110):
        sound[number] = event.record(20 * number * MS, number, 16_000, bytes.fromhex("058a0320"))
    sound[120] = quiet.record(2400 * MS, 120, 120 * 160, b"\x40")
    there = recorded(tmp_path, sound)
    wanted = said.copy()
    wanted[16_000:17_600] = 0
    wanted[19_200:19_360] = 0
    assert same(there.at(0, said.size), wanted)


def test_packets_with_padding_sources_and_extension_are_sound_too(tmp_path: Path) -> None:
    said = noise(2)
    records = []
    for record in Stream().packets(spoken(said)):
        data = bytes((record.packet[0] | 0x32, *record.packet[1:12])) + bytes(8) + b"\xbe\xde\x00\x01----"
        data += record.packet[12:] + b"\x00\x00\x03"
        records.append(record._replace(packet=data, size=len(data)))
    there = recorded(tmp_path, records)
    assert same(there.at(0, said.size), said)


def test_what_is_no_packet_is_counted(tmp_path: Path) -> None:
    said = noise(2)
    packets = Stream().packets(spoken(said))
    odd = [packets[9]._replace(packet=bytes(172)), packets[9]._replace(packet=b"\x9f" + bytes(20), size=21)]
    there = recorded(tmp_path, packets + odd)
    assert same(there.at(0, said.size), said)
    assert there.mixed.dropped == 2


def g722(sound: Samples) -> bytes:
    return bytes(G722(16_000, 64_000).encode(sound.tolist()))


def test_wideband_is_kept_wide_and_to_the_millisecond(tmp_path: Path) -> None:
    sound = g722(clicks(30, rate=16_000))
    there = recorded(
        tmp_path,
        Stream(payload_type=9, ppm=80).packets(sound) + Stream(payload_type=9, sent=True, ssrc=2).packets(sound),
    )
    assert there.mixed.rate == 16_000
    heard = [250 * number * (1 - 80e-6) for number in range(120)]
    assert max(abs(at - wanted) for at, wanted in zip(there.clicks(CAME), heard, strict=True)) <= 1.0
    assert there.clicks(WENT) == pytest.approx([250 * number for number in range(120)], abs=0.4)


def test_a_call_that_changes_its_codec_is_wide_throughout(tmp_path: Path) -> None:
    narrow = Stream().packets(spoken(clicks(10)))
    wide = Stream(began=10 * SECOND, payload_type=9, sequence=65_500, timestamp=76_000)
    there = recorded(tmp_path, narrow + wide.packets(g722(clicks(10, rate=16_000))))
    assert there.mixed.rate == 16_000
    assert there.clicks(CAME) == pytest.approx([250 * number for number in range(80)], abs=0.5)


def test_a_tap_of_headers_holds_no_sound(tmp_path: Path) -> None:
    with pytest.raises(NothingRecorded, match="holds no sound"):
        recorded(tmp_path, [each._replace(packet=each.packet[:12]) for each in Stream().packets(spoken(noise(1)))])
    assert [path.name for path in tmp_path.iterdir()] == ["call.tap"]


def test_a_tap_without_packets_holds_no_sound(tmp_path: Path) -> None:
    with pytest.raises(NothingRecorded):
        recorded(tmp_path, [])


def test_a_tap_that_is_cut_off_gives_what_it_holds(tmp_path: Path) -> None:
    said = noise(5)
    recorded(tmp_path, Stream().packets(spoken(said)))
    tap = tmp_path / "call.tap"
    tap.write_bytes(tap.read_bytes()[:-100])
    mixed = mix(tap, tmp_path / "call.wav")
    assert mixed.truncated
    assert (mixed.packets, mixed.seconds) == (249, 4.98)


def test_a_tap_with_junk_in_it_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "call.tap").write_bytes(b"".join(map(written, Stream().packets(spoken(noise(1))))))
    with pytest.raises(TapUnreadable):
        mix(tmp_path / "call.tap", tmp_path / "call.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["call.tap"]


def test_a_call_of_more_than_twelve_hours_is_cut(tmp_path: Path) -> None:
    said = noise(1)
    packets = Stream().packets(spoken(said))
    there = recorded(tmp_path, packets + moved(packets, 12 * 3600 * SECOND + 1) + moved(packets, 2**61))
    assert there.mixed.truncated
    assert there.mixed.seconds == 1.0


@pytest.mark.parametrize(("name", "channels"), [("call.ogg", 2), ("call", 1), ("call.wav", 3), ("call.wav", 0)])
def test_what_cannot_be_made_is_refused(tmp_path: Path, name: str, channels: int) -> None:
    with pytest.raises(ValueError, match=r"possible are \.wav and \.mp3 in 1 or 2"):
        mix(tmp_path / "call.tap", tmp_path / name, channels)


def test_a_line_that_is_followed_is_followed_without_a_hole(tmp_path: Path) -> None:
    there = recorded(tmp_path, Stream(ppm=100, jitter=20 * MS).packets(b"\x80" * 160 * 50 * 60))
    assert set(there.frames[:, CAME].tolist()) == {32_124}


def test_a_flood_of_packets_is_looked_at_in_bounds(tmp_path: Path) -> None:
    flood = [Stream().record(number * MS // 20, number, 160 * number, b"\x80" * 160) for number in range(8000)]
    there = recorded(tmp_path, flood)  # 160 seconds of sound within half a one
    assert there.mixed.packets == 8000


def test_hostile_streams_are_bounded(tmp_path: Path) -> None:
    random = np.random.default_rng(4).integers
    packets = Stream().packets(spoken(noise(20)))
    wild = [
        Stream(ssrc=int(random(3)), sequence=int(random(2**16)), timestamp=int(random(2**32))).record(
            int(random(20 * SECOND)), 0, 0, bytes(int(random(2000)))
        )
        for _ in range(3000)
    ]
    there = recorded(tmp_path, chain(packets, wild))
    assert there.mixed.seconds < 22
