import resource
from pathlib import Path

import miniaudio
import numpy as np
import pytest
from tests.unit.adapters.audio.mixdown.streams import Stream, noise, spoken
from tests.unit.media.taps import write_tap

from ringback.adapters.audio.mixdown import MONO, STEREO, mix
from ringback.adapters.audio.mixdown.sound_file import Mp3, sound_file


@pytest.mark.parametrize("rate", [8000, 16_000])
@pytest.mark.parametrize("channels", [MONO, STEREO])
def test_an_mp3_holds_each_side_in_its_channel(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "call.mp3"
    time = np.arange(2 * rate) / rate
    tones = [(10_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16) for hertz in (500, 1300)[:channels]]
    file = sound_file(path, ".mp3", rate, channels)
    for start in range(0, 2 * rate, 8192):
        file.write(np.stack([tone[start : start + 8192] for tone in tones], axis=1))
    file.close()
    decoded = miniaudio.mp3_read_file_s16(str(path))
    assert (decoded.sample_rate, decoded.nchannels) == (rate, channels)
    heard = np.array(decoded.samples).reshape(-1, channels)
    assert abs(len(heard) / rate - 2) < 0.2  # whole frames, and what the coder delays
    for channel, hertz in zip(range(channels), (500, 1300), strict=False):
        power = np.abs(np.fft.rfft(heard[rate // 2 : rate // 2 + rate, channel].astype(np.float64)))
        assert np.argmax(power) == hertz
        assert power[hertz] ** 2 > 0.9 * (power**2).sum()


def test_an_mp3_is_small(tmp_path: Path) -> None:
    tap = write_tap(tmp_path / "call.tap", Stream().packets(spoken(noise(10))))
    mix(tap, tmp_path / "call.mp3")
    assert (tmp_path / "call.mp3").stat().st_size < 10 * 48_000 / 8 + 2000


@pytest.mark.parametrize("name", ["call.wav", "call.mp3"])
def test_a_full_disk_is_told_and_leaves_no_file(tmp_path: Path, name: str) -> None:
    tap = write_tap(tmp_path / "call.tap", Stream().packets(spoken(noise(30))))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # a file as large as that is as good as a full disk
    try:
        with pytest.raises(OSError, match="File too large"):
            mix(tap, tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["call.tap"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    tap = write_tap(tmp_path / "call.tap", Stream().packets(spoken(noise(1))))
    with pytest.raises(FileNotFoundError):
        mix(tap, tmp_path / "none" / "call.wav")
    with pytest.raises(FileNotFoundError):
        Mp3(tmp_path / "none" / "call.mp3", 8000, MONO)
