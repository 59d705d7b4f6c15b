"""Voices: what is installed, and which one a request names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

_SAME_AS: Final[Mapping[str, str]] = MappingProxyType({"cmn": "zh", "in": "id", "iw": "he", "no": "nb", "yue": "zh-hk"})
"""Language subtags that say the same as another one (the registry of BCP 47; Norwegian means Bokmål)."""
MAX_CODE = 100
"""Longest voice code or language tag that is looked at, in characters."""
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)  # RFC 5646, section 2.1, its outline

DEFAULT_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en-US-BenjaminRUS": "en-US-Fenrir",
        "en-US-GuyRUS": "en-US-Fenrir",
        "en-US-GuyNeural": "en-US-Fenrir",
        "en-US-Guy": "en-US-Fenrir",
        "en-US-ZiraRUS": "en-US-Kore",
        "en-US-JessaRUS": "en-US-Heart",
        "en-US-AriaRUS": "en-US-Heart",
        "en-US-AriaNeural": "en-US-Heart",
        "en-US-Jenny": "en-US-Heart",
        "en-US-JennyNeural": "en-US-Heart",
        "en-US-Neural2-C": "en-US-Heart",
        "en-US-Standard-A": "en-US-Fenrir",
        "en-US-Standard-C": "en-US-Kore",
        # British and Irish names whose own voices may not be installed: the voice of every install stands in
        "en-GB-Emma": "en-US-Heart",
        "en-IE-EmilyNeural": "en-US-Heart",
        "da-DK-Naja": "da-DK-EspeakF",
    }
)
"""Voice names of the hosted API -> codes of voices that may be installed.

A name may stand for a voice of another locale: every English name speaks in the plain install, whose one voice is
en-US-Heart. No English voice reads Danish, so `da-DK-Naja` needs a Danish one.
"""
_GENDERS: Final = {"heart": "F", "kore": "F", "emma": "F", "espeakf": "F", "fenrir": "M", "fable": "M", "espeakm": "M"}


class Voice(msgspec.Struct, frozen=True):
    """A voice that can speak now."""

    code: str
    """Such as `en-US-Heart`."""
    locale: str
    """BCP 47, such as `en-US`."""
    description: str
    """Such as `English (United States)`."""
    gender: str
    """`F` or `M`."""
    neural: bool = False
    """Whether it sounds like a person."""


class SpeechProfile(msgspec.Struct, frozen=True, rename="camel"):
    """A voice as `GET /speech-profiles` lists it."""

    speech_profile_code: str
    locale_code: str
    locale_description: str
    gender: str


class Catalogue:
    """The installed voices and the names that lead to them. Codes and language tags match without regard to case.

    See the wire specification, section 5.
    """

    def __init__(
        self,
        voices: Iterable[Voice],
        aliases: Mapping[str, str] = DEFAULT_ALIASES,
        *,
        fallback_to_locale: bool = False,
    ) -> None:
        """`voices`: in order of preference within a locale; `aliases`: other names for voice codes.

        `fallback_to_locale`: a code of an unknown name takes the first voice of its locale.
        """
        self._voices = tuple(voices)
        self._fallback_to_locale = fallback_to_locale
        self._by_locale: dict[str, list[Voice]] = {}
        self._by_language: dict[str, str] = {}
        for voice in self._voices:
            locale = voice.locale.lower()
            self._by_locale.setdefault(locale, []).append(voice)
            self._by_language.setdefault(locale.partition("-")[0], voice.code)
        self._codes = {voice.code.lower(): voice.code for voice in self._voices}
        self._codes = self._aliased(aliases) | self._codes

    def resolve(self, profile: object, language: object) -> str | None:
        """Give the code of the installed voice that `voiceProfile` or, without it, `language` names; None: -1002."""
        if profile is not None:
            return self._of_profile(profile) if isinstance(profile, str) else None
        return self._of_language(language) if isinstance(language, str) else None

    def profiles(self) -> Sequence[SpeechProfile]:
        """List the installed voices for `GET /speech-profiles`."""
        return [SpeechProfile(voice.code, voice.locale, voice.description, voice.gender) for voice in self._voices]

    def _of_profile(self, profile: str) -> str | None:
        if len(profile) > MAX_CODE:
            return None
        code = self._codes.get(profile.lower())
        if code is None and self._fallback_to_locale:
            code = self._within(self._locale(profile), None)
        return code

    def _of_language(self, language: str) -> str | None:
        if len(language) > MAX_CODE or not _LANGUAGE_TAG.fullmatch(language):
            return None
        tag = language.lower()
        primary, dash, rest = tag.partition("-")
        tag = _SAME_AS.get(primary, primary) + dash + rest
        locale = tag if tag in self._by_locale else self._locale(tag)
        return self._within(locale, None) or self._by_language.get(tag.partition("-")[0])

    def _aliased(self, aliases: Mapping[str, str]) -> dict[str, str]:
        """Give the voice of every alias: its own, else one of the alias's locale, else one of its own voice's."""
        found = {}
        for alias, code in aliases.items():
            gender = _GENDERS.get(code.rpartition("-")[2].lower())
            voice = (
                self._codes.get(code.lower())
                or self._within(self._locale(alias), gender)
                or self._within(self._locale(code), gender)
            )
            if voice is not None:
                found[alias.lower()] = voice
        return found

    def _locale(self, code: str) -> str | None:
        """Give the installed locale that a code begins with."""
        parts = code.lower().split("-")
        for end in range(len(parts) - 1, 0, -1):
            locale = "-".join(parts[:end])
            if locale in self._by_locale:
                return locale
        return None

    def _within(self, locale: str | None, gender: str | None) -> str | None:
        """Give the first voice of a locale, one of `gender` where there is one that sounds as good."""
        if locale is None or locale not in self._by_locale:
            return None
        first, *others = self._by_locale[locale]
        alike = (first, *(voice for voice in others if voice.neural is first.neural))
        return next((voice.code for voice in alike if voice.gender == gender), first.code)
