import numpy as np
from numpy.typing import NDArray

from ringback.adapters.audio.mixdown.canvas import PIECE, ROOM, Canvas

RATE = 8000


def ramp(size: int) -> NDArray[np.int16]:
    return np.arange(1, size + 1).astype(np.int16)


def test_frames_begin_with_the_first_sound() -> None:
    canvas = Canvas(RATE)
    canvas.put(1, 500, ramp(10))
    canvas.put(0, 490, ramp(10))
    frames = np.concatenate(list(canvas.finish()))
    assert canvas.begin == 490
    assert frames[:, 0].tolist() == [*range(1, 11), *[0] * 10]
    assert frames[:, 1].tolist() == [*[0] * 10, *range(1, 11)]
    assert canvas.given == 20


def test_sound_may_begin_a_little_before_the_beginning() -> None:
    canvas = Canvas(RATE)
    canvas.put(0, -30, ramp(40))
    assert np.concatenate(list(canvas.finish()))[:, 0].tolist() == list(range(1, 41))
    assert canvas.begin == -30


def test_a_long_time_without_sound_is_skipped_before_it_and_kept_after_it() -> None:
    canvas = Canvas(RATE)
    assert list(canvas.until(10 * ROOM * RATE)) == []
    start = 10 * ROOM * RATE + 5
    canvas.put(0, start, ramp(3))
    pieces = [*canvas.until(start + 3 * PIECE), *canvas.finish()]
    assert canvas.begin == start
    assert sum(map(len, pieces)) == canvas.given == 3 * PIECE
    assert pieces[0][:4, 0].tolist() == [1, 2, 3, 0]


def test_what_comes_too_late_or_lies_too_far_ahead_is_left_out() -> None:
    canvas = Canvas(RATE)
    canvas.put(0, 0, ramp(100))
    assert np.concatenate(list(canvas.until(50)))[:, 0].tolist() == list(range(1, 51))
    canvas.put(1, 40, ramp(20))
    canvas.put(1, 50 + ROOM * RATE - 5, ramp(10))
    canvas.put(1, 50 + 2 * ROOM * RATE, ramp(10))
    rest = np.concatenate(list(canvas.finish()))
    assert canvas.missed == 10
    assert rest[:50, 0].tolist() == list(range(51, 101))
    assert rest[:11, 1].tolist() == [*range(11, 21), 0]
    assert rest[-5:, 1].tolist() == [1, 2, 3, 4, 5]
    assert len(rest) == ROOM * RATE


def test_pieces_that_were_given_do_not_change() -> None:
    canvas = Canvas(RATE)
    canvas.put(0, 0, ramp(3 * PIECE))
    pieces = list(canvas.until(3 * PIECE))
    assert np.concatenate(pieces)[:, 0].tolist() == ramp(3 * PIECE).tolist()
    assert list(canvas.finish()) == []


def test_a_canvas_without_sound_gives_nothing() -> None:
    canvas = Canvas(RATE)
    assert list(canvas.finish()) == []
    assert canvas.begin is None
