import msgspec
import pytest
from tests.unit.engine.story import BOB, CALL_A, CALL_B, HANGUP, HELLO, MENU, SOURCE, Story

from ringback.domain import status
from ringback.domain.callflow import Action, Callflow, PlayFile, Say, SayAndCapture
from ringback.domain.session import CallStatus, LastAction, LegStatus, Quality, SessionStatus
from ringback.engine import commands, events
from ringback.engine.session import CLEARING_SECONDS, CLEARING_TIMER, RING_TIMER, SESSION_TIMER
from ringback.engine.transitions import State

QUALITY = Quality(4.4, 0.0, 1.0)


def statuses(story: Story) -> list[str | None]:
    return [leg.status for leg in story.session.legs]


# ---------------------------------------------------------------- one call


def test_a_call_that_is_answered_hears_its_message_and_is_hung_up() -> None:
    story = Story(CALL_A, HELLO, HANGUP).up()
    assert story.play() == commands.Play("leg-1", 1, commands.Utterance("Hello.", "en-US-Heart"), 1)
    story.finish()
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    session = story.tell(events.LegHungUp("leg-1", QUALITY), after=2.0).ended()
    assert session.status is SessionStatus.COMPLETED
    assert session.last_action is LastAction.HANGUP
    assert session.legs[0].quality == QUALITY
    assert session.legs[0].duration(story.now) == 2
    assert story.reports() == [
        ("leg-1", CallStatus.CALL_INITIATED, None),
        ("leg-1", CallStatus.CALL_UPDATED, "ringing"),
        ("leg-1", CallStatus.CALL_CONNECTED, None),
        ("leg-1", CallStatus.CALL_DISCONNECTED, None),
    ]


def test_what_will_be_said_is_rendered_while_the_phone_rings() -> None:
    menu = SayAndCapture("Press.", "v", success_message="Thanks.", failure_message="Sorry.")
    story = Story(CALL_A, HELLO, PlayFile("http://sound/a.wav"), menu).tell(events.SessionStarted())
    (prepare,) = story.wanted(commands.Prepare)
    assert [getattr(sound, "text", None) or getattr(sound, "url", None) for sound in prepare.sounds] == [
        "Hello.",
        "http://sound/a.wav",
        "Press.",
        "Thanks.",
        "Sorry.",
    ]
    assert story.latest.index(prepare) < story.latest.index(story.wanted(commands.Dial)[0])


def test_a_call_that_is_to_be_recorded_is_recorded_from_its_answer_on() -> None:
    recorded, plain = msgspec.structs.replace(CALL_A, record=True), msgspec.structs.replace(CALL_B, record=True)
    story = Story(recorded, plain, HANGUP).tell(events.SessionStarted(), events.LegDialled("leg-1", 30.0))
    assert story.wanted(commands.Record) == []
    story.tell(events.LegAnswered("leg-1"))
    assert story.wanted(commands.Record) == [commands.Record("leg-1")]
    story.tell(events.LegAnswered("leg-2"))
    assert story.wanted(commands.Record) == [commands.Record("leg-2")]


def test_a_call_that_is_answered_while_it_is_given_up_is_not_recorded() -> None:
    story = Story(msgspec.structs.replace(CALL_A, record=True), HANGUP)
    story.tell(events.SessionStarted(), events.LegDialled("leg-1", 30.0), events.SessionCancelled())
    story.tell(events.LegAnswered("leg-1"))
    assert story.wanted(commands.Record) == []


def test_a_call_that_is_only_answered_is_hung_up_by_a_hangup() -> None:
    story = Story(CALL_A, HANGUP).up()
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegHungUp("leg-1")).ended().status is SessionStatus.COMPLETED


def test_a_caller_who_hangs_up_stops_what_plays_and_the_session() -> None:
    story = Story(CALL_A, HELLO, HELLO).up()
    story.tell(events.LegHungUp("leg-1"))
    assert story.wanted(commands.StopPlay) == [commands.StopPlay("leg-1", 1)]
    assert story.ended().status is SessionStatus.COMPLETED
    assert story.ended().last_action is LastAction.SAY


