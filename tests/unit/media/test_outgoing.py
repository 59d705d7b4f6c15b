import socket
from collections.abc import Iterator
from random import Random

import pytest

from ringback.media.outgoing import Outgoing
from ringback.wire.rtp import packet
from ringback.wire.rtp.packet import Packet


class Wire:
    """An outgoing stream and the socket that hears it."""

    def __init__(self) -> None:
        """Open the sockets."""
        self.sending = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.hearing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.hearing.bind(("127.0.0.1", 0))
        self.hearing.settimeout(5)
        self.stream = Outgoing(self.sending, Random(1))  # noqa: S311 - the same numbers every time
        self.stream.aim(self.hearing.getsockname())

    def heard(self) -> Packet:
        return packet.parse(self.hearing.recv(4096))

    def relayed(
        self, sequence: int, timestamp: int, ssrc: int = 9, payload: bytes = b"x" * 160, *, audio: bool = True
    ) -> Packet:
        source = Packet(0, marker=False, sequence=sequence % 65536, timestamp=timestamp, ssrc=ssrc, payload=payload)
        self.stream.relay(0 if audio else 101, source, payload, 1, audio=audio)
        return self.heard()

    def own(self) -> Packet:
        self.stream.send(0, b"y" * 160, 1)
        self.stream.advance(160)
        return self.heard()


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.sending.close()
    made.hearing.close()


def step(one: Packet, two: Packet) -> tuple[int, int]:
    """Give how far sequence number and timestamp went."""
    return (two.sequence - one.sequence) % 65536, (two.timestamp - one.timestamp) % 2**32


def test_a_relayed_stream_goes_on_where_the_own_stopped(wire: Wire) -> None:
    own = wire.own()
    first = wire.relayed(50000, 77)
    assert step(own, first) == (1, 160)
    assert first.ssrc == own.ssrc
    assert step(first, wire.own()) == (1, 160)


def test_losses_and_order_are_kept(wire: Wire) -> None:
    first = wire.relayed(65535, 1000)
    assert step(first, wire.relayed(3, 1000 + 4 * 160)) == (4, 640)
    assert step(first, wire.relayed(2, 1000 + 3 * 160)) == (3, 480)  # late
    assert step(first, wire.relayed(4, 1000 + 5 * 160)) == (5, 800)
    assert step(first, wire.own())[0] == 6


def test_the_clock_follows_a_source_that_drifts(wire: Wire) -> None:
    before = wire.relayed(0, 0)
    for count in range(1, 200):  # 25 % faster than the clock here: 50 s of drift in 200 packets would be a leap
        wire.stream.advance(120)
        after = wire.relayed(count, 160 * count)
        assert step(before, after) == (1, 160)
        before = after


def test_a_new_source_and_a_leap_of_its_clock_are_fitted_anew(wire: Wire) -> None:
    first = wire.relayed(10, 0)
    other = wire.relayed(40000, 2**31, ssrc=8)
    assert step(first, other) == (1, 160)
    leapt = wire.relayed(40001, 5, ssrc=8)
    assert step(other, leapt) == (1, 160)


def test_the_timestamp_of_a_held_key_stands_still(wire: Wire) -> None:
    first = wire.relayed(1, 0)
    stamps = set()
    for count in range(100):
        stamps.add(wire.relayed(2 + count, 160, payload=b"\x05\x0a\x00\xa0", audio=False).timestamp)
        wire.stream.advance(160)
    assert stamps == {(first.timestamp + 160) % 2**32}


def test_nothing_is_counted_while_there_is_nowhere_to_send(wire: Wire) -> None:
    before = wire.own()
    target = wire.stream.target
    wire.stream.aim(None)
    wire.stream.send(0, b"z", 1)
    wire.stream.relay(0, Packet(0, marker=False, sequence=5, timestamp=5, ssrc=5, payload=b""), b"", 1, audio=True)
    wire.stream.aim(target)
    assert step(before, wire.own()) == (1, 160)
    assert (wire.stream.packets, wire.stream.octets) == (2, 320)


def test_a_packet_is_marked_after_a_pause_in_sending_alone(wire: Wire) -> None:
    assert [wire.own().marker for _ in range(3)] == [True, False, False]
    wire.stream.advance(160)
    assert [wire.own().marker for _ in range(2)] == [True, False]


def test_a_packet_that_cannot_be_sent_is_lost_like_any_other(wire: Wire) -> None:
    wire.stream.aim(("127.0.0.1", 0))
    wire.stream.send(0, b"z", 1)
    assert (wire.stream.packets, wire.stream.first_ns) == (0, 0)
