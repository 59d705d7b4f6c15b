"""A trunk as the telephone sees it, and the way there."""

import asyncio
import socket
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network

from ringback.media.interface import Address
from ringback.wire.sdes import Policy
from ringback.wire.sip.digest import Credentials
from ringback.wire.sip.uri import Uri

SIP_PORT = 5060
DEFAULT_CODECS = ("PCMU", "PCMA")
NAME_SECONDS = 30.0
"""How long the address of a trunk's host name is kept."""


class Line:
    """A trunk as the telephone sees it."""

    def __init__(  # noqa: PLR0913 - settings, each given by its name
        self,
        uri: str,
        *,
        username: str = "",
        password: str = "",
        codecs: tuple[str, ...] = DEFAULT_CODECS,
        inbound_from: tuple[str, ...] = (),
        by_asserted_identity: bool = False,
        channels: int = 100,
        srtp: str = "off",
        inband_digits: bool = False,
    ) -> None:
        """`uri`: where calls go, `sip:carrier.example:5060`; `codecs`: in order of preference.

        `inbound_from`: networks that its calls come from, such as `203.0.113.0/24`; `by_asserted_identity`: its callers
        are who P-Asserted-Identity says, where there is one, and not who From says; `channels`: calls at a time;
        `srtp`: `off`, `optional` or `required`; `inband_digits`: digits in the sound are heard, too. Raises ValueError.
        """
        self._inbound_from = tuple(ip_network(network) for network in inbound_from)
        self.uri = Uri.parse(uri)
        self.credentials = Credentials(username, password) if username else None
        self.codecs = codecs
        self.by_asserted_identity = by_asserted_identity
        self.channels = channels
        self.srtp = Policy(srtp)
        self.inband_digits = inband_digits

    def may_call(self, host: str) -> bool:
        """Tell whether an address is one that the trunk's calls come from."""
        address = ip_address(host)
        return any(address in network for network in self._inbound_from)

    @property
    def host_port(self) -> tuple[str, int]:
        """Host (a name or an address) and UDP port."""
        return self.uri.host, self.uri.port or SIP_PORT


class Names:
    """The addresses of host names, kept for a while."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._known: dict[str, tuple[float, str]] = {}

    def knows(self, address: str, lines: Iterable[Line]) -> bool:
        """Tell whether one of these trunks is at an address, as far as that is known."""
        hosts = (line.host_port[0] for line in lines)
        return any(host == address or (host in self._known and self._known[host][1] == address) for host in hosts)

    async def resolve(self, line: Line) -> Address:
        """Give the IPv4 address and port of a trunk. Raises OSError."""
        host, port = line.host_port
        if _is_ipv4(host):
            return host, port
        loop = asyncio.get_running_loop()
        known = self._known.get(host)
        if known is None or known[0] < loop.time():
            found = await loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
            known = self._known[host] = (loop.time() + NAME_SECONDS, str(found[0][4][0]))
        return known[1], port


def _is_ipv4(host: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, host)
    except OSError:
        return False
    return True


def own_address(bound: str, lines: Mapping[str, Line]) -> str:
    """Give the address that far ends may use: the bound one, else that of the interface towards the first trunk."""
    if bound != "0.0.0.0":  # noqa: S104 - compared, not bound
        return bound
    for line in lines.values():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(line.host_port)
            except OSError:
                continue
            return str(probe.getsockname()[0])
    return "127.0.0.1"