@pytest.mark.parametrize(
    ("sip_code", "rang", "expected"),
    [
        (486, False, LegStatus.BUSY),
        (600, True, LegStatus.BUSY),
        (480, True, LegStatus.NO_ANSWER),
        (480, False, LegStatus.FAILED),
        (408, True, LegStatus.NO_ANSWER),
        (408, False, LegStatus.FAILED),
        (302, True, LegStatus.FAILED),
        (404, False, LegStatus.FAILED),
        (487, True, LegStatus.FAILED),
        (503, False, LegStatus.FAILED),
        (603, True, LegStatus.FAILED),
    ],
)
def test_a_refusal_gives_the_session_the_status_of_a(sip_code: int, expected: LegStatus, *, rang: bool) -> None:
    story = Story(CALL_A, HELLO).tell(events.SessionStarted(), events.LegDialled("leg-1", 60.0))
    if rang:
        story.tell(events.LegRinging("leg-1", 180))
    session = story.tell(events.LegRefused("leg-1", sip_code)).ended()
    assert session.status == SessionStatus(expected.value)
    assert statuses(story) == [expected]
    assert session.legs[0].sip_code == sip_code
    assert session.error is None
    assert not story.all(commands.AskCallflow)


def test_a_progress_without_ringing_is_no_ringing() -> None:
    story = Story(CALL_A).tell(
        events.SessionStarted(),
        events.LegDialled("leg-1", 60.0),
        events.LegRinging("leg-1", 199),
        events.LegRefused("leg-1", 480),
    )
    assert statuses(story) == [LegStatus.FAILED]


def test_an_unanswered_call_is_given_up_when_the_ring_timeout_is_over() -> None:
    story = Story(CALL_A, HELLO).tell(events.SessionStarted(), events.LegDialled("leg-1", 20.0))
    assert commands.StartTimer(RING_TIMER, 20.0) in story.latest
    story.tell(events.TimerFired(RING_TIMER), after=20.0)
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegRefused("leg-1", 487)).ended().status is SessionStatus.NO_ANSWER


def test_the_ring_timeout_is_stopped_by_the_answer() -> None:
    story = Story(CALL_A, HELLO).up()
    assert RING_TIMER not in story.timers
    story = Story(CALL_A, CALL_B).up().bob_up()
    assert RING_TIMER not in story.timers


def test_a_callee_who_turns_busy_while_given_up_was_busy() -> None:
    story = Story(CALL_A).tell(
        events.SessionStarted(),
        events.LegDialled("leg-1", 20.0),
        events.TimerFired(RING_TIMER),
        events.LegRefused("leg-1", 486),
    )
    assert story.ended().status is SessionStatus.BUSY


def test_an_unreachable_trunk_is_minus_2002() -> None:
    story = Story(CALL_A).tell(
        events.SessionStarted(), events.LegDialled("leg-1", 20.0), events.LegUnreachable("leg-1")
    )
    session = story.ended()
    assert (session.status, statuses(story)) == (SessionStatus.ERROR, [LegStatus.ERROR])
    assert session.error is not None
    assert (session.error.code, session.error.action) == (status.NOT_CONNECTED, LastAction.MAKE_CALL)


def test_a_destination_without_a_route_is_minus_2004_and_was_never_dialled() -> None:
    session = Story(CALL_A).tell(events.SessionStarted(), events.LegNotRouted("leg-1")).ended()
    assert session.status is SessionStatus.ERROR
    assert session.error is not None
    assert session.error.code == status.NO_COVERAGE
    assert session.legs == []


def test_a_session_cancelled_in_the_queue_has_no_legs() -> None:
    session = Story(CALL_A).tell(events.SessionCancelled()).ended()
    assert (session.status, session.legs) == (SessionStatus.CANCELED, [])


