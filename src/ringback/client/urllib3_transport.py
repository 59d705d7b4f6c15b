"""HTTP for the client that blocks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import urllib3
from urllib3 import exceptions

from ringback.client.errors import ConnectionFailed
from ringback.client.http import Request
from ringback.client.incoming import Incoming

CONNECTIONS: Final = 10
"""That are kept open when nobody uses them; several threads may use a client."""
CHUNK: Final = 65_536
_NOT_SENT = (exceptions.NewConnectionError, exceptions.ConnectTimeoutError)


class Urllib3Transport:
    """Connections to the server."""

    def __init__(self, connect: float) -> None:
        """`connect`: seconds until there is a connection."""
        self._connect = connect
        self._pool = urllib3.PoolManager(maxsize=CONNECTIONS, retries=False)

    @contextmanager
    def stream(self, request: Request, silence: float) -> Iterator[Incoming[Iterator[bytes]]]:
        """Send a request and give its answer as it comes; `silence`: seconds until more of it comes."""
        with _faults():
            response = self._pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers,
                timeout=urllib3.Timeout(connect=self._connect, read=silence),
                preload_content=False,
                redirect=False,
            )
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            yield Incoming(response.status, headers, _chunks(response))
        finally:
            response.close()  # a connection whose answer was read whole is in the pool again, and stays open

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def _chunks(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    with _faults():
        while chunk := response.read1(CHUNK):
            yield chunk


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except exceptions.HTTPError as fault:
        raise ConnectionFailed(str(fault), sent=not isinstance(fault, _NOT_SENT)) from None
