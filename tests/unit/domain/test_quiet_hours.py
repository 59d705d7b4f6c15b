"""When somebody may be called, by the clocks of where the number is."""

from datetime import UTC, datetime

import pytest

from ringback.domain import quiet_hours
from ringback.domain.callflow import Callflow, Hangup, MakeCall
from ringback.domain.number import Number
from ringback.domain.quiet_hours import due, quiet_until
from ringback.domain.settings import BadSetting, Settings

SINGAPORE, BERLIN, WASHINGTON, TOLL_FREE, NOWHERE = (
    Number(digits) for digits in ("6561234567", "493012345678", "12025550123", "18005551234", "80012345678")
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def until(rules: str, number: Number, now: str) -> str:
    """Give when the number may be called, as UTC; `now` may be a part of it."""
    return datetime.fromtimestamp(quiet_until(rules, number, at(now)), UTC).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-24T12:59", "2026-11-24T12:59"),  # 20:59 there
        ("2026-11-24T13:00", "2026-11-25T00:00"),
        ("2026-11-24T18:00", "2026-11-25T00:00"),
        ("2026-11-24T23:59", "2026-11-25T00:00"),
        ("2026-11-25T00:00", "2026-11-25T00:00"),
    ],
)
def test_a_night_is_over_in_the_morning_of_the_place(now: str, then: str) -> None:
    assert until("SG 21:00-08:00", SINGAPORE, now) == then


def test_hours_of_one_day_end_on_it() -> None:
    assert until("SG 12:00-14:00", SINGAPORE, "2026-11-24T05:30") == "2026-11-24T06:00"


def test_a_country_without_a_rule_has_no_quiet_hours() -> None:
    assert until("SG 00:00-23:59", BERLIN, "2026-11-24T03:00") == "2026-11-24T03:00"
    assert quiet_until("", BERLIN, 5.5) == 5.5


def test_the_rule_for_all_is_for_those_that_have_none_of_their_own() -> None:
    rules = "DE 13:00-15:00, * 22:00-07:00"
    assert until(rules, SINGAPORE, "2026-11-24T15:00") == "2026-11-24T23:00"
    assert until(rules, BERLIN, "2026-11-24T23:00") == "2026-11-24T23:00"
    assert until(rules, BERLIN, "2026-11-24T12:00") == "2026-11-24T14:00"


def test_a_sunday_joins_the_nights_around_it() -> None:
    rules = "DE 20:00-08:00,DE Sun 00:00-24:00"
    assert until(rules, BERLIN, "2026-11-21T19:00") == "2026-11-23T07:00"  # Saturday evening to Monday morning
    assert until(rules, BERLIN, "2026-11-20T19:00") == "2026-11-21T07:00"


def test_days_are_those_on_which_it_begins() -> None:
    rules = "DE Sat-Mon 23:00-06:00"  # the last of them ends on Tuesday
    assert until(rules, BERLIN, "2026-11-23T23:00") == "2026-11-24T05:00"
    assert until(rules, BERLIN, "2026-11-24T23:00") == "2026-11-24T23:00"
    assert until(rules, BERLIN, "2026-11-21T01:00") == "2026-11-21T01:00"  # the night from Friday to Saturday


def test_it_is_quiet_while_it_is_in_any_time_zone_that_the_number_may_be_in() -> None:
    assert until("US 22:00-07:00", WASHINGTON, "2026-11-24T11:00") == "2026-11-24T12:00"
    assert len(TOLL_FREE.time_zones) > 20
    assert until("US 22:00-07:00", TOLL_FREE, "2026-11-24T12:00") > "2026-11-24T15:00"


def test_a_number_of_no_country_keeps_to_utc() -> None:
    assert until("* 22:00-07:00", NOWHERE, "2026-11-24T23:00") == "2026-11-25T07:00"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-03-28T20:00", "2026-03-29T06:00"),  # the clocks go forward in that night: 21:00 to 08:00 are ten hours
        ("2026-10-24T20:00", "2026-10-25T07:00"),  # and back: twelve
    ],
)
def test_a_night_in_which_the_clocks_change_ends_by_the_clock(now: str, then: str) -> None:
    assert until("DE 21:00-08:00", BERLIN, now) == then


