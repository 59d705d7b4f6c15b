"""Each machine of RFC 3261, section 17, at its timers: A to K, and L and M of RFC 6026."""

import pytest

from ringback.wire.sip.machines import CLIENT, INVITE_CLIENT, INVITE_SERVER, SERVER, Failure, Input, Machine, State
from ringback.wire.sip.message import Headers, Request, Response, parse, response_to
from ringback.wire.sip.timers import Timers
from ringback.wire.sip.transaction import ClientTransaction, Outcome, ServerTransaction
from ringback.wire.sip.transaction_layer import TransactionLayer
from ringback.wire.sip.transport import Transport

PEER = ("192.0.2.9", 5070)


class Bench:
    """A transaction layer, the time, and what came out."""

    def __init__(self) -> None:
        """Start at 0."""
        self.timers = Timers()
        self.transport = Transport(("192.0.2.1", 5060), trace=False)
        self.layer = TransactionLayer(self.timers, self.transport)
        self.told: list[int | Failure] = []
        self.now = 0.0

    def client(self, method: str) -> tuple[ClientTransaction, Request]:
        """Send a request."""
        request = message(method)
        return self.layer.request(request, PEER, "", self.tell, self.now), request

    def server(self, method: str) -> tuple[ServerTransaction, Request]:
        """Receive a request."""
        request = message(method)
        return self.layer.serve(request, PEER, ""), request

    def tell(self, _transaction: ClientTransaction, outcome: Outcome, _now: float) -> None:
        """Take what a client tells."""
        self.told.append(outcome.status if isinstance(outcome, Response) else outcome)

    def sent_at(self, seconds: float) -> list[float]:
        """Let time pass; gives when something was sent, in seconds from now."""
        start, times = self.now, []
        times += [0.0 for _ in self.transport.drain()]
        while (due := self.timers.next()) is not None and due <= start + seconds:
            self.timers.run(due)
            times += [round(due - start, 3) for _ in self.transport.drain()]
        self.now = start + seconds
        return times


def message(method: str) -> Request:
    rows = [
        ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1"),
        ("From", "<sip:a@b>;tag=a"),
        ("To", "<sip:c@d>"),
        ("Call-ID", "x"),
        ("CSeq", f"1 {method}"),
    ]
    return Request(method, "sip:c@d", Headers([*rows, ("Route", "<sip:r;lr>")]))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_timers_a_and_b_an_invite_that_nobody_answers(bench: Bench) -> None:
    bench.client("INVITE")
    assert bench.sent_at(40) == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert bench.told == [Failure.TIMEOUT]
    assert len(bench.layer) == 0


def test_timers_e_and_f_a_request_that_nobody_answers(bench: Bench) -> None:
    bench.client("BYE")
    assert bench.sent_at(40) == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.told == [Failure.TIMEOUT]


def test_timer_e_goes_on_each_four_seconds_after_a_provisional(bench: Bench) -> None:
    transaction, request = bench.client("BYE")
    transaction.receive(response_to(request, 100), bench.now)
    assert bench.sent_at(40)[:4] == [0.0, 0.5, 4.5, 8.5]
    assert bench.told == [100, Failure.TIMEOUT]


def test_an_invite_that_rings_is_not_repeated(bench: Bench) -> None:
    transaction, request = bench.client("INVITE")
    transaction.receive(response_to(request, 180), bench.now)
    assert bench.sent_at(600) == [0.0]
    assert bench.told == [180]


def test_timer_d_a_refusal_that_comes_again_is_acknowledged_for_32_seconds(bench: Bench) -> None:
    transaction, request = bench.client("INVITE")
    bench.sent_at(0)
    transaction.receive(response_to(request, 486, to_tag="z"), bench.now)
    ((data, destination),) = bench.transport.drain()
    ack = parse(data)
    assert isinstance(ack, Request)
    assert destination == PEER
    assert (ack.method, ack.uri, ack.to.tag, ack.branch) == ("ACK", "sip:c@d", "z", "z9hG4bK1")
    assert ack.headers.all("Via") == request.headers.all("Via")
    assert ack.headers.all("Route") == ["<sip:r;lr>"]
    bench.sent_at(31)
    transaction.receive(response_to(request, 486, to_tag="z"), bench.now)
    assert bench.transport.drain() == [(data, PEER)]
    assert bench.told == [486]
    bench.sent_at(2)
    assert len(bench.layer) == 0


