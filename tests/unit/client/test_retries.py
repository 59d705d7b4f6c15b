import pytest

from ringback.client.errors import AnswerInvalid, ClientError, ConnectionFailed, Invalid, ServerFault, TooManyRequests
from ringback.client.retries import Retries

POLICY = Retries(tries=6, first_pause=1.0, longest_pause=5.0)
SENT, UNSENT = ConnectionFailed("", sent=True), ConnectionFailed("", sent=False)


def busy(seconds: float | None) -> TooManyRequests:
    return TooManyRequests("", http_status=429, retry_after=seconds)


def away(status: int) -> ServerFault:
    return ServerFault("", http_status=status)


@pytest.mark.parametrize("fault", [UNSENT, busy(None), busy(5.0)])
@pytest.mark.parametrize("repeatable", [True, False])
def test_what_did_not_arrive_is_sent_again_whatever_it_is(fault: ClientError, *, repeatable: bool) -> None:
    assert POLICY.pause(fault, 1, repeatable=repeatable) is not None


@pytest.mark.parametrize("fault", [SENT, away(502), away(503), away(504)])
def test_what_may_have_arrived_is_sent_again_where_that_does_no_more(fault: ClientError) -> None:
    assert POLICY.pause(fault, 1, repeatable=True) is not None
    assert POLICY.pause(fault, 1, repeatable=False) is None


@pytest.mark.parametrize("fault", [away(500), away(501), Invalid("", http_status=422), AnswerInvalid(""), busy(5.1)])
def test_what_would_fail_again_is_not_sent_again(fault: ClientError) -> None:
    assert POLICY.pause(fault, 1, repeatable=True) is None


def test_pauses_grow_up_to_the_longest_and_end() -> None:
    pauses = [POLICY.pause(SENT, attempt, repeatable=True) for attempt in range(1, 7)]
    assert pauses[5] is None
    for pause, longest in zip(pauses[:5], (1.0, 2.0, 4.0, 5.0, 5.0), strict=True):
        assert pause is not None
        assert longest / 2 <= pause <= longest


def test_a_pause_is_as_long_as_the_server_asks() -> None:
    assert POLICY.pause(busy(4.5), 1, repeatable=False) == 4.5
