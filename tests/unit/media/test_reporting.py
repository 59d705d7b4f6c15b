import socket
from collections.abc import Iterator
from itertools import pairwise
from random import Random

import pytest
from tests.contract.far_end import FarEnd

from ringback.media.outgoing import Outgoing
from ringback.media.reporting import Reporting
from ringback.wire.rtp import rtcp
from ringback.wire.rtp.reception import Reception
from ringback.wire.rtp.rtcp import Goodbye, ReceiverReport, SenderReport, SourceDescription

SECOND = 1_000_000_000


class Wire:
    """The reporting of a leg and its far end's sockets, read when asked."""

    def __init__(self) -> None:
        """Open the sockets."""
        self.far = FarEnd()
        self.far.rtcp.setblocking(True)  # noqa: FBT003 - the standard library's signature
        self.far.rtcp.settimeout(5)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        random = Random(1)  # noqa: S311 - the same numbers every time
        self.outgoing = Outgoing(self.socket, random)
        self.outgoing.aim(self.far.address)
        self.reporting = Reporting(self.socket, self.outgoing, random)
        self.reception = Reception()

    def heard(self) -> tuple[rtcp.RtcpPacket, ...]:
        return rtcp.parse(self.far.rtcp.recv(4096))

    def silent(self) -> bool:
        self.far.rtcp.setblocking(False)  # noqa: FBT003 - the standard library's signature
        try:
            self.far.rtcp.recv(4096)
        except BlockingIOError:
            return True
        return False


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    for opened in (made.socket, made.far.rtp, made.far.rtcp):
        opened.close()


def test_reports_come_every_five_seconds_or_so(wire: Wire) -> None:
    wire.reporting.begin(0)
    sent = []
    for tenth in range(1000):
        before = wire.reporting._due_ns
        wire.reporting.report(wire.reception, tenth * SECOND // 10)
        if wire.reporting._due_ns != before:
            sent.append(tenth / 10)
            assert isinstance(wire.heard()[0], ReceiverReport)
    gaps = [two - one for one, two in pairwise(sent)]
    assert sent[0] <= 2.6
    assert 3.9 <= min(gaps) <= max(gaps) <= 6.2
    assert sum(gaps) / len(gaps) == pytest.approx(5.0, abs=0.5)


def test_one_that_never_sent_reports_as_a_receiver_and_leaves_quietly(wire: Wire) -> None:
    wire.reporting.begin(0)
    wire.reporting.report(wire.reception, 5 * SECOND)
    report, name = wire.heard()
    assert report == ReceiverReport(wire.outgoing.ssrc)
    assert isinstance(name, SourceDescription)
    assert len(name.cname) == 24
    wire.reporting.leave(wire.reception, 6 * SECOND)
    assert wire.silent()


def test_one_that_sent_reports_what_it_sent_and_says_goodbye(wire: Wire) -> None:
    wire.outgoing.send(0, bytes(160), 1)
    wire.reception.receive(77, 1, 0, 160, 1.0)
    wire.reporting.leave(wire.reception, 2 * SECOND)
    report, _, goodbye = wire.heard()
    assert isinstance(report, SenderReport)
    assert (report.packets, report.octets, report.blocks[0].ssrc) == (1, 160, 77)
    assert goodbye == Goodbye((wire.outgoing.ssrc,))


def test_a_report_says_how_long_ago_the_last_one_came(wire: Wire) -> None:
    wire.reception.receive(77, 1, 0, 160, 1.0)
    heard = rtcp.build([SenderReport(77, 0xB44DB70520000000, 0, 1, 160)])
    wire.reporting.receive(heard, wire.far.rtcp.getsockname(), 10 * SECOND)
    wire.reporting.begin(0)
    wire.reporting.report(wire.reception, int(15.25 * SECOND))
    report = wire.heard()[0]
    assert isinstance(report, ReceiverReport)
    assert (report.blocks[0].last_report, report.blocks[0].delay) == (0xB7052000, 0x54000)


def test_reports_go_to_where_reports_come_from(wire: Wire) -> None:
    wire.reporting.begin(0)
    heard = rtcp.build([ReceiverReport(77)])
    wire.reporting.receive(heard, wire.far.rtp.getsockname(), 0)
    wire.reporting.report(wire.reception, 5 * SECOND)
    assert isinstance(rtcp.parse(wire.far.rtp.recv(4096))[0], ReceiverReport)


def test_junk_moves_nothing(wire: Wire) -> None:
    wire.reporting.begin(0)
    wire.reporting.receive(b"junk", ("127.0.0.1", 9), 0)
    wire.reporting.report(wire.reception, 5 * SECOND)
    assert isinstance(wire.heard()[0], ReceiverReport)


@pytest.mark.parametrize("target", [None, ("127.0.0.1", 65535)])
def test_a_far_end_without_a_port_for_reports_gets_none(wire: Wire, target: tuple[str, int] | None) -> None:
    wire.outgoing.aim(target)
    wire.reporting.begin(0)
    wire.reporting.report(wire.reception, 5 * SECOND)
    assert wire.silent()
