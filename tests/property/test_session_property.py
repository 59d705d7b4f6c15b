"""Whatever happens, in whatever order, a session ends in exactly one summary and leaves nothing behind."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine.story import ALICE, CALL_A, CALL_B, HANGUP, HELLO, SOURCE, Story

from ringback.domain.callflow import Action, Callflow, OptOut, PlayFile, SayAndCapture
from ringback.domain.session import CallStatus, LegStatus, SessionStatus
from ringback.engine import commands, events
from ringback.engine.session import CLEARING_TIMER
from ringback.engine.transitions import State

CAPTURE = SayAndCapture(
    "Prompt.", "voice", max_digits=2, digit_timeout=2.0, tries=2, success_message="Yes.", failure_message="No."
)
OPT_OUT = SayAndCapture("Prompt.", "voice", max_digits=1, tries=2, opt_out=OptOut("1", "Off.", "Sorry."))
ACTIONS = st.sampled_from([HELLO, PlayFile("http://sound/a.wav"), CAPTURE, OPT_OUT])
CALLFLOWS = st.lists(ACTIONS, max_size=3).flatmap(
    lambda actions: st.sampled_from([actions, [*actions, CALL_B], [CALL_B, *actions], [*actions, HANGUP]])
)
LEGS = st.sampled_from(["leg-1", "leg-2", "leg-3", "caller"])
TIMERS = st.sampled_from(["session", "ring", "clearing", "digit", "overall"])
PLAYS = st.integers(1, 6)
CODES = st.sampled_from([302, 404, 408, 480, 486, 487, 503, 600, 603])
EVENTS = st.one_of(
    st.just(events.SessionStarted()),
    st.just(events.CallReceived("caller", SOURCE, ALICE)),
    st.builds(events.LegDialled, LEGS, st.just(60.0)),
    st.builds(events.LegNotRouted, LEGS),
    st.builds(events.LegNotCarried, LEGS),
    st.builds(events.LegRinging, LEGS, st.sampled_from([180, 183, 199]), st.booleans()),
    st.builds(events.LegAnswered, LEGS),
    st.builds(events.LegRefused, LEGS, CODES),
    st.builds(events.LegUnreachable, LEGS),
    st.builds(events.LegHungUp, LEGS),
    st.builds(events.LegSilent, LEGS),
    st.builds(events.LegLost, LEGS),
    st.builds(events.DigitPressed, LEGS, st.sampled_from("0123456789*#A")),
    st.builds(events.PlayFinished, PLAYS),
    st.builds(events.PlayFailed, PLAYS, st.sampled_from([-2001, -2005, -2006])),
    st.builds(lambda actions: events.CallflowReceived(Callflow(actions=tuple(actions))), CALLFLOWS),
    st.builds(lambda actions: events.CallflowReplaced(Callflow(actions=tuple(actions))), CALLFLOWS),
    st.builds(events.CallflowRefused, st.sampled_from([-2002, -2003, -2008])),
    st.builds(lambda actions: events.CallflowRefused(-2003, Callflow(actions=tuple(actions))), CALLFLOWS),
    st.just(events.CallflowAbsent()),
    st.sampled_from([events.NumberOptedOut(), events.OptOutKept(), events.OptOutLost()]),
    st.builds(events.TimerFired, TIMERS),
    st.just(events.SessionCancelled()),
)


def likely(story: Story) -> list[events.Event]:
    """Give events that a session in this state waits for, so that random stories get far."""
    legs = [leg.call_id for leg in story.session.legs if leg.disconnected is None]
    plays = [events.PlayFinished(play.play_id) for play in story.all(commands.Play)[-1:]]
    timers = [events.TimerFired(timer) for timer in sorted(story.timers)]
    of_legs: list[events.Event] = []
    for leg in legs:
        of_legs += [events.LegDialled(leg, 60.0), events.LegAnswered(leg), events.LegHungUp(leg)]
    answers: list[events.Event] = [events.OptOutKept(), events.OptOutLost()] if story.all(commands.OptOut) else []
    return [*plays, *of_legs, *timers, *answers, events.DigitPressed("leg-1", "1")]


@settings(max_examples=400, deadline=None)
@given(first=CALLFLOWS, inbound=st.booleans(), data=st.data())
def test_any_sequence_of_events_ends_in_exactly_one_summary(
    first: list[Action], data: st.DataObject, *, inbound: bool
) -> None:
    if inbound:
        story = Story().tell(events.CallReceived("caller", SOURCE, ALICE))
        if first:
            story.tell(events.CallflowReceived(Callflow(actions=tuple(first))))
    else:
        story = Story(CALL_A, *first).tell(events.SessionStarted())
    for _ in range(data.draw(st.integers(0, 25))):
        event = data.draw(st.one_of(EVENTS, st.sampled_from(likely(story)), st.sampled_from(likely(story))))
        if isinstance(event, events.TimerFired) and event.timer not in story.timers:
            continue  # a timer that does not run cannot fire
        story.tell(event, after=0.5)
    story.tell(events.SessionCancelled())
    if story.machine.state is not State.ENDED:
        story.tell(events.TimerFired(CLEARING_TIMER))
    session = story.ended()
    assert session.status is not None
    assert session.ended is not None
    assert all(leg.status is not None and leg.disconnected is not None for leg in session.legs)
    assert (session.status is SessionStatus.ERROR) == (session.error is not None)
    if story.all(commands.OptOut):
        assert str(session.status).startswith("COMPLETED_UNSUB")
    else:
        assert LegStatus.ERROR not in [leg.status for leg in session.legs] or session.status is SessionStatus.ERROR
    told = [(report.call_id, report.status) for report in story.all(commands.Report)]
    beginnings = {CallStatus.CALL_INITIATED, CallStatus.CALL_RECEIVED}
    initiated = [call_id for call_id, what in told if what in beginnings]
    disconnected = [call_id for call_id, what in told if what is CallStatus.CALL_DISCONNECTED]
    assert len(set(initiated)) == len(initiated)
    assert sorted(disconnected) == sorted(initiated)
    assert story.tell(events.SessionStarted(), events.LegAnswered("leg-1")).latest == []


@settings(max_examples=200, deadline=None)
@given(happened=st.lists(EVENTS, max_size=30))
def test_no_sequence_of_events_raises_anything(happened: list[events.Event]) -> None:
    story = Story(CALL_A, CAPTURE, CALL_B)
    for event in happened:
        if not isinstance(event, events.TimerFired) or event.timer in story.timers:
            story.tell(event)
    assert len(story.all(commands.EndSession)) == (story.machine.state is State.ENDED)
