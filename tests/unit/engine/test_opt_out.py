"""A callee who wants no more calls: the key, the list, and how the session ends."""

import pytest
from tests.unit.engine.story import BOB, CALL_A, HANGUP, HELLO, SOURCE, Story

from ringback.domain.callflow import Action, Callflow, Execution, OptOut, SayAndCapture
from ringback.domain.session import LastAction, LegStatus, SessionStatus
from ringback.engine import commands, events
from ringback.engine.session import CLEARING_TIMER
from ringback.engine.transitions import State

ASK = SayAndCapture(
    "Press 9.",
    "en-US-Heart",
    max_digits=1,
    tries=2,
    opt_out=OptOut("9", "You are off the list.", "Please write to us."),
)
NINE = events.DigitPressed("leg-1", "9")
OVER = events.LegHungUp("leg-1")


def message(*after: Action, ask: SayAndCapture = ASK) -> Story:
    """Give a session of a scenario whose callee is asked."""
    return Story(CALL_A, HELLO, ask, *after, scenario=Execution("message", 1)).up().finish()


def heard(story: Story) -> list[str]:
    return [play.sound.text for play in story.all(commands.Play) if isinstance(play.sound, commands.Utterance)]


def test_the_key_is_told_to_the_list_before_anything_is_confirmed() -> None:
    story = message(HANGUP).tell(NINE)
    assert story.wanted(commands.OptOut) == [commands.OptOut("leg-1")]
    assert heard(story) == ["Hello.", "Press 9."]
    story.tell(events.OptOutKept())
    assert heard(story) == ["Hello.", "Press 9.", "You are off the list."]
    story.finish()
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    session = story.tell(OVER).ended()
    assert session.status is SessionStatus.COMPLETED_UNSUBSCRIBED
    assert session.legs[0].status is LegStatus.COMPLETED
    assert session.last_action is LastAction.EXECUTE_SCENARIO


def test_a_list_that_fails_is_told_to_the_callee_and_to_the_program() -> None:
    story = message(HANGUP).tell(NINE, events.OptOutLost())
    assert heard(story)[-1] == "Please write to us."
    assert story.finish().tell(OVER).ended().status is SessionStatus.COMPLETED_UNSUB_ERROR


def test_nothing_of_the_callflow_comes_after_an_opt_out() -> None:
    story = message(HELLO, HANGUP).tell(NINE, events.OptOutKept()).finish()
    assert heard(story) == ["Hello.", "Press 9.", "You are off the list."]
    assert not story.all(commands.AskCallflow)
    assert story.machine.state is State.CLEARING


def test_an_opt_out_needs_no_words() -> None:
    story = message(ask=SayAndCapture("Press *.", "v", max_digits=2, opt_out=OptOut("*")))
    story.tell(events.DigitPressed("leg-1", "*"), events.DigitPressed("leg-1", "#"), events.OptOutKept())
    assert story.wanted(commands.HangUp)


@pytest.mark.parametrize("digits", ["1", "99"])
def test_any_other_entry_is_a_capture_like_every_other(digits: str) -> None:
    story = message(ask=SayAndCapture("Press 9.", "v", max_digits=len(digits), opt_out=OptOut("9", "Off.")))
    story.tell(*(events.DigitPressed("leg-1", digit) for digit in digits))
    (asked,) = story.all(commands.AskCallflow)
    assert asked.digits == digits
    assert not story.all(commands.OptOut)


def test_who_presses_nothing_is_asked_again_and_the_session_completes() -> None:
    story = message(HANGUP).finish().tell(events.TimerFired("overall")).finish().tell(events.TimerFired("overall"))
    assert heard(story) == ["Hello.", "Press 9.", "Press 9."]
    assert story.tell(OVER).ended().status is SessionStatus.COMPLETED


def test_further_keys_while_the_list_is_asked_count_for_nothing() -> None:
    story = message(HANGUP).tell(NINE, NINE, events.DigitPressed("leg-1", "1"))
    assert story.all(commands.OptOut) == [commands.OptOut("leg-1")]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (events.OptOutKept(), SessionStatus.COMPLETED_UNSUBSCRIBED),
        (events.OptOutLost(), SessionStatus.COMPLETED_UNSUB_ERROR),
    ],
)
def test_who_hangs_up_at_once_is_waited_for_until_the_list_has_answered(
    answer: events.Event, status: SessionStatus
) -> None:
    story = message(HANGUP).tell(NINE, OVER)
    assert story.machine.state is State.CLEARING
    assert not story.all(commands.EndSession)
    assert story.tell(answer).ended().status is status


def test_a_list_that_never_answers_holds_a_session_no_longer_than_a_phone_that_does_not() -> None:
    story = message(HANGUP).tell(NINE, OVER, events.TimerFired(CLEARING_TIMER))
    assert story.ended().status is SessionStatus.COMPLETED_UNSUB_ERROR


def test_an_answer_before_the_hangup_does_not_end_the_session_early() -> None:
    story = message(HANGUP).tell(NINE, events.SessionCancelled(), events.OptOutKept())
    assert story.machine.state is State.CLEARING
    assert story.tell(OVER).ended().status is SessionStatus.COMPLETED_UNSUBSCRIBED


def test_an_opt_out_is_heard_of_also_where_its_confirmation_could_not_be_spoken() -> None:
    story = message(HANGUP).tell(NINE, events.OptOutKept())
    story.tell(events.PlayFailed(story.all(commands.Play)[-1].play_id, -2005), OVER)
    assert story.ended().status is SessionStatus.COMPLETED_UNSUBSCRIBED


def test_another_callflow_in_the_middle_changes_nothing_of_it() -> None:
    story = message(HANGUP).tell(NINE, events.CallflowReplaced(Callflow(actions=(HELLO, HANGUP))))
    assert heard(story)[-1] == "Hello."
    story.tell(events.OptOutKept())
    assert heard(story)[-1] == "Hello."
    assert story.finish().tell(OVER).ended().status is SessionStatus.COMPLETED_UNSUBSCRIBED


def test_a_number_on_the_list_is_not_dialled() -> None:
    story = Story(CALL_A, HELLO, ASK, scenario=Execution("message", 1)).tell(events.NumberOptedOut())
    session = story.ended()
    assert (session.status, session.legs, session.error) == (SessionStatus.UNSUBSCRIBED_CONTACT, [], None)
    assert session.last_action is LastAction.EXECUTE_SCENARIO
    assert not story.all(commands.Dial)


def test_what_a_scenario_says_of_opting_out_is_rendered_while_the_phone_rings() -> None:
    story = Story(CALL_A, ASK).tell(events.SessionStarted())
    (prepare,) = story.wanted(commands.Prepare)
    assert [sound.text for sound in prepare.sounds if isinstance(sound, commands.Utterance)] == [
        "Press 9.",
        "You are off the list.",
        "Please write to us.",
    ]


def test_the_number_of_a_caller_is_where_the_call_came_from() -> None:
    story = Story(ASK)
    story.tell(events.CallReceived("in-1", BOB, SOURCE))
    assert story.session.legs[0].far_end == BOB
    assert message().session.legs[0].far_end == CALL_A.destination


def test_after_a_scenario_the_actions_count_by_their_own_names_again() -> None:
    story = message(ask=SayAndCapture("Press 9.", "v", max_digits=1, opt_out=OptOut("9")))
    story.tell(events.DigitPressed("leg-1", "1"))
    assert str(story.session.last_action) == "EXECUTE_SCENARIO"
    story.tell(events.CallflowReceived(Callflow(actions=(HELLO,))))
    assert str(story.session.last_action) == "SAY"
