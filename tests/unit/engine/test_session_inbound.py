"""Calls that come in: the program decides before they are answered (wire specification, section 4)."""

from collections.abc import Callable

import pytest
from tests.unit.engine.story import CALL_B, HANGUP, HELLO, MENU, Story

from ringback.domain import status
from ringback.domain.callflow import Action, Callflow
from ringback.domain.number import Number
from ringback.domain.session import CallStatus, Direction, LegStatus, SessionStatus
from ringback.engine import commands, events
from ringback.engine.session import RING_TIMER
from ringback.engine.transitions import State

CALLER = Number("4915112345678")
VIRTUAL = Number("15550100100")


def offered(*answer: Action) -> Story:
    """Let a caller wait; with `answer`, let the program answer."""
    story = Story().tell(events.CallReceived("caller", CALLER, VIRTUAL))
    return story.tell(events.CallflowReceived(Callflow(actions=answer))) if answer else story


def masked() -> Story:
    """Let a caller be bridged to B."""
    story = offered(CALL_B).tell(events.LegDialled("leg-1", 30.0), events.LegRinging("leg-1", 180))
    return story.tell(events.LegAnswered("leg-1")).tell(events.LegAnswered("caller"))


def test_the_program_is_asked_while_the_caller_waits() -> None:
    story = offered()
    assert story.wanted(commands.AskCallflow) == [commands.AskCallflow("caller", None, None, CallStatus.CALL_RECEIVED)]
    assert story.reports() == [("caller", CallStatus.CALL_RECEIVED, None)]
    (leg,) = story.session.legs
    assert (leg.name, leg.direction, leg.source, leg.destination) == ("callA", Direction.INBOUND, CALLER, VIRTUAL)


def test_something_to_say_answers_the_call_first() -> None:
    story = offered(HELLO)
    assert story.wanted(commands.Answer) == [commands.Answer("caller")]
    assert not story.wanted(commands.Play)
    story.tell(events.LegAnswered("caller"))
    assert story.play().call_id == "caller"
    story.finish()
    assert story.wanted(commands.AskCallflow) == [commands.AskCallflow("caller", None, None)]


def test_digits_can_be_captured_from_a_caller() -> None:
    story = offered(MENU).tell(events.LegAnswered("caller")).tell(events.DigitPressed("caller", "4"))
    assert story.wanted(commands.AskCallflow) == [commands.AskCallflow("caller", "4", None)]


def test_a_hangup_alone_rejects_the_call() -> None:
    story = offered(HANGUP)
    assert story.wanted(commands.Reject) == [commands.Reject("caller", 603)]
    session = story.ended()
    assert (session.status, session.legs[0].status, session.legs[0].sip_code) == (
        SessionStatus.FAILED,
        LegStatus.FAILED,
        603,
    )


def test_a_caller_keeps_waiting_while_b_rings() -> None:
    story = offered(CALL_B)
    assert [dial.name for dial in story.wanted(commands.Dial)] == ["callB"]
    assert not story.wanted(commands.Answer)
    assert not story.wanted(commands.StartRingback)
    story.tell(events.LegDialled("leg-1", 30.0), events.LegRinging("leg-1", 183, early_media=True))
    assert not story.wanted(commands.Bridge)
    assert story.machine.state is State.CONNECTING


def test_the_caller_is_answered_and_bridged_when_b_answers() -> None:
    story = offered(CALL_B).tell(events.LegDialled("leg-1", 30.0), events.LegAnswered("leg-1"))
    assert story.wanted(commands.Answer) == [commands.Answer("caller")]
    story.tell(events.LegAnswered("caller"))
    assert story.wanted(commands.Bridge) == [commands.Bridge("caller", "leg-1")]
    assert story.machine.state is State.BRIDGED


