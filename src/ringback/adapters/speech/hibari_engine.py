"""hibari inside a worker: neural English voices."""

from pathlib import Path

import numpy as np
from hibari import SAMPLE_RATE, Hibari
from hibari.voices import DEFAULT, VOICES, voice_path
from numpy.typing import NDArray

from ringback.adapters.speech.jobs import Job

SEED = 0
"""Of the noise in a voice: the same text sounds the same."""


class Engine:
    """The voices that this process has loaded so far."""

    def __init__(self) -> None:
        """Load the voice that every install has, so that the first call does not wait for it."""
        self._voices: dict[str, Hibari] = {}
        self._voice(DEFAULT)("Ready.", seed=SEED)

    def speak(self, job: Job) -> tuple[int, NDArray[np.int16]]:
        """Speak a sentence. Raises ValueError or FileNotFoundError for a voice that is not installed."""
        sound = self._voice(job.voice)(job.text, speed=job.speed, seed=SEED)
        return SAMPLE_RATE, np.rint(np.clip(sound, -1.0, 1.0) * 32767.0).astype(np.int16)

    def _voice(self, name: str) -> Hibari:
        if name not in self._voices:
            accent = VOICES[name]["british"] if name in VOICES else None
            # the lexicon of an accent takes the most memory: one for all of its voices
            lexicon = next(
                (voice.g2p for known, voice in self._voices.items() if VOICES[known]["british"] is accent), None
            )
            path = voice_path(name, download_missing=False)
            self._voices[name] = Hibari(name, model=path, threads=1, g2p=lexicon)
        return self._voices[name]


def installed() -> list[str]:
    """Name the voices whose files are there."""
    found = []
    for name in VOICES:
        try:
            path = voice_path(name, download_missing=False)
        except FileNotFoundError:
            continue
        if Path(path).is_file():
            found.append(name)
    return found
