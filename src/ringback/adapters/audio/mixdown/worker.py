"""The process that mixes: `python -m ringback.adapters.audio.mixdown.worker`.

Jobs come on standard input, outcomes go to standard output, a JSON document a line; it ends when its input does.
"""

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from ringback.adapters.audio.mixdown.jobs import Job, Outcome
from ringback.adapters.audio.mixdown.mixdown import mix

NICENESS = 10


def main() -> None:
    """Serve the server until it closes the pipe."""
    # what a native library prints must not get between the outcomes
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # the signals of a terminal reach every process of the group, but what is being mixed is to be completed
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(NICENESS)
    os.umask(0o077)  # what was said is nobody else's to read
    serve(sys.stdin.buffer, outcomes)


def serve(jobs: BinaryIO, outcomes: BinaryIO) -> None:
    """Do jobs until there are no more."""
    for line in jobs:
        try:
            job = msgspec.json.decode(line, type=Job)
            outcome = Outcome(mix(Path(job.tap), Path(job.sound), job.channels))
        except Exception as fault:  # noqa: BLE001 - whatever one tap does, the next is another matter
            outcome = Outcome(fault=_text(fault))
        try:
            outcomes.write(msgspec.json.encode(outcome) + b"\n")
            outcomes.flush()
        except BrokenPipeError:  # the server is gone
            return


def _text(fault: Exception) -> str:
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror if fault.filename is None else f"{fault.filename}: {fault.strerror}"
    return str(fault) if isinstance(fault, ValueError) else f"{type(fault).__name__}: {fault}"


if __name__ == "__main__":
    main()