@pytest.mark.parametrize("minutes", range(0, 180, 7))
def test_the_hour_that_comes_twice_and_the_one_that_never_does_end(minutes: int) -> None:
    for night in ("2026-03-29T00:00", "2026-10-25T00:00"):
        now = at(night) + minutes * 60
        then = quiet_until("DE 01:00-02:30", BERLIN, now)
        assert now <= then <= now + 3 * 3600
        assert quiet_until("DE 01:00-02:30", BERLIN, then) == then


def test_where_time_zones_leave_no_time_it_is_asked_again_after_a_week() -> None:
    now = at("2026-11-24T12:00")
    assert quiet_until("US 12:00-07:00", TOLL_FREE, now) >= now + 8 * 86_400


# ---------------------------------------------------------------- a callflow


def flow(start_at: float | None = None, *, ignores: bool = False) -> Callflow:
    call = MakeCall(Number("6512341234"), SINGAPORE)
    return Callflow(actions=(call, Hangup()), start_at=start_at, ignores_quiet_hours=ignores)


def test_a_callflow_is_due_at_its_start_and_when_the_quiet_hours_are_over() -> None:
    night, morning, noon = at("2026-11-24T14:00"), at("2026-11-25T00:00"), at("2026-11-25T04:00")
    assert due(flow(), "SG 21:00-08:00", night) == morning
    assert due(flow(morning - 60), "SG 21:00-08:00", night) == morning
    assert due(flow(noon), "SG 21:00-08:00", night) == noon
    assert due(flow(noon), "", night) == noon
    assert due(flow(night - 60), "", night) == night


def test_a_callflow_for_which_somebody_waits_ignores_quiet_hours() -> None:
    night = at("2026-11-24T14:00")
    assert due(flow(ignores=True), "SG 21:00-08:00", night) == night


def test_a_callflow_that_calls_nobody_has_no_quiet_hours() -> None:
    assert due(Callflow(actions=(Hangup(),)), "* 00:00-23:59", 5.0) == 5.0


# ---------------------------------------------------------------- the setting


@pytest.mark.parametrize(
    "rules",
    ["SG 21:00-08:00", "SG 21:00-08:00, * 01:00-24:00, DE Sat-Sun 00:00-24:00", "* Mon 09:30-10:00,DE 00:00-23:59", ""],
)
def test_rules_that_are_taken(rules: str) -> None:
    assert Settings().changed({"quietHours": rules}).quiet_hours == rules


@pytest.mark.parametrize(
    "rules",
    [
        *("SG", "SG 21-08", "sg 21:00-08:00", "SGP 21:00-08:00", "SG 21:00-25:00", "SG 24:00-08:00"),
        *("SG 21:00 - 08:00", "SG So 00:00-24:00", "SG 21:00-08:00;DE 20:00-08:00", " SG 21:00-08:00"),
        *("SG 21:00-08:00\n", "," * 9, "SG 21:00-08:00," * 300 + "SG 21:00-08:00"),
    ],
)
def test_rules_that_are_not_written_like_one(rules: str) -> None:
    with pytest.raises(BadSetting, match="quietHours: "):
        Settings().changed({"quietHours": rules})


@pytest.mark.parametrize(
    ("rules", "country"),
    [
        ("DE 00:00-24:00", "DE"),
        ("* 10:00-10:00", r"\*"),
        ("SG Mon-Fri 00:00-24:00, SG Sat-Sun 08:00-20:00, SG Fri-Sun 20:00-08:00", "SG"),
    ],
)
def test_rules_that_leave_no_time_to_call_are_refused(rules: str, country: str) -> None:
    with pytest.raises(BadSetting, match=f"quietHours: they leave no time to call {country}"):
        Settings().changed({"quietHours": rules})


def test_without_the_time_zones_of_the_world_there_are_no_quiet_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet_hours, "knows_time_zones", lambda: False)
    with pytest.raises(BadSetting, match="quietHours: this machine has no time zones"):
        Settings().changed({"quietHours": "SG 21:00-08:00"})
    assert Settings().changed({"quietHours": ""}) == Settings()


@pytest.mark.parametrize(
    "change",
    [{"maxConcurrentCalls": -1}, {"maxConcurrentCalls": 1.5}, {"callsPerSecond": -0.1}, {"callsPerSecond": "many"}],
)
def test_limits_that_cannot_be(change: dict[str, object]) -> None:
    with pytest.raises(BadSetting, match=next(iter(change))):
        Settings().changed(change)
