from collections.abc import Sequence

import msgspec
from tests.unit.domain.bodies import HEART

from ringback.domain.settings import Settings
from ringback.domain.voice import Voice
from ringback.service import rulebook
from ringback.service.ports import Subaccount, VirtualNumber, WebhookType
from ringback.service.rulebook import Rulebook

KORE = Voice("en-US-Kore", "en-US", "English (United States)", "F")
ACME = Subaccount("acme", caller_ids=frozenset({"6512341234"}))


def book(voices: Sequence[Voice] = (HEART,), *, fallback_to_locale: bool = False) -> Rulebook:
    return Rulebook(lambda: voices, fallback_to_locale=fallback_to_locale, max_actions=7, body_bytes=2048)


def test_caller_ids_and_virtual_numbers_may_both_be_called_from() -> None:
    numbers = {"6531589338": VirtualNumber("6531589338", "ref")}
    rules = book().rules(msgspec.structs.replace(ACME, numbers=numbers))
    assert rules.allowed_sources == {"6512341234", "6531589338"}


def test_the_bounds_of_the_configuration_hold() -> None:
    rules = book().rules(ACME)
    assert (rules.max_actions, rules.body_bytes, book().body_bytes) == (7, 2048, 2048)


def test_a_disabled_vca_webhook_takes_no_digits() -> None:
    url = "http://acme.example/"
    enabled = {hook.type: hook for hook in [WebhookType("VCA", url)]}
    disabled = {hook.type: hook for hook in [WebhookType("VCA", url, enabled=False)]}
    other = {hook.type: hook for hook in [WebhookType("VSS", url)]}
    found = [
        book().rules(msgspec.structs.replace(ACME, webhooks=hooks)).vca_enabled for hooks in (enabled, disabled, other)
    ]
    assert found == [True, False, False]


def test_the_settings_of_the_subaccount_are_taken() -> None:
    settings = Settings(no_of_tries=1)
    assert book().rules(msgspec.structs.replace(ACME, settings=settings)).settings == settings


def test_the_rules_of_an_unchanged_subaccount_are_made_once() -> None:
    rules = book()
    assert rules.rules(ACME) is rules.rules(ACME)


def test_a_changed_subaccount_has_new_rules_at_once() -> None:
    rules = book()
    rules.rules(ACME)
    assert rules.rules(msgspec.structs.replace(ACME, caller_ids=frozenset())).allowed_sources == frozenset()


def test_a_new_alias_leads_to_its_voice_after_a_refresh() -> None:
    rules = book()
    assert rules.rules(ACME).catalogue.resolve("acme-Voice", None) is None
    rules.refresh({"acme-Voice": "en-US-Heart"})
    assert rules.rules(ACME).catalogue.resolve("acme-voice", None) == "en-US-Heart"


def test_a_configured_alias_wins_over_the_built_in_one() -> None:
    rules = book([HEART, KORE])
    assert rules.rules(ACME).catalogue.resolve("en-US-ZiraRUS", None) == "en-US-Kore"
    rules.refresh({"en-US-ZiraRUS": "en-US-Heart"})
    assert rules.rules(ACME).catalogue.resolve("en-US-ZiraRUS", None) == "en-US-Heart"


def test_a_voice_that_was_installed_since_is_found_after_a_refresh() -> None:
    voices = [HEART]
    rules = book(voices)
    voices.append(KORE)
    assert [profile.speech_profile_code for profile in rules.profiles()] == ["en-US-Heart"]
    rules.refresh({})
    assert [profile.speech_profile_code for profile in rules.profiles()] == ["en-US-Heart", "en-US-Kore"]


def test_an_unknown_name_falls_back_within_its_locale_only_where_that_is_configured() -> None:
    found = [book(fallback_to_locale=on).rules(ACME).catalogue.resolve("en-US-Nobody", None) for on in (False, True)]
    assert found == [None, "en-US-Heart"]


def test_no_more_rules_are_kept_than_the_bound() -> None:
    rules = book()
    for number in range(rulebook.MAX_KEPT + 1):
        rules.rules(Subaccount(f"account-{number}"))
    assert len(rules._kept) == 1
