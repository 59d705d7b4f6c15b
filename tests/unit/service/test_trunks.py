from ringback.domain.number import Number
from ringback.service.ports import TrunkRoute
from ringback.service.trunks import Trunks
from ringback.testing.clock import ManualClock


def trunks(*routes: TrunkRoute, clock: ManualClock | None = None) -> Trunks:
    return Trunks(routes, clock or ManualClock())


def test_the_longest_prefix_wins() -> None:
    line = trunks(TrunkRoute("world"), TrunkRoute("asia", ("65", "66")), TrunkRoute("mobile", ("658",)))
    found = {digits: line.route(Number(digits)) for digits in ("4917012345", "6561234567", "6581234567")}
    assert {digits: route.name for digits, route in found.items() if route} == {
        "4917012345": "world",
        "6561234567": "asia",
        "6581234567": "mobile",
    }


def test_a_number_that_no_trunk_serves_has_no_route() -> None:
    assert trunks(TrunkRoute("asia", ("65",))).route(Number("4917012345")) is None


def test_between_equal_prefixes_the_earlier_trunk_wins() -> None:
    route = trunks(TrunkRoute("one", ("65",)), TrunkRoute("two", ("65",))).route(Number("6561234567"))
    assert route is not None
    assert route.name == "one"


def take(line: Trunks, wanted: int, trunk: str = "carrier", account: str = "acme") -> int:
    """Take up to so many channels; give how many there were."""
    number = min(wanted, line.free(trunk))
    if number:
        line.take(trunk, {account: number})
    return number


def test_no_more_calls_than_channels() -> None:
    line = trunks(TrunkRoute("carrier", channels=3, calls_per_second=100))
    assert take(line, 2) == 2
    assert take(line, 2) == 1
    assert take(line, 1) == 0


def test_a_released_channel_is_free_again_and_wakes_the_queue() -> None:
    line = trunks(TrunkRoute("carrier", channels=1, calls_per_second=100))
    woken: list[bool] = []
    line.on_free = lambda: woken.append(True)
    take(line, 1)
    line.release("carrier", "acme")
    assert woken == [True]
    assert take(line, 1) == 1


def test_no_more_calls_than_the_rate_allows() -> None:
    clock = ManualClock()
    line = trunks(TrunkRoute("carrier", channels=100, calls_per_second=2), clock=clock)
    assert take(line, 10) == 2
    assert take(line, 10) == 0
    pause = line.next_token("carrier")
    assert pause is not None
    assert 0 < pause <= 0.5
    clock.advance(0.51)
    assert take(line, 10) == 1


def test_a_quiet_hour_saves_up_no_more_than_one_second() -> None:
    clock = ManualClock()
    line = trunks(TrunkRoute("carrier", channels=100, calls_per_second=5), clock=clock)
    clock.advance(3600)
    assert take(line, 100) == 5


def test_a_rate_below_one_still_lets_calls_through() -> None:
    clock = ManualClock()
    line = trunks(TrunkRoute("carrier", channels=100, calls_per_second=0.5), clock=clock)
    assert take(line, 1) == 1
    clock.advance(1.9)
    assert take(line, 1) == 0
    clock.advance(0.2)
    assert take(line, 1) == 1


def test_what_was_taken_but_not_dialled_costs_no_rate() -> None:
    line = trunks(TrunkRoute("carrier", channels=10, calls_per_second=4))
    assert take(line, 4) == 4
    line.give_back("carrier", {"acme": 3})
    assert line.in_use("carrier") == 1
    assert take(line, 10) == 3


def test_no_token_is_awaited_while_no_channel_is_free() -> None:
    line = trunks(TrunkRoute("carrier", channels=1, calls_per_second=100))
    assert line.next_token("carrier") == 0.0
    take(line, 1)
    assert line.next_token("carrier") is None


def test_an_unknown_trunk_has_no_channels() -> None:
    assert trunks(TrunkRoute("carrier")).free("gone") == 0


def test_calls_are_counted_by_subaccount_in_and_out() -> None:
    line = trunks(TrunkRoute("one", channels=5), TrunkRoute("two", channels=5))
    line.take("one", {"acme": 2, "bravo": 1})
    line.take("two", {"acme": 1})
    assert line.occupy("one", "acme")
    line.give_back("one", {"acme": 1})
    line.release("two", "acme")
    assert (line.calls_of("acme"), line.calls_of("bravo"), line.calls_of("nobody")) == (2, 1, 0)
    assert (line.in_use("one"), line.in_use("two")) == (3, 0)
