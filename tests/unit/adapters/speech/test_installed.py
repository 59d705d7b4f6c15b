import subprocess
from pathlib import Path

import hibari.voices
import numpy as np
import pytest

from ringback.adapters.speech import UnknownVoice, VoiceNotFetched, fetch_voice
from ringback.adapters.speech import installed as module
from ringback.adapters.speech.crew import Crew
from ringback.adapters.speech.installed import installed_voices
from ringback.adapters.speech.jobs import Job
from ringback.adapters.speech.locales import LOCALES
from ringback.domain.voice import Catalogue, Voice
from ringback.service.ports import Pcm

_COUNTS = {"chr-US": "ᎣᏏᏲ, ᏙᎯᏧ", "cv-RU": "Салам. Мӗнле пурӑнатӑр"}
"""What is spoken in languages that espeak-ng knows no digits of; chosen for its vowels."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Fail every download, and have no voice but that of the wheel."""

    def download(url: str, _path: str, _sha256: str) -> str:
        reason = f"hibari: could not download {url}"
        raise RuntimeError(reason)

    monkeypatch.setattr(hibari.voices, "download", download)
    monkeypatch.setenv("HIBARI_HOME", str(tmp_path))


def test_the_voice_of_the_wheel_is_installed() -> None:
    found = installed_voices()
    assert found["en-US-Heart"].voice == Voice("en-US-Heart", "en-US", "English (United States)", "F", neural=True)
    assert "en-US-Fenrir" not in found


def test_espeak_brings_a_hundred_locales_with_a_man_and_a_woman_each() -> None:
    voices = {code: each.voice for code, each in installed_voices().items() if each.engine == "espeak"}
    assert voices["de-DE-EspeakM"] == Voice("de-DE-EspeakM", "de-DE", "German (Germany)", "M")
    assert voices["de-DE-EspeakF"] == Voice("de-DE-EspeakF", "de-DE", "German (Germany)", "F")
    assert len({voice.locale for voice in voices.values()}) > 110
    assert {code[:-1] for code in voices if code.endswith("M")} == {code[:-1] for code in voices if code.endswith("F")}
    assert all(code == voice.code and code.startswith(f"{voice.locale}-Espeak") for code, voice in voices.items())
    assert all(code[-1] == voice.gender for code, voice in voices.items())


def test_a_dialect_is_another_voice_of_its_locale() -> None:
    catalogue = Catalogue(each.voice for each in installed_voices().values())
    assert catalogue.resolve("en-GB-EspeakScottishF", None) == "en-GB-EspeakScottishF"
    descriptions = {(each.locale_code, each.locale_description) for each in catalogue.profiles()}
    assert len(descriptions) == len({locale for locale, _ in descriptions})


def test_a_language_of_several_locales_or_dialects_takes_the_usual_one() -> None:
    usual = {
        "en": "en-US-Heart",
        "en-US": "en-US-Heart",
        "en-GB": "en-GB-EspeakM",
        "en-gb-scotland": "en-GB-EspeakM",
        "en-AU": "en-US-Heart",
        "ca": "ca-ES-EspeakM",
        "es": "es-ES-EspeakM",
        "fr": "fr-FR-EspeakM",
        "pt": "pt-BR-EspeakM",
        "pt-AO": "pt-BR-EspeakM",
        "vi": "vi-VN-EspeakM",
        "zh": "zh-CN-EspeakM",
        "zh-TW": "zh-CN-EspeakM",
        "yue": "zh-HK-EspeakM",
        "no-NO": "nb-NO-EspeakM",
        "iw": "he-IL-EspeakM",
    }
    catalogue = Catalogue(each.voice for each in installed_voices().values())
    assert {language: catalogue.resolve(None, language) for language in usual} == usual


async def test_every_listed_voice_of_espeak_speaks_and_women_speak_higher() -> None:
    crew = Crew("espeak", 1, eager=False)
    await crew.start()
    pitches = {}
    for code, each in installed_voices().items():
        if each.engine == "espeak":
            count = _COUNTS.get(each.voice.locale, "1 2 3 4 5")
            pitches[code] = pitch(await crew.speak(Job(each.name, count, 1.0)))
    await crew.stop()
    assert all(pitches[code] > 1.4 * pitches[f"{code[:-1]}M"] > 80 for code in pitches if code.endswith("F"))


def pitch(sound: Pcm) -> float:
    """Give the median frequency of a voice, in Hz, by autocorrelation of every 40 ms."""
    samples = np.frombuffer(sound.samples, np.int16).astype(np.float64)
    size, found = sound.rate // 25, []
    for start in range(0, len(samples) - size, size):
        spectrum = np.fft.rfft(samples[start : start + size], 2 * size)
        likeness = np.fft.irfft(spectrum * spectrum.conj())
        period = sound.rate // 400 + int(np.argmax(likeness[sound.rate // 400 : sound.rate // 60]))
        if likeness[period] > 0.5 * likeness[0]:
            found.append(sound.rate / period)
    return float(np.median(found))


def test_a_danish_name_of_the_hosted_service_finds_the_danish_woman() -> None:
    catalogue = Catalogue(each.voice for each in installed_voices().values())
    assert catalogue.resolve("da-DK-Naja", None) == "da-DK-EspeakF"
    assert catalogue.resolve("en-US-BenjaminRUS", None) == "en-US-Heart"


def test_without_the_extra_there_is_no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    assert list(installed_voices()) == ["en-US-Heart"]


def test_an_espeak_that_does_not_work_costs_its_own_voices_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_command: object, **_options: object) -> None:
        raise subprocess.CalledProcessError(1, "espeak")

    monkeypatch.setattr(subprocess, "run", run)
    assert list(installed_voices()) == ["en-US-Heart"]


def test_a_voice_whose_file_is_there_is_installed(tmp_path: Path) -> None:
    (tmp_path / "am_fenrir_v2.int8.onnx").write_bytes(b"a model")
    assert list(installed_voices())[:2] == ["en-US-Heart", "en-US-Fenrir"]
    assert installed_voices()["en-US-Fenrir"].voice.gender == "M"


def test_a_fetched_voice_is_told_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def download(url: str, path: str, _sha256: str) -> str:
        asked.append(url)
        return path

    monkeypatch.setattr(hibari.voices, "download", download)
    assert fetch_voice("Emma").code == fetch_voice("en-gb-emma").code == "en-GB-Emma"
    assert fetch_voice("heart").code == "en-US-Heart"
    assert [url.rpartition("/")[2] for url in asked] == ["bf_emma.int8.onnx"] * 2


@pytest.mark.parametrize("name", ["", "nobody", "de-DE-EspeakM", "en-US-Emma", "../emma", "x-emma"])
def test_a_name_that_no_voice_has_is_not_fetched(name: str) -> None:
    with pytest.raises(UnknownVoice, match="en-US-Heart, en-GB-Emma"):
        fetch_voice(name)


def test_a_download_that_fails_says_so() -> None:
    with pytest.raises(VoiceNotFetched, match="could not download"):
        fetch_voice("kore")


def test_no_two_languages_share_a_locale_and_a_name() -> None:
    names = [(dialect.locale, dialect.name) for dialect in LOCALES.values()]
    assert len(names) == len(set(names))
    assert all("(" in dialect.description for dialect in LOCALES.values())


def test_a_dialect_comes_after_the_standard_of_its_locale() -> None:
    seen = set()
    for dialect in LOCALES.values():
        assert not dialect.name or dialect.locale in seen
        seen.add(dialect.locale)
