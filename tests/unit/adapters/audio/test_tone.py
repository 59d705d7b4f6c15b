import numpy as np
import pytest

from ringback.adapters.audio import ringback_tone
from ringback.media.interface import Codec
from ringback.wire.rtp.g711 import PCMU_LINEAR


def test_the_ringback_tone_sounds_for_two_seconds_of_six() -> None:
    tone = ringback_tone()
    heard = np.array(PCMU_LINEAR)[np.frombuffer(tone.encodings[Codec.PCMU], np.uint8)]
    assert tone.duration == 6.0
    assert len(heard) == 48_000
    assert not heard[16_000:].any()
    spectrum = np.abs(np.fft.rfft(heard[:16_000]))
    loudest = sorted(np.argsort(spectrum)[-2:] / 2)
    assert loudest == [440, 480]
    assert np.abs(heard).max() / 32768 == pytest.approx(0.224, abs=0.02)


def test_the_tone_has_a_wideband_form_of_the_same_length() -> None:
    encodings = ringback_tone(wideband=True).encodings
    assert set(encodings) == set(Codec)
    assert {len(samples) for samples in encodings.values()} == {48_000}
