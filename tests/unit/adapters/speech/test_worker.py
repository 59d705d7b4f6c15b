import io

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringback.adapters.speech.jobs import LENGTH, Job, Outcome, frame
from ringback.adapters.speech.worker import serve, trimmed


class Whistler:
    def speak(self, job: Job) -> tuple[int, NDArray[np.int16]]:
        if job.text == "bad":
            reason = "cannot"
            raise ValueError(reason)
        return 1000, np.concatenate([np.zeros(500), np.full(100, 3000), np.zeros(500)]).astype(np.int16)


def outcomes_of(*texts: str) -> list[Outcome]:
    written = io.BytesIO()
    serve(Whistler(), io.BytesIO(b"".join(frame(Job("v", text, 1.0)) for text in texts)), written)
    found, rest = [], written.getvalue()
    while rest:
        size = LENGTH + int.from_bytes(rest[:LENGTH], "big")
        found.append(msgspec.msgpack.decode(rest[LENGTH:size], type=Outcome))
        rest = rest[size:]
    return found


def test_the_silence_around_a_sentence_is_cut_off() -> None:
    (outcome,) = outcomes_of("good")
    assert len(outcome.samples) // 2 == 20 + 100 + 20
    assert outcome.rate == 1000


def test_a_text_that_fails_does_not_end_the_worker() -> None:
    first, second = outcomes_of("bad", "good")
    assert (first.fault, first.samples) == ("ValueError: cannot", b"")
    assert second.fault is None


def test_silence_is_cut_to_nothing() -> None:
    assert trimmed(np.full(100, 50, np.int16), 8000).size == 0
    assert trimmed(np.zeros(0, np.int16), 8000).size == 0


def test_the_loudest_sample_there_is_counts_as_sound() -> None:
    assert trimmed(np.full(10, -32768, np.int16), 8000).size == 10
