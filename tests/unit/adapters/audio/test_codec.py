import struct

import numpy as np
import pytest
from G722 import G722
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.adapters.audio.sounds import MP3, sine, wav

from ringback.adapters.audio import SoundCodec
from ringback.adapters.audio.codec import decode, encode
from ringback.media.interface import Codec
from ringback.service.ports import FetchFailed, Pcm
from ringback.wire.rtp.g711 import PCMA_LINEAR, PCMU_LINEAR


def pitch(samples: np.ndarray, rate: int) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples))


def test_a_wav_file_is_decoded_at_its_own_rate() -> None:
    sound = decode(wav(sine(440, 1.0, 16_000), 16_000))
    assert sound.rate == 16_000
    samples = np.frombuffer(sound.samples, np.int16)
    assert len(samples) == 16_000
    assert pitch(samples, 16_000) == pytest.approx(440, abs=2)


def test_an_mp3_file_is_decoded() -> None:
    sound = decode(MP3)
    assert sound.rate == 16_000
    samples = np.frombuffer(sound.samples, np.int16)
    assert len(samples) / sound.rate == pytest.approx(0.576)
    assert pitch(samples, sound.rate) == pytest.approx(440, abs=3)


def test_an_mp3_file_with_a_tag_before_it_is_decoded() -> None:
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + bytes(128)
    assert decode(tag + MP3).samples == decode(MP3).samples


def test_both_channels_of_a_stereo_file_are_heard() -> None:
    left = np.frombuffer(sine(400, 0.5, 8000), np.int16)
    both = np.column_stack([left, np.zeros_like(left)]).tobytes()
    samples = np.frombuffer(decode(wav(both, 8000, channels=2)).samples, np.int16)
    assert len(samples) == len(left)
    assert np.abs(samples).max() == pytest.approx(np.abs(left).max() / 2, rel=0.02)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"R",
        b"\xff",
        b"<html><body>Not found</body></html>",
        b"fLaC" + bytes(100),
        b"OggS" + bytes(100),
        b"RIFF\x04\x00\x00\x00AVI ",
        b"RIFF\x04\x00\x00\x00WAVE",
        b"ID3" + bytes(50),
        b"\xff\xfb" + bytes(500),
        wav(b"", 8000),
    ],
)
def test_what_holds_no_sound_is_refused(content: bytes) -> None:
    with pytest.raises(FetchFailed):
        decode(content)


def test_ten_minutes_are_decoded_and_a_second_more_is_refused() -> None:
    assert len(decode(wav(bytes(600 * 8000 * 2), 8000)).samples) == 600 * 8000 * 2
    with pytest.raises(FetchFailed, match="longer than 10 minutes"):
        decode(wav(bytes(601 * 8000 * 2), 8000))


def test_a_small_mp3_of_many_hours_is_refused() -> None:
    frame = bytes.fromhex("fff314c4") + bytes(20)  # 576 samples at 24 kHz and 8 kbit/s: 24 ms of silence in 24 bytes
    with pytest.raises(FetchFailed, match="longer than 10 minutes"):
        decode(frame * 25_100)


@pytest.mark.parametrize("rate", [1, 3999, 192_001, 4_000_000_000])
def test_a_rate_out_of_range_is_refused(rate: int) -> None:
    content = bytearray(wav(sine(440, 0.1, 8000), 8000))
    content[24:28] = struct.pack("<I", rate)
    with pytest.raises(FetchFailed):
        decode(bytes(content))


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_file_gives_sound_or_is_refused_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([MP3, wav(sine(300, 0.05, 8000), 8000)])))
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 255)), max_size=6)):
        content[place] = value
    try:
        sound = decode(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except FetchFailed:
        return
    assert sound.samples


def test_a_prompt_has_the_sound_in_both_laws() -> None:
    prompt = encode("tone", Pcm(sine(1000, 1.0, 24_000, amplitude=0.15), 24_000))
    assert (prompt.key, prompt.duration) == ("tone", 1.0)
    for codec, linear in ((Codec.PCMU, PCMU_LINEAR), (Codec.PCMA, PCMA_LINEAR)):
        heard = np.array(linear)[np.frombuffer(prompt.encodings[codec], np.uint8)]
        assert len(heard) == 8000
        assert pitch(heard, 8000) == pytest.approx(1000, abs=2)
        assert np.abs(heard[400:-400]).max() == pytest.approx(0.15 * 32768, rel=0.05)


def test_what_a_telephone_cannot_carry_does_not_come_back_as_another_tone() -> None:
    prompt = encode("whistle", Pcm(sine(6000, 0.5, 24_000), 24_000))
    heard = np.array(PCMU_LINEAR)[np.frombuffer(prompt.encodings[Codec.PCMU], np.uint8)]
    assert np.abs(heard[400:-400]).max() < 100


def test_silence_and_a_single_sample_are_encoded() -> None:
    assert encode("silence", Pcm(bytes(1600), 8000)).encodings[Codec.PCMU] == b"\xff" * 800
    assert len(encode("click", Pcm(b"\x01\x00", 8000)).encodings[Codec.PCMA]) == 1


async def test_the_codec_works_off_the_loop() -> None:
    codec = SoundCodec()
    sound = await codec.decode(wav(sine(440, 0.5, 8000), 8000))
    assert (await codec.encode("a", sound)).duration == 0.5
    with pytest.raises(FetchFailed):
        await codec.decode(b"nothing")


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000])
def test_a_wideband_prompt_is_the_same_sound_in_g722(rate: int) -> None:
    prompt = encode("tone", Pcm(sine(1000, 0.777, rate), rate), wideband=True)
    narrow, wide = prompt.encodings[Codec.PCMU], prompt.encodings[Codec.G722]
    assert len(narrow) == len(wide), "both laws and G.722 have a byte for every 125 us"
    heard = np.asarray(G722(16_000, 64_000).decode(wide))
    assert len(heard) == 2 * len(narrow)
    assert pitch(heard[800:], 16_000) == pytest.approx(1000, abs=3)
    spoken = np.array(PCMU_LINEAR, np.int16)[np.frombuffer(narrow, np.uint8)]
    assert heard[800:].std() == pytest.approx(spoken[400:].std(), rel=0.03)


def test_a_wideband_prompt_has_what_a_narrow_one_loses() -> None:
    high = Pcm(sine(6000, 0.5, 24_000), 24_000)
    heard = np.asarray(G722(16_000, 64_000).decode(encode("tone", high, wideband=True).encodings[Codec.G722]))
    assert pitch(heard[800:], 16_000) == pytest.approx(6000, abs=5)


async def test_nobody_pays_for_a_codec_that_no_trunk_has() -> None:
    sound = Pcm(sine(440, 0.1, 16_000), 16_000)
    assert set((await SoundCodec().encode("a", sound)).encodings) == {Codec.PCMU, Codec.PCMA}
    assert set((await SoundCodec(wideband=True).encode("a", sound)).encodings) == set(Codec)
