from typing import Any

from tests.unit.engine.story import CALL_A, Story

from ringback.domain.callflow import SayAndCapture
from ringback.engine import commands, events


def menu(**options: Any) -> Story:  # noqa: ANN401 - any field of the action
    options = {"min_digits": 1, "max_digits": 4, "overall_timeout": 10.0, "tries": 1} | options
    return Story(CALL_A, SayAndCapture("Prompt.", "voice", **options)).up()


def press(story: Story, digits: str) -> Story:
    return story.tell(*(events.DigitPressed("leg-1", digit) for digit in digits))


def captured(story: Story) -> str | None:
    (asked,) = story.all(commands.AskCallflow)
    return asked.digits


def said(story: Story) -> list[str]:
    return [play.sound.text for play in story.all(commands.Play) if isinstance(play.sound, commands.Utterance)]


def test_the_overall_timeout_starts_with_the_end_of_the_prompt() -> None:
    story = menu()
    assert "overall" not in story.timers
    assert story.finish().timers["overall"] == 10.0


def test_a_digit_during_the_prompt_stops_it_counts_and_starts_the_overall_timeout() -> None:
    story = press(menu(), "1")
    assert story.wanted(commands.StopPlay) == [commands.StopPlay("leg-1", 1)]
    assert story.timers["overall"] == 10.0
    assert captured(press(story, "#")) == "1"


def test_reaching_max_digits_ends_the_entry() -> None:
    assert captured(press(menu().finish(), "1234")) == "1234"


def test_the_hash_ends_the_entry_and_is_no_part_of_it() -> None:
    assert captured(press(menu().finish(), "12#")) == "12"


def test_without_complete_on_hash_it_is_a_digit_like_any_other() -> None:
    assert captured(press(menu(complete_on_hash=False).finish(), "1#2*")) == "1#2*"


def test_the_digit_timeout_starts_with_the_first_digit_and_anew_with_each() -> None:
    story = menu(digit_timeout=3.0).finish()
    assert "digit" not in story.timers
    press(story, "1")
    assert commands.StartTimer("digit", 3.0) in story.latest
    press(story, "2")
    assert commands.StartTimer("digit", 3.0) in story.latest
    assert captured(story.tell(events.TimerFired("digit"))) == "12"


def test_a_timeout_with_min_digits_reached_is_a_success() -> None:
    story = press(menu(min_digits=2, success_message="Thanks.").finish(), "12")
    story.tell(events.TimerFired("overall"))
    assert said(story)[-1] == "Thanks."
    assert captured(story.finish()) == "12"


def test_too_few_digits_are_a_failure() -> None:
    story = press(menu(min_digits=2, failure_message="Sorry.").finish(), "1#")
    assert said(story)[-1] == "Sorry."
    assert captured(story.finish()) is None


def test_a_hash_alone_is_a_failure() -> None:
    assert captured(press(menu(), "#")) is None


def test_every_try_speaks_prompt_and_failure_message_and_starts_with_no_digits() -> None:
    story = menu(tries=2, min_digits=2, failure_message="Sorry.").finish()
    press(story, "1").tell(events.TimerFired("overall"))
    story.finish()
    assert said(story) == ["Prompt.", "Sorry.", "Prompt."]
    story.finish()
    press(story, "2").tell(events.TimerFired("overall"))
    assert said(story) == ["Prompt.", "Sorry.", "Prompt.", "Sorry."]
    assert captured(story.finish()) is None


def test_without_a_failure_message_the_prompt_is_tried_again_at_once() -> None:
    story = menu(tries=2).finish().tell(events.TimerFired("overall"))
    assert said(story) == ["Prompt.", "Prompt."]


def test_a_second_try_can_succeed() -> None:
    story = menu(tries=2).finish().tell(events.TimerFired("overall"))
    assert captured(press(story, "7#")) == "7"


def test_a_digit_during_a_message_counts_for_nothing() -> None:
    story = menu(tries=2, failure_message="Sorry.").finish().tell(events.TimerFired("overall"))
    press(story, "9")
    assert story.wanted(commands.StopPlay) == []
    story.finish()
    assert captured(press(story, "1#")) == "1"


def test_repetition_repeats_the_prompt_within_a_try() -> None:
    assert menu(repetition=3).play().repetition == 3


def test_the_digits_are_also_posted_to_an_old_form_callback() -> None:
    story = press(menu(callback_url="http://program/dtmf").finish(), "12#")
    assert story.wanted(commands.ReportDigits) == [commands.ReportDigits("http://program/dtmf", "12")]


def test_a_caller_who_hangs_up_stops_the_prompt_and_the_timers() -> None:
    story = press(menu(digit_timeout=3.0), "1").tell(events.LegHungUp("leg-1"))
    assert {"digit", "overall"} <= {command.timer for command in story.wanted(commands.StopTimer)}
    story.ended()
    assert not story.all(commands.AskCallflow)


def test_a_timer_that_fires_as_the_entry_ends_changes_nothing() -> None:
    story = press(menu(success_message="Thanks.").finish(), "1234").tell(events.TimerFired("overall"))
    assert said(story) == ["Prompt.", "Thanks."]
