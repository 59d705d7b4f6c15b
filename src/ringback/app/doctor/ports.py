"""The ports: each is bound for a moment, as the server would bind it."""

import errno
import socket
from typing import Final

import msgspec

from ringback.app.config import Config
from ringback.app.doctor.finding import Finding, error, ok, warning
from ringback.app.doctor.holders import Holders

CHECK: Final = "ports"
_NAMED: Final = 3
"""Ports of the RTP range that are named one by one."""
_PRIVILEGED: Final = 1024


def sip(config: Config, holders: Holders) -> Finding:
    """Look at the SIP port."""
    host, port = config.listen
    return _one(f"SIP port udp:{host}:{port}", "[sip] listen", "udp", (host, port), holders)


def http(config: Config, holders: Holders) -> Finding:
    """Look at the port of the API."""
    host, port = config.http.host, config.http.port
    return _one(f"HTTP port tcp:{host}:{port}", "[http] host and port", "tcp", (host, port), holders)


class RtpPorts(msgspec.Struct, frozen=True):
    """The pairs of the RTP range."""

    free: int
    ours: int
    """In use by calls of our own server."""
    taken: dict[int, int]
    """Ports that others keep us from, each with the errno that binding it gave."""


def rtp_ports(config: Config, holders: Holders) -> RtpPorts:
    """Try every pair of an even and the odd port above it."""
    host = config.listen[0]
    free = ours = 0
    taken: dict[int, int] = {}
    first, last = config.rtp_ports
    for port in range(first + first % 2, last, 2):
        faults = {each: fault for each in (port, port + 1) if (fault := _try("udp", (host, each)))}
        held = {each: holders.of("udp", host, each) for each in faults}
        if not faults:
            free += 1
        elif all(holder is not None and holder.is_ours for holder in held.values()):
            ours += 1
        else:
            taken |= faults
    return RtpPorts(free, ours, taken)


def rtp(config: Config, found: RtpPorts, holders: Holders) -> list[Finding]:
    """Judge the RTP range: free, and enough of it."""
    host, (first, last) = config.listen[0], config.rtp_ports
    name = f"RTP ports udp:{host}:{first}-{last}"
    usable = found.free + found.ours
    findings: list[Finding] = []
    if found.taken:
        findings.append(_taken(name, config, found, holders))
    channels = sum(trunk.channels for trunk in config.trunk)
    if not found.taken and usable == 0:
        findings.append(error(CHECK, f"{name}: no pair", "a call takes an even port and the odd one above it", _WIDEN))
    elif 0 < usable < channels:
        cause = f"a call takes two ports: {usable} calls fit, the trunks allow {channels}"
        fix = f"widen [rtp] ports to {2 * channels} ports, or lower channels of the trunks"
        findings.append(warning(CHECK, f"{name} are too few", cause, fix))
    if first <= config.listen[1] <= last:
        cause = f"the SIP port {config.listen[1]} lies in the RTP range"
        findings.append(warning(CHECK, f"{name} hold the SIP port", cause, "move [rtp] ports or [sip] listen apart"))
    if not findings:
        busy = f", {found.ours} in use by our own server" if found.ours else ""
        findings.append(ok(CHECK, f"{name}: room for {usable} calls{busy}"))
    return findings


_WIDEN: Final = "widen [rtp] ports, such as 20000-29999"


def _taken(name: str, config: Config, found: RtpPorts, holders: Holders) -> Finding:
    host = config.listen[0]
    named = [f"{port}: {_cause('udp', (host, port), code, holders)}" for port, code in found.taken.items()]
    more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    cause = "; ".join(named[:_NAMED]) + more
    if found.free + found.ours == 0:
        return error(CHECK, f"{name}: none can be used", cause, "stop what holds them, or change [rtp] ports")
    return warning(
        CHECK,
        f"{name}: {len(named)} are blocked",
        cause,
        "stop what holds them, or change [rtp] ports: a call skips them, but they are lost to it",
    )


def _one(name: str, key: str, kind: str, address: tuple[str, int], holders: Holders) -> Finding:
    code = _try(kind, address)
    if not code:
        return ok(CHECK, f"{name} is free")
    holder = holders.of(kind, *address)
    if code == errno.EADDRINUSE and holder is not None and holder.is_ours:
        return ok(CHECK, f"{name} is held by our own server, process {holders.server}")
    fix = f"stop it, or change {key}" if code == errno.EADDRINUSE else _fix(key, code)
    return error(CHECK, f"{name} cannot be bound", _cause(kind, address, code, holders), fix)


def _try(kind: str, address: tuple[str, int]) -> int:
    """Bind a port for a moment; give the errno of the failure, 0 where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as probe:
        if kind == "tcp":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            if kind == "tcp":
                probe.listen(1)
        except socket.gaierror:
            return errno.EADDRNOTAVAIL
        except OSError as fault:
            return fault.errno or errno.EINVAL
    return 0


def _cause(kind: str, address: tuple[str, int], code: int, holders: Holders) -> str:
    host, port = address
    if code == errno.EADDRINUSE:
        holder = holders.of(kind, host, port)
        return f"{holder} holds it" if holder is not None else "a process that this user may not look into holds it"
    if code == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine"
    if code == errno.EACCES and port < _PRIVILEGED:
        return f"ports below {_PRIVILEGED} are kept for root"
    return errno.errorcode.get(code, str(code))


def _fix(key: str, code: int) -> str:
    if code == errno.EADDRNOTAVAIL:
        return f"change {key}: behind NAT listen on 0.0.0.0, and give the public address as advertise"
    if code == errno.EACCES:
        return f"change {key} to a port from {_PRIVILEGED} on, or give the process CAP_NET_BIND_SERVICE"
    return f"change {key}"
