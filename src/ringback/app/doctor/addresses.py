"""The addresses that far ends are told, against those that they see (`received` and `rport`, RFC 3581)."""

from ipaddress import AddressValueError, IPv4Address, ip_network
from typing import Final

from ringback.adapters.telephone import TrunkAnswer
from ringback.app.config import Config, Trunk
from ringback.app.doctor.finding import Finding, error, ok, warning

CHECK: Final = "addresses"
_PRIVATE: Final = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
)


def is_private(host: str) -> bool:
    """Tell whether an IPv4 address is not reached from the public network; False for what is no address."""
    try:
        address = IPv4Address(host)
    except AddressValueError:
        return False
    return any(address in network for network in _PRIVATE)


def bound_too_close(config: Config, trunk: Trunk, address: str) -> Finding | None:
    """Find a SIP port on the loopback address, from which nothing else can be reached."""
    host, port = config.listen
    if not IPv4Address(host).is_loopback or IPv4Address(address).is_loopback:
        return None
    return error(
        CHECK,
        f"trunk {trunk.name} cannot be reached from {host}",
        f"[sip] listen is udp:{host}:{port}: that address reaches this machine alone, the trunk is at {address}",
        f'listen = ["udp:0.0.0.0:{port}"] in [sip]',
    )


def judge(config: Config, trunk: Trunk, address: str, answer: TrunkAnswer, *, is_servers_port: bool) -> list[Finding]:
    """Compare what a trunk is told with what it sees; `address`: of the trunk."""
    told, port = answer.told
    seen, seen_port = answer.seen_as
    outside = not is_private(address) or (seen is not None and not is_private(seen))
    findings = [
        _private(trunk, key, host, seen)
        for key, host in (("[sip] advertise", told), ("[rtp] advertise", config.rtp.advertise or told))
        if outside and is_private(host)
    ][:1]
    if not findings and seen is not None and seen != told:
        findings.append(_other(trunk, told, seen))
    if is_servers_port and seen_port is not None and seen_port != port:
        cause = f"it sees our SIP port {port} as {seen_port}"
        fix = f"forward UDP port {port} in the router to this machine, unchanged"
        findings.append(warning(CHECK, f"a NAT on the way to trunk {trunk.name} changes ports", cause, fix))
    if findings:
        return findings
    sees = "sees us there" if seen is not None else "does not say where it sees us"
    return [ok(CHECK, f"trunk {trunk.name} is told {told}:{port} and {sees}")]


def _private(trunk: Trunk, key: str, host: str, seen: str | None) -> Finding:
    sees = f"; it sees us at {seen}" if seen is not None else ""
    cause = f"{key} is or becomes {host}, which is private, and the trunk is beyond a NAT{sees}"
    public = seen if seen is not None and not is_private(seen) else "your public address"
    section, _, name = key.partition(" ")
    fix = f'{name} = "{public}" in {section}, and forward the SIP and RTP ports to this machine'
    return error(CHECK, f"trunk {trunk.name} is told a private address", cause, fix)


def _other(trunk: Trunk, told: str, seen: str) -> Finding:
    what = f"trunk {trunk.name} sees us at another address than it is told"
    cause = f"it sees us at {seen}, and is told {told}: answers and sound go there"
    if is_private(seen):
        return warning(CHECK, what, cause, "an inner trunk beside an outer one: see that it reaches the public address")
    return error(CHECK, what, cause, f'advertise = "{seen}" in [sip]')
