from tests.contract.stores import NOW

from ringback.service.ports import SipMessage, SipTrace
from ringback.service.recorder import BYTES, MESSAGES, Recorder


def message(call_id: str, content: bytes = b"x", at: float = NOW) -> SipMessage:
    return SipMessage(call_id, at, sent=True, local="127.0.0.1:5060", peer="127.0.0.1:5070", message=content)


def contents(trace: SipTrace | None) -> list[bytes]:
    return [] if trace is None else [each.message for each in trace.messages]


def test_the_messages_of_all_legs_of_a_session_are_kept_in_order() -> None:
    kept = Recorder()
    flight, other = kept.open(), kept.open()
    kept.follow(flight, "a")
    kept.follow(other, "x")
    kept.follow(flight, "b")
    for call_id in ("a", "x", "b", "a"):
        kept.message(message(call_id, call_id.encode()))
    assert contents(kept.close(flight)) == [b"a", b"b", b"a"]
    assert contents(kept.close(other)) == [b"x"]
    assert kept.size == 0


def test_a_caller_s_messages_come_before_the_call() -> None:
    kept = Recorder()
    for call_id in ("other", "caller", "caller"):
        kept.message(message(call_id, call_id.encode()))
    flight = kept.open("caller")
    kept.message(message("caller", b"later"))
    assert kept.size == 17
    assert contents(kept.close(flight)) == [b"caller", b"caller", b"later"]
    assert kept.size == 0


def test_what_was_heard_of_another_is_no_part_of_a_caller_s_record() -> None:
    kept = Recorder()
    kept.message(message("other"))
    assert kept.close(kept.open("caller")) is None


def test_messages_that_nobody_follows_are_not_kept() -> None:
    kept = Recorder()
    flight = kept.open("caller")
    kept.close(flight)
    for number in range(1000):
        kept.message(message(f"stranger-{number}"))
    assert (kept.size, kept.live, len(kept._caller.messages)) == (0, 0, 1)


def test_a_record_closed_twice_gives_nothing_the_second_time() -> None:
    kept = Recorder()
    kept.message(message("caller"))
    flight = kept.open("caller")
    assert kept.close(flight) is not None
    assert kept.close(flight) is None
    assert kept.size == 0


def test_a_session_keeps_so_many_messages_and_counts_the_others() -> None:
    kept = Recorder()
    flight = kept.open()
    kept.follow(flight, "a")
    for _ in range(MESSAGES + 7):
        kept.message(message("a"))
    trace = kept.close(flight)
    assert trace is not None
    assert (len(trace.messages), trace.left_out) == (MESSAGES, 7)


def test_a_session_keeps_so_many_bytes_and_counts_the_others() -> None:
    kept = Recorder()
    flight = kept.open()
    kept.follow(flight, "a")
    for size in (BYTES - 10, 11, 10, 1):
        kept.message(message("a", bytes(size)))
    trace = kept.close(flight)
    assert trace is not None
    assert ([len(each) for each in contents(trace)], trace.left_out) == ([BYTES - 10, 10], 2)


def test_a_caller_who_is_not_yet_taken_in_is_bounded_too() -> None:
    kept = Recorder()
    for _ in range(MESSAGES + 1):
        kept.message(message("caller"))
    trace = kept.close(kept.open("caller"))
    assert trace is not None
    assert (len(trace.messages), trace.left_out) == (MESSAGES, 1)


def test_all_sessions_together_keep_so_many_bytes_until_one_of_them_is_over() -> None:
    kept = Recorder(total=10)
    one, two = kept.open(), kept.open()
    kept.follow(one, "a")
    kept.follow(two, "b")
    kept.message(message("a", bytes(6)))
    kept.message(message("b", bytes(6)))
    assert kept.size == 6
    assert len(contents(kept.close(one))) == 1
    nothing = kept.open()
    kept.follow(nothing, "c")
    kept.message(message("c", bytes(11)))
    assert kept.close(nothing) == SipTrace([], 1), "that something is missing is told"
    kept.message(message("b", bytes(7)))
    trace = kept.close(two)
    assert trace is not None
    assert ([len(each) for each in contents(trace)], trace.left_out) == ([7], 1)
