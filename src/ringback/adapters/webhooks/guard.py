"""Keeps requests to public addresses, on the way from the name to the socket."""

import socket
from typing import Any

from ringback.domain.address import AddressRefused, is_public


def public_socket(destination: tuple[Any, ...]) -> socket.socket:
    """Make a socket for an entry of `getaddrinfo`. Raises AddressRefused."""
    family, kind, protocol, _, address = destination
    if family not in (socket.AF_INET, socket.AF_INET6) or not is_public(address[0]):
        raise AddressRefused(address[0])
    return socket.socket(family, kind, protocol)