def test_a_session_cancelled_while_it_rings_is_canceled() -> None:
    story = Story(CALL_A).tell(events.SessionStarted(), events.LegDialled("leg-1", 20.0), events.SessionCancelled())
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegRefused("leg-1", 487)).ended().status is SessionStatus.CANCELED


def test_a_session_cancelled_before_anything_answered_is_canceled_even_if_nothing_ever_does() -> None:
    story = Story(CALL_A).tell(events.SessionStarted(), events.LegDialled("leg-1", 60.0), events.SessionCancelled())
    assert story.tell(events.LegUnreachable("leg-1")).ended().status is SessionStatus.CANCELED


def test_a_session_cancelled_while_connected_is_completed() -> None:
    story = Story(CALL_A, HELLO).up().tell(events.SessionCancelled())
    assert story.tell(events.LegHungUp("leg-1")).ended().status is SessionStatus.COMPLETED


def test_a_session_that_lasts_too_long_is_hung_up() -> None:
    story = Story(CALL_A, HELLO, max_session_seconds=30.0).up()
    assert story.timers[SESSION_TIMER] == 30.0
    story.tell(events.TimerFired(SESSION_TIMER))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegHungUp("leg-1")).ended().status is SessionStatus.COMPLETED


def test_a_silent_call_is_hung_up_and_completed() -> None:
    story = Story(CALL_A, HELLO).up().tell(events.LegSilent("leg-1"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegHungUp("leg-1")).ended().status is SessionStatus.COMPLETED


def test_lost_media_is_minus_2001() -> None:
    story = Story(CALL_A, HELLO).up().tell(events.LegLost("leg-1"))
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert session.error is not None
    assert (session.status, session.error.code) == (SessionStatus.ERROR, status.INTERNAL)
    assert statuses(story) == [LegStatus.ERROR]


@pytest.mark.parametrize("error_code", [status.NOT_SYNTHESIZED, status.NOT_DOWNLOADED])
def test_a_prompt_that_fails_ends_the_session_with_its_code(error_code: int) -> None:
    story = Story(CALL_A, HELLO).up().tell(events.PlayFailed(1, error_code))
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert session.error is not None
    assert (session.status, session.error.code) == (SessionStatus.ERROR, error_code)
    assert session.error.action is LastAction.SAY
    assert statuses(story) == [LegStatus.ERROR]


def test_a_leg_that_never_says_goodbye_is_given_up() -> None:
    story = Story(CALL_A, HANGUP).up()
    assert story.timers[CLEARING_TIMER] == CLEARING_SECONDS
    assert story.tell(events.TimerFired(CLEARING_TIMER)).ended().status is SessionStatus.COMPLETED


def test_events_after_the_end_change_nothing() -> None:
    story = Story(CALL_A, HANGUP).up().tell(events.LegHungUp("leg-1"))
    before = len(story.commands)
    story.tell(events.LegAnswered("leg-1"), events.SessionStarted(), events.SessionCancelled())
    assert len(story.commands) == before


# ---------------------------------------------------------------- digits and questions


def test_captured_digits_are_told_when_the_callflow_runs_out() -> None:
    story = Story(CALL_A, MENU).up().tell(events.DigitPressed("leg-1", "7"))
    assert story.wanted(commands.AskCallflow) == [commands.AskCallflow("leg-1", "7", "first")]
    assert ("leg-1", CallStatus.DTMF_RECEIVED, "7") in story.reports()


def test_the_next_callflow_runs_and_its_question_has_its_own_digits() -> None:
    story = Story(CALL_A, MENU).up().tell(events.DigitPressed("leg-1", "7"))
    story.tell(events.CallflowReceived(Callflow(actions=(HELLO,), client_action_id="second")))
    assert story.play().sound == commands.Utterance("Hello.", "en-US-Heart")
    story.finish()
    assert story.wanted(commands.AskCallflow) == [commands.AskCallflow("leg-1", None, "second")]
    story.tell(events.CallflowReceived(Callflow(actions=(HANGUP,))), events.LegHungUp("leg-1"))
    assert story.ended().status is SessionStatus.COMPLETED


def test_digits_of_a_first_capture_are_lost_when_a_second_fails() -> None:
    story = Story(CALL_A, MENU, MENU).up().tell(events.DigitPressed("leg-1", "7"))
    story.finish().tell(events.TimerFired("overall"))
    assert story.wanted(commands.AskCallflow) == [commands.AskCallflow("leg-1", None, "first")]


def test_a_digit_while_nothing_is_asked_is_only_reported() -> None:
    story = Story(CALL_A, HELLO, MENU).up().tell(events.DigitPressed("leg-1", "7"))
    assert story.wanted(commands.StopPlay) == []
    story.finish()
    assert story.machine.state is State.CAPTURING
    story.finish().tell(events.TimerFired("overall"))
    assert story.wanted(commands.AskCallflow) == [commands.AskCallflow("leg-1", None, "first")]


@pytest.mark.parametrize("error_code", [status.NOT_CONNECTED, status.CALLFLOW_INVALID, status.SOURCE_NOT_WHITELISTED])
def test_a_webhook_without_a_usable_answer_ends_the_session_with_an_error(error_code: int) -> None:
    story = Story(CALL_A).up().tell(events.CallflowRefused(error_code))
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert session.error is not None
    assert (session.status, session.error.code) == (SessionStatus.ERROR, error_code)


def test_without_a_webhook_the_session_is_hung_up() -> None:
    story = Story(CALL_A).up().tell(events.CallflowAbsent())
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegHungUp("leg-1")).ended().status is SessionStatus.COMPLETED


