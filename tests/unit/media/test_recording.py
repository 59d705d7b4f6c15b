import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.media import recording
from ringback.media.interface import Codec
from ringback.media.recording import PAUSE, Recording
from ringback.wire.rtp import g711

QUIET = b"\xff" * 160
LOUD = b"\x80\x00" * 80


def samples(path: Path) -> list[int]:
    with wave.open(str(path), "rb") as file:
        assert file.getparams()[:3] == (1, 2, 8000)
        frames = file.readframes(file.getnframes())
    return [int.from_bytes(frames[at : at + 2], "little", signed=True) for at in range(0, len(frames), 2)]


def linear(sound: bytes) -> list[int]:
    return [g711.PCMU_LINEAR[byte] for byte in sound]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "heard.wav"


def test_packets_stand_where_their_timestamps_say(path: Path) -> None:
    kept = Recording(path, Codec.PCMU)
    kept.hear(b"\x01" * 4, Codec.PCMU, 7, 2**32 - 2, 0.0)  # the timestamps go round
    kept.hear(b"\x03" * 4, Codec.PCMU, 7, 8, 0.0)
    kept.hear(b"\x02" * 4, Codec.PCMU, 7, 2, 0.0)  # late
    kept.write()
    assert samples(path) == linear(b"\x01" * 4 + b"\x02" * 4 + b"\xff" * 2 + b"\x03" * 4)


def test_what_came_before_the_first_packet_is_not_kept(path: Path) -> None:
    kept = Recording(path, Codec.PCMU)
    kept.hear(b"\x01" * 4, Codec.PCMU, 7, 100, 0.0)
    kept.hear(b"\x02" * 4, Codec.PCMU, 7, 96, 0.0)
    kept.write()
    assert samples(path) == linear(b"\x01" * 4)


@pytest.mark.parametrize(("ssrc", "timestamp"), [(8, 5), (7, 2**31)])
def test_a_new_clock_is_placed_by_the_time_of_its_arrival(path: Path, ssrc: int, timestamp: int) -> None:
    kept = Recording(path, Codec.PCMU)
    kept.hear(b"\x01" * 4, Codec.PCMU, 7, 100, 5.0)
    kept.hear(b"\x02" * 4, Codec.PCMU, ssrc, timestamp, 5.5)
    kept.hear(b"\x03" * 4, Codec.PCMU, ssrc, timestamp + 4, 9.0)
    kept.write()
    assert samples(path) == linear(b"\x01" * 4 + b"\xff" * 3996 + b"\x02" * 4 + b"\x03" * 4)


def test_the_other_law_is_kept_in_the_one_it_began_with(path: Path) -> None:
    kept = Recording(path, Codec.PCMA)
    kept.hear(b"\x01\x02", Codec.PCMA, 7, 0, 0.0)
    kept.hear(b"\x03\x04", Codec.PCMU, 7, 2, 0.0)
    kept.write()
    other = b"\x03\x04".translate(g711.PCMU_TO_PCMA)
    assert samples(path) == [g711.PCMA_LINEAR[byte] for byte in b"\x01\x02" + other]


def test_nothing_heard_is_an_empty_file(path: Path) -> None:
    Recording(path, Codec.PCMU).write()
    assert samples(path) == []


def test_a_recording_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_SAMPLES", 10)
    kept = Recording(path, Codec.PCMU)
    for at in range(0, 40, 4):
        kept.hear(b"\x01" * 4, Codec.PCMU, 7, at, 0.0)
    kept.write()
    assert len(samples(path)) == 8


def test_a_leap_of_the_clock_costs_no_memory(path: Path) -> None:
    kept = Recording(path, Codec.PCMU)
    kept.hear(QUIET, Codec.PCMU, 7, 0, 0.0)
    kept.hear(QUIET, Codec.PCMU, 7, 2**31 - 1, 0.02)
    kept.write()
    assert len(samples(path)) == 320


def test_a_pause_is_told_once_after_what_was_heard(path: Path) -> None:
    kept = Recording(path, Codec.PCMU)
    kept.hear(QUIET, Codec.PCMU, 7, 0, 0.0)
    assert not kept.paused(PAUSE * 3)  # nothing was heard yet
    kept.hear(LOUD, Codec.PCMU, 7, 160, 10.0)
    kept.hear(QUIET, Codec.PCMU, 7, 320, 10.5)
    assert not kept.paused(10.0 + PAUSE - 0.01)
    assert kept.paused(10.0 + PAUSE)
    assert not kept.paused(10.0 + PAUSE * 2)
    kept.hear(LOUD, Codec.PCMA, 7, 480, 20.0)
    assert kept.paused(20.0 + PAUSE)


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.binary(max_size=40), st.sampled_from([Codec.PCMU, Codec.PCMA]), st.integers(0, 1),
            st.integers(0, 2**32 - 1), st.floats(0, 100),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_any_packets_are_kept_within_the_bound(packets: list[tuple[bytes, Codec, int, int, float]]) -> None:
    kept = Recording(Path("unused"), Codec.PCMU)
    for packet in packets:
        kept.hear(*packet)
        kept.paused(packet[-1])
        assert len(kept._samples) <= recording.MAX_SAMPLES
