"""The figures of a leg's media as sessions know them."""

from ringback.domain.session import MediaReport, Quality, RtpStream
from ringback.media.interface import Address, LegStatistics
from ringback.wire.rtp.quality import mos


def quality_of(statistics: LegStatistics | None) -> Quality | None:
    """Give the quality of what was heard; None where nothing was."""
    if statistics is None or not statistics.packets_received:
        return None
    rate = statistics.packets_lost / (statistics.packets_lost + statistics.packets_received)
    return Quality(
        mos=round(mos(rate, statistics.jitter_ms), 2),
        packet_loss_rate=round(rate, 4),
        jitter=round(statistics.jitter_ms, 2),
    )


def report_of(statistics: LegStatistics | None, local: Address, remote: Address, epoch: float) -> MediaReport | None:
    """Tell what went over a leg's media; None where nothing did.

    `local`: as told to the far end; `remote`: where packets came from; `epoch`: the wall clock minus CLOCK_MONOTONIC,
    seconds.
    """
    if statistics is None or not statistics.packets_sent + statistics.packets_received:
        return None

    def at(nanoseconds: int) -> float | None:
        return round(epoch + nanoseconds / 1e9, 3) if nanoseconds else None

    return MediaReport(
        local=f"{local[0]}:{local[1]}",
        remote=f"{remote[0]}:{remote[1]}" if remote[1] else "",
        sent=RtpStream(
            packets=statistics.packets_sent,
            octets=statistics.octets_sent,
            lost=statistics.reported_lost,
            jitter_ms=round(statistics.reported_jitter_ms, 2),
            first=at(statistics.first_packet_sent_ns),
            last=at(statistics.last_packet_sent_ns),
        ),
        received=RtpStream(
            packets=statistics.packets_received,
            octets=statistics.octets_received,
            lost=statistics.packets_lost,
            jitter_ms=round(statistics.jitter_ms, 2),
            first=at(statistics.first_packet_received_ns),
            last=at(statistics.last_packet_received_ns),
        ),
        largest_gap_ms=round(statistics.largest_gap_ms, 1),
        out_of_order=statistics.packets_out_of_order,
        foreign=statistics.packets_foreign,
        malformed=statistics.packets_malformed,
        round_trip_ms=round(statistics.round_trip_ms, 2),
    )
