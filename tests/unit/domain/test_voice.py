import pytest
from msgspec.structs import replace
from tests.unit.domain.bodies import HEART

from ringback.domain.voice import DEFAULT_ALIASES, Catalogue, SpeechProfile, Voice

FENRIR = Voice("en-US-Fenrir", "en-US", "English (United States)", "M")
FABLE = Voice("en-GB-Fable", "en-GB", "English (United Kingdom)", "M")
EMMA = Voice("en-GB-Emma", "en-GB", "English (United Kingdom)", "F")
NAJA_M = Voice("da-DK-EspeakM", "da-DK", "Danish (Denmark)", "M")
NAJA_F = Voice("da-DK-EspeakF", "da-DK", "Danish (Denmark)", "F")
PLAIN = Catalogue([HEART])


@pytest.mark.parametrize("code", ["en-US-Heart", "EN-us-heart"])
def test_an_installed_voice_is_known_in_any_case(code: str) -> None:
    assert PLAIN.resolve(code, None) == "en-US-Heart"


@pytest.mark.parametrize("alias", [alias for alias in DEFAULT_ALIASES if alias.startswith("en-")])
def test_every_published_english_name_speaks_in_the_plain_install(alias: str) -> None:
    assert PLAIN.resolve(alias, None) == "en-US-Heart"
    assert PLAIN.resolve(alias.upper(), None) == "en-US-Heart"


def test_a_locale_without_a_voice_is_refused() -> None:
    assert PLAIN.resolve("da-DK-Naja", None) is None
    assert PLAIN.resolve("en-GB-Nobody", None) is None


def test_a_published_name_prefers_its_own_voice_once_that_is_installed() -> None:
    everything = Catalogue([HEART, FENRIR, EMMA, FABLE, NAJA_M, NAJA_F])
    assert everything.resolve("en-US-BenjaminRUS", None) == "en-US-Fenrir"
    assert everything.resolve("en-GB-Emma", None) == "en-GB-Emma"
    assert everything.resolve("da-DK-Naja", None) == "da-DK-EspeakF"


def test_an_alias_whose_voice_is_missing_takes_one_of_its_locale_and_gender() -> None:
    assert Catalogue([NAJA_M]).resolve("da-DK-Naja", None) == "da-DK-EspeakM"
    aliases = {"en-GB-Libby": "en-GB-Emma", "en-GB-Ryan": "en-GB-EspeakM"}
    lone = Voice("en-GB-EspeakF", "en-GB", "English (United Kingdom)", "F")
    catalogue = Catalogue([HEART, FABLE, lone], aliases)
    assert catalogue.resolve("en-GB-Libby", None) == "en-GB-EspeakF"
    assert catalogue.resolve("en-GB-Ryan", None) == "en-GB-Fable"


def test_an_alias_takes_a_neural_voice_before_one_of_its_gender() -> None:
    heart, man = (Voice(f"en-US-{name}", "en-US", "", gender) for name, gender in (("Heart", "F"), ("EspeakM", "M")))
    assert Catalogue([replace(heart, neural=True), man]).resolve("en-US-GuyRUS", None) == "en-US-Heart"
    assert Catalogue([heart, man]).resolve("en-US-GuyRUS", None) == "en-US-EspeakM"


def test_an_alias_of_another_locale_falls_back_there_last() -> None:
    assert Catalogue([FENRIR, FABLE]).resolve("en-GB-Emma", None) == "en-GB-Fable"
    assert Catalogue([FENRIR]).resolve("en-GB-Emma", None) == "en-US-Fenrir"


def test_a_configured_alias_leads_to_its_voice() -> None:
    catalogue = Catalogue([HEART, FENRIR], {"de-DE-Hans": "EN-US-FENRIR"})
    assert catalogue.resolve("de-de-hans", None) == "en-US-Fenrir"
    assert catalogue.resolve("en-US-Jenny", None) is None


def test_an_unknown_name_is_refused_unless_the_locale_may_stand_in() -> None:
    assert PLAIN.resolve("en-US-Nobody", None) is None
    lenient = Catalogue([HEART], fallback_to_locale=True)
    assert lenient.resolve("en-US-Nobody", None) == "en-US-Heart"
    assert lenient.resolve("en-US-Nobody-At-All", None) == "en-US-Heart"
    assert lenient.resolve("da-DK-Nobody", None) is None
    assert lenient.resolve("en-US", None) is None
    assert lenient.resolve("", None) is None


@pytest.mark.parametrize("language", ["en-US", "EN-us", "en", "en-GB", "en-Latn-US"])
def test_a_language_takes_the_first_voice_of_its_locale_or_language(language: str) -> None:
    assert PLAIN.resolve(None, language) == "en-US-Heart"


def test_a_language_prefers_its_locale() -> None:
    catalogue = Catalogue([HEART, FENRIR, FABLE, EMMA])
    assert catalogue.resolve(None, "en-gb") == "en-GB-Fable"
    assert catalogue.resolve(None, "en-AU") == "en-US-Heart"


@pytest.mark.parametrize("language", ["", "da", "english", "en_US", "en-", "-en", "en-US-", "x" * 200, "en-" + "x" * 9])
def test_an_unknown_or_malformed_language_is_refused(language: str) -> None:
    assert PLAIN.resolve(None, language) is None


def test_a_profile_wins_over_a_language_even_if_it_is_bad() -> None:
    assert PLAIN.resolve("nobody", "en-US") is None
    assert PLAIN.resolve("", "en-US") is None
    assert PLAIN.resolve(5, "en-US") is None
    assert PLAIN.resolve("en-US-Heart", 5) == "en-US-Heart"
    assert PLAIN.resolve(None, None) is None


def test_only_installed_voices_are_listed() -> None:
    assert PLAIN.profiles() == [SpeechProfile("en-US-Heart", "en-US", "English (United States)", "F")]
    assert Catalogue([]).profiles() == []