def test_an_answer_that_comes_after_the_caller_left_is_not_run() -> None:
    story = Story(CALL_A).up().tell(events.LegHungUp("leg-1"))
    story.tell(events.CallflowReceived(Callflow(actions=(HELLO,))))
    assert story.latest == []
    assert story.ended().status is SessionStatus.COMPLETED


# ---------------------------------------------------------------- two calls


def test_b_is_dialled_while_a_hears_it_ring_and_then_they_are_bridged() -> None:
    story = Story(CALL_A, CALL_B).up()
    assert story.wanted(commands.Dial) == [commands.Dial("leg-2", "callB", SOURCE, BOB, beside="leg-1")]
    assert story.wanted(commands.StartRingback) == [commands.StartRingback("leg-1")]
    story.bob_up()
    assert story.wanted(commands.StopRingback) == [commands.StopRingback("leg-1")]
    assert story.wanted(commands.Bridge) == [commands.Bridge("leg-1", "leg-2")]
    assert ("leg-2", CallStatus.CALL_UPDATED, "bridged") in story.reports()


def test_when_b_hangs_up_the_callflow_goes_on() -> None:
    story = Story(CALL_A, CALL_B, HELLO).up().bob_up().tell(events.LegHungUp("leg-2"))
    assert story.wanted(commands.Unbridge) == [commands.Unbridge("leg-1", "leg-2")]
    assert story.play().call_id == "leg-1"
    assert story.reports()[-1] == ("leg-1", CallStatus.CALL_UPDATED, "unbridged")
    story.finish().tell(events.CallflowAbsent(), events.LegHungUp("leg-1"))
    assert story.ended().status is SessionStatus.COMPLETED
    assert statuses(story) == [LegStatus.COMPLETED, LegStatus.COMPLETED]


def test_early_media_of_b_replaces_the_ringback_tone() -> None:
    story = Story(CALL_A, CALL_B).up().tell(events.LegRinging("leg-2", 183, early_media=True))
    assert story.wanted(commands.StopRingback) == [commands.StopRingback("leg-1")]
    assert story.wanted(commands.Bridge) == [commands.Bridge("leg-1", "leg-2")]
    story.tell(events.LegAnswered("leg-2"))
    assert story.wanted(commands.Bridge) == []
    assert story.machine.state is State.BRIDGED


