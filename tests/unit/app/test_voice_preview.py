"""`ringback admin voice preview`, with real voices."""

import wave

import numpy as np
import pytest
from tests.unit.app.commands import Terminal

from ringback.wire.rtp.g711 import PCMU_LINEAR

PREVIEW = ("admin", "voice", "preview")


def heard(terminal: Terminal, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    with wave.open(str(terminal.folder / name)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def test_a_sample_of_the_usual_voice_is_what_a_phone_hears(terminal: Terminal) -> None:
    assert terminal.lines(*PREVIEW, "hello.wav") == ["en-US-Heart speaks in hello.wav"]
    samples = heard(terminal, "hello.wav")
    assert 4 < len(samples) / 8000 < 12
    loudness = 20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype=np.float64))) / 32768)
    assert -32 < loudness < -14
    assert set(samples.tolist()) <= set(PCMU_LINEAR)
    assert {path.name for path in terminal.folder.iterdir()} == {"hello.wav"}, "no cache and no store is made"


def test_a_language_a_speed_and_ssml(terminal: Terminal) -> None:
    text = "<speak>Eins<break time='2s'/>zwei</speak>"
    assert terminal.lines(*PREVIEW, "a.wav", "--text", text, "--language", "de") == ["de-DE-EspeakM speaks in a.wav"]
    assert terminal.lines(*PREVIEW, "b.wav", "--text", text, "--voice", "da-DK-Naja", "--speed", "2") == [
        "da-DK-EspeakF speaks in b.wav"
    ]
    for name in ("a.wav", "b.wav"):
        assert longest_silence(heard(terminal, name)) == pytest.approx(2.0, abs=0.1)


def longest_silence(samples: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> float:
    """Give seconds."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 100)
    return float(np.diff(loud).max()) / 8000


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--voice", "xx-XX-Nobody"), "the voice xx-XX-Nobody is not installed: see ringback admin voice list"),
        (("--language", "tlh"), "a voice for tlh is not installed: see ringback admin voice list"),
        (("--text", ""), "a text has 1..3000 characters"),
        (("--text", "a" * 3001), "a text has 1..3000 characters"),
        (("--text", "\x07"), "none of them a control character"),
        (("--text", "..."), "nothing that this voice can speak"),
        (("--speed", "2.5"), "a speed of 2.5 is not within 0.5..2.0"),
    ],
)
def test_what_cannot_be_heard_is_told(terminal: Terminal, words: tuple[str, str], why: str) -> None:
    assert why in terminal.refusal(*PREVIEW, "a.wav", *words)
    assert not (terminal.folder / "a.wav").exists()


def test_a_file_that_cannot_be_written_is_told(terminal: Terminal) -> None:
    assert "No such file" in terminal.refusal(*PREVIEW, "nowhere/a.wav", "--language", "de")
