import subprocess
from pathlib import Path

import hibari.voices
import pytest

from ringback.adapters.speech import UnknownVoice, VoiceNotFetched, fetch_voice
from ringback.adapters.speech import installed as module
from ringback.adapters.speech.installed import installed_voices
from ringback.adapters.speech.locales import LOCALES
from ringback.domain.voice import Catalogue, Voice


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
    assert found["en-US-Heart"].voice == Voice("en-US-Heart", "en-US", "English (United States)", "F")
    assert "en-US-Fenrir" not in found


def test_espeak_brings_a_hundred_languages_with_their_regions() -> None:
    voices = {code: each.voice for code, each in installed_voices().items() if each.engine == "espeak"}
    assert len(voices) > 100
    assert voices["de-DE-Espeak"] == Voice("de-DE-Espeak", "de-DE", "German (Germany)", "M")
    assert {"da-DK-Espeak", "pt-BR-Espeak", "zh-CN-Espeak", "nb-NO-Espeak", "en-GB-Espeak"} <= set(voices)


def test_espeak_does_not_speak_where_a_neural_voice_does() -> None:
    assert "en-US-Espeak" not in installed_voices()


def test_a_danish_name_of_the_hosted_service_finds_the_danish_voice() -> None:
    catalogue = Catalogue(each.voice for each in installed_voices().values())
    assert catalogue.resolve("da-DK-Naja", None) == "da-DK-Espeak"
    assert catalogue.resolve("en-US-BenjaminRUS", None) == "en-US-Heart"
    assert catalogue.resolve(None, "de") == "de-DE-Espeak"


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


@pytest.mark.parametrize("name", ["", "nobody", "de-DE-Espeak", "en-US-Emma", "../emma", "x-emma"])
def test_a_name_that_no_voice_has_is_not_fetched(name: str) -> None:
    with pytest.raises(UnknownVoice, match="en-US-Heart, en-GB-Emma"):
        fetch_voice(name)


def test_a_download_that_fails_says_so() -> None:
    with pytest.raises(VoiceNotFetched, match="could not download"):
        fetch_voice("kore")


def test_no_two_languages_share_a_locale() -> None:
    locales = [locale for locale, _ in LOCALES.values()]
    assert len(locales) == len(set(locales))
    assert all("(" in description for _, description in LOCALES.values())
