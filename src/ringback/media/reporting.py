"""The RTCP of a leg: what it says of its stream, and hears of the other (RFC 3550, section 6)."""

import socket
import time
from random import Random
from typing import Final

from ringback.media.interface import Address
from ringback.media.outgoing import Outgoing
from ringback.wire.rtp import rtcp
from ringback.wire.rtp.reception import RATE, Reception

INTERVAL: Final = 5.0
"""Seconds between reports, on average (section 6.2)."""

_SECOND_NS: Final = 1_000_000_000
_MAX_PORT: Final = 65535


class Reporting:
    """Sends reports to the port above the far end's RTP, or to where its own reports came from."""

    def __init__(self, socket_: socket.socket, outgoing: Outgoing, random: Random) -> None:
        """`random`: for the canonical name (RFC 7022, section 4.2) and the interval."""
        self._socket = socket_
        self._outgoing = outgoing
        self._random = random
        self._cname = f"{random.getrandbits(96):024x}"
        self._due_ns: int | None = None
        self._source: Address | None = None
        self._last_report = 0
        self._last_report_ns = 0
        self.round_trip_ms = 0.0
        """As last measured; 0 where it never was."""
        self.reported_lost = 0
        """Packets of ours that the far end says it lost."""
        self.reported_jitter_ms = 0.0
        """Of our packets, as the far end last said."""

    def begin(self, now_ns: int) -> None:
        """Report from now on, first after half an interval or less."""
        self._due_ns = now_ns + int(self._random.uniform(0.1, 0.5) * INTERVAL * _SECOND_NS)

    def receive(self, data: bytes, source: Address, now_ns: int) -> None:
        """Take a compound packet; what is none is dropped."""
        try:
            packets = rtcp.parse(data)
        except rtcp.MalformedRtcp:
            return
        self._source = source
        for heard in packets:
            if isinstance(heard, rtcp.SenderReport):
                self._last_report = heard.middle
                self._last_report_ns = now_ns
            if isinstance(heard, rtcp.SenderReport | rtcp.ReceiverReport):
                for block in heard.blocks:
                    if block.ssrc == self._outgoing.ssrc:
                        self._reported(block)

    def _reported(self, block: rtcp.ReportBlock) -> None:
        """Take what the far end says of our stream."""
        self.reported_lost = max(0, block.lost)
        self.reported_jitter_ms = block.jitter * 1000 / RATE
        round_trip = block.round_trip(rtcp.ntp_time(time.time()))
        if round_trip is not None:
            self.round_trip_ms = round_trip * 1000

    def report(self, reception: Reception, now_ns: int) -> None:
        """Send a report where one is due; the interval varies, so that many legs do not report at once."""
        if self._due_ns is None or now_ns < self._due_ns:
            return
        self._due_ns = now_ns + int(self._random.uniform(0.8, 1.2) * INTERVAL * _SECOND_NS)
        self._send([self._own(reception, now_ns), self._name()])

    def leave(self, reception: Reception, now_ns: int) -> None:
        """Say goodbye, where anything was ever sent (section 6.3.7)."""
        if self._outgoing.packets > self._outgoing.packets_before:
            self._send([self._own(reception, now_ns), self._name(), rtcp.Goodbye((self._outgoing.ssrc,))])

    def _own(self, reception: Reception, now_ns: int) -> rtcp.SenderReport | rtcp.ReceiverReport:
        outgoing = self._outgoing
        blocks: tuple[rtcp.ReportBlock, ...] = ()
        if reception.ssrc is not None:
            since = (now_ns - self._last_report_ns) / _SECOND_NS
            blocks = (rtcp.ReportBlock.of(reception.interval(), self._last_report, since),)
        packets, octets = outgoing.packets - outgoing.packets_before, outgoing.octets - outgoing.octets_before
        if not packets:
            return rtcp.ReceiverReport(outgoing.ssrc, blocks)
        wall = rtcp.ntp_time(time.time())
        return rtcp.SenderReport(outgoing.ssrc, wall, outgoing.timestamp, packets, octets, blocks)

    def _name(self) -> rtcp.SourceDescription:
        return rtcp.SourceDescription(self._outgoing.ssrc, self._cname)

    def _send(self, packets: list[rtcp.RtcpPacket]) -> None:
        target = self._outgoing.target
        if target is None:
            return
        host, port = target
        if self._source is not None and self._source[0] == host:
            port = self._source[1]
        elif port < _MAX_PORT:
            port += 1
        else:
            return
        try:
            self._socket.sendto(rtcp.build(packets), (host, port))
        except OSError:
            return  # lost like any other report
