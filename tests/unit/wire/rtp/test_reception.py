import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.wire.rtp.reception import MAX_DROPOUT, MAX_MISORDER, Reception


def received(*sequences: int, ssrc: int = 1) -> Reception:
    reception = Reception()
    for index, sequence in enumerate(sequences):
        reception.receive(ssrc, sequence, 160 * index, 160, 0.02 * index)
    return reception


def test_nothing_received_is_nothing_lost() -> None:
    reception = Reception()
    assert (reception.packets, reception.lost, reception.jitter_ms, reception.largest_gap) == (0, 0, 0.0, 0.0)


def test_what_is_missing_between_first_and_last_is_lost() -> None:
    assert received(10, 11, 14, 15).lost == 2


def test_the_sequence_goes_round() -> None:
    reception = received(65534, 65535, 0, 1)
    assert reception.lost == 0
    assert reception.interval().highest_sequence == 65536 + 1


def test_a_late_packet_is_no_loss_and_out_of_order() -> None:
    reception = received(10, 12, 11, 13)
    assert (reception.lost, reception.out_of_order, reception.duplicates) == (0, 1, 0)


def test_a_late_packet_across_the_turn_is_out_of_order() -> None:
    reception = received(65535, 1, 0, 2)
    assert (reception.lost, reception.out_of_order) == (0, 1)


def test_a_repeated_packet_does_not_hide_more_than_one_loss() -> None:
    reception = received(10, 10, 10, 11)
    assert (reception.lost, reception.duplicates) == (0, 2)


def test_only_the_newest_packet_is_newest() -> None:
    reception = received(10)
    assert reception.is_newest
    reception.receive(1, 12, 0, 0, 0.0)
    assert reception.is_newest
    reception.receive(1, 11, 0, 0, 0.0)
    assert not reception.is_newest


def test_one_packet_from_far_away_is_passed_over_and_two_in_a_row_begin_anew() -> None:
    far = 10 + MAX_DROPOUT + 5
    reception = received(10, far, 11, 12)
    assert reception.interval().highest_sequence == 12
    reception = received(10, far, far + 1, far + 2)
    assert reception.lost == 0
    assert reception.interval().highest_sequence == far + 2


def test_a_packet_is_late_up_to_a_bound() -> None:
    assert received(1000, 1000 - MAX_MISORDER + 1).out_of_order == 1
    assert received(1000, 1000 - MAX_MISORDER).out_of_order == 0


def test_a_new_source_keeps_the_sums() -> None:
    reception = received(10, 12)
    assert not reception.receive(2, 500, 0, 160, 1.0)
    assert reception.receive(2, 501, 0, 160, 1.02)
    assert reception.receive(2, 503, 0, 160, 1.04)
    assert (reception.packets, reception.octets, reception.lost) == (5, 800, 2)


def test_two_sources_in_turns_do_not_replace_each_other() -> None:
    reception = Reception()
    for index in range(10):
        assert reception.receive(1, 100 + index, 0, 160, 0.0)
        assert not reception.receive(2, 500 + index, 0, 160, 0.0)
    assert (reception.ssrc, reception.lost, reception.interval().highest_sequence) == (1, 0, 109)


def test_keys_of_a_source_of_their_own_never_replace_the_sound() -> None:
    reception = received(10, 11)
    for sequence in range(500, 510):
        assert not reception.receive(2, sequence, 0, 4, 1.0, timed=False)
    assert (reception.ssrc, reception.packets, reception.lost) == (1, 12, 0)


def test_a_steady_stream_has_no_jitter() -> None:
    assert received(*range(100)).jitter_ms == 0.0


def test_jitter_is_that_of_the_rfc() -> None:
    # RFC 3550, section 6.4.1: J += (|D| - J) / 16; a packet 10 ms late, then on time again
    reception = Reception()
    for sequence, now in enumerate((1.0, 1.03, 1.04)):
        reception.receive(1, sequence, 160 * sequence, 160, now)
    assert reception.jitter_ms == pytest.approx(10 / 16 + (10 - 10 / 16) / 16)


def test_events_and_leaps_of_the_clock_are_no_jitter() -> None:
    reception = received(1, 2)
    reception.receive(1, 3, 0, 4, 0.06, timed=False)
    reception.receive(1, 4, 2**31, 160, 0.08)
    assert reception.jitter_ms == 0.0


def test_the_largest_gap_is_between_any_two_packets() -> None:
    reception = Reception()
    for sequence, now in enumerate((5.0, 5.02, 5.5, 5.52)):
        reception.receive(1, sequence, 0, 160, now)
    assert reception.largest_gap == pytest.approx(0.48)


def test_a_report_tells_the_losses_since_the_last_one() -> None:
    reception = received(1, 2, 3, 4)
    assert reception.interval().fraction_lost == 0
    reception.receive(1, 8, 0, 160, 1.0)
    interval = reception.interval()
    assert (interval.fraction_lost, interval.lost) == (3 * 256 // 4, 3)
    assert reception.interval().fraction_lost == 0


def test_repeated_packets_make_the_loss_of_a_report_negative() -> None:
    interval = received(1, 1, 1).interval()
    assert (interval.fraction_lost, interval.lost) == (0, -2)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.floats(0, 1e6))))
def test_any_sequence_gives_sane_figures(packets: list[tuple[int, int, int, float]]) -> None:
    reception = Reception()
    for ssrc, sequence, timestamp, now in packets:
        reception.receive(ssrc, sequence, timestamp, 160, now)
        interval = reception.interval()
        assert 0 <= interval.fraction_lost <= 255
        assert 0 <= interval.highest_sequence < 2**32
    assert reception.lost >= 0
    assert reception.jitter_ms >= 0
