"""Which addresses a request of a program may go to, decided where the address is known.

A name may resolve to anything, and to something else a moment later; a URL may hold an address in a dozen spellings.
What cannot lie is the address that a socket is about to be connected to, so that is what is looked at.
"""

import errno
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_REFUSED_NETWORKS: Final = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared by carriers (RFC 6598); metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local (RFC 3927); metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments (RFC 6890); metadata of Oracle's older cloud
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.88.99.0/24",  # relays of 6to4, withdrawn (RFC 7526)
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
        "168.63.129.16/32",  # metadata of Azure, though the address is public
        "::/96",  # unspecified, loopback, IPv4-compatible (RFC 4291)
        "64:ff9b:1::/48",  # translation for local use (RFC 8215)
        "100::/64",  # discarded (RFC 6666)
        "2001::/23",  # protocol assignments, Teredo among them (RFC 2928)
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
        "fc00::/7",  # unique local (RFC 4193); metadata of AWS
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, withdrawn (RFC 3879)
        "ff00::/8",  # multicast
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052


class AddressRefused(OSError):
    """The address is not one of the public Internet."""

    def __init__(self, address: object) -> None:
        """`address`: as it would have been connected to."""
        super().__init__(errno.EACCES, f"{address} is not a public address")


def is_public(text: str) -> bool:
    """Tell whether an address, in the form that the system gives it, is one of the public Internet.

    An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4) is public only if that is too.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_global(each) for each in _meant(address))


def _meant(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """Give the addresses that a packet sent to this one may arrive at."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    else:
        yield address
        if address.sixtofour is not None:
            yield address.sixtofour


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    # the list goes first: what the standard library counts as global differs between releases of Python
    refused = any(address.version == network.version and address in network for network in _REFUSED_NETWORKS)
    return not refused and address.is_global and not address.is_multicast and not address.is_reserved
