"""`ringback handset`: a phone on the command line, for trying things out by hand."""

import asyncio
import contextlib
import signal

from rich.console import Console
from rich.markup import escape

from ringback.adapters.audio import ringback_tone
from ringback.adapters.telephone import SipTelephone
from ringback.app.clock import SystemClock
from ringback.app.handset import Behaviour, Handset

PORTS = (30000, 30999)
"""RTP ports of a handset."""


def handset(listen: tuple[str, int], behaviour: Behaviour) -> None:
    """Take calls until interrupted, and print what happens. Raises PortTaken."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_handset(listen, behaviour))


async def _handset(listen: tuple[str, int], behaviour: Behaviour) -> None:
    console = Console(highlight=False, soft_wrap=True)
    telephone = SipTelephone(SystemClock(), listen=listen, ports=PORTS, lines={}, product="ringback-handset")
    phone = Handset(telephone, lambda _call: behaviour)
    phone.on_change = lambda call, what: console.print(escape(f"{call.caller} -> {call.called}: {what}"))
    await telephone.start(ringback_tone())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host, port = telephone.address
    console.print(f"the handset listens on udp:{host}:{port}; Ctrl-C ends it")
    await stop.wait()
    await telephone.stop()
