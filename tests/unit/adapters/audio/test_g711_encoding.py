from collections.abc import Callable, Sequence

import numpy as np
import pytest

from ringback.adapters.audio.g711 import pcma, pcmu
from ringback.wire.rtp.g711 import PCMA_LINEAR, PCMU_LINEAR

LAWS = [(pcmu, PCMU_LINEAR), (pcma, PCMA_LINEAR)]
EVERY = np.arange(-32768, 32768).astype(np.int16)


@pytest.mark.parametrize(("law", "linear"), LAWS)
def test_every_sample_takes_the_nearest_value_of_its_sign(law: Callable[..., bytes], linear: Sequence[int]) -> None:
    encoded = law(EVERY)
    values = np.array(linear)
    heard = values[np.frombuffer(encoded, np.uint8)]
    upper = np.sort(values[0x80:])
    for sample, value in zip(EVERY.tolist()[::37], heard.tolist()[::37], strict=True):
        assert abs(abs(sample) - abs(value)) == np.abs(upper - abs(sample)).min()
        assert (value >= 0) == (sample >= 0) or value == 0


@pytest.mark.parametrize(("law", "linear"), LAWS)
def test_what_was_decoded_is_encoded_to_itself(law: Callable[..., bytes], linear: Sequence[int]) -> None:
    samples = np.array(linear, np.int16)
    assert np.array_equal(np.array(linear)[np.frombuffer(law(samples), np.uint8)], samples)


def test_the_ends_of_the_scale_and_silence() -> None:
    samples = np.array([0, 32767, -32768], np.int16)
    assert pcmu(samples) == bytes([0xFF, 0x80, 0x00])
    assert pcma(samples) == bytes([0xD5, 0xAA, 0x2A])
