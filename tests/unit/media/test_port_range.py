import errno
import socket

import pytest
from tests.contract.far_end import free_range

from ringback.media.interface import NoFreePort
from ringback.media.port_range import PortRange


@pytest.mark.parametrize(("low", "high"), [(20001, 20002), (5, 4), (0, 0), (65535, 65535), (-2, -1)])
def test_a_range_without_a_pair_is_none(low: int, high: int) -> None:
    with pytest.raises(ValueError, match="no pair"):
        PortRange("127.0.0.1", low, high)


def test_an_odd_beginning_and_an_even_end_are_left_out() -> None:
    low, high = free_range(3)
    ports = PortRange("127.0.0.1", low + 1, high - 1)
    rtp, rtcp = ports.bind()
    with rtp, rtcp:
        assert rtp.getsockname() == ("127.0.0.1", low + 2)
        assert rtcp.getsockname() == ("127.0.0.1", low + 3)
        with pytest.raises(NoFreePort):
            ports.bind()


def used(ports: PortRange) -> int:
    rtp, rtcp = ports.bind()
    port = int(rtp.getsockname()[1])
    rtp.close()
    rtcp.close()
    ports.release(port)
    return port


def test_a_port_rests_until_half_of_the_others_had_their_turn() -> None:
    low, high = free_range(8)
    ports = PortRange("127.0.0.1", low, high)
    given = [used(ports) for _ in range(200)]
    assert sorted(given[:8]) == list(range(low, high, 2))
    for index, port in enumerate(given):
        assert port not in given[max(0, index - 4) : index]


def test_nobody_can_guess_the_order_of_ports() -> None:
    low, high = free_range(16)
    orders = {tuple(used(PortRange("127.0.0.1", low, high)) for _ in range(8)) for _ in range(3)}
    ports = PortRange("127.0.0.1", low, high)
    turns = {tuple(used(ports) for _ in range(16)) for _ in range(3)}
    assert len(orders) == len(turns) == 3


def test_packets_are_marked_as_voice() -> None:
    rtp, rtcp = PortRange("127.0.0.1", *free_range(1)).bind()
    with rtp, rtcp:
        assert {each.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) for each in (rtp, rtcp)} == {0xB8}


@pytest.mark.parametrize("taken", [0, 1])
def test_a_pair_of_which_one_is_taken_is_passed_over(taken: int) -> None:
    low, high = free_range(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", low + taken))
        ports = PortRange("127.0.0.1", low, high)
        rtp, rtcp = ports.bind()
        with rtp, rtcp:
            assert rtp.getsockname()[1] == low + 2
            with pytest.raises(NoFreePort, match="every RTP port"):
                ports.bind()
    assert used(ports) == low  # which is free again


def test_a_system_that_gives_no_socket_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("ringback.media.port_range.socket.socket", refuse)
    with pytest.raises(NoFreePort, match="Too many open files"):
        PortRange("127.0.0.1", 20000, 20001).bind()