def test_timer_m_each_2xx_is_told_for_32_seconds(bench: Bench) -> None:
    transaction, request = bench.client("INVITE")
    for _ in range(2):
        transaction.receive(response_to(request, 200), bench.now)
    transaction.receive(response_to(request, 180), bench.now)
    bench.sent_at(32.1)
    assert bench.told == [200, 200, Failure.OVER]
    assert len(bench.layer) == 0


def test_timer_k_a_response_that_comes_again_is_absorbed(bench: Bench) -> None:
    transaction, request = bench.client("BYE")
    for _ in range(2):
        transaction.receive(response_to(request, 200), bench.now)
    assert bench.told == [200]
    bench.sent_at(4.9)
    assert len(bench.layer) == 1
    bench.sent_at(0.2)
    assert len(bench.layer) == 0


def test_timers_g_and_h_a_refusal_that_nobody_acknowledges(bench: Bench) -> None:
    transaction, request = bench.server("INVITE")
    transaction.respond(response_to(request, 486), bench.now)
    assert bench.sent_at(40) == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert len(bench.layer) == 0


def test_timer_i_an_ack_ends_the_repetition(bench: Bench) -> None:
    transaction, request = bench.server("INVITE")
    transaction.respond(response_to(request, 486), bench.now)
    transaction.receive_ack(bench.now)
    assert bench.sent_at(4.9) == [0.0]
    assert len(bench.layer) == 1
    bench.sent_at(0.2)
    assert len(bench.layer) == 0


def test_timer_l_an_invite_that_comes_again_after_its_2xx_is_absorbed(bench: Bench) -> None:
    transaction, request = bench.server("INVITE")
    transaction.respond(response_to(request, 200), bench.now)
    bench.transport.drain()
    transaction.receive_again(bench.now)
    assert bench.sent_at(31.9) == []
    assert len(bench.layer) == 1
    bench.sent_at(0.2)
    assert len(bench.layer) == 0


def test_timer_j_a_request_that_comes_again_gets_its_response_again(bench: Bench) -> None:
    transaction, request = bench.server("BYE")
    transaction.receive_again(bench.now)
    assert bench.transport.drain() == []
    data = transaction.respond(response_to(request, 200), bench.now)
    transaction.receive_again(bench.now)
    assert bench.transport.drain() == [(data, ("192.0.2.9", 5060))] * 2
    assert bench.transport.counters.retransmissions == 1
    bench.sent_at(32.1)
    assert len(bench.layer) == 0


def test_a_final_response_is_given_once(bench: Bench) -> None:
    transaction, request = bench.server("INVITE")
    transaction.respond(response_to(request, 486), bench.now)
    assert not transaction.is_open
    transaction.respond(response_to(request, 200), bench.now)
    assert len(bench.transport.drain()) == 1


def test_an_error_ends_what_was_not_answered_and_nothing_else(bench: Bench) -> None:
    bench.client("INVITE")
    transaction, request = bench.client("BYE")
    bench.layer.answered(transaction)
    transaction.receive(response_to(request, 100), bench.now)
    bench.layer.unreachable(("192.0.2.10", 5070), bench.now)
    assert bench.told == [100]
    bench.layer.unreachable(PEER, bench.now)
    assert bench.told == [100, Failure.UNREACHABLE]


def test_what_is_abandoned_tells_nothing(bench: Bench) -> None:
    transaction, request = bench.client("INVITE")
    transaction.receive(response_to(request, 180), bench.now)
    transaction.abandon(bench.now)
    transaction.abandon(bench.now)
    assert bench.sent_at(60) == [0.0]
    assert bench.told == [180]
    assert len(bench.layer) == len(bench.timers) == 0


@pytest.mark.parametrize("machine", [INVITE_CLIENT, CLIENT, INVITE_SERVER, SERVER])
def test_every_state_can_be_reached_and_left(machine: Machine) -> None:
    reached = {machine.start} | {state for state, _ in machine.steps.values()}
    left = {state for state, _ in machine.steps}
    assert reached - left == {State.TERMINATED}
    expiring = {state for state, input_ in machine.steps if input_ is Input.EXPIRE}
    assert {state for state, (_, expire) in machine.timers.items() if expire is not None} <= expiring
