"""`ringback serve`: runs a server until it is told to stop, then drains it."""

import asyncio
import contextlib
import resource
import signal

import structlog
import uvloop
from rich.console import Console

from ringback.app import sandbox as sandboxes
from ringback.app.config import Config
from ringback.app.log import log_to_stderr
from ringback.app.server import Server

DESCRIPTORS = 4096
"""Open files that a server wants at least: a leg takes two sockets, a client and a webhook one each."""
SANDBOX_SOURCE = "15550100100"
"""The caller ID of a new sandbox (a number reserved for fiction)."""

_log = structlog.get_logger(__name__)


def serve(config: Config, *, sandbox: bool) -> None:
    """Run a server until SIGTERM or SIGINT; a second signal hangs up at once what is still live."""
    log_to_stderr()
    raise_descriptor_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(config, sandbox=sandbox))


def raise_descriptor_limit() -> None:
    """Take as many open files as the system gives, and say so where they are few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or soft < hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit != resource.RLIM_INFINITY and limit < DESCRIPTORS:
        _log.warning("few-open-files", limit=limit, wanted=DESCRIPTORS, cure="raise it with ulimit -n")


async def _serve(config: Config, *, sandbox: bool) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    loop = asyncio.get_running_loop()
    stop, kill = asyncio.Event(), asyncio.Event()

    def signalled() -> None:
        (kill if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    server = Server(config, sandbox=sandbox)
    await server.start()
    console.print(f"ringback answers on http://{config.http.host}:{server.http.port}, SIP on udp:{_sip(server)}")
    if sandbox:
        await _introduce(server, console)
    await stop.wait()
    console.print(f"draining: {server.runner.live} live sessions, at most {config.limits.drain_seconds:g} s")
    drain = asyncio.create_task(server.stop(config.limits.drain_seconds))
    await asyncio.wait([drain, asyncio.create_task(kill.wait())], return_when=asyncio.FIRST_COMPLETED)
    if not drain.done():
        server.abort()
    await drain


def _sip(server: Server) -> str:
    host, port = server.telephone.address
    return f"{host}:{port}"


async def _introduce(server: Server, console: Console) -> None:
    """Give a newcomer everything for the first call."""
    if not await server.store.list_subaccounts():
        key = await server.store.bootstrap("sandbox", caller_ids=[SANDBOX_SOURCE], numbers=[], webhooks=())
        console.print(f"a subaccount was made: sandbox; its API key (shown only now): {key}")
    console.print(f"sandbox: {sandboxes.GUIDE}")
