"""The program fails, and its subaccount has a callflow for that."""

import pytest
from tests.unit.engine.story import BOB, CALL_A, CALL_B, HANGUP, HELLO, MENU, SOURCE, Story

from ringback.domain import status
from ringback.domain.callflow import Action, Callflow, Say
from ringback.domain.number import Number
from ringback.domain.session import LastAction, LegStatus, Session, SessionStatus
from ringback.engine import commands, events

SORRY = Say("We are sorry.", "en-US-Heart")


def refused(*actions: Action, code: int = status.CALLFLOW_INVALID) -> events.CallflowRefused:
    return events.CallflowRefused(code, Callflow(actions=actions))


def asking() -> Story:
    """Let call A be up, and the program asked."""
    story = Story(CALL_A, HELLO).up().finish()
    assert story.wanted(commands.AskCallflow)
    return story


def offered() -> Story:
    """Let a caller wait while the program is asked."""
    return Story().tell(events.CallReceived("caller", Number("4930123456"), SOURCE))


def failed(session: Session, code: int = status.CALLFLOW_INVALID) -> bool:
    return session.status is SessionStatus.ERROR and session.error is not None and session.error.code == code


@pytest.mark.parametrize("code", [status.NOT_CONNECTED, status.CALLFLOW_INVALID, status.SOURCE_NOT_WHITELISTED])
def test_it_plays_then_the_session_ends_with_the_error_of_the_program_and_nobody_is_asked_again(code: int) -> None:
    story = asking().tell(refused(SORRY, code=code))
    assert story.play().sound == commands.Utterance("We are sorry.", "en-US-Heart", 1.0)
    assert not story.wanted(commands.HangUp)
    story.finish()
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert failed(session, code)
    assert session.legs[0].status is LegStatus.COMPLETED, "the call went as it should"
    assert session.error is not None
    assert (session.error.action, session.last_action) == (LastAction.SAY, LastAction.SAY)
    assert len(story.all(commands.AskCallflow)) == 1


def test_its_texts_are_rendered_as_those_of_any_callflow() -> None:
    story = asking().tell(refused(SORRY, MENU))
    (prepared,) = story.wanted(commands.Prepare)
    assert len(prepared.sounds) == 2


def test_a_hangup_at_its_end_changes_nothing() -> None:
    story = asking().tell(refused(SORRY, HANGUP)).finish()
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert failed(session)
    assert session.last_action is LastAction.HANGUP


def test_the_caller_may_leave_in_the_middle() -> None:
    session = asking().tell(refused(SORRY)).tell(events.LegHungUp("leg-1")).ended()
    assert failed(session)
    assert session.legs[0].status is LegStatus.COMPLETED


def test_it_transfers_and_when_the_other_one_leaves_the_session_ends() -> None:
    story = asking().tell(refused(SORRY, CALL_B)).finish()
    assert story.wanted(commands.Dial) == [commands.Dial("leg-2", "callB", SOURCE, BOB, beside="leg-1")]
    story.bob_up()
    assert story.wanted(commands.Bridge) == [commands.Bridge("leg-1", "leg-2")]
    story.tell(events.LegHungUp("leg-2"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert failed(session)
    assert [leg.status for leg in session.legs] == [LegStatus.COMPLETED, LegStatus.COMPLETED]
    assert len(story.all(commands.AskCallflow)) == 1


def test_a_transfer_that_fails_ends_the_session_with_the_first_error() -> None:
    story = asking().tell(refused(CALL_B)).tell(events.LegDialled("leg-2", 30.0), events.LegUnreachable("leg-2"))
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert failed(session)
    assert [leg.status for leg in session.legs] == [LegStatus.COMPLETED, LegStatus.ERROR]


def test_a_prompt_of_it_that_cannot_be_played_ends_the_session_with_the_first_error() -> None:
    story = asking().tell(refused(SORRY))
    story.tell(events.PlayFailed(story.play().play_id, status.NOT_SYNTHESIZED))
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert failed(session)
    assert session.legs[0].status is LegStatus.ERROR


def test_digits_may_be_asked_for_and_are_not_followed_by_a_question() -> None:
    story = asking().tell(refused(MENU)).finish().tell(events.DigitPressed("leg-1", "1"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert len(story.all(commands.AskCallflow)) == 1


def test_a_callflow_that_takes_its_place_is_followed_by_a_question_again() -> None:
    story = asking().tell(refused(SORRY)).tell(events.CallflowReplaced(Callflow(actions=(HELLO,)))).finish()
    assert story.wanted(commands.AskCallflow)
    session = story.tell(events.CallflowAbsent()).tell(events.LegHungUp("leg-1")).ended()
    assert failed(session), "that the program failed is told all the same"


def test_a_caller_who_waits_is_answered_and_hears_it() -> None:
    story = offered().tell(refused(SORRY))
    assert story.wanted(commands.Answer) == [commands.Answer("caller")]
    story.tell(events.LegAnswered("caller"))
    assert story.play().call_id == "caller"
    story.finish()
    assert story.wanted(commands.HangUp) == [commands.HangUp("caller")]
    session = story.tell(events.LegHungUp("caller")).ended()
    assert failed(session)
    assert session.legs[0].status is LegStatus.COMPLETED


def test_a_caller_who_waits_is_put_through() -> None:
    story = offered().tell(refused(CALL_B)).tell(events.LegDialled("leg-1", 30.0), events.LegAnswered("leg-1"))
    assert story.wanted(commands.Answer) == [commands.Answer("caller")]
    story.tell(events.LegAnswered("caller")).tell(events.LegHungUp("leg-1"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("caller")]
    assert failed(story.tell(events.LegHungUp("caller")).ended())


def test_a_caller_who_waits_may_be_declined_by_it() -> None:
    story = offered().tell(refused(HANGUP))
    assert story.wanted(commands.Reject) == [commands.Reject("caller", 603)]
    session = story.ended()
    assert failed(session)
    assert session.legs[0].status is LegStatus.FAILED


def test_a_refusal_that_comes_after_the_caller_left_runs_nothing() -> None:
    story = asking().tell(events.LegHungUp("leg-1")).tell(refused(SORRY))
    assert story.latest == []
    assert story.ended().status is SessionStatus.COMPLETED
