from hypothesis import given
from hypothesis import strategies as st

from ringback.media.interface import Codec
from ringback.media.playback import MAX_QUEUE, EncodedPrompt, Playback
from ringback.wire.rtp import g711

SILENT = 0xFF


def prompt(samples: bytes) -> EncodedPrompt:
    return EncodedPrompt({Codec.PCMU: samples})


def drained(playback: Playback, size: int) -> tuple[bytes, list[int]]:
    """Give everything that a queue without an endless entry plays, and the plays in the order of their ends."""
    sound, ended = b"", []
    while not playback.idle:
        frame, done = playback.frame(Codec.PCMU, size)
        assert len(frame) == size
        sound += frame
        ended += done
    return sound, ended


@given(
    st.lists(st.tuples(st.binary(max_size=50), st.integers(1, 3)), min_size=1, max_size=5),
    st.integers(1, 60),
)
def test_a_queue_is_played_whole_in_order_and_without_a_gap(entries: list[tuple[bytes, int]], size: int) -> None:
    playback = Playback()
    for play, (samples, repetition) in enumerate(entries):
        assert playback.append(play, prompt(samples), repetition)
    sound, ended = drained(playback, size)
    wanted = b"".join(samples * repetition for samples, repetition in entries)
    assert sound[: len(wanted)] == wanted
    assert set(sound[len(wanted) :]) <= {SILENT}
    assert len(sound) - len(wanted) < size or not wanted
    assert ended == list(range(len(entries)))


def test_a_play_ends_with_the_frame_that_has_its_last_sample() -> None:
    playback = Playback()
    playback.append(1, prompt(b"abcd"), 1)
    playback.append(2, prompt(b"ef"), 1)
    assert playback.frame(Codec.PCMU, 4) == (b"abcd", [1])
    assert playback.frame(Codec.PCMU, 4) == (bytearray((*b"ef", SILENT, SILENT)), [2])


def test_a_prompt_without_end_goes_round_inside_a_frame() -> None:
    playback = Playback()
    playback.append(1, prompt(b"abc"), 0)
    assert [playback.frame(Codec.PCMU, 7) for _ in range(3)] == [(b"abcabca", []), (b"bcabcab", []), (b"cabcabc", [])]


def test_an_empty_prompt_without_end_is_over_at_once() -> None:
    playback = Playback()
    playback.append(1, prompt(b""), 0)
    assert playback.frame(Codec.PCMU, 2) == (bytes((SILENT, SILENT)), [1])


def test_stopping_empties_the_queue_and_starts_the_next_at_its_beginning() -> None:
    playback = Playback()
    playback.append(1, prompt(b"abcd"), 1)
    playback.frame(Codec.PCMU, 2)
    playback.stop()
    assert playback.idle
    playback.append(2, prompt(b"efgh"), 1)
    assert playback.frame(Codec.PCMU, 2) == (b"ef", [])


def test_the_codec_may_change_in_the_middle() -> None:
    playback = Playback()
    playback.append(1, EncodedPrompt({Codec.PCMU: b"abcd", Codec.PCMA: b"efgh"}), 1)
    assert playback.frame(Codec.PCMU, 2)[0] == b"ab"
    assert playback.frame(Codec.PCMA, 2)[0] == b"gh"


def test_a_law_that_is_missing_is_made_of_the_other() -> None:
    sound = bytes(range(256))
    assert prompt(sound).samples(Codec.PCMA) == sound.translate(g711.PCMU_TO_PCMA)
    assert EncodedPrompt({Codec.PCMA: sound}).samples(Codec.PCMU) == sound.translate(g711.PCMA_TO_PCMU)


def test_a_prompt_that_can_not_be_made_is_empty() -> None:
    assert EncodedPrompt({Codec.G722: b"abc"}).samples(Codec.PCMU) == b""
    assert EncodedPrompt().samples(Codec.PCMU) == b""


def test_the_queue_is_bounded() -> None:
    playback = Playback()
    one = prompt(b"a")
    assert all(playback.append(play, one, 1) for play in range(MAX_QUEUE))
    assert not playback.append(MAX_QUEUE, one, 1)