@pytest.mark.parametrize(("sip_code", "expected"), [(486, SessionStatus.BUSY), (603, SessionStatus.FAILED)])
def test_b_that_refuses_ends_the_session_with_its_status_and_without_a_question(
    sip_code: int, expected: SessionStatus
) -> None:
    story = Story(CALL_A, CALL_B).up().tell(events.LegDialled("leg-2", 60.0), events.LegRefused("leg-2", sip_code))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegHungUp("leg-1")).ended().status is expected
    assert statuses(story)[0] is LegStatus.COMPLETED
    assert not story.all(commands.AskCallflow)


def test_b_that_does_not_answer_is_given_up() -> None:
    story = Story(CALL_A, CALL_B).up().tell(events.LegDialled("leg-2", 20.0), events.TimerFired(RING_TIMER))
    assert {command.call_id for command in story.wanted(commands.HangUp)} == {"leg-1", "leg-2"}
    story.tell(events.LegHungUp("leg-1"), events.LegRefused("leg-2", 487))
    assert story.ended().status is SessionStatus.NO_ANSWER


def test_b_that_cannot_be_reached_is_an_error_of_b() -> None:
    story = Story(CALL_A, CALL_B).up().tell(events.LegDialled("leg-2", 60.0), events.LegUnreachable("leg-2"))
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert session.error is not None
    assert (session.status, session.error.code) == (SessionStatus.ERROR, status.NOT_CONNECTED)
    assert statuses(story) == [LegStatus.COMPLETED, LegStatus.ERROR]


@pytest.mark.parametrize(
    ("event", "error_code"),
    [(events.LegNotCarried("leg-2"), status.TRUNK_FULL), (events.LegNotRouted("leg-2"), status.NO_COVERAGE)],
)
def test_b_that_finds_no_trunk_is_an_error(event: events.Event, error_code: int) -> None:
    story = Story(CALL_A, CALL_B).up().tell(event)
    session = story.tell(events.LegHungUp("leg-1")).ended()
    assert session.error is not None
    assert (session.status, session.error.code) == (SessionStatus.ERROR, error_code)
    assert ("leg-2", CallStatus.CALL_INITIATED, None) not in story.reports()


