from ringback.adapters.telephone.figures import quality_of, report_of
from ringback.media.interface import LegStatistics

LOCAL, NOBODY = ("192.0.2.1", 20000), ("", 0)


def test_times_of_the_media_plane_become_those_of_the_wall_clock() -> None:
    figures = LegStatistics(
        packets_sent=2,
        octets_sent=320,
        packets_received=3,
        first_packet_sent_ns=5_000_000_000,
        last_packet_sent_ns=5_020_000_000,
        first_packet_received_ns=5_001_000_000,
        last_packet_received_ns=5_041_000_000,
        reported_lost=4,
        reported_jitter_ms=1.234,
        round_trip_ms=30.127,
    )
    report = report_of(figures, LOCAL, ("198.51.100.7", 4000), 1000.0)
    assert report is not None
    assert (report.local, report.remote) == ("192.0.2.1:20000", "198.51.100.7:4000")
    assert (report.sent.first, report.sent.last) == (1005.0, 1005.02)
    assert (report.received.first, report.received.last) == (1005.001, 1005.041)
    assert (report.sent.lost, report.sent.jitter_ms, report.round_trip_ms) == (4, 1.23, 30.13)


def test_a_direction_without_packets_has_no_times() -> None:
    report = report_of(LegStatistics(packets_sent=1, first_packet_sent_ns=1), LOCAL, NOBODY, 0.0)
    assert report is not None
    assert (report.remote, report.received.first, report.received.last) == ("", None, None)


def test_where_nothing_went_or_came_there_is_nothing_to_report() -> None:
    assert report_of(LegStatistics(), LOCAL, NOBODY, 0.0) is None
    assert report_of(None, LOCAL, NOBODY, 0.0) is None
    assert quality_of(LegStatistics(packets_sent=9)) is None
