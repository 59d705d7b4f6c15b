import pytest

from ringback.wire.rtp import g711


@pytest.mark.parametrize(
    ("byte", "sample"), [(0x80, 32124), (0x00, -32124), (0xFF, 0), (0x7F, 0), (0xFE, 8), (0xF0, 120)]
)
def test_mu_law_is_decoded_as_in_the_recommendation(byte: int, sample: int) -> None:
    assert g711.PCMU_LINEAR[byte] == sample


@pytest.mark.parametrize(("byte", "sample"), [(0xAA, 32256), (0x2A, -32256), (0xD5, 8), (0x55, -8), (0xC5, 264)])
def test_a_law_is_decoded_as_in_the_recommendation(byte: int, sample: int) -> None:
    assert g711.PCMA_LINEAR[byte] == sample


@pytest.mark.parametrize(
    ("source", "target", "table"),
    [
        (g711.PCMU_LINEAR, g711.PCMA_LINEAR, g711.PCMU_TO_PCMA),
        (g711.PCMA_LINEAR, g711.PCMU_LINEAR, g711.PCMA_TO_PCMU),
    ],
)
def test_every_byte_becomes_the_nearest_of_the_other_law(
    source: tuple[int, ...], target: tuple[int, ...], table: bytes
) -> None:
    for byte in range(256):
        nearest = min(abs(sample - source[byte]) for sample in target)
        assert abs(target[table[byte]] - source[byte]) == nearest
        assert table[byte] & 0x80 == byte & 0x80


def test_silence_becomes_silence() -> None:
    assert g711.PCMU_TO_PCMA[g711.PCMU_SILENCE] == g711.PCMA_SILENCE
    assert abs(g711.PCMU_LINEAR[g711.PCMA_TO_PCMU[g711.PCMA_SILENCE]]) <= 8


def test_loudness_is_magnitude() -> None:
    assert max(bytes((0xFF, 0x7F)).translate(g711.PCMU_LOUDNESS)) == 0
    assert max(b"\x80\x00".translate(g711.PCMU_LOUDNESS)) == 250
    assert max(b"\xaa".translate(g711.PCMA_LOUDNESS)) == 252
