import gc
import tracemalloc
from itertools import count

from tests.unit.wire.sip.far_side import ANSWER, OFFER, PEER, US

from ringback.wire.sip.message import Request, parse, response_to
from ringback.wire.sip.user_agent import UserAgent

CALLS = 200
MAX_BYTES = 10_000


def test_a_call_that_stands_takes_less_than_ten_kilobytes() -> None:
    numbers = count()
    agent = UserAgent(US, token=lambda octets: f"{next(numbers):0{2 * octets}x}", product="ringback", trace=False)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(CALLS):
            answer(agent, str(number))
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0 < held / CALLS < MAX_BYTES


def answer(agent: UserAgent, call: str) -> None:
    """Let it call, and answer with 180 and 200 by way of a proxy."""
    agent.invite(
        call,
        to="sip:callee@192.0.2.9:5070",
        next_hop=PEER,
        from_uri="sip:caller@192.0.2.1",
        offer=OFFER * 20,
        credentials=None,
        now=0.0,
    )
    ((data, _),) = agent.datagrams_to_send(0.0)
    invite = parse(data)
    assert isinstance(invite, Request)
    for status in (180, 200):
        response = response_to(invite, status, to_tag="callee")
        response.headers.rows += [
            ("Contact", "<sip:callee@192.0.2.9:5070>"),
            ("Record-Route", "<sip:192.0.2.20;lr>"),
            ("Content-Type", "application/sdp"),
        ]
        response.body = ANSWER * 20
        agent.receive(response.encode(), PEER, 0.0)
    agent.datagrams_to_send(0.0)
    while agent.next_event() is not None:
        pass
