"""The process that speaks: `python -m ringback.adapters.speech.worker hibari|espeak`.

Jobs come on standard input, outcomes go to standard output; it ends when its input does, that is with the server.
"""

import os
import signal
import sys
from importlib import import_module
from typing import BinaryIO, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from ringback.adapters.speech.jobs import LENGTH, Job, Outcome, frame

NICENESS = 10
_AUDIBLE = 100
"""Of 32768: what is below (-50 dB) at either end of a sentence is cut off, for pauses are made where sentences join."""
_MARGIN = 0.02
"""Seconds that are left of it."""


class SpeechEngine(Protocol):
    """What a worker speaks with; its module has `Engine`, a class of this face."""

    def speak(self, job: Job) -> tuple[int, NDArray[np.int16]]:
        """Give the rate in Hz and the samples. Raises what it likes: the job fails."""


def main() -> None:
    """Serve the server until it closes the pipe."""
    # what a native library prints must not get between the outcomes
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    speaker: SpeechEngine = import_module(f"ringback.adapters.speech.{sys.argv[1]}_engine").Engine()
    # the signals of a terminal reach every process of the group, but calls that are live still need their voices
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(NICENESS)
    serve(speaker, sys.stdin.buffer, outcomes)


def serve(speaker: SpeechEngine, jobs: BinaryIO, outcomes: BinaryIO) -> None:
    """Do jobs until there are no more."""
    while len(length := jobs.read(LENGTH)) == LENGTH:
        job = msgspec.msgpack.decode(jobs.read(int.from_bytes(length, "big")), type=Job)
        try:
            rate, samples = speaker.speak(job)
            outcome = Outcome(rate, trimmed(samples, rate).tobytes())
        except Exception as fault:  # noqa: BLE001 - whatever one text does to an engine, the next text is another matter
            outcome = Outcome(fault=f"{type(fault).__name__}: {fault}")
        try:
            outcomes.write(frame(outcome))
            outcomes.flush()
        except BrokenPipeError:  # the server is gone
            return


def trimmed(samples: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    """Cut the silence off both ends."""
    audible = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE)
    if not audible.size:
        return samples[:0]
    margin = int(rate * _MARGIN)
    return samples[max(0, int(audible[0]) - margin) : int(audible[-1]) + 1 + margin]


if __name__ == "__main__":
    main()