def test_a_masked_call_ends_when_b_hangs_up_without_another_question() -> None:
    story = masked().tell(events.LegHungUp("leg-1"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("caller")]
    session = story.tell(events.LegHungUp("caller")).ended()
    assert session.status is SessionStatus.COMPLETED
    assert len(story.all(commands.AskCallflow)) == 1


def test_a_masked_call_ends_when_the_caller_hangs_up() -> None:
    story = masked().tell(events.LegHungUp("caller"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegHungUp("leg-1")).ended().status is SessionStatus.COMPLETED


def test_a_caller_who_was_spoken_to_first_is_asked_about_after_a_bridge() -> None:
    story = offered(HELLO, CALL_B).tell(events.LegAnswered("caller")).finish()
    assert story.wanted(commands.StartRingback) == [commands.StartRingback("caller")]
    story.tell(events.LegDialled("leg-1", 30.0), events.LegAnswered("leg-1"), events.LegHungUp("leg-1"))
    assert len(story.all(commands.AskCallflow)) == 2


@pytest.mark.parametrize(
    ("refusal", "to_caller", "expected"),
    [
        (486, 486, LegStatus.BUSY),
        (600, 486, LegStatus.BUSY),
        (404, 480, LegStatus.FAILED),
        (603, 480, LegStatus.FAILED),
    ],
)
def test_b_that_refuses_refuses_the_caller(refusal: int, to_caller: int, expected: LegStatus) -> None:
    story = offered(CALL_B).tell(events.LegDialled("leg-1", 30.0), events.LegRefused("leg-1", refusal))
    assert story.wanted(commands.Reject) == [commands.Reject("caller", to_caller)]
    session = story.ended()
    assert session.status == SessionStatus(expected.value)
    assert [leg.status for leg in session.legs] == [expected, expected]


def test_b_that_does_not_answer_leaves_the_caller_unanswered() -> None:
    story = offered(CALL_B).tell(events.LegDialled("leg-1", 30.0)).tell(events.TimerFired(RING_TIMER))
    assert story.wanted(commands.Reject) == [commands.Reject("caller", 480)]
    assert story.tell(events.LegRefused("leg-1", 487)).ended().status is SessionStatus.NO_ANSWER


def test_a_caller_who_leaves_before_the_answer_is_canceled() -> None:
    session = offered().tell(events.LegHungUp("caller")).ended()
    assert (session.status, session.legs[0].status) == (SessionStatus.CANCELED, LegStatus.CANCELED)


def test_a_caller_who_leaves_while_b_rings_cancels_b() -> None:
    story = offered(CALL_B).tell(events.LegDialled("leg-1", 30.0)).tell(events.LegHungUp("caller"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    session = story.tell(events.LegRefused("leg-1", 487)).ended()
    assert session.status is SessionStatus.CANCELED
    assert [leg.status for leg in session.legs] == [LegStatus.CANCELED, LegStatus.CANCELED]


def test_b_that_leaves_before_the_caller_is_confirmed_ends_the_call() -> None:
    story = offered(CALL_B).tell(events.LegDialled("leg-1", 30.0), events.LegAnswered("leg-1"))
    story.tell(events.LegHungUp("leg-1"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("caller")]
    assert not story.all(commands.Reject)
    assert story.tell(events.LegHungUp("caller")).ended().status is not None


def test_a_webhook_without_a_usable_answer_refuses_the_caller() -> None:
    story = offered().tell(events.CallflowRefused(status.CALLFLOW_INVALID))
    assert story.wanted(commands.Reject) == [commands.Reject("caller", 480)]
    session = story.ended()
    assert session.error is not None
    assert (session.status, session.error.code) == (SessionStatus.ERROR, status.CALLFLOW_INVALID)


def test_b_that_finds_no_trunk_refuses_the_caller() -> None:
    story = offered(CALL_B).tell(events.LegNotCarried("leg-1"))
    assert story.wanted(commands.Reject) == [commands.Reject("caller", 480)]
    assert story.ended().status is SessionStatus.ERROR


def test_an_answer_that_cannot_be_agreed_on_ends_the_session() -> None:
    story = offered(HELLO).tell(events.LegRefused("caller", 488))
    assert story.ended().status is SessionStatus.FAILED


def test_a_session_cancelled_while_the_caller_waits_refuses_the_caller() -> None:
    story = offered().tell(events.SessionCancelled())
    assert story.wanted(commands.Reject) == [commands.Reject("caller", 480)]
    assert story.ended().status is SessionStatus.CANCELED


def test_a_hold_and_its_end_are_told_and_change_nothing_else() -> None:
    story = masked()
    state = story.machine.state
    story.tell(events.LegHeld("caller", held=True), events.LegHeld("leg-1", held=True))
    story.tell(events.LegHeld("caller", held=False))
    reasons = [(report.call_id, report.reason) for report in story.all(commands.Report) if report.reason]
    assert reasons[-3:] == [("caller", "hold"), ("leg-1", "hold"), ("caller", "resumed")]
    assert story.machine.state is state


def test_a_hold_of_a_leg_that_is_not_up_is_passed_over() -> None:
    story = offered()
    story.tell(events.LegHeld("caller", held=True), events.LegHeld("nobody", held=True))
    assert not [report for report in story.wanted(commands.Report) if report.reason]


def test_an_empty_callflow_is_no_usable_answer() -> None:
    story = offered().tell(events.CallflowReceived(Callflow(actions=())))
    session = story.ended()
    assert session.error is not None
    assert session.error.code == status.CALLFLOW_INVALID


DIALLED = events.LegDialled("leg-1", 30.0)
LEFT = events.LegHungUp("caller")


def spoken_to() -> Story:
    """Let a caller be answered, spoken to, and hear B being dialled."""
    return offered(HELLO, CALL_B).tell(events.LegAnswered("caller")).finish()


@pytest.mark.parametrize(
    ("story", "happened", "legs", "expected"),
    [
        (masked, [events.LegHungUp("leg-1"), LEFT], ["COMPLETED", "COMPLETED"], "COMPLETED"),
        (lambda: offered(HELLO).tell(events.LegAnswered("caller")), [LEFT], ["COMPLETED"], "COMPLETED"),
        (spoken_to, [DIALLED, events.LegRefused("leg-1", 486), LEFT], ["COMPLETED", "BUSY"], "BUSY"),
        (spoken_to, [DIALLED, events.LegRefused("leg-1", 603), LEFT], ["COMPLETED", "FAILED"], "FAILED"),
        (
            spoken_to,
            [DIALLED, events.TimerFired(RING_TIMER), events.LegRefused("leg-1", 487), LEFT],
            ["COMPLETED", "NO_ANSWER"],
            "NO_ANSWER",
        ),
        (spoken_to, [DIALLED, LEFT, events.LegRefused("leg-1", 487)], ["COMPLETED", "CANCELED"], "CANCELED"),
        (spoken_to, [DIALLED, events.LegUnreachable("leg-1"), LEFT], ["COMPLETED", "ERROR"], "ERROR"),
        (lambda: offered(CALL_B), [DIALLED, LEFT, events.LegRefused("leg-1", 487)], ["CANCELED"] * 2, "CANCELED"),
        (offered, [LEFT], ["CANCELED"], "CANCELED"),
        (lambda: offered(HANGUP), [], ["FAILED"], "FAILED"),
        (lambda: offered(CALL_B), [DIALLED, events.LegRefused("leg-1", 486)], ["BUSY", "BUSY"], "BUSY"),
        (offered, [events.CallflowRefused(status.CALLFLOW_INVALID)], ["ERROR"], "ERROR"),
        (
            lambda: offered(HELLO).tell(events.LegAnswered("caller")).finish(),
            [events.CallflowRefused(status.CALLFLOW_INVALID), LEFT],
            ["ERROR"],
            "ERROR",
        ),
    ],
)
def test_the_session_takes_its_status_from_its_legs(
    story: Callable[[], Story], happened: list[events.Event], legs: list[str], expected: str
) -> None:
    session = story().tell(*happened).ended() if happened else story().ended()
    assert [leg.status for leg in session.legs] == [LegStatus(name) for name in legs]
    assert session.status is SessionStatus(expected)
    assert session.legs[0].direction is Direction.INBOUND
