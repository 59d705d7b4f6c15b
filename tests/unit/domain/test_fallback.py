"""The setting `fallbackCallflow`: what it may be."""

import json

import pytest
from tests.unit.domain import templates
from tests.unit.domain.bodies import HANGUP, NOW, RULES, SOURCE, call, capture, say, scenario

from ringback.domain.fallback import check_fallback, fallback_of
from ringback.domain.settings import MAX_FALLBACK, BadSetting, Settings

APOLOGY = {"callflow": [say(), call(), HANGUP]}


def setting(value: object) -> Settings:
    return Settings().changed({"fallbackCallflow": value})


@pytest.mark.parametrize("value", [APOLOGY, json.dumps(APOLOGY)])
def test_it_is_given_as_json_or_as_its_text(value: object) -> None:
    assert setting(value).fallback_callflow == APOLOGY
    check_fallback(setting(value), RULES, NOW)


def test_where_nothing_is_given_as_text_it_is_not_either() -> None:
    with pytest.raises(BadSetting, match=r"^fallbackCallflow: "):
        Settings().changed({"fallbackCallflow": json.dumps(APOLOGY)}, strict=True)
    assert Settings().changed({"fallbackCallflow": APOLOGY}, strict=True).fallback_callflow == APOLOGY


def test_null_takes_it_away() -> None:
    assert setting(APOLOGY).changed({"fallbackCallflow": None}) == Settings()
    assert fallback_of(Settings(), RULES, NOW) is None
    check_fallback(Settings(), RULES, NOW)


def test_other_settings_leave_it_alone() -> None:
    assert setting(APOLOGY).changed({"noOfTries": "1"}).fallback_callflow == APOLOGY


@pytest.mark.parametrize("value", ["", "{", "nonsense", "7", "[]", 7, True, [HANGUP], "[" * 16_000, '{"a": "\\ud800"}'])
def test_what_is_no_object_of_json_is_refused(value: object) -> None:
    with pytest.raises(BadSetting, match=r"^fallbackCallflow: "):
        setting(value)


def test_it_may_be_so_long_and_no_longer() -> None:
    def of(length: int) -> dict[str, object]:
        bare = len(json.dumps({"callflow": [HANGUP], "x": ""}, separators=(",", ":")))
        return {"callflow": [HANGUP], "x": "x" * (length - bare)}

    setting(of(MAX_FALLBACK))
    with pytest.raises(BadSetting, match=str(MAX_FALLBACK)):
        setting(of(MAX_FALLBACK + 1))


@pytest.mark.parametrize(
    ("callflow", "says"),
    [
        ([], "-1009 $.callflow: must have at least one action"),
        ([say(text="")], r"-1009 $.callflow[0].params.text: must have 1 to 3000 characters"),
        ([say(voiceProfile="xx-XX-Nobody")], "-1002 $.callflow[0].params.voiceProfile: Speech profile"),
        ([call(source="6599999999")], "-1014 $.callflow[0].params.source: Source or caller ID is not allowed"),
        ([call(source=SOURCE), call()], "-1010 $.callflow[1]: "),
        ([HANGUP, say()], "-1012 "),
        ([capture()], "-1004 "),
        ([scenario()], "-1020 "),
        (None, "-1009 $.callflow: is missing"),
    ],
)
def test_it_is_held_to_the_rules_of_an_answer(callflow: object, says: str) -> None:
    with pytest.raises(BadSetting) as refused:
        check_fallback(setting({"callflow": callflow}), RULES, NOW)
    assert str(refused.value).startswith(f"fallbackCallflow: {says}")


def test_digits_may_be_captured_where_they_are_posted_elsewhere() -> None:
    url = "https://example.com/digits"
    check_fallback(setting({"callflow": [capture(dtmfCallbackUrl=url)]}), RULES, NOW)


def test_a_scenario_may_run_and_one_that_its_parameters_spoil_may_not() -> None:
    rules = templates.rules(templates.SAY)
    needed = {"from": SOURCE, "to": "6512345678"}
    check_fallback(setting({"callflow": [scenario(scenarioName="hello", scenarioParams=needed)]}), rules, NOW)
    with pytest.raises(BadSetting, match="scenarioParams"):
        check_fallback(setting({"callflow": [scenario(scenarioName="hello", scenarioParams={})]}), rules, NOW)
