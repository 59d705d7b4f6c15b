"""Ports, and who holds them."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringback.app.config import Config, Http, Rtp, Sip, Trunk
from ringback.app.doctor.finding import Severity
from ringback.app.doctor.holders import Holders
from ringback.app.doctor.ports import RtpPorts, http, rtp, rtp_ports, sip

HOST = "127.0.0.1"
HOLD = (
    "import socket, sys\n"
    "held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "held.bind(('127.0.0.1', 0))\n"
    "print(held.getsockname()[1], flush=True)\n"
    "sys.stdin.read()\n"
)


@contextmanager
def child() -> Iterator[tuple[int, int]]:
    """Give the process id and UDP port of a process of ours."""
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.communicate(timeout=10)


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Have the lock of a store open, as a server has."""
    with Path(f"{store}-lock").open("w"):
        yield


def config(port: int = 0, ports: str = "20000-20003", channels: int = 1, http_port: int = 0) -> Config:
    return Config(
        http=Http(port=http_port),
        sip=Sip(listen=(f"udp:{HOST}:{port}",)),
        rtp=Rtp(ports=ports),
        trunk=(Trunk(name="carrier", uri="sip:127.0.0.1", channels=channels),),
    )


def test_the_process_that_holds_a_port_is_named(tmp_path: Path) -> None:
    with child() as (pid, port):
        holder = Holders(tmp_path / "x.db").of("udp", HOST, port)
        assert holder is not None
        assert (holder.pid, holder.is_ours) == (pid, False)
        assert Path(sys.executable).name in str(holder)
        finding = sip(config(port), Holders(None))
        assert (finding.severity, f"process {pid} " in finding.cause) == (Severity.ERROR, True)


def test_a_port_of_the_media_engine_of_our_server_is_ours(tmp_path: Path) -> None:
    store = tmp_path / "x.db"
    with locked(store), child() as (_, port):
        holders = Holders(store)
        assert holders.server == os.getpid()
        holder = holders.of("udp", HOST, port)
        assert holder is not None
        assert holder.is_ours
        assert "our own server" in sip(config(port), holders).what
        even = port - port % 2
        assert rtp_ports(config(ports=f"{even}-{even + 1}"), holders) == RtpPorts(0, 1, {})


def test_a_holder_at_every_address_holds_ours_too() -> None:
    with socket.socket() as held:
        held.bind(("0.0.0.0", 0))
        held.listen()
        finding = http(config(http_port=held.getsockname()[1]), Holders(None))
    assert f"process {os.getpid()} " in finding.cause


def test_a_port_that_nobody_holds_is_free() -> None:
    holders = Holders(None)
    assert sip(config(), holders).severity is Severity.OK
    assert http(config(), holders).severity is Severity.OK
    assert holders.of("udp", HOST, 1) is None


def test_a_name_that_is_no_address_cannot_be_bound() -> None:
    given = Config(http=Http(host="nowhere.invalid", port=8080))
    assert "no address of this machine" in http(given, Holders(None)).cause


@pytest.mark.parametrize(
    ("found", "channels", "says"),
    [
        (RtpPorts(2, 0, {}), 2, "room for 2 calls"),
        (RtpPorts(1, 1, {}), 2, "room for 2 calls, 1 in use by our own server"),
        (RtpPorts(2, 0, {}), 3, "are too few"),
        (RtpPorts(0, 0, {}), 1, "no pair"),
        (RtpPorts(1, 0, {20002: errno.EACCES}), 1, "1 are blocked"),
        (RtpPorts(0, 0, {20000: errno.EADDRINUSE, 20002: errno.EADDRINUSE}), 1, "none can be used"),
    ],
)
def test_the_rtp_range_is_judged(found: RtpPorts, channels: int, says: str) -> None:
    (finding,) = rtp(config(channels=channels), found, Holders(None))
    assert says in finding.what


def test_a_sip_port_within_the_rtp_range_is_warned_of() -> None:
    (finding,) = rtp(config(20001), RtpPorts(2, 0, {}), Holders(None))
    assert finding.severity is Severity.WARNING
    assert "20001 lies in the RTP range" in finding.cause