def test_a_caller_who_leaves_while_b_rings_cancels_b_and_the_session() -> None:
    story = Story(CALL_A, CALL_B).up().tell(events.LegDialled("leg-2", 60.0), events.LegHungUp("leg-1"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-2")]
    assert story.tell(events.LegRefused("leg-2", 487)).ended().status is SessionStatus.CANCELED
    assert statuses(story) == [LegStatus.COMPLETED, LegStatus.CANCELED]


def test_b_that_answers_as_it_is_cancelled_is_not_bridged() -> None:
    story = Story(CALL_A, CALL_B).up().tell(events.LegDialled("leg-2", 60.0), events.LegHungUp("leg-1"))
    story.tell(events.LegAnswered("leg-2"), events.LegHungUp("leg-2"))
    assert not story.all(commands.Bridge)
    assert story.ended().status is SessionStatus.CANCELED


def test_a_caller_who_leaves_a_bridge_ends_b() -> None:
    story = Story(CALL_A, CALL_B).up().bob_up().tell(events.LegHungUp("leg-1"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-2")]
    assert story.tell(events.LegHungUp("leg-2")).ended().status is SessionStatus.COMPLETED


def test_a_silent_b_is_hung_up_and_the_callflow_goes_on() -> None:
    story = Story(CALL_A, CALL_B, HELLO).up().bob_up().tell(events.LegSilent("leg-2"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-2")]
    story.tell(events.LegHungUp("leg-2"))
    assert story.play().call_id == "leg-1"


def test_a_lost_b_is_an_error_of_b() -> None:
    story = Story(CALL_A, CALL_B).up().bob_up().tell(events.LegLost("leg-2"))
    story.tell(events.LegHungUp("leg-2"), events.LegHungUp("leg-1"))
    assert story.ended().status is SessionStatus.ERROR
    assert statuses(story) == [LegStatus.COMPLETED, LegStatus.ERROR]


def test_later_bridges_are_call_c_and_d_and_the_last_one_decides() -> None:
    story = Story(CALL_A, CALL_B).up().bob_up().tell(events.LegHungUp("leg-2"))
    story.tell(events.CallflowReceived(Callflow(actions=(CALL_B,))))
    assert [dial.name for dial in story.wanted(commands.Dial)] == ["callC"]
    story.tell(events.LegDialled("leg-3", 60.0), events.LegRefused("leg-3", 486), events.LegHungUp("leg-1"))
    assert story.ended().status is SessionStatus.BUSY
    assert [leg.name for leg in story.session.legs] == ["callA", "callB", "callC"]


def test_a_hangup_ends_both_calls_after_a_bridge() -> None:
    story = Story(CALL_A, CALL_B, HANGUP).up().bob_up().tell(events.LegHungUp("leg-2"))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-1")]
    assert story.tell(events.LegHungUp("leg-1")).ended().status is SessionStatus.COMPLETED


def test_a_digit_of_b_is_reported_and_captures_nothing() -> None:
    story = Story(CALL_A, CALL_B).up().bob_up().tell(events.DigitPressed("leg-2", "5"))
    assert story.reports()[-1] == ("leg-2", CallStatus.DTMF_RECEIVED, "5")


# ---------------------------------------------------------------- another callflow instead


def instead(*actions: Action) -> events.CallflowReplaced:
    return events.CallflowReplaced(Callflow(actions=actions))


GOODBYE = Say("Goodbye.", "en-US-Heart")


def test_a_prompt_is_stopped_for_another_callflow() -> None:
    story = Story(CALL_A, HELLO, MENU).up()
    first = story.play()
    story.tell(instead(GOODBYE, HANGUP))
    assert story.wanted(commands.StopPlay) == [commands.StopPlay("leg-1", first.play_id)]
    assert story.play().sound == commands.Utterance("Goodbye.", "en-US-Heart", 1.0)
    assert story.finish().wanted(commands.HangUp) == [commands.HangUp("leg-1")]


def test_a_capture_is_stopped_with_its_timers_for_another_callflow() -> None:
    story = Story(CALL_A, MENU).up().finish()
    assert "overall" in story.timers
    story.tell(instead(GOODBYE))
    assert "overall" not in story.timers
    story.tell(events.DigitPressed("leg-1", "1"))
    (asked,) = story.finish().wanted(commands.AskCallflow)
    assert asked.digits is None


def test_an_answer_that_comes_after_its_callflow_was_replaced_is_ignored() -> None:
    story = Story(CALL_A, HELLO).up().finish()
    story.tell(instead(GOODBYE))
    playing = story.play()
    assert story.tell(events.CallflowReceived(Callflow(actions=(HANGUP,)))).latest == []
    assert story.all(commands.Play)[-1] == playing


def test_a_bridged_callee_is_hung_up_before_the_other_callflow_starts() -> None:
    story = Story(CALL_A, CALL_B, HELLO).up().bob_up()
    story.tell(instead(GOODBYE))
    assert story.wanted(commands.HangUp) == [commands.HangUp("leg-2")]
    assert story.wanted(commands.Play) == []
    story.tell(events.LegHungUp("leg-2"))
    assert story.play().sound == commands.Utterance("Goodbye.", "en-US-Heart", 1.0)


def test_what_follows_a_call_that_still_rings_may_be_replaced() -> None:
    story = Story(CALL_A, HELLO).tell(events.SessionStarted(), events.LegDialled("leg-1", 60.0))
    story.tell(instead(GOODBYE))
    story.tell(events.LegAnswered("leg-1"))
    assert story.play().sound == commands.Utterance("Goodbye.", "en-US-Heart", 1.0)


def test_nothing_is_replaced_while_a_callee_is_being_set_up_or_everything_ends() -> None:
    story = Story(CALL_A, CALL_B).up()
    assert not story.machine.may_be_replaced
    assert story.tell(instead(GOODBYE)).latest == []
    story.tell(events.SessionCancelled())
    assert not story.machine.may_be_replaced
