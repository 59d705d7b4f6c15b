"""The composition root: makes every part of a server from the configuration and puts them together."""

import asyncio
import contextlib
import errno
import random
import secrets
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from ringback.adapters.audio import SoundCodec, ringback_tone
from ringback.adapters.http import create_app
from ringback.adapters.speech import open_voices
from ringback.adapters.store import open_store
from ringback.adapters.telephone import Line, SipTelephone
from ringback.adapters.webhooks import FileDownloads, WebhookClient
from ringback.app import sandbox as sandboxes
from ringback.app.clock import SystemClock
from ringback.app.config import Config
from ringback.app.handset import Handset
from ringback.service.accept import Accept
from ringback.service.ask import Ask
from ringback.service.desk import Desk
from ringback.service.dispatch import Dispatch
from ringback.service.notify import Outbox
from ringback.service.ports import TrunkRoute
from ringback.service.prompts import Prompts
from ringback.service.runner import Runner
from ringback.service.trunks import Trunks

_log = structlog.get_logger(__name__)

HANDSET_PORTS = (30000, 30999)
"""RTP ports of the sandbox's handset."""


class PortInUse(OSError):
    """The port of the API is taken."""


def new_id() -> str:
    """Give a UUID for a session, a leg or an event."""
    return str(uuid.uuid4())


class HttpServer:
    """An ASGI application on a port, in the running loop, whose signals are somebody else's business."""

    def __init__(self, app: Any, host: str, port: int) -> None:  # noqa: ANN401 - ASGI has no type of its own
        """`port`: 0 takes a free one. Raises PortInUse."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as fault:
            self._socket.close()
            if fault.errno == errno.EADDRINUSE:
                text = f"{host}:{port} is in use by another process: change [http] port"
                raise PortInUse(errno.EADDRINUSE, text) from None
            raise
        self.port: int = self._socket.getsockname()[1]
        self._server = _Quiet(
            uvicorn.Config(app, http="httptools", lifespan="off", log_config=None, access_log=False, backlog=2048)
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to answer."""
        self._socket.listen(2048)
        self._task = asyncio.create_task(self._server.serve([self._socket]))

    async def stop(self) -> None:
        """Finish what is being answered, and close."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()


class _Quiet(uvicorn.Server):
    """A uvicorn that leaves SIGTERM and SIGINT alone: the server drains by itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


class Server:
    """A whole server in the running loop: API, queue, sessions, telephone, outbox."""

    def __init__(self, config: Config, *, sandbox: bool = False) -> None:
        """Make every part; ports are bound here. Raises PortInUse and PortTaken, and what the store raises."""
        self.config = config
        clock = SystemClock()
        self.handset: Handset | None = None
        cache = Path(config.voices.cache)
        if sandbox:
            self._handset_telephone = SipTelephone(
                clock, listen=("127.0.0.1", 0), ports=HANDSET_PORTS, lines={}, product="ringback-handset"
            )
            self.handset = Handset(self._handset_telephone, sandboxes.behave(cache / "heard"))
        self.telephone = _telephone(config, clock, self._handset_telephone if sandbox else None)
        self.store = open_store(config.store.url, exclusive=True)
        self.voices = open_voices(config.voices)
        self.audio = SoundCodec()
        private = config.webhooks.allow_private_addresses or sandbox
        self.webhooks = WebhookClient(allow_private_addresses=private)
        self.downloads = FileDownloads(allow_private_addresses=private)
        self.prompts = Prompts(self.voices, self.audio, self.downloads, clock)
        self.trunks = Trunks(_routes(config, sandbox=sandbox), clock)
