"""Which voices are installed, and how another one comes to be."""

import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import Final

import msgspec
import structlog
from hibari.voices import VOICES, voice_path

from ringback.adapters.speech.crew import module_command
from ringback.adapters.speech.hibari_engine import installed
from ringback.adapters.speech.locales import LOCALES
from ringback.domain.voice import Voice

_ENGLISH: Final = {"en-US": "English (United States)", "en-GB": "English (United Kingdom)"}
_LIST_SECONDS: Final = 20.0
_VARIANTS: Final = {"M": "", "F": "+f5"}
"""espeak-ng's own voice is a man's. Of the women's f5 is the one whose digits a machine understands best at 8 kHz
(pocketsphinx: 36 of 120 wrong; f2 40, f1 59, the others 56..106; the man's 55)."""

_log = structlog.get_logger(__name__)


class UnknownVoice(ValueError):
    """There is no voice of this name to be fetched."""


class VoiceNotFetched(OSError):
    """The voice's file could not be had."""


class InstalledVoice(msgspec.Struct, frozen=True):
    """A voice and who speaks with it."""

    voice: Voice
    engine: str
    """`hibari` or `espeak`."""
    version: str
    """Of the engine: another one may sound different."""
    name: str
    """As the engine calls it."""


def installed_voices() -> Mapping[str, InstalledVoice]:
    """Find the voices that can speak now, by code, in order of preference within a locale; downloads nothing."""
    found = [*(hibari_voice(name) for name in installed()), *_espeak_voices()]
    return {each.voice.code: each for each in found}


def fetch_voice(name: str) -> Voice:
    """Download a neural voice (8 MB) unless it is there; blocks. `name`: `fenrir` or its code, `en-US-Fenrir`.

    Raises UnknownVoice and VoiceNotFetched.
    """
    wanted = name.rpartition("-")[2].lower()
    if wanted not in VOICES or name.lower() not in {wanted, hibari_voice(wanted).voice.code.lower()}:
        codes = ", ".join(hibari_voice(each).voice.code for each in VOICES)
        reason = f"{name} is not a voice that can be fetched; there are {codes}"
        raise UnknownVoice(reason)
    try:
        voice_path(wanted)
    except (RuntimeError, OSError) as fault:
        raise VoiceNotFetched(str(fault)) from fault
    return hibari_voice(wanted).voice


def hibari_voice(name: str) -> InstalledVoice:
    """Describe a voice of hibari's register, installed or not."""
    entry = VOICES[name]
    locale = entry["language"]
    voice = Voice(
        code=f"{locale}-{name.capitalize()}",
        locale=locale,
        description=_ENGLISH.get(locale, locale),
        gender="F" if entry["gender"] == "female" else "M",
        neural=True,
    )
    return InstalledVoice(voice, "hibari", version("hibari-tts"), name)


def _espeak_voices() -> list[InstalledVoice]:
    if find_spec("espeakng_loader") is None:
        return []
    # asked in a process of its own: the library never comes into this one
    try:
        answer = subprocess.run(  # noqa: S603 - our own module
            module_command("espeak_engine"), capture_output=True, check=True, timeout=_LIST_SECONDS
        )
        languages = msgspec.json.decode(answer.stdout, type=dict[str, str])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as fault:
        _log.warning("espeak-not-usable", reason=str(fault))
        return []
    release = version("espeakng-loader")
    return [
        InstalledVoice(
            Voice(f"{dialect.locale}-Espeak{dialect.name}{gender}", dialect.locale, dialect.description, gender),
            "espeak",
            release,
            languages[language] + variant,
        )
        for language, dialect in LOCALES.items()
        if language in languages
        for gender, variant in _VARIANTS.items()
    ]
