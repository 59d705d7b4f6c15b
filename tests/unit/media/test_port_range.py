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


def test_a_port_rests_until_the_others_had_their_turn() -> None:
    low, high = free_range(3)
    ports = PortRange("127.0.0.1", low, high)
    given = []
    for _ in range(4):
        rtp, rtcp = ports.bind()
        given.append(rtp.getsockname()[1])
        rtp.close()
        rtcp.close()
        ports.release(given[-1])
    assert given == [low, low + 2, low + 4, low]


@pytest.mark.parametrize("taken", [0, 1])
def test_a_pair_of_which_one_is_taken_is_passed_over(taken: int) -> None:
    low, high = free_range(2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", low + taken))
        rtp, rtcp = PortRange("127.0.0.1", low, high).bind()
        with rtp, rtcp:
            assert rtp.getsockname()[1] == low + 2


def test_a_system_that_gives_no_socket_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("ringback.media.port_range.socket.socket", refuse)
    with pytest.raises(NoFreePort, match="Too many open files"):
        PortRange("127.0.0.1", 20000, 20001).bind()
