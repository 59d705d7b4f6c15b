import asyncio
import json

from tests.unit.domain.bodies import HANGUP, SOURCE, call, capture, say
from tests.unit.service.house import BOUND, House, answers_and_presses, house_of, names, until_played

from ringback.domain.session import Direction, MediaReport, Quality, RtpStream
from ringback.engine import events
from ringback.service.ports import Answer, SipMessage
from ringback.service.queries import Flight, flight
from ringback.testing.telephone import FakeLeg

STREAM = RtpStream(packets=50, octets=8000, lost=1, jitter_ms=0.5, first=1.0, last=2.0)
MEDIA = MediaReport(
    local="127.0.0.1:20000",
    remote="127.0.0.1:30000",
    sent=STREAM,
    received=STREAM,
    largest_gap_ms=21.0,
    out_of_order=0,
    foreign=0,
    malformed=0,
    round_trip_ms=0.3,
)


async def flown(house: House, session_id: str) -> Flight:
    found = await flight(house.store, session_id)
    assert found is not None
    return found


async def test_an_unknown_session_has_no_flight() -> None:
    assert await flight((await house_of()).store, "nobody") is None


async def test_a_session_in_the_queue_has_nothing_to_tell_yet() -> None:
    house = await house_of()
    found = await flown(house, await house.queue(call(), HANGUP))
    assert (found.state, found.status, found.legs, found.trace, list(found.timeline)) == ("QUEUED", None, [], None, [])


async def test_the_legs_of_a_live_session_are_those_of_its_timeline() -> None:
    house = await house_of()
    house.telephone.endless = True
    session_id = await house.begin(call(), say(), HANGUP)
    await until_played(house)
    async with asyncio.timeout(BOUND):
        while "call-connected" not in names(await house.record(session_id)):  # noqa: ASYNC110 - the store tells nothing
            await asyncio.sleep(0)
    (leg,) = (await flown(house, session_id)).legs
    (dialled,) = house.telephone.legs.values()
    assert (leg.name, leg.call_id, leg.direction) == ("callA", dialled.call_id, Direction.OUTBOUND)
    assert (leg.source, leg.destination) == (SOURCE, "6512345678")
    assert leg.connected is not None
    assert (leg.status, leg.disconnected, leg.media) == (None, None, None)
    house.runner.hang_up()
    await house.over()


async def test_what_went_over_the_media_of_a_leg_is_with_the_leg() -> None:
    house = await house_of()

    def behave(leg: FakeLeg) -> None:
        leg.tell(events.LegAnswered(leg.call_id))
        leg.over = True
        leg.tell(events.LegHungUp(leg.call_id, Quality(4.4, 0.02, 0.5), MEDIA))

    house.telephone.behave = behave
    record = await house.run(call(), say(), HANGUP)
    (leg,) = (await flown(house, record.session_id)).legs
    assert (leg.media, leg.mos, leg.status, leg.sip_code) == (MEDIA, 4.4, "COMPLETED", 200)


async def test_early_media_of_a_refused_leg_is_told_too() -> None:
    house = await house_of()
    house.telephone.behave = lambda leg: leg.tell(events.LegRefused(leg.call_id, 486, MEDIA))
    record = await house.run(call(), say(), HANGUP)
    (leg,) = (await flown(house, record.session_id)).legs
    assert (leg.media, leg.status, leg.sip_code) == (MEDIA, "BUSY", 486)


async def test_prompts_tell_where_they_came_from() -> None:
    house = await house_of()
    file = {"action": "playFile", "params": {"fileUrl": "http://a.example/a.wav"}}
    record = await house.run(call(), say(repetition=2), say(), file, HANGUP)
    one, two, three = (await flown(house, record.session_id)).prompts
    assert (one.text, one.voice, one.repetition, one.origin, one.seconds) == (
        *("Hello", "en-US-Heart", 2, "rendered", 1.0),
    )
    assert (two.text, two.repetition, two.origin) == ("Hello", 1, "memory")
    assert (three.url, three.text, three.origin) == ("http://a.example/a.wav", "", "fetched")


async def test_a_question_is_told_with_what_was_posted_and_answered() -> None:
    house = await house_of("VCA")
    house.telephone.behave = answers_and_presses("1")
    house.callbacks.answers += [Answer(503, b""), Answer(200, b'{"callflow": [{"action": "dance"}]}')]
    record = await house.run(call(), capture(maxDigits=1))
    (question,) = (await flown(house, record.session_id)).questions
    assert (question.url, question.http_status, question.tries) == ("http://acme.example/vca", 200, 2)
    assert (question.status_code, question.response) == (-1007, '{"callflow": [{"action": "dance"}]}')
    assert json.loads(question.request)["payload"]["dtmf"] == question.digits == "1"


async def test_bodies_of_questions_are_cut_and_in_the_end_left_out() -> None:
    house = await house_of("VCA")
    again = b'{"callflow": [{"action": "say", "params": {"text": "a", "voiceProfile": "en-US-Heart"}}], "x": "%s"}'
    house.callbacks.answers += [Answer(200, again % (b"x" * 5000)) for _ in range(100)]
    record = await house.run(call(), say())
    questions = (await flown(house, record.session_id)).questions
    assert len(questions) == 101
    assert {len(question.response) for question in questions} == {4096, 0}
    assert sum(len(question.response) + len(question.request) for question in questions) <= 256 * 1024


async def test_the_messages_of_a_session_are_there_once_it_is_over() -> None:
    house = await house_of()

    def behave(leg: FakeLeg) -> None:
        house.desk.recorder.message(
            SipMessage(leg.call_id, 1.0, sent=True, local="127.0.0.1:1", peer="127.0.0.1:2", message=b"INVITE")
        )
        leg.tell(events.LegAnswered(leg.call_id))

    house.telephone.behave = behave
    record = await house.run(call(), say(), HANGUP)
    found = await flown(house, record.session_id)
    assert found.trace is not None
    assert [each.message for each in found.trace.messages] == [b"INVITE"]
    assert found.names == {found.trace.messages[0].call_id: "callA"}
    assert house.desk.recorder.size == 0
