"""Where a message may go: nothing is sent to a host or port that was not looked at here.

| message | goes to |
| --- | --- |
| first INVITE | the next hop that the owner resolved |
| response | the address that the request came from; its port only where the Via asks for that (RFC 3581) |
| request in a dialog | first Route, else the remote target, where that is an IPv4 address in reach; else the peer |
"""

from enum import IntEnum
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from ringback.wire.sip.events import Address
from ringback.wire.sip.headers import Via
from ringback.wire.sip.text import split_outside
from ringback.wire.sip.uri import Uri

DEFAULT_PORT: Final = 5060
MAX_PORT: Final = 65535


class Scope(IntEnum):
    """From how far an address can be reached."""

    LOOPBACK = 0
    PRIVATE = 1
    PUBLIC = 2


@lru_cache(maxsize=4096)
def scope(host: str) -> Scope | None:
    """Tell the scope of an IPv4 address; None for a name, and for what is no single host (RFC 6890).

    Those are 0.0.0.0/8, multicast, the reserved addresses above it, and broadcast.
    """
    try:
        address = IPv4Address(host)
    except AddressValueError:
        return None
    if address.packed[0] == 0 or address.is_multicast or address.is_reserved:
        return None
    if address.is_loopback:
        return Scope.LOOPBACK
    return Scope.PRIVATE if address.is_private else Scope.PUBLIC


def is_sendable(destination: Address) -> bool:
    """Tell whether a datagram may go there: an IPv4 address of one host, a port of 1..65535."""
    host, port = destination
    return 0 < port <= MAX_PORT and scope(host) is not None


def of_response(via: Via, source: Address) -> Address:
    """Give where a response goes (RFC 3261, section 18.2.2; RFC 3581, section 4).

    The host is always that of the packet: `received` would say so too, and `maddr` would let anyone aim at a third
    party. The port is that of the packet where the Via has `rport`, else that of the Via.
    """
    if "rport" in via.params:
        return source
    return source[0], via.port or DEFAULT_PORT


def stamped(vias: str, source: Address) -> str:
    """Write the packet's source into the first of the Vias in a line, as `received` and `rport` (RFC 3581, section 4).

    The rest of it stays letter for letter: the sender looks for its own branch.
    """
    first, *others = split_outside(vias, ",")
    parts: list[str] = []
    for part in split_outside(first, ";"):
        name = part.partition("=")[0].strip().lower()
        if name == "rport":
            parts.append(f"rport={source[1]}")
        elif name != "received":
            parts.append(part)
    parts.append(f"received={source[0]}")
    return ",".join([";".join(parts), *others])


def of_uri(uri: str, peer: Address) -> Address:
    """Give where a request for a Route or a remote target goes.

    It is the address in the URI where there is one. A host name is not resolved here, and a private address that a
    peer on a wider network gives us cannot be reached: then it is the address that the peer's messages come from.
    """
    try:
        target = Uri.parse(uri)
    except ValueError:
        return peer
    if target.scheme != "sip":
        return peer
    theirs, known = scope(target.host), scope(peer[0])
    if theirs is None or (known is not None and theirs < known):
        return peer
    return target.host, target.port or DEFAULT_PORT
