"""Connects to hosts that programs name: to public addresses only, unless the configuration says otherwise."""

import asyncio
import socket
from typing import Any, Final

from ringback.domain.address import AddressRefused, is_public

SECONDS: Final = 15.0
"""For the name and for each address, at most."""
ADDRESSES: Final = 4
"""Of a host that are tried."""
LONGEST_REASON: Final = 300
"""Characters."""


async def dial(host: str, port: int, *, allow_private_addresses: bool) -> socket.socket:
    """Connect to the first address of a host that answers. Raises OSError: AddressRefused where none is public."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(SECONDS):
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    fault: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found[:ADDRESSES]:
        try:
            if not allow_private_addresses and not is_public(str(address[0])):
                raise AddressRefused(address[0])
            return await _connect(family, kind, protocol, address)
        except OSError as why:
            fault = why
    raise fault


async def _connect(family: int, kind: int, protocol: int, address: tuple[Any, ...]) -> socket.socket:
    connection = socket.socket(family, kind, protocol)
    connection.setblocking(False)  # noqa: FBT003 - the standard library's own form
    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def reason_of(fault: Exception) -> str:
    """Say in a few words why there is no connection."""
    if isinstance(fault, TimeoutError) and not fault.strerror:
        return "no answer in time"
    if isinstance(fault, OSError) and fault.strerror:
        return f"no connection: {fault.strerror}"
    return printable(str(fault)) or type(fault).__name__


def printable(text: str) -> str:
    """Make one line of bounded length of a text, which may be the far end's."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_REASON]).strip()
