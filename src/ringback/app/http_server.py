"""An ASGI application on a port, in the running loop."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

BACKLOG = 2048
"""Connections that may wait to be taken."""


class PortInUse(OSError):
    """The port of the API is taken."""


class HttpServer:
    """Serves an application; signals are somebody else's business."""

    def __init__(self, host: str, port: int) -> None:
        """Take the port; 0 takes a free one. Raises PortInUse."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
            self._socket.listen(BACKLOG)
        except OSError as fault:
            self._socket.close()
            if fault.errno == errno.EADDRINUSE:
                text = f"{host}:{port} is in use by another process: change [http] port"
                raise PortInUse(errno.EADDRINUSE, text) from None
            raise
        self.port: int = self._socket.getsockname()[1]
        self._server: _Quiet | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, app: Any) -> None:  # noqa: ANN401 - ASGI has no type of its own
        """Begin to answer; until then requests wait."""
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            backlog=BACKLOG,
        )
        self._server = _Quiet(config)
        self._task = asyncio.create_task(self._server.serve([self._socket]))

    async def stop(self) -> None:
        """Finish what is being answered, and close."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        self.close()

    def close(self) -> None:
        """Free the port."""
        self._socket.close()


class _Quiet(uvicorn.Server):
    """A uvicorn that leaves SIGTERM and SIGINT alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield
