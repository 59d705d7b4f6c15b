"""The HTTP session that webhooks and downloads share the make of: guarded, without memory, without proxies."""

import aiohttp

from ringback.adapters.webhooks.guard import public_socket

HEADER_BYTES = 16_384
"""Longest line and longest header field of an answer."""


def open_session(*, allow_private_addresses: bool, connections: int, per_host: int) -> aiohttp.ClientSession:
    """Make a session in the running loop.

    `connections`, `per_host`: at a time; more wait for one to become free, on their own deadline.
    """
    connector = aiohttp.TCPConnector(
        limit=connections,
        limit_per_host=per_host,
        socket_factory=None if allow_private_addresses else public_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,  # a small answer stays small
        headers={"User-Agent": "ringback", "Accept-Encoding": "identity"},
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
    )


def reason_of(fault: Exception) -> str:
    """Say in a few words why a request failed."""
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, aiohttp.ClientConnectorError):
        return f"no connection: {fault.os_error.strerror or fault.os_error}"
    if isinstance(fault, aiohttp.InvalidURL):
        return "the URL is not valid"
    return str(fault) or type(fault).__name__
